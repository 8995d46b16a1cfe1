"""May this process act? A copy of an installation that was started elsewhere, or a backup that was brought back, may not:
it charges nothing and sends nothing until somebody says that it is the real one (`linktill adopt`).

Its pages can be read. Judged from the database at start and every few seconds after.
"""

from enum import StrEnum
from typing import Final, final

from linktill.core.errors import GatewayTrouble
from linktill.platform.ids import Ids
from linktill.platform.log import get_logger
from linktill.storage.database import Database, Tx, kind_of
from linktill.storage.errors import StorageError
from linktill.storage.standing import (
    Home,
    claim_home,
    cluster_home,
    file_home,
    keep_home,
    mark,
    read_home,
    restored_from,
)

INSTALLATION: Final = "inst_"
REFUSED: Final = (
    "This is a copy of an installation, or a backup that was brought back, and nobody has adopted it yet: "
    "nothing is charged or sent from here."
)

log = get_logger(__name__)


class Why(StrEnum):
    """Why an installation does not act."""

    RESTORED = "restored"
    """`linktill restore` brought it back."""
    MOVED = "moved"
    """It is not where it was: a copy, or the real one after a move."""


@final
class Standing:
    """What this process knows of it. Without a database's address it may act: tests and the simulator have no other place."""

    def __init__(self, url: str | None = None) -> None:
        self._url: Final = url
        self.why: Why | None = None
        self._is_judged = False
        self.is_catching_up = False
        """`linktill adopt` asks the gateways what happened before anything is sent again."""

    @property
    def is_live(self) -> bool:
        """Whether it charges and sends."""
        return self.why is None

    @property
    def may_ask(self) -> bool:
        """Whether gateways may be called."""
        return self.why is None or self.is_catching_up

    def check(self) -> None:
        """Raises GatewayTrouble unless gateways may be called: before anything is written down that would wait for one."""
        if not self.may_ask:
            raise GatewayTrouble(REFUSED)

    async def home(self, database: Database) -> Home | None:
        """Where the database is now; None where that cannot be told."""
        if self._url is None:
            return None
        if kind_of(self._url) == "sqlite":
            return file_home(self._url)
        try:
            return await database.read(cluster_home)
        except StorageError as error:
            log.info("standing.place_unknown", reason=str(error))
            return None

    async def judge(self, database: Database) -> None:
        """Looks again. Reads only. A database that cannot be read leaves the judgment as it was."""
        if self._url is None:
            return
        before = self.why
        try:
            self.why = await self._judged(database)
        except StorageError as error:
            log.info("standing.not_judged", reason=str(error))
        if self.why is not before and self._is_judged:
            log.warning("standing.changed", why=None if self.why is None else self.why.value)
        self._is_judged = True

    async def _judged(self, database: Database) -> Why | None:
        known, restored_at = await database.read(_facts)
        if restored_at is not None:
            return Why.RESTORED
        if known is None:
            return None
        now = await self.home(database)
        return None if now is None or known[1].is_same_place(now) else Why.MOVED

    async def settle_in(self, database: Database, ids: Ids) -> None:
        """Called when a server starts: names a database that has no name yet, keeps the marker, and judges."""
        if self._url is None:
            return
        await self.judge(database)
        if self.why is not None:
            return
        known, _ = await database.read(_facts)
        installation_id = ids.new(INSTALLATION) if known is None else known[0]
        mark(self._url, installation_id)
        home = await self.home(database) or Home()
        if known is None:
            await database.run(claim_home, installation_id, home)
            await self.judge(database)
        elif home != known[1]:
            await database.run(keep_home, home)


async def _facts(tx: Tx) -> tuple[tuple[str, Home] | None, int | None]:
    return await read_home(tx), await restored_from(tx)
