"""Talks to Stripe's API and sorts what goes wrong into the three kinds of trouble. Sends each request once.

Source: https://docs.stripe.com/api/errors, /api/idempotent_requests and /rate-limits.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, final
from urllib.parse import urlencode

from linktill.gateways.answers import Answer, Nonsense, read, retry_after_s
from linktill.gateways.contract import Account, OutcomeUnknown, Rejected, Unavailable
from linktill.gateways.stripe.objects import Error, ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer, NotSent

API_VERSION: Final = "2026-10-28.endive"
"""Sent with every request, whatever the account's default is; the webhook endpoint must be made with the same one."""
TIMEOUT_S: Final = 30.0
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
        try:
            response = await self._send("POST", account, path, form(params).encode(), key)
        except NotSent as error:
            raise Unavailable(f"Stripe cannot be reached: {error}.") from error
        except NoAnswer as error:
            raise OutcomeUnknown(f"Stripe did not answer: {error}.") from error
        return _sorted(response, is_harmless=False)

    async def delete(self, account: Account, path: str) -> None:
        """Has something gone; that it is gone already is as good. Asking again is always safe."""
        try:
            response = await self._send("DELETE", account, path, b"", None)
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"Stripe did not answer: {error}.") from error
        told = _error(response)
        if response.status != 404 or told is None or told.code != "resource_missing":
            _sorted(response, is_harmless=True)

    async def get(self, account: Account, path: str, params: Mapping[str, Value]) -> Answer | None:
        """Looks something up; None: Stripe does not know it. Looking again is always safe."""
        query = form(params)
        try:
            response = await self._send("GET", account, f"{path}?{query}" if query else path, b"", None)
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"Stripe did not answer: {error}.") from error
        told = _error(response)
        if response.status == 404 and told is not None and told.code == "resource_missing":
            return None
        return _sorted(response, is_harmless=True)

    async def get_known(self, account: Account, path: str, params: Mapping[str, Value]) -> Answer:
        """Looks up what is always there, such as a list."""
        answer = await self.get(account, path, params)
        if answer is None:
            raise Rejected(f"Stripe does not know {path}.", code="resource_missing")
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


def _sorted(response: HttpResponse, *, is_harmless: bool) -> Answer:
    """A good answer, or the kind of trouble. `is_harmless`: only looked, so whatever went wrong can be asked again."""
    unsure = Unavailable if is_harmless else OutcomeUnknown
    status = response.status
    if 200 <= status < 300 and not response.is_truncated:
        return Answer("Stripe", response.body, unsure)
    if status == 429:
        raise Unavailable("Stripe asks us to slow down.", retry_after_s=retry_after_s(response))
    error = _error(response)
    if error is not None and error.type == "idempotency_error":
        # The key did something before, with other parameters; refusing would let somebody think that it did nothing.
        raise unsure("Stripe has executed another request under this key.")
    if error is not None and status in _REFUSALS:
        raise _rejected(status, error)
    # Also 409 (a request with this key is under way), stored 500s that are replayed, and a 4xx that is not in Stripe's
    # words: some proxy spoke, perhaps after Stripe had acted.
    raise unsure(f"Stripe answered with status {status}.", retry_after_s=retry_after_s(response))


def _rejected(status: int, error: Error) -> Rejected:
    told = (error.message or "it gave no reason.")[:300]
    code = error.code or error.type
    if status == 403:
        code = error.code or PERMISSION_MISSING
        told = f"the key lacks a permission. {told}"
    elif status == 401:
        told = f"the key is wrong, expired or revoked. {told}"
    return Rejected(
        f"Stripe refused: {told}",
        code=code,
        is_account_trouble=status in {401, 403} or code in _ACCOUNT_CODES,
    )


def _error(response: HttpResponse) -> Error | None:
    if response.status < 400:
        return None
    try:
        return read(response.body, ErrorBody).error
    except Nonsense:
        return None
