"""How a browser says who is signed in: one cookie, and with every form the token that only our pages know."""

from collections.abc import Mapping
from typing import Any, Final, final

from linktill.flows.services import Services
from linktill.flows.sign_in import AGE_MAX_US, NewSession, SignedIn, read_session
from linktill.surface.asgi import Header
from linktill.surface.client_address import Network, client_address

CSRF_FIELD: Final = "csrf_token"
NEXT_MAX: Final = 500


class NotSignedIn(Exception):
    """Nobody is signed in: on to the sign-in page, and back to `back_to` afterwards."""

    def __init__(self, back_to: str) -> None:
        super().__init__("Nobody is signed in.")
        self.back_to: Final = back_to


class FormForged(Exception):
    """The form carries no token of this session: it is from before the sign-in, or from elsewhere."""


@final
class Sessions:
    """Reads and writes the session cookie.

    Over HTTPS its name says `__Host-`, so that browsers take it from this very host only and never over plain HTTP.
    """

    def __init__(self, services: Services, *, trusted_proxies: tuple[Network, ...] = ()) -> None:
        self._services: Final = services
        self._trusted: Final = trusted_proxies
        self._is_https: Final = services.base_url.startswith("https://")
        self.cookie_name: Final = "__Host-linktill" if self._is_https else "linktill"

    async def member(self, scope: Mapping[str, Any]) -> SignedIn:
        """Who is signed in. Raises NotSignedIn."""
        signed_in = await self.find(scope)
        if signed_in is None:
            raise NotSignedIn(_back_to(scope))
        return signed_in

    async def find(self, scope: Mapping[str, Any]) -> SignedIn | None:
        """Who is signed in, or None."""
        return await read_session(self._services, self.cookie_of(scope))

    def check_form(self, signed_in: SignedIn, fields: Mapping[str, str]) -> None:
        """Raises FormForged unless the form was sent by a page of this session."""
        if not signed_in.has_token(fields.get(CSRF_FIELD, "")):
            raise FormForged

    def cookie_of(self, scope: Mapping[str, Any]) -> str | None:
        """The cookie's value, or None. Only a Cookie header counts, never an address; one that came twice is none."""
        return read_cookie(scope, self.cookie_name)

    def cookie(self, session: NewSession) -> Header:
        """The header that signs this browser in."""
        return self._set(session.cookie, AGE_MAX_US // 1_000_000)

    def no_cookie(self) -> Header:
        """The header that makes this browser forget."""
        return self._set("", 0)

    def address(self, scope: Mapping[str, Any]) -> str:
        """The client's address, by which tries are counted."""
        return client_address(scope, self._trusted)

    def _set(self, value: str, max_age_s: int) -> Header:
        return set_cookie(self.cookie_name, value, max_age_s=max_age_s, is_https=self._is_https)


def set_cookie(name: str, value: str, *, max_age_s: int, is_https: bool) -> Header:
    """A cookie for this host alone, that no script can read and no foreign form brings along."""
    secure = "; Secure" if is_https else ""
    return (
        b"set-cookie",
        f"{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}".encode(),
    )


def read_cookie(scope: Mapping[str, Any], name: str) -> str | None:
    """The value of a cookie, or None; one that came twice is none, since one of the two is not ours."""
    start = f"{name}="
    found = [
        pair[len(start) :]
        for key, value in scope["headers"]
        if key == b"cookie"
        for pair in map(str.strip, value.decode("latin-1").split(";"))
        if pair.startswith(start)
    ]
    return found[0] if len(found) == 1 else None


def safe_next(path: str) -> str:
    """A path of ours to go to after signing in, or the dashboard: never another site's."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-in", "/sign-out"))
    is_plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) <= NEXT_MAX
    return path if is_local and is_plain else "/dashboard"


def _back_to(scope: Mapping[str, Any]) -> str:
    """Where the visitor wanted to go, if they only wanted to look."""
    if scope["method"] != "GET":
        return "/dashboard"
    query = scope["query_string"].decode("latin-1")
    return safe_next(f"{scope['path']}?{query}" if query else scope["path"])
