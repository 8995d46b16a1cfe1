"""A member signs in, stays signed in for a while, and signs out.

The cookie holds `<merchant id>.<token>`; the database holds only a hash of the token. A session ends by sign-out, when it
has not been used for half a day, and in any case after thirty days.

A session shows the test or the live books of the member's business, and begins with the live ones where there are any.
"""

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from linktill.core.errors import NotFound, SignInRefused, TooMany
from linktill.core.ids import MerchantId
from linktill.core.merchant import EMAIL_MAX, Member, Merchant, Mode
from linktill.flows.services import Services
from linktill.flows.throttle import Throttle
from linktill.platform.clock import Clock
from linktill.platform.passwords import DUMMY_HASH, Passwords
from linktill.storage import member_sessions
from linktill.storage.database import Tx
from linktill.storage.members import Credentials, find_credentials, set_password_hash
from linktill.storage.merchants import other_books

SECOND: Final = 1_000_000
IDLE_MAX_US: Final = 12 * 3600 * SECOND
AGE_MAX_US: Final = 30 * 24 * 3600 * SECOND
TOUCH_AFTER_US: Final = 60 * SECOND
"""How exact `seen_at` is kept: not every page writes."""
TOKEN_BYTES: Final = 32
COOKIE_MAX_CHARS: Final = 200

_REFUSED: Final = "E-mail address and password do not fit together."


class SignInGate:
    """What slows guessing down. One for a process.

    An address that guesses is stopped, not the account: who is stopped elsewhere can still sign in from home.
    """

    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self.passwords: Final = passwords
        self.pairs: Final = Throttle(clock, limit=10, window_s=900, keys_max=10_000)
        self.addresses: Final = Throttle(clock, limit=50, window_s=900, keys_max=10_000)


@dataclass(frozen=True, slots=True)
class NewSession:
    """`cookie` is the only copy of the token."""

    cookie: str
    csrf_token: str
    member: Member


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, and whose books are shown. `csrf_token` must come back with every form on these books.

    `other_id`: the same business's other books, if it has them.
    """

    member: Member
    merchant: Merchant
    csrf_token: str
    other_id: MerchantId | None = None

    def has_token(self, posted: str) -> bool:
        """Whether a form belongs to this session and to the books that it shows now."""
        return _is_same(posted, self.csrf_token)

    def has_other_token(self, posted: str) -> bool:
        """Whether a form is of this session, from when it showed the other books: left open in another tab."""
        mode = self.merchant.mode
        return _is_same(posted, form_token(mode.other, self.csrf_token.removeprefix(f"{mode}.")))


def form_token(mode: Mode, csrf_token: str) -> str:
    """What forms on the books of this mode carry: one that was filled in for the test books must not act on the live ones."""
    return f"{mode}.{csrf_token}"


def email_key(email: str) -> str:
    """How the directory spells an address: nobody remembers which letters they wrote large."""
    return email.strip().casefold()


async def sign_in(
    services: Services,
    gate: SignInGate,
    *,
    email: str,
    password: str,
    address: str,
    cookie: str | None = None,
) -> NewSession:
    """A new session with a new token, whatever cookie was there before; that session ends. `address`: the client's.

    Raises SignInRefused, in the same words and time whether or not the e-mail address is known, and TooMany.
    """
    key = email_key(email)
    if len(key) > EMAIL_MAX or not key.isprintable():
        key = ""  # nobody's: looked up all the same, to take the same time
    pair = f"{address} {key}"
    if not (gate.addresses.take(address) and gate.pairs.take(pair)):
        raise TooMany("Too many tries. Wait a quarter of an hour, then try again.")
    found = await services.database.read(find_credentials, key)
    is_right = await gate.passwords.is_right(password, DUMMY_HASH if found is None else found.password_hash)
    if found is None or not is_right:
        raise SignInRefused(_REFUSED)
    gate.pairs.forget(pair)
    gate.addresses.give_back(address)
    if gate.passwords.is_outdated(found.password_hash):
        renewed = await gate.passwords.hash(password)
        await services.database.run(
            set_password_hash, found.member, before=found.password_hash, after=renewed
        )
        found = Credentials(found.member, renewed)
    return await open_session(services, found.member, before=cookie)


async def open_session(services: Services, member: Member, *, before: str | None = None) -> NewSession:
    """A session for a member who has just proven who they are. `before`: the cookie they came with."""
    token = services.randomness.token(TOKEN_BYTES)
    new = NewSession(f"{member.merchant_id}.{token}", services.randomness.token(TOKEN_BYTES), member)
    mode = await services.database.run(_open, new, _hash(token), services.clock.now_us(), _parts(before))
    return replace(new, csrf_token=form_token(mode, new.csrf_token))


async def read_session(services: Services, cookie: str | None) -> SignedIn | None:
    """Who is signed in with this cookie, or None."""
    parts = _parts(cookie)
    if parts is None:
        return None
    merchant_id, session_id = parts
    stored = await services.database.read(member_sessions.get_session, merchant_id, session_id)
    now = services.clock.now_us()
    if stored is None or now >= stored.expires_at or now - stored.seen_at >= IDLE_MAX_US:
        return None
    if now - stored.seen_at >= TOUCH_AFTER_US:
        await services.database.run(member_sessions.touch_session, merchant_id, session_id, now=now)
    token = form_token(stored.merchant.mode, stored.csrf_token)
    return SignedIn(stored.member, stored.merchant, token, stored.other_id)


async def is_still_shown(services: Services, cookie: str | None, merchant_id: MerchantId) -> bool:
    """Whether the cookie's session stands and shows these books. To ask is not to use it: it still ends in time."""
    parts = _parts(cookie)
    stored = None if parts is None else await services.database.read(member_sessions.get_session, *parts)
    now = services.clock.now_us()
    return (
        stored is not None
        and stored.merchant.id == merchant_id
        and now < stored.expires_at
        and now - stored.seen_at < IDLE_MAX_US
    )


async def show_books(services: Services, cookie: str | None, mode: Mode) -> None:
    """From now on the session of this cookie shows the business's books of this mode. Raises NotFound if there are none."""
    parts = _parts(cookie)
    if parts is not None:
        await services.database.run(_show_books, *parts, mode)


async def sign_out(services: Services, cookie: str | None) -> None:
    """Ends the session of this cookie, if it is one."""
    parts = _parts(cookie)
    if parts is not None:
        await services.database.run(member_sessions.delete_session, *parts)


async def sign_out_everywhere(services: Services, member: Member) -> None:
    """Ends every session of a member."""
    await services.database.run(member_sessions.delete_sessions, member.merchant_id, member.id)


async def _show_books(tx: Tx, merchant_id: MerchantId, session_id: str, mode: Mode) -> None:
    if mode is Mode.LIVE and await other_books(tx, merchant_id) is None:
        raise NotFound("There are no live books yet.")
    await member_sessions.set_session_mode(tx, merchant_id, session_id, mode)


async def _open(
    tx: Tx, new: NewSession, session_id: str, now: int, before: tuple[MerchantId, str] | None
) -> Mode:
    whose = new.member
    mode = Mode.TEST if await other_books(tx, whose.merchant_id) is None else Mode.LIVE
    if before is not None:
        await member_sessions.delete_session(tx, *before)
    # Run again after a lost answer, it replaces its own row.
    await member_sessions.delete_session(tx, whose.merchant_id, session_id)
    await member_sessions.purge_sessions(
        tx, whose.merchant_id, whose.id, now=now, seen_before=now - IDLE_MAX_US
    )
    await member_sessions.insert_session(
        tx, whose, session_id, csrf_token=new.csrf_token, mode=mode, now=now, expires_at=now + AGE_MAX_US
    )
    return mode


def _parts(cookie: str | None) -> tuple[MerchantId, str] | None:
    """Merchant id and session id of a cookie's value."""
    if cookie is None or len(cookie) > COOKIE_MAX_CHARS or not (cookie.isascii() and cookie.isprintable()):
        return None
    merchant_id, dot, token = cookie.partition(".")
    return (MerchantId(merchant_id), _hash(token)) if merchant_id and dot and token else None


def _is_same(posted: str, token: str) -> bool:
    return hmac.compare_digest(posted.encode("utf-8", "replace"), token.encode())


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
