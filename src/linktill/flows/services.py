"""What flows need from the world. Handed in by `main`, or by a simulator that owns time, chance and the wire."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from linktill.gateways.contract import Gateway
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient
from linktill.platform.ids import Ids
from linktill.platform.randomness import Randomness
from linktill.platform.secrets import Vault
from linktill.storage.database import Database


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


class Outages:
    """Which gateway accounts gave no answer lately, as far as this process knows."""

    def __init__(self) -> None:
        self._down: set[str] = set()

    def note_down(self, account_id: str) -> None:
        """The account's gateway gave no answer."""
        self._down.add(account_id)

    def note_up(self, account_id: str) -> bool:
        """The gateway answered. True: for the first time after an outage."""
        was_down = account_id in self._down
        self._down.discard(account_id)
        return was_down


@dataclass(frozen=True, slots=True)
class Services:
    """The ports. `base_url` is where payers reach this installation, without a slash at the end."""

    database: Database
    clock: Clock
    ids: Ids
    randomness: Randomness
    http: HttpClient
    vault: Vault
    gateways: Mapping[str, Gateway]
    base_url: str
    wake: Wake = field(default_factory=Wake)
    outages: Outages = field(default_factory=Outages)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with which ids a unit writes: handed in, so that a unit has no clock and no chance of its own."""

    now: int
    ids: Ids
    base_url: str


def moment_of(services: Services) -> Moment:
    """The time and ids for one unit of work."""
    return Moment(services.clock.now_us(), services.ids, services.base_url)
