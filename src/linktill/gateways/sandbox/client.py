"""Talks to the sandbox's API and sorts what goes wrong into the three kinds of trouble. Sends each request once."""

from typing import Final, final

from linktill.gateways.answers import Answer, Nonsense, Sorting, read
from linktill.gateways.contract import Account, Rejected
from linktill.gateways.sandbox.translate import Error, ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse

TIMEOUT_S: Final = 15.0
KEY_REUSED: Final = "key_reused"


@final
class SandboxClient:
    """`api_url` was chosen by the operator, so it may be private."""

    def __init__(self, http: HttpClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    async def post(self, account: Account, path: str, body: bytes, *, key: str) -> Answer:
        """Asks for something to be done. Raises Unavailable only if it surely was not."""
        return await _SORTING.answered(self._send("POST", account, path, body, key), is_harmless=False)

    async def change(self, account: Account, path: str, body: bytes) -> None:
        """Sets something to a value: asking again is always safe."""
        await _SORTING.answered(self._send("PATCH", account, path, body, None), is_harmless=True)

    async def get(self, account: Account, path: str) -> Answer | None:
        """Looks something up; None: the sandbox does not know it. Looking again is always safe."""
        response = await _SORTING.arrived(self._send("GET", account, path, b"", None), is_harmless=True)
        told = _error(response) if response.status == 404 else None
        if told is not None and told.code == "not_found":
            return None
        return _SORTING.answer(response, is_harmless=True)

    async def get_known(self, account: Account, path: str) -> Answer:
        """Looks up what is always there, such as a list."""
        answer = await self.get(account, path)
        if answer is None:
            raise Rejected(
                "The sandbox's API is not at this address.", code="not_found", is_account_trouble=True
            )
        return answer

    async def _send(
        self, method: str, account: Account, path: str, body: bytes, key: str | None
    ) -> HttpResponse:
        headers = {
            "accept": "application/json",
            "authorization": f"Bearer {account.credentials.get('secret_key', '')}",
            "sandbox-account": account.credentials.get("account_id", ""),
            "user-agent": "Linktill",
        }
        if body:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        return await self._http.send(
            HttpRequest(method, f"{self._api_url}{path}", headers, body, TIMEOUT_S, may_be_private=True)
        )


def _error(response: HttpResponse) -> Error | None:
    try:
        error = read(response.body, ErrorBody).error
    except Nonsense:
        return None
    return error if error.code else None


def _refusal(status: int, error: Error) -> Rejected | str:
    if error.code == KEY_REUSED:
        # The key did something before, with another body; refusing would let somebody think that it did nothing.
        return "The sandbox has executed another request under this key."
    message = f"The sandbox refused: {error.message[:300]}"
    return Rejected(message, code=error.code, is_account_trouble=status in {401, 403})


_SORTING: Final = Sorting("The sandbox", _error, _refusal)
