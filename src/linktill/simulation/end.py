"""When a seed has come to rest: our books against the company's, what payers were told, and what receivers heard."""

from collections import defaultdict
from typing import Any, Final

from linktill.flows.verify_books import verify_books
from linktill.simulation.watch import Watch
from linktill.simulation.world import World
from linktill.storage.touched import DELIVERED, OUR_REFUNDS, OURS, SESSIONS, UNTOLD

UNSENT: Final = frozenset({"gateway_unavailable", "gateway_rejected"})
"""Codes under which we say that nothing was charged."""


async def compare(world: World) -> None:
    """Notes every disagreement."""
    verified = await verify_books(world.nodes[0].services)
    for problem in verified.problems:
        world.watch.violated(problem.invariant, f"{problem.message}: {', '.join(problem.ids[:3])}")
    payments, refunds = world.company.books()
    _payments(world, payments)
    _refunds(world, refunds)
    _displayed(world)
    _told(world)


def _payments(world: World, payments: list[tuple[str, str, int, str, int]]) -> None:
    watch = world.watch
    of_attempt = defaultdict(list)
    for payment in payments:
        of_attempt[payment[0]].append(payment)
    for row in world.memory.rows(OURS):
        attempt_id, status, _, _, is_surplus, _, reason, code, announced, sent_back = row
        theirs = of_attempt.pop(attempt_id, [])
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
    for refund_id, attempt_id, amount, status, code in world.memory.rows(OUR_REFUNDS):
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


def _told(world: World) -> None:
    watch: Watch = world.watch
    untold = world.memory.rows(UNTOLD)
    if untold:
        watch.violated("I6", f"{len(untold)} events were not told, such as {untold[0][0]}")
    heard = {event for shop in world.shops for event in shop.heard}
    for url, event_id in world.memory.rows(DELIVERED):
        if (url, event_id) not in heard:
            watch.violated("I6", f"{event_id} counts as delivered to {url}, which never heard it")
