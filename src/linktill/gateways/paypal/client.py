"""Talks to PayPal's API and sorts what goes wrong into the three kinds of trouble.

Sends each request once; a second time only where PayPal has refused our token, and so has done nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar, final

from linktill.gateways.answers import Answer, Sorting
from linktill.gateways.contract import Account, Rejected
from linktill.gateways.paypal.shapes import Error
from linktill.gateways.paypal.tokens import TIMEOUT_S, USER_AGENT, Tokens, api_url, error_in
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse

KEY_MAX_CHARS: Final = 108
UNSETTLED: Final = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"})
"""Refusals which say that the same thing was done, or is being done, by an earlier request of ours."""

T = TypeVar("T")
F = TypeVar("F")


@final
class PayPalClient:
    """One API for all accounts; each names its environment, and its app's id and secret."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self.tokens: Final = Tokens(http, clock)

    async def post(
        self, account: Account, path: str, body: bytes, *, key: str, content_type: str = "application/json"
    ) -> Answer:
        """Asks for something to be done. Raises Unavailable only if it surely was not."""
        assert 0 < len(key) <= KEY_MAX_CHARS, "PayPal keeps no longer key"
        headers = {
            "content-type": content_type,
            "paypal-request-id": key,
            "prefer": "return=representation",
        }
        return await _SORTING.answered(self._send("POST", account, path, headers, body), is_harmless=False)

    async def delete(self, account: Account, path: str) -> None:
        """Has something gone. Asking again is always safe; what is gone already PayPal refuses."""
        await _SORTING.answered(self._send("DELETE", account, path, {}, b""), is_harmless=True)

    async def ask(self, account: Account, path: str, body: bytes) -> Answer:
        """A question that PayPal takes with POST: asking again is safe."""
        headers = {"content-type": "application/json"}
        return await _SORTING.answered(self._send("POST", account, path, headers, body), is_harmless=True)

    async def get(self, account: Account, path: str) -> Answer | None:
        """Looks something up; None: PayPal does not know it. Looking again is always safe."""
        response = await _SORTING.arrived(self._send("GET", account, path, {}, b""), is_harmless=True)
        if response.status == 404 and error_in(response).name == "RESOURCE_NOT_FOUND":
            return None
        return _SORTING.answer(response, is_harmless=True)

    async def get_known(self, account: Account, path: str) -> Answer:
        """Looks up what is always there, such as a list."""
        answer = await self.get(account, path)
        if answer is None:
            raise Rejected("PayPal's API has nothing at this address.", code="RESOURCE_NOT_FOUND")
        return answer

    async def _send(
        self, method: str, account: Account, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpResponse:
        token = await self.tokens.get(account)
        common = {"accept": "application/json", "user-agent": USER_AGENT, **headers}
        request = HttpRequest(method, f"{api_url(account)}{path}", common, body, TIMEOUT_S)
        response = await self._http.send(_signed(request, token))
        if response.status != 401:
            return response
        # Refused at the door, so nothing was done: the token was taken back before its time, or the keys were changed.
        self.tokens.drop(account, token)
        return await self._http.send(_signed(request, await self.tokens.get(account)))


def _signed(request: HttpRequest, token: str) -> HttpRequest:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def _refusal(status: int, error: Error) -> Rejected | str | None:
    """Source: https://developer.paypal.com/api/rest/responses/"""
    if error.code in UNSETTLED or status == 409:
        return f"PayPal has seen this request before: {error.words}"
    if not error.code:
        return None
    return Rejected(
        f"PayPal refused: {error.words}", code=error.code, is_account_trouble=status in {401, 403}
    )


_SORTING: Final = Sorting("PayPal", error_in, _refusal)
