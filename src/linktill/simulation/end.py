"""When a seed has come to rest: our books against the company's, what payers were told, and what receivers heard."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from linktill.core.payment_attempt import DEAD
from linktill.flows.verify_books import verify_books
from linktill.sandbox import Surprise
from linktill.simulation.watch import Watch
from linktill.simulation.world import World
from linktill.storage.touched import (
    DELIVERED,
    OPEN_WORK,
    OUR_DISPUTES,
    OUR_REFUNDS,
    OURS,
    RECEIVED,
    SESSIONS,
    UNTOLD,
)

UNSENT: Final = frozenset({"gateway_unavailable", "gateway_rejected"})
"""Codes under which we say that nothing was charged."""


LISTED_MAX_S: Final = 26 * 3600.0
"""What no webhook told is found by the daily comparison."""
LOOK_EVERY_S: Final = 1_800.0
HEAL_MOST_S: Final = 210.0
"""Nine of ten unknown results take no longer: a step of `UNSURE_STEP_S`, and a worker that was busy or stood still."""
HEALED_MIN: Final = 30
"""Fewer say nothing about nine of ten."""


async def compare(world: World) -> None:
    """Notes every disagreement."""
    limit_s = world.loop.now_s + LISTED_MAX_S
    while not _is_told(world) and world.loop.now_s < limit_s:
        await world.loop.sleep(LOOK_EVERY_S)
    verified = await verify_books(world.nodes[0].services)
    for problem in verified.problems:
        world.watch.violated(problem.invariant, f"{problem.message}: {', '.join(problem.ids[:3])}")
    payments, refunds = world.company.books()
    _payments(world, payments)
    _refunds(world, refunds)
    _disputes(world)
    _displayed(world)
    _told(world)
    _received(world)
    _healed(world)
    world.watch.shelf.ended()


def heal_times(world: World) -> Iterator[float]:
    """From when an unknown result could be known: since no call about it went wrong any more, or an outage was over."""
    for since_s, until_s in world.watch.healed_s:
        ends = [window.ends_s for window in world.place.trouble.outages if window.holds(since_s)]
        yield until_s - max([since_s, *(end_s for end_s in ends if end_s < until_s)])


def _healed(world: World) -> None:
    """One may have bad luck twice. Most payers hear with the first look at the latest."""
    times_s = sorted(heal_times(world), reverse=True)
    if len(times_s) >= HEALED_MIN and (late_s := times_s[len(times_s) // 10]) > HEAL_MOST_S:
        world.watch.violated("I5", f"a tenth of what was unknown stayed so for {late_s:.0f} s and longer")


def _is_told(world: World) -> bool:
    """Do we know what the company did without being asked, and is that worked on to its end?"""
    watch = world.watch
    for key, surprise in watch.surprised.items():
        if surprise == Surprise.REFUND_BOUNCED and watch.refunds[key] != "failed":
            return False
        if surprise == Surprise.CAPTURED_AFTER_ALL and watch.attempts[key].status in DEAD:
            return False
    is_open: int = world.memory.rows(OPEN_WORK)[0][0]
    return is_open == 0 and dict(world.memory.rows(OUR_DISPUTES)) == world.company.disputes()


def _disputes(world: World) -> None:
    ours, theirs = dict(world.memory.rows(OUR_DISPUTES)), world.company.disputes()
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            world.watch.violated("disputes", f"{key} is {ours.get(key)}, the gateway says {theirs.get(key)}")


def _payments(world: World, payments: list[tuple[str, str, int, str, int]]) -> None:
    watch = world.watch
    of_attempt = defaultdict(list)
    for payment in payments:
        of_attempt[payment[0]].append(payment)
    for row in world.memory.rows(OURS):
        attempt_id, status, _, _, is_surplus, _, reason, code, announced, _, sent_back = row
        theirs = of_attempt.pop(attempt_id, [])
        _sound(watch, row, len(theirs))
        captured = [each for each in theirs if each[1] == "captured"]
        if len(captured) > 1:
            watch.violated("double charge", f"{attempt_id} was captured {len(captured)} times")
        if code in UNSENT and theirs:
            watch.violated("unsent", f"{attempt_id} was called not sent, the gateway has it")
        if is_surplus and sent_back != 1:
            watch.violated("surplus", f"{attempt_id} had no place and was sent back {sent_back} times")
        if announced != (status == "captured"):
            watch.violated("I6", f"{attempt_id} is {status}, its capture was announced {announced} times")
        if bool(captured) == (status == "captured"):
            _amounts(watch, row, captured)
        elif reason is None:
            watch.violated("I2", f"{attempt_id} is {status}, the gateway says {[each[1] for each in theirs]}")
    for reference, theirs in of_attempt.items():
        watch.violated("foreign", f"the gateway has {reference} ({theirs[0][1]}), we do not")


def _sound(watch: Watch, row: tuple[Any, ...], starts: int) -> None:
    attempt_id, status, _, _, _, _, reason, _, _, announced, _ = row
    if starts > 1:
        watch.violated("double charge", f"{attempt_id} was started {starts} times at the gateway")
    if announced != 1:
        watch.violated("I6", f"the start of {attempt_id} was announced {announced} times")
    if reason is not None and status in {"needs_review", "captured"} and attempt_id not in watch.surprised:
        watch.violated("contradiction", f"{attempt_id} is {status}: {reason}")


def _amounts(watch: Watch, row: tuple[Any, ...], captured: list[tuple[str, str, int, str, int]]) -> None:
    attempt_id, _, amount, currency, _, refunded, *_ = row
    for _, _, bank_amount, bank_currency, bank_refunded in captured:
        if (bank_amount, bank_currency) != (amount, currency):
            watch.violated(
                "I8", f"{attempt_id} is {amount} {currency}, charged were {bank_amount} {bank_currency}"
            )
        if bank_refunded != refunded:
            watch.violated("I7", f"{attempt_id} refunded {refunded}, the gateway {bank_refunded}")


def _refunds(world: World, refunds: list[tuple[str, str, int]]) -> None:
    watch = world.watch
    of_refund = defaultdict(list)
    for refund in refunds:
        of_refund[refund[0]].append(refund)
    asked = Counter(watch.refunds_asked)
    for refund_id, attempt_id, amount, status, code, reason, announced in world.memory.rows(OUR_REFUNDS):
        if announced != 1:
            watch.violated("I6", f"the refund {refund_id} was announced {announced} times")
        if reason != "surplus":
            seen = watch.attempts.get(attempt_id)
            goes_back = seen is not None and seen.link_id in watch.sent_back
            # Canceling asks for one of each payment, and its name says which.
            if not (goes_back and refund_id.partition("_")[2] == attempt_id.partition("_")[2]):
                asked[attempt_id] -= 1
            if asked[attempt_id] < 0:
                watch.violated("I7", f"{attempt_id} has more refunds than anybody asked for: {refund_id}")
        theirs = of_refund.pop(refund_id, [])
        done = [each for each in theirs if each[1] != "failed"]
        if len(done) > 1:
            watch.violated("double refund", f"{refund_id} of {attempt_id} was made {len(done)} times")
        is_open = status in {"pending", "unknown"} and code is not None
        if (status == "succeeded") != bool(done) and not is_open:
            watch.violated("I7", f"{refund_id} is {status}, the gateway says {[each[1] for each in theirs]}")
        if any(each[2] != amount for each in done):
            watch.violated("I7", f"{refund_id} is about {amount}, the gateway gave back {done[0][2]}")
    for reference in of_refund:
        watch.violated("foreign", f"the gateway has refund {reference}, we do not")


def _displayed(world: World) -> None:
    for session_id, token, amount, currency in world.memory.rows(SESSIONS):
        if (amount, currency) not in world.shown.get(token, ()):
            world.watch.violated("I8", f"{session_id} took {amount} {currency}, which its payer never saw")


def _received(world: World) -> None:
    """What was acknowledged is there, once."""
    stored = Counter(event_id for (event_id,) in world.memory.rows(RECEIVED))
    for event_id in sorted(world.bank_wire.acknowledged):
        if stored[event_id] != 1:
            world.watch.violated("I6", f"{event_id} was acknowledged, and is stored {stored[event_id]} times")


def _told(world: World) -> None:
    watch: Watch = world.watch
    untold = world.memory.rows(UNTOLD)
    if untold:
        watch.violated("I6", f"{len(untold)} events were not told, such as {untold[0][0]}")
    heard = {event for shop in world.shops for event in shop.heard}
    for url, event_id in world.memory.rows(DELIVERED):
        if (url, event_id) not in heard:
            watch.violated("I6", f"{event_id} counts as delivered to {url}, which never heard it")
