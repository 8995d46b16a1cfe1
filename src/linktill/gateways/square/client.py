"""Talks to Square's API and sorts what goes wrong into the three kinds of trouble. Sends each request once.

Source: https://developer.squareup.com/docs/build-basics/general-considerations/handling-errors
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from linktill.gateways.answers import Answer, Nonsense, Sorting, read
from linktill.gateways.contract import Account, Rejected
from linktill.gateways.square.messages import Error, ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse

VERSION: Final = "2025-08-20"
"""The version of Square's API that we speak, whatever the merchant's application is set to."""
API_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "production": "https://connect.squareup.com",
        "sandbox": "https://connect.squareupsandbox.com",
    }
)
TIMEOUT_S: Final = 20.0
NOT_FOUND: Final = "NOT_FOUND"

_MAY_BE_DONE: Final = frozenset({"IDEMPOTENCY_KEY_REUSED", "TEMPORARY_ERROR", "REQUEST_TIMEOUT", "CONFLICT"})
"""Errors that do not say that nothing was done, whatever their status. A reused key did something before, with another
body; refusing would let somebody think that it did nothing."""


@final
class SquareClient:
    """An account's `environment` is `production` (also when it says nothing) or `sandbox`; `access_token` belongs to it."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def do(self, account: Account, method: str, path: str, body: bytes = b"") -> Answer:
        """Asks for something to be done. Raises Unavailable only if it surely was not."""
        return await _SORTING.answered(self._send(account, method, path, body), is_harmless=False)

    async def look(self, account: Account, path: str) -> Answer | None:
        """Looks something up; None: Square does not know it. Looking again is always safe."""
        response = await self._asked(account, "GET", path, b"")
        error = _error(response) if response.status == 404 else None
        if error is not None and error.code == NOT_FOUND:
            return None
        return _SORTING.answer(response, is_harmless=True)

    async def search(self, account: Account, method: str, path: str, body: bytes = b"") -> Answer:
        """Looks for what is always there, such as a list, however empty."""
        return _SORTING.answer(await self._asked(account, method, path, body), is_harmless=True)

    async def _asked(self, account: Account, method: str, path: str, body: bytes) -> HttpResponse:
        return await _SORTING.arrived(self._send(account, method, path, body), is_harmless=True)

    async def _send(self, account: Account, method: str, path: str, body: bytes) -> HttpResponse:
        environment = account.credentials.get("environment", "production")
        api_url = API_URLS.get(environment)
        if api_url is None:
            raise Rejected(
                f"Square has no environment {environment[:20]!r}: write production or sandbox.",
                code="environment",
                is_account_trouble=True,
            )
        headers = {
            "accept": "application/json",
            "authorization": f"Bearer {account.credentials.get('access_token', '')}",
            "square-version": VERSION,
            "user-agent": "Linktill",
        }
        if body:
            headers["content-type"] = "application/json"
        return await self._http.send(HttpRequest(method, f"{api_url}{path}", headers, body, TIMEOUT_S))


def _refusal(status: int, error: Error) -> Rejected | str:
    if status in {408, 409} or error.category == "API_ERROR" or error.code in _MAY_BE_DONE:
        return f"Square cannot say whether it was done: {error.words()}"
    return Rejected(
        f"Square refused: {error.words()}", code=error.code, is_account_trouble=status in {401, 403}
    )


def _error(response: HttpResponse) -> Error | None:
    """The first error of an answer in Square's words, else None."""
    try:
        errors = read(response.body, ErrorBody).errors
    except Nonsense:
        return None
    return errors[0] if errors else None


_SORTING: Final = Sorting("Square", _error, _refusal)
