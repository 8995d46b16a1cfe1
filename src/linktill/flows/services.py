"""What flows need from the world. Handed in by `main`, or by a simulator that owns time, chance and the wire."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from linktill.core.errors import NoRoom
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.offering import EVERYTHING, Offering
from linktill.documents.printer import Printer
from linktill.flows.domains import Domains
from linktill.flows.standing import Standing
from linktill.gateways.contract import Account
from linktill.gateways.kind import Gateways
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient
from linktill.platform.ids import Ids
from linktill.platform.randomness import Randomness
from linktill.platform.secrets import Vault
from linktill.storage.database import Database
from linktill.storage.room import Room

T = TypeVar("T")

ACCOUNTS_KEPT_S: Final = 5.0
"""So long a gateway account may be used after it was changed elsewhere: as long as a request that was under way then."""
ACCOUNTS_MAX: Final = 1_000


class Wake:
    """Tells the worker in this process that there is work now, so that nobody waits for its next look.

    Only a courtesy: what is not woken for is found by looking.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def now(self) -> None:
        """There is work."""
        self._event.set()

    async def wait(self) -> None:
        """Returns when there is work, and forgets that it was told."""
        await self._event.wait()
        self._event.clear()


DOWN_S: Final = 60.0
"""So long payers are led elsewhere after a gateway could not be reached."""
HURRY_EVERY_US: Final = 5 * 60 * 1_000_000
MISSED_MAX: Final = 10_000


class Outages:
    """Which attempts were looked up in vain lately, as far as this process knows: they are behind when the gateway is back."""

    def __init__(self) -> None:
        self._missed: dict[str, dict[AttemptId, None]] = {}
        self._down_until_s: dict[str, float] = {}
        self._hurried_at: dict[str, int] = {}

    def note_missed(self, account_id: str, attempt_id: AttemptId) -> None:
        """The account's gateway gave no answer about an attempt. Those beyond `MISSED_MAX` wait for their next turn."""
        missed = self._missed.setdefault(account_id, {})
        if len(missed) < MISSED_MAX:
            missed[attempt_id] = None

    def note_down(self, account_id: str, now_s: float) -> None:
        """A payment could not be started over this account: for a moment payers are led elsewhere. `now_s`: monotonic."""
        self._down_until_s[account_id] = now_s + DOWN_S

    def is_down(self, account_id: str, now_s: float) -> bool:
        """Was that so a moment ago?"""
        return now_s < self._down_until_s.get(account_id, 0.0)

    def note_up(self, account_id: str, attempt_id: AttemptId, now: int) -> list[AttemptId]:
        """The gateway answered about this one. Returns the others that are to be looked up again, each once.

        Not more often than `HURRY_EVERY_US`: a gateway that answers every other time must not be asked in a circle.
        """
        missed = self._missed.get(account_id, {})
        missed.pop(attempt_id, None)
        if not missed or now - self._hurried_at.get(account_id, 0) < HURRY_EVERY_US:
            return []
        self._hurried_at[account_id] = now
        return list(self._missed.pop(account_id))


class Recent(Generic[T]):
    """Remembers what was looked up a moment ago, so that a burst of requests asks the database once.

    What it answers is up to `kept_s` old. Holds at most `keys_max`: the oldest goes first.
    """

    def __init__(self, *, kept_s: float, keys_max: int) -> None:
        self._kept_s = kept_s
        self._keys_max = keys_max
        self._found: dict[str, tuple[float, T]] = {}

    def get(self, key: str, *, now_s: float) -> T | None:
        """What was found under the key, if that was only a moment ago. `now_s`: of a monotonic clock."""
        found = self._found.get(key)
        return found[1] if found is not None and now_s < found[0] else None

    def keep(self, key: str, found: T, *, now_s: float) -> None:
        """Remembers. `now_s`: when the look-up began."""
        self._found.pop(key, None)
        self._found[key] = (now_s + self._kept_s, found)
        if len(self._found) > self._keys_max:
            del self._found[next(iter(self._found))]

    def drop(self, key: str) -> None:
        """Forgets: it was changed here."""
        self._found.pop(key, None)


NOTED_EVERY_US: Final = 10 * 1_000_000


class Seldom:
    """Lets through what is to be written down now and then only, by key: a burst of webhooks must not write one row each time."""

    def __init__(self, *, every_us: int = NOTED_EVERY_US, keys_max: int = ACCOUNTS_MAX) -> None:
        self._every_us = every_us
        self._keys_max = keys_max
        self._next_at: dict[str, int] = {}

    def is_due(self, key: str, now: int) -> bool:
        """Whether it is to be written down; then not again for a while."""
        if now < self._next_at.get(key, 0):
            return False
        self._next_at.pop(key, None)
        self._next_at[key] = now + self._every_us
        if len(self._next_at) > self._keys_max:
            del self._next_at[next(iter(self._next_at))]
        return True


@dataclass(frozen=True, slots=True)
class Offered:
    """An open account, and what its merchant offers it for."""

    account: Account
    offering: Offering = EVERYTHING


def _recent_connected() -> Recent[tuple[Offered, ...]]:
    return Recent(kept_s=ACCOUNTS_KEPT_S, keys_max=ACCOUNTS_MAX)


def _recent_accounts() -> Recent[Account]:
    return Recent(kept_s=ACCOUNTS_KEPT_S, keys_max=ACCOUNTS_MAX)


@dataclass(frozen=True, slots=True)
class Services:
    """The ports. `base_url` is where payers reach this installation, without a slash at the end."""

    database: Database
    clock: Clock
    ids: Ids
    randomness: Randomness
    http: HttpClient
    vault: Vault
    gateways: Gateways
    base_url: str
    wake: Wake = field(default_factory=Wake)
    outages: Outages = field(default_factory=Outages)
    accounts: Recent[Account] = field(default_factory=_recent_accounts)
    """Gateway accounts, opened. See `flows/accounts`."""
    connected: Recent[tuple[Offered, ...]] = field(default_factory=_recent_connected)
    """Merchant → all accounts, opened, in the merchant's order. See `flows/offers`."""
    noted: Seldom = field(default_factory=Seldom)
    """How gateway accounts have been. See `flows/account_health`."""
    room: Room | None = None
    """Of the disk that holds the database; None: nobody watches it."""
    standing: Standing = field(default_factory=Standing)
    domains: Domains = field(default_factory=Domains)
    printer: Printer = field(default_factory=Printer)

    def origin_of(self, merchant_id: MerchantId) -> str:
        """How addresses of this merchant's links begin, without a slash at the end: on its own domain, if it has one."""
        return self.domains.origin_of(merchant_id) or self.base_url


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with which ids a unit writes: handed in, so that a unit has no clock and no chance of its own."""

    now: int
    ids: Ids
    base_url: str
    has_room: bool = True
    """False: the disk is nearly full, so nothing new may begin. What was begun goes on."""
    domains: Domains = field(default_factory=Domains)

    def origin_of(self, merchant_id: MerchantId) -> str:
        """As that of Services."""
        return self.domains.origin_of(merchant_id) or self.base_url


def moment_of(services: Services) -> Moment:
    """The time and ids for one unit of work."""
    has_room = services.room is None or not services.room.is_short()
    return Moment(services.clock.now_us(), services.ids, services.base_url, has_room, services.domains)


def check_room(moment: Moment) -> None:
    """Raises NoRoom where something new would begin."""
    if not moment.has_room:
        raise NoRoom("The disk of this server is nearly full, so nothing new is begun. Try again later.")
