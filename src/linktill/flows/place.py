"""A payment's place on its link: the slot, its amount under the link's limit, and what it takes of what there is a number of.

All of it is taken and given back together, the link first: who takes several things in one order never waits in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.errors import FieldInvalid, LinkNotPayable, PaymentInProgress, PriceChanged
from linktill.core.ids import COUPON, LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import Payability, PaymentLink, payability
from linktill.core.pricing import Choices
from linktill.core.stock import NO_LIMIT, Count, counts_of, has_stock, is_out, left, stocked, too_few
from linktill.flows.redeem import USED_BY_YOU, USED_UP, uses_limits
from linktill.storage import allotments, links
from linktill.storage.database import Tx

CHANGED: Final = "The details of this payment have changed. Check them and press Pay again."
SOMEBODY_ELSE: Final = "Somebody is paying this right now. If they do not finish, it opens again."


def wanted_of(link: PaymentLink, choices: Choices) -> tuple[Count, ...]:
    """What a payment with these choices takes of what there is a number of, by scope."""
    pricing = link.terms.pricing
    if pricing is None:
        return ()
    counts = counts_of(pricing, choices)
    return tuple(replace(each, key=allotments.stock_scope(link.id, each.key)) for each in counts)


@dataclass(frozen=True, slots=True)
class Short:
    """What there is too little of. `of` None: of the link itself, which has no place or is not payable."""

    of: Count | None = None


async def take_place(
    tx: Tx, attempt: PaymentAttempt, link: PaymentLink, wanted: Sequence[Count], *, now: int
) -> Short | None:
    """For a payment that begins, of this version of the link. None: it has its place; else nothing of the unit may be kept."""
    if not await links.claim_slot(tx, link, attempt.amount, now=now):
        return Short()
    for each in wanted:
        if not await allotments.take(tx, link.merchant_id, each):
            return Short(each)
    return None


async def refusal_of(tx: Tx, link: PaymentLink, short: Short, *, now: int) -> Exception:
    """Why the place could not be taken, read again: someone was faster between the page and the claim."""
    if short.of is not None:
        return await _too_few(tx, link, short.of)
    fresh = await links.get_link(tx, link.merchant_id, link.id)
    assert fresh is not None, "links are not deleted"
    if fresh.version != link.version:
        return PriceChanged(CHANGED)
    state = payability(fresh, now)
    if state in {Payability.IN_PROGRESS, Payability.PAYABLE}:
        return PaymentInProgress(SOMEBODY_ELSE)
    return LinkNotPayable(state.value, "This link does not take payments now.")


async def _too_few(tx: Tx, link: PaymentLink, short: Count) -> Exception:
    """What to say of a thing that there are not so many of any more."""
    if short.key.startswith(COUPON):
        return FieldInvalid("code", USED_BY_YOU if ":" in short.key else USED_UP)
    taken, _ = await allotments.stock_counts(tx, link.merchant_id, link.id)
    pricing = link.terms.pricing
    assert pricing is not None, "only items are counted"
    for place, item in enumerate(pricing.items):
        for form in (None, *item.variants):
            one = form or item
            if one.key and short.key == allotments.stock_scope(link.id, one.key):
                there = left(one, taken) or 0
                if there < item.quantity_min and not item.is_optional and form is None:
                    return PaymentInProgress("Somebody else is buying the last of it right now.")
                return too_few(place, item, form, there)
    raise AssertionError("what is counted is an item of the link")


async def remember_taken(tx: Tx, attempt: PaymentAttempt, taken: Sequence[Count]) -> None:
    """What the payment has taken, once it is stored itself."""
    if taken:
        await allotments.hold(tx, attempt.merchant_id, attempt.id, taken)
        await links.keep_count(tx, attempt.merchant_id, attempt.link_id)


async def take_place_late(tx: Tx, attempt: PaymentAttempt) -> bool:
    """For money that came after its place was given back, whatever the link's status. False: there is no room any more."""
    merchant_id, amount = attempt.merchant_id, attempt.amount
    keeps_count = await links.claim_slot_late(tx, merchant_id, attempt.link_id, amount)
    if not keeps_count:
        return keeps_count is not None
    held = await allotments.held_by(tx, merchant_id, attempt.id)
    limits = await _limits(tx, merchant_id, attempt.link_id, [scope for scope, _ in held])
    for at, (scope, count) in enumerate(held):
        # What there is no number of any more cannot run out.
        if not await allotments.take(tx, merchant_id, Count(scope, count, limits.get(scope, NO_LIMIT))):
            await allotments.give_back(tx, merchant_id, held[:at])
            await links.free_slot(tx, merchant_id, attempt.link_id, amount)
            return False
    return True


async def _limits(tx: Tx, merchant_id: MerchantId, link_id: LinkId, scopes: Sequence[str]) -> dict[str, int]:
    link = await links.get_link(tx, merchant_id, link_id)
    assert link is not None, "links are not deleted"
    of_stock = {allotments.stock_scope(link_id, each.key): each.stock for each in stocked(link.terms.pricing)}
    return of_stock | await uses_limits(tx, link, scopes)


async def give_place_back(tx: Tx, attempt: PaymentAttempt) -> None:
    """Only together with clearing `is_slot_held` of the attempt."""
    if await links.free_slot(tx, attempt.merchant_id, attempt.link_id, attempt.amount):
        held = await allotments.held_by(tx, attempt.merchant_id, attempt.id)
        await allotments.give_back(tx, attempt.merchant_id, held)


async def count_payment(tx: Tx, attempt: PaymentAttempt) -> PaymentLink:
    """Counts a payment that has its place; answers the link as it is then."""
    captured = Money(attempt.captured_minor, attempt.amount.currency)
    link = await links.count_capture(tx, attempt.merchant_id, attempt.link_id, captured)
    return await _sold(tx, link, attempt, 1) if link.keeps_count else link


async def uncount_payment(tx: Tx, attempt: PaymentAttempt, captured_minor: int) -> PaymentLink:
    """A payment that counted is open again, and keeps its place; answers the link as it is then."""
    captured = Money(captured_minor, attempt.amount.currency)
    link = await links.uncount_capture(tx, attempt.merchant_id, attempt.link_id, captured)
    return await _sold(tx, link, attempt, -1) if link.keeps_count else link


async def _sold(tx: Tx, link: PaymentLink, attempt: PaymentAttempt, sign: int) -> PaymentLink:
    held = await allotments.held_by(tx, attempt.merchant_id, attempt.id)
    await allotments.sell(tx, attempt.merchant_id, [(scope, sign * count) for scope, count in held])
    return await settle_stock(tx, link)


async def settle_stock(tx: Tx, link: PaymentLink) -> PaymentLink:
    """Notes whether what has to be bought is sold out, after a sale or an edit; answers the link as it is then."""
    if not link.is_out and not has_stock(link.terms.pricing):
        return link
    _, sold = await allotments.stock_counts(tx, link.merchant_id, link.id)
    now_out = is_out(link.terms.pricing, sold)
    if now_out != link.is_out:
        await links.set_out(tx, link.merchant_id, link.id, is_out=now_out)
    return replace(link, is_out=now_out)
