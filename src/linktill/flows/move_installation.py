"""Takes an installation from SQLite to PostgreSQL: all of it, or none of it.

The order of the marks keeps two databases from ever being the installation at once: the source is given up first, and only
then the target takes over. A crash between the two leaves none that can be used, until the move is run again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from linktill.core.ids import MerchantId
from linktill.flows.move_marks import Mark, put_mark, read_mark
from linktill.flows.move_rows import ComparedTable, MoveRefused, Pair, Tell, compare_tables, copy_tables
from linktill.flows.services import Services
from linktill.flows.standing import Standing
from linktill.flows.verify_books import Problem, Verified, verify_books
from linktill.platform.clock import Clock
from linktill.storage import copy, invariants, ledger
from linktill.storage.copy_source import FAULTS_MAX, Fault
from linktill.storage.database import Tx
from linktill.storage.standing import Home, keep_home, read_home

TO: Final = "--to"


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the move starts and where it leads. Both have the schema of this release; nobody else uses the source."""

    source: Services
    source_name: str
    target: Services
    target_name: str
    faults: Callable[[str], Sequence[Fault]]
    """Values of a table in the source that PostgreSQL would not take."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved and compared. `problems`: what `verify` found in the books before the move, and again after it."""

    tables: Sequence[ComparedTable]
    rows_in_place: int
    """Rows that an interrupted move had copied before."""
    balances: int
    """Ledger accounts whose balances were compared."""
    verified: Verified


async def move_installation(ends: Ends, tell: Tell) -> Moved | None:
    """Copies, compares, and hands over. None: it was moved before. Raises MoveRefused; until it returns, the source is the
    installation, or none is while the last marks are written. May be run again after a crash at any moment.
    """
    mark = await _claim(ends)
    if mark is None:
        return None
    _check_values(ends)
    pair = Pair(ends.source.database, ends.target.database, ends.source.clock, tell)
    in_place = await copy_tables(pair, mark)
    tables = await compare_tables(pair)
    balances = await _compare_balances(ends)
    tell("checking the books of both")
    verified = await _compare_books(ends)
    await _hand_over(ends, mark)
    return Moved(tables, in_place, balances, verified)


async def _hand_over(ends: Ends, mark: Mark) -> None:
    now = ends.source.clock.now_us()
    home = await _new_home(ends)
    left = Mark(move_id=mark.move_id, state="left", other=ends.target_name, at=now)
    await ends.source.database.run(put_mark, left)
    arrived = Mark(move_id=mark.move_id, state="arrived", other=mark.other, at=now)
    await ends.target.database.run(_arrive, arrived, home)


async def _new_home(ends: Ends) -> Home | None:
    """Where the installation is at home from now on. None: it was never named, or is a copy that nobody has adopted; what
    was moved is then as little the real one as it was before.
    """
    source = Standing(ends.source_name)
    await source.judge(ends.source.database)
    if not source.is_live or await ends.source.database.read(read_home) is None:
        return None
    return await Standing(ends.target_name).home(ends.target.database) or Home()


async def _arrive(tx: Tx, arrived: Mark, home: Home | None) -> None:
    if home is not None:
        await keep_home(tx, home)
    await put_mark(tx, arrived)


async def _claim(ends: Ends) -> Mark | None:
    """Marks both ends; answers the target's mark, or None when this move is over. Nothing else is written."""
    theirs = await ends.target.database.read(read_mark)
    ours = await ends.source.database.read(read_mark)
    is_theirs_of_ours = theirs is not None and ours is not None and theirs.move_id == ours.move_id
    if ours is not None and ours.state == "left" and not is_theirs_of_ours:
        raise MoveRefused("moved_before", f"{ends.source_name} was moved to {ours.other} before.", param=TO)
    if theirs is not None and is_theirs_of_ours and theirs.state == "arrived":
        return None
    if ours is None or ours.state not in {"leaving", "left"}:
        now = ends.source.clock.now_us()
        move_id = ends.source.randomness.token(12)
        ours = Mark(move_id=move_id, state="leaving", other=ends.target_name, at=now)
        await ends.source.database.run(put_mark, ours)
    arriving = Mark(move_id=ours.move_id, state="arriving", other=ends.source_name, at=ours.at)
    if not await ends.target.database.run(_claim_target, arriving):
        message = (
            f"{ends.target_name} holds another installation, or a move from elsewhere that is not through. "
            "Give an empty database."
        )
        raise MoveRefused("target_not_empty", message, param=TO)
    return arriving


async def _claim_target(tx: Tx, arriving: Mark) -> bool:
    """Unit: whether the target is empty, or was claimed by this move before."""
    found = await read_mark(tx)
    if found is None:
        for name in copy.NAMES:
            if not await copy.is_empty(tx, name):
                return False
        await put_mark(tx, arriving)
        return True
    return found.state == "arriving" and found.move_id == arriving.move_id


def _check_values(ends: Ends) -> None:
    """Before anything is copied: what would have to be mended first, all of it."""
    faults = [fault for name in copy.NAMES for fault in ends.faults(name)]
    if faults:
        more = f" (only {FAULTS_MAX} of each table are listed)" if len(faults) >= FAULTS_MAX else ""
        message = f"PostgreSQL would not take these values{more}: " + "; ".join(map(str, faults))
        raise MoveRefused("values_not_taken", f"{message}. Mend them, then move again.")


async def _compare_balances(ends: Ends) -> int:
    count = 0
    merchants: list[MerchantId] = await ends.source.database.report(invariants.merchants)
    for merchant_id in merchants:
        ours = await ends.source.database.report(ledger.balances, merchant_id)
        theirs = await ends.target.database.report(ledger.balances, merchant_id)
        if ours != theirs:
            raise MoveRefused("copies_differ", f"The ledger balances of {merchant_id} differ in the target.")
        count += len(ours)
    return count


async def _compare_books(ends: Ends) -> Verified:
    clock = _Still(ends.source.clock)
    ours = await verify_books(replace(ends.source, clock=clock))
    theirs = await verify_books(replace(ends.target, clock=clock))
    if _found(ours) != _found(theirs):
        unknown = [problem.message for problem in theirs.problems if problem not in ours.problems]
        message = f"The books of the target are not those of the source: {'; '.join(unknown) or 'problems are gone'}."
        raise MoveRefused("copies_differ", message)
    return theirs


def _found(verified: Verified) -> tuple[int, int, list[tuple[str, MerchantId, str, list[str]]]]:
    """What must be alike. The ids of a problem come in no order, and where there are many, not all of them."""

    def plain(problem: Problem) -> tuple[str, MerchantId, str, list[str]]:
        ids = sorted(problem.ids) if len(problem.ids) < invariants.SHOWN_MAX else []
        return (problem.invariant, problem.merchant_id, problem.message, ids)

    return verified.merchants, verified.ledger_rows, [plain(problem) for problem in verified.problems]


class _Still(Clock):
    """Shows one moment, so that nothing becomes overdue between two checks that are compared."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._now: Final = clock.now_us()

    @override
    def now_us(self) -> int:
        return self._now

    @override
    def monotonic_s(self) -> float:
        return self._clock.monotonic_s()

    @override
    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
