"""Talks to the sandbox's API and sorts what goes wrong into the three kinds of trouble. Sends each request once."""

from typing import Final, final

from linktill.gateways.answers import Answer, Nonsense, read, retry_after_s
from linktill.gateways.contract import Account, OutcomeUnknown, Rejected, Unavailable
from linktill.gateways.sandbox.translate import ErrorBody
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer, NotSent

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
        try:
            response = await self._send("POST", account, path, body, key)
        except NotSent as error:
            raise Unavailable(f"The sandbox cannot be reached: {error}.") from error
        except NoAnswer as error:
            raise OutcomeUnknown(f"The sandbox did not answer: {error}.") from error
        return _sorted(response, is_harmless=False)

    async def change(self, account: Account, path: str, body: bytes) -> None:
        """Sets something to a value: asking again is always safe."""
        try:
            response = await self._send("PATCH", account, path, body, None)
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"The sandbox did not answer: {error}.") from error
        _sorted(response, is_harmless=True)

    async def get(self, account: Account, path: str) -> Answer | None:
        """Looks something up; None: the sandbox does not know it. Looking again is always safe."""
        try:
            response = await self._send("GET", account, path, b"", None)
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"The sandbox did not answer: {error}.") from error
        return (
            None
            if response.status == 404 and _code(response) == "not_found"
            else _sorted(response, is_harmless=True)
        )

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


def _sorted(response: HttpResponse, *, is_harmless: bool) -> Answer:
    """A good answer, or the kind of trouble. `is_harmless`: only looked, so whatever went wrong can be asked again."""
    unsure = Unavailable if is_harmless else OutcomeUnknown
    status = response.status
    if 200 <= status < 300 and not response.is_truncated:
        return Answer("The sandbox", response.body, unsure)
    code = _code(response)
    if status == 429:
        raise Unavailable("The sandbox asks us to slow down.", retry_after_s=retry_after_s(response))
    if code == KEY_REUSED:
        # The key did something before, with another body; refusing would let somebody think that it did nothing.
        raise unsure("The sandbox has executed another request under this key.")
    if 400 <= status < 500 and code:
        message = f"The sandbox refused: {_message(response)}"
        raise Rejected(message, code=code, is_account_trouble=status in {401, 403})
    # Also a 4xx that is not in the sandbox's words: some proxy spoke, perhaps after the sandbox had acted.
    raise unsure(f"The sandbox answered with status {status}.", retry_after_s=retry_after_s(response))


def _error(response: HttpResponse) -> ErrorBody | None:
    try:
        return read(response.body, ErrorBody)
    except Nonsense:
        return None


def _code(response: HttpResponse) -> str:
    error = _error(response)
    return "" if error is None else error.error.code


def _message(response: HttpResponse) -> str:
    error = _error(response)
    return "" if error is None else error.error.message[:300]
