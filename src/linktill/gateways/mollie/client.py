"""Talks to Mollie's API and sorts what goes wrong into the three kinds of trouble. Sends each request once.

Sources: https://docs.mollie.com/reference/handling-errors and https://docs.mollie.com/reference/api-idempotency
"""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, final

from linktill.gateways.answers import Answer, Nonsense, Sorting, read
from linktill.gateways.contract import Account, Rejected, Unavailable
from linktill.gateways.mollie.messages import ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse

API_URL: Final = "https://api.mollie.com"
TIMEOUT_S: Final = 20.0

_MAY_BE_DONE: Final = frozenset({400, 408, 409, 410})
"""400: among others, that the key was used with another body, and so did something before. 409: the same is being done."""
_NOTHING: Final = frozenset({400, 404, 410})
"""How a look-up ends where there is nothing: 400 where a list is to begin with what is not in it."""


@final
class MollieClient:
    """An account's `api_key` says which profile is meant, and whether the money is real."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def do(
        self, account: Account, method: str, path: str, body: bytes = b"", *, key: str | None = None
    ) -> Answer:
        """Asks for something to be done. Raises Unavailable only if it surely was not."""
        return await _SORTING.answered(self._send(account, method, path, body, key), is_harmless=False)

    async def look(self, account: Account, path: str) -> Answer | None:
        """Looks something up; None: Mollie does not know it. Looking again is always safe."""
        response = await self._asked(account, path)
        if response.status in _NOTHING and _error(response) is not None:
            return None
        return _SORTING.answer(response, is_harmless=True)

    async def search(self, account: Account, path: str) -> Answer:
        """Looks for what is always there, such as a list, however empty."""
        return _SORTING.answer(await self._asked(account, path), is_harmless=True)

    async def _asked(self, account: Account, path: str) -> HttpResponse:
        return await _SORTING.arrived(self._send(account, "GET", path, b"", None), is_harmless=True)

    async def _send(
        self, account: Account, method: str, path: str, body: bytes, key: str | None
    ) -> HttpResponse:
        headers = {
            "accept": "application/hal+json",
            "authorization": f"Bearer {account.credentials.get('api_key', '')}",
            "user-agent": "Linktill",
        }
        if body:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = as_uuid(key)
        return await self._http.send(HttpRequest(method, f"{API_URL}{path}", headers, body, TIMEOUT_S))


@contextmanager
def looking() -> Generator[None, None, None]:
    """Around what is made of an answer to a look-up: nonsense in it is no answer, and may be asked for again."""
    try:
        yield
    except Nonsense as error:
        raise Unavailable("Mollie's answer could not be read.") from error


def as_uuid(key: str) -> str:
    """The key as Mollie wants keys: in the form of a UUID, version 4. The same key always gives the same."""
    digits = hashlib.sha256(key.encode()).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _refusal(status: int, error: ErrorBody) -> Rejected | str:
    words = f"{error.title}: {error.detail[:300]}"
    if status in _MAY_BE_DONE:
        return f"Mollie cannot say whether it was done: {words}"
    if status == 401:
        words = f"the key is wrong, or was renewed. Copy it again. Mollie says: {words}"
    return Rejected(
        f"Mollie refused: {words}", code=error.field or str(status), is_account_trouble=status in {401, 403}
    )


def _error(response: HttpResponse) -> ErrorBody | None:
    """What is wrong in Mollie's words, else None."""
    try:
        error = read(response.body, ErrorBody)
    except Nonsense:
        return None
    return error if error.status == response.status else None


_SORTING: Final = Sorting("Mollie", _error, _refusal)
