"""Sends from one receiver's queue: take what is due, send it outside of any database transaction, write down what came of it.

Whoever holds the queue's turn is the only one to send from it. A holder that was asleep past its lease writes nothing.
A receiver that fails altogether rests, a minute at most: its backlog then costs a few tries a minute, and when it is back
the whole backlog follows at once.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from linktill.flows.services import Moment, Services, moment_of
from linktill.notify.mail import Mailer
from linktill.platform.http import HttpClient
from linktill.platform.log import get_logger
from linktill.platform.randomness import Randomness
from linktill.storage import queues
from linktill.storage.database import Tx
from linktill.storage.outbox import Promise
from linktill.storage.queues import Queued

SECOND_US: Final = 1_000_000
LEASE_US: Final = 60 * SECOND_US
"""Longer than a round can take: 15 s for a webhook, 30 s for a mail."""
ROUNDS_MAX: Final = 20
REST_MAX_S: Final = 60
JITTER_MAX: Final = 1.15
RETRIES_S: Final = (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200)
"""How long after a try the next one is; the last repeats."""
GIVE_UP_US: Final = 3 * 24 * 3_600 * SECOND_US
"""A failed try this long after the first promise is the last."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Channels:
    """How news leave this machine.

    `http` reads little of an answer (`merchant_webhook.RESPONSE_MAX_BYTES`). `mailer` None: no mail server is set, mails are
    kept. `may_be_private`: may webhook endpoints be on this machine or its network? Only where developers try things.
    """

    http: HttpClient
    mailer: Mailer | None
    may_be_private: bool


class Verdict(Enum):
    """What came of a try."""

    DONE = "done"
    AGAIN = "again"
    """The receiver did not take it now."""
    DEAD = "dead"
    """It will never be taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A try and what it left for the log. `rest_s`: the receiver asked us to wait. `is_sent` False: nothing was sent."""

    row: Queued
    verdict: Verdict
    error: str | None = None
    status: int | None = None
    body: str | None = None
    rest_s: int = 0
    is_sent: bool = True
    is_gone: bool = False
    """The receiver wants nothing any more."""


Load = TypeVar("Load")


@dataclass(frozen=True, slots=True)
class Settled:
    """A round's outcomes; how long each waits if it is tried again; how long the queue rests (0: it goes on)."""

    outcomes: tuple[Outcome, ...]
    waits_us: tuple[int, ...]
    rest_us: int


@dataclass(frozen=True, slots=True)
class Courier(Generic[Load]):
    """How one kind of receiver is told.

    `take`: the unit that takes the next rows with what it needs to send them, or ends the turn and answers None.
    `send` never raises for what a receiver does. `settle`: the unit that writes a round down; False: the turn is over.
    """

    take: Callable[[Tx, Promise], Coroutine[Any, Any, tuple[Load, list[Queued]] | None]]
    send: Callable[[Services, Load, Queued], Coroutine[Any, Any, Outcome]]
    settle: Callable[[Tx, Moment, Promise, Settled], Coroutine[Any, Any, bool]]


async def take_turn(services: Services, courier: Courier[Load], turn: Promise) -> int:
    """Sends what is due, within bounds; answers how many tries were made."""
    tries = 0
    for _ in range(ROUNDS_MAX):
        found = await services.database.run(courier.take, turn)
        if found is None:
            return tries
        load, rows = found
        outcomes = await asyncio.gather(*(_send(services, courier, load, row) for row in rows))
        tries += len(outcomes)
        moment = moment_of(services)
        settled = Settled(
            tuple(_given_up(outcome, moment.now) for outcome in outcomes),
            _waits(services.randomness, outcomes),
            _rest_us(services.randomness, turn, outcomes),
        )
        may_go_on = await services.database.run(courier.settle, moment, turn, settled)
        if not may_go_on:
            return tries
    await services.database.run(_pass_on, turn)
    return tries


async def _send(services: Services, courier: Courier[Load], load: Load, row: Queued) -> Outcome:
    try:
        return await courier.send(services, load, row)
    except Exception as error:  # what we did not think of ends among the dead, not in an endless circle
        log.exception("telling.failed", kind=row.kind, subject_id=row.subject_id)
        return Outcome(row, Verdict.AGAIN, f"{type(error).__name__}: {error}"[:500])


async def take_rows(tx: Tx, turn: Promise, *, prefix: str, limit: int) -> list[Queued]:
    """Unit: what is due, the turn's lease renewed. Nothing due ends the turn; nothing comes of a lost turn either."""
    if not await hold_turn(tx, turn):
        return []
    rows = await queues.due(tx, turn, prefix=prefix, now=await tx.database_time(), limit=limit)
    if not rows:
        await queues.end(tx, turn, prefix=prefix)
    return rows


async def hold_turn(tx: Tx, turn: Promise) -> bool:
    """Unit: renews the lease. False: somebody else has the turn now, and nothing may be written under ours."""
    is_ours = await queues.hold(tx, turn, lease_until=await tx.database_time() + LEASE_US)
    if not is_ours:
        log.warning("turn.lost", merchant_id=turn.merchant_id, queue_id=turn.subject_id)
    return is_ours


async def settle_queue(tx: Tx, turn: Promise, settled: Settled) -> bool:
    """Unit: what the outcomes mean for the queue, its turn being held. False: the turn is over."""
    now = await tx.database_time()
    for outcome, wait_us in zip(settled.outcomes, settled.waits_us, strict=True):
        if outcome.verdict is Verdict.AGAIN:
            due_at = now + max(wait_us, outcome.rest_s * SECOND_US)
            await queues.again(tx, turn.merchant_id, outcome.row.id, due_at=due_at, error=outcome.error or "")
        else:
            await queues.remove(tx, turn.merchant_id, outcome.row.id)
    if settled.rest_us == 0:
        return True
    await queues.rest(
        tx,
        turn,
        until=now + settled.rest_us,
        failures=max(1, turn.tries),
        error=settled.outcomes[-1].error,
    )
    return False


async def _pass_on(tx: Tx, turn: Promise) -> None:
    """Others are waiting too: the queue's next turn is at once, but not ours."""
    await queues.rest(tx, turn, until=queues.AT_ONCE, failures=0, error=None)


def _given_up(outcome: Outcome, now: int) -> Outcome:
    if outcome.verdict is not Verdict.AGAIN or now - outcome.row.queued_at < GIVE_UP_US:
        return outcome
    return replace(
        outcome, verdict=Verdict.DEAD, error=f"Given up after three days. {outcome.error or ''}".strip()
    )


def _waits(randomness: Randomness, outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    """With jitter, so that what failed together is not tried again together."""
    steps_s = (RETRIES_S[min(outcome.row.tries, len(RETRIES_S) - 1)] for outcome in outcomes)
    return tuple(round(step_s * SECOND_US * randomness.uniform(1.0, JITTER_MAX)) for step_s in steps_s)


def _rest_us(randomness: Randomness, turn: Promise, outcomes: Sequence[Outcome]) -> int:
    """How long the receiver is left alone: as long as it asks for, and longer each time that it fails altogether."""
    asked_s = max(outcome.rest_s for outcome in outcomes)
    is_down = all(outcome.verdict is Verdict.AGAIN for outcome in outcomes)
    failing_s = min(REST_MAX_S, 2 ** min(max(0, turn.tries - 1), 10)) if is_down else 0
    return round(max(asked_s, failing_s) * SECOND_US * randomness.uniform(1.0, JITTER_MAX))
