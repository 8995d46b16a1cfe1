"""Access tokens: got with the app's id and secret, kept in memory until shortly before they expire, never logged.

Source: https://developer.paypal.com/api/rest/authentication/
"""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, final

from linktill.gateways.answers import Nonsense, read, retry_after_s
from linktill.gateways.contract import Account, Rejected, Unavailable
from linktill.gateways.paypal import shapes
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer, NotSent

APIS: Final[Mapping[str, str]] = MappingProxyType(
    {"sandbox": "https://api-m.sandbox.paypal.com", "live": "https://api-m.paypal.com"}
)
TIMEOUT_S: Final = 20.0
USER_AGENT: Final = "Linktill"
MARGIN_S: Final = 120
"""A token is not used in its last two minutes: a request on its way must not meet its end."""
ACCOUNTS_MAX: Final = 1_000


@dataclass(slots=True)
class _Kept:
    """An account's token, and the lock under which it is renewed. `until_s`: of a monotonic clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: str = field(default="", repr=False)
    until_s: float = 0.0


def api_url(account: Account) -> str:
    """Where the account's API is. Raises Rejected for an environment that there is none of."""
    url = APIS.get(account.credentials.get("environment", ""))
    if url is None:
        raise Rejected(
            "Say whether these are keys for PayPal's sandbox or for live payments.",
            code="environment",
            is_account_trouble=True,
        )
    return url


@final
class Tokens:
    """Tokens of all accounts. Keyed by what they were got with: whoever changes the keys gets another token."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def get(self, account: Account) -> str:
        """A token that is good for a while. Asked for once, however many wait for it.

        Raises Unavailable (whatever it was needed for has not been sent) and Rejected.
        """
        kept = self._of(account)
        async with kept.lock:
            now_s = self._clock.monotonic_s()
            if not kept.token or now_s >= kept.until_s:
                fresh = await self.fresh(account)
                kept.token = fresh.access_token
                kept.until_s = now_s + max(0, fresh.expires_in - MARGIN_S)
            return kept.token

    def drop(self, account: Account, token: str) -> None:
        """PayPal refused it. Another one that came meanwhile stays."""
        kept = self._of(account)
        if kept.token == token:
            kept.token = ""

    async def fresh(self, account: Account) -> shapes.Token:
        """Asks for a token now, whatever is kept."""
        try:
            response = await self._http.send(_request(account))
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"PayPal cannot be reached: {error}.") from error
        if response.status == 200 and not response.is_truncated:
            try:
                return read(response.body, shapes.Token)
            except Nonsense as error:
                raise Unavailable("PayPal's answer could not be read.") from error
        refusal = error_in(response)
        if response.status in {400, 401, 403} and refusal.code:
            raise Rejected(
                "PayPal does not take the client id and secret. Copy both again, from one app, and look whether they are for the "
                f"sandbox or for live payments. PayPal says: {refusal.words}",
                code=refusal.code,
                is_account_trouble=True,
            )
        raise Unavailable(
            f"PayPal gives out no access token (status {response.status}).",
            retry_after_s=retry_after_s(response),
        )

    def _of(self, account: Account) -> _Kept:
        got_with = (api_url(account), _app(account))
        key = hashlib.sha256(repr(got_with).encode()).hexdigest()
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        if len(self._kept) > ACCOUNTS_MAX:
            self._kept.popitem(last=False)
        return kept


def _app(account: Account) -> tuple[str, str]:
    return account.credentials.get("client_id", ""), account.credentials.get("client_secret", "")


def _request(account: Account) -> HttpRequest:
    basic = base64.b64encode(":".join(_app(account)).encode()).decode()
    headers = {
        "accept": "application/json",
        "authorization": f"Basic {basic}",
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": USER_AGENT,
    }
    body = b"grant_type=client_credentials"
    return HttpRequest("POST", f"{api_url(account)}/v1/oauth2/token", headers, body, TIMEOUT_S)


def error_in(response: HttpResponse) -> shapes.Error:
    """What PayPal says is wrong, or `NO_ERROR` where these are not its words."""
    try:
        return read(response.body, shapes.Error)
    except Nonsense:
        return shapes.NO_ERROR
