"""Talks to Stripe's API and sorts what goes wrong into the three kinds of trouble. Sends each request once.

Source: https://docs.stripe.com/api/errors, /api/idempotent_requests and /rate-limits.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, final
from urllib.parse import urlencode

from linktill.gateways.answers import Answer, Nonsense, Sorting, read
from linktill.gateways.contract import Account, Rejected
from linktill.gateways.stripe.objects import Error, ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse

API_VERSION: Final = "2026-10-28.endive"
"""Sent with every request, whatever the account's default is; the webhook endpoint must be made with the same one."""
TIMEOUT_S: Final = 30.0
MISSING: Final = "resource_missing"
PERMISSION_MISSING: Final = "permission_missing"
"""Stripe gives no code when a restricted key may not do something; this one is ours."""

_REFUSALS: Final = frozenset({400, 401, 402, 403, 404})
_ACCOUNT_CODES: Final = frozenset({"account_invalid", "testmode_charges_only", "secret_key_required"})

Value: TypeAlias = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]


def form(params: Mapping[str, Value]) -> str:
    """Stripe's way to write nested parameters: `line_items[0][quantity]=1`. The same order in, the same text out."""
    return urlencode(list(_pairs(params)))


def _pairs(value: Value, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = ((f"{name}[{key}]" if name else key, each) for key, each in value.items())
        return [pair for key, each in inner for pair in _pairs(each, key)]
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, int):
        return [(name, str(value).lower() if isinstance(value, bool) else str(value))]
    return [pair for at, each in enumerate(value) for pair in _pairs(each, f"{name}[{at}]")]


@final
class StripeClient:
    """`api_url` is Stripe's own, or in tests a stand-in's."""

    def __init__(self, http: HttpClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    async def post(
        self, account: Account, path: str, params: Mapping[str, Value], *, key: str | None
    ) -> Answer:
        """Asks for something to be done. Raises Unavailable only if it surely was not. `key` None: nothing can be done."""
        sending = self._send("POST", account, path, form(params).encode(), key)
        return await _SORTING.answered(sending, is_harmless=False)

    async def delete(self, account: Account, path: str) -> None:
        """Has something gone; that it is gone already is as good. Asking again is always safe."""
        response = await _SORTING.arrived(self._send("DELETE", account, path, b"", None), is_harmless=True)
        if not _is_missing(response):
            _SORTING.answer(response, is_harmless=True)

    async def get(self, account: Account, path: str, params: Mapping[str, Value]) -> Answer | None:
        """Looks something up; None: Stripe does not know it. Looking again is always safe."""
        query = form(params)
        sending = self._send("GET", account, f"{path}?{query}" if query else path, b"", None)
        response = await _SORTING.arrived(sending, is_harmless=True)
        return None if _is_missing(response) else _SORTING.answer(response, is_harmless=True)

    async def get_known(self, account: Account, path: str, params: Mapping[str, Value]) -> Answer:
        """Looks up what is always there, such as a list."""
        answer = await self.get(account, path, params)
        if answer is None:
            raise Rejected(f"Stripe does not know {path}.", code=MISSING)
        return answer

    async def _send(
        self, method: str, account: Account, path: str, body: bytes, key: str | None
    ) -> HttpResponse:
        headers = {
            "accept": "application/json",
            "authorization": f"Bearer {account.credentials.get('secret_key', '')}",
            "stripe-version": API_VERSION,
            "user-agent": "Linktill",
        }
        if method == "POST":
            headers["content-type"] = "application/x-www-form-urlencoded"
        if key is not None:
            headers["idempotency-key"] = key
        return await self._http.send(HttpRequest(method, f"{self._api_url}{path}", headers, body, TIMEOUT_S))


def _is_missing(response: HttpResponse) -> bool:
    told = _error(response)
    return response.status == 404 and told is not None and told.code == MISSING


def _refusal(status: int, error: Error) -> Rejected | str | None:
    if error.type == "idempotency_error":
        # The key did something before, with other parameters; refusing would let somebody think that it did nothing.
        return "Stripe has executed another request under this key."
    if status not in _REFUSALS:
        return None  # such as 409: a request with this key is under way
    told = (error.message or "it gave no reason.")[:300]
    code = error.code or error.type
    if status == 403:
        code = error.code or PERMISSION_MISSING
        told = f"the key lacks a permission. {told}"
    elif status == 401:
        told = f"the key is wrong, expired or revoked. Copy it again, or make a new one. Stripe says: {told}"
    return Rejected(
        f"Stripe refused: {told}",
        code=code,
        is_account_trouble=status in {401, 403} or code in _ACCOUNT_CODES,
    )


def _error(response: HttpResponse) -> Error | None:
    try:
        return read(response.body, ErrorBody).error
    except Nonsense:
        return None


_SORTING: Final = Sorting("Stripe", _error, _refusal)
