"""Books payouts: as a gateway tells of them, or as a person says where no gateway does."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from linktill.core import ids as prefixes
from linktill.core import postings
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import GatewayAccountId, MerchantId, PayoutId
from linktill.core.link_terms import clean_text
from linktill.core.money import Money, price
from linktill.core.payout import NEXT, Payout, PayoutFact, PayoutStatus
from linktill.core.postings import Posting
from linktill.core.receipt import NOTE_MAX, OFFLINE, Way, checked_day, checked_way
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book_posting
from linktill.flows.payout_objects import payout_object
from linktill.flows.representations import microseconds_of, time_of
from linktill.flows.services import Moment, Services
from linktill.storage import payouts
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import get_account

_EVENTS: Final = {
    PayoutStatus.PAID: EventType.PAYOUT_PAID,
    PayoutStatus.FAILED: EventType.PAYOUT_FAILED,
    PayoutStatus.CANCELED: EventType.PAYOUT_CANCELED,
}


@dataclass(frozen=True, slots=True)
class PayoutSaid:
    """What a person says has reached the bank, checked. `by` names them.

    `id` is drawn outside the unit: run again after a COMMIT whose answer was lost, it finds its own payout.
    """

    id: PayoutId
    account_id: GatewayAccountId
    amount: Money
    paid_on: str
    way: Way | None
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class TypedPayout:
    """As somebody typed it. `way`: of offline money, where it lay; else empty. `paid_on` empty: today (UTC)."""

    account_id: str
    amount_minor: int
    currency: str
    paid_on: str = ""
    way: str = ""
    note: str = ""


async def apply_payout_fact(
    tx: Tx, moment: Moment, merchant_id: MerchantId, account_id: GatewayAccountId, fact: PayoutFact
) -> Payout:
    """Unit: applies what the gateway says of a payout. The same fact again changes nothing.

    Raises TransitionRefused where the gateway contradicts itself on how much it is: what is booked stays.
    """
    new = Payout(
        merchant_id,
        PayoutId(moment.ids.new(prefixes.PAYOUT)),
        account_id,
        fact.gateway_ref,
        PayoutStatus.PENDING,
        fact.amount,
        _fee_minor(fact) or 0,
        fact.made_at,
        fact.arrives_at,
        None,
        None,
        "",
        "",
        moment.now,
        moment.now,
    )
    # Of two messengers with the same news the second waits here, and then finds what the first has made of it.
    await payouts.insert_payout(tx, new)
    before = await payouts.lock_by_ref(tx, merchant_id, account_id, fact.gateway_ref)
    assert before is not None, "it was there or has been inserted"
    if before.amount != fact.amount:
        raise TransitionRefused(
            f"The payout {fact.gateway_ref} was {before.amount.minor} {before.amount.currency} before, "
            f"and is {fact.amount.minor} {fact.amount.currency} now (minor units)."
        )
    status = NEXT[before.status][fact.kind]
    after = replace(
        before,
        status=status,
        # What is booked stays: the fee of a payout is known when it is paid.
        fee_minor=before.fee_minor
        if before.status is not PayoutStatus.PENDING
        else _fee_minor(fact) or before.fee_minor,
        arrives_at=fact.arrives_at or before.arrives_at,
        failure_code=fact.failure_code if status is PayoutStatus.FAILED else before.failure_code,
    )
    return await _move(tx, moment, before, after)


def payout_said(services: Services, typed: TypedPayout, *, by: str) -> PayoutSaid:
    """Raises FieldInvalid, and GatewayTrouble in a copy."""
    services.standing.check()
    today = time_of(services.clock.now_us()).date()
    return PayoutSaid(
        PayoutId(services.ids.new(prefixes.PAYOUT)),
        GatewayAccountId(typed.account_id),
        price(typed.amount_minor, typed.currency),
        checked_day(typed.paid_on, today=today, param="paid_on") if typed.paid_on else today.isoformat(),
        checked_way(typed.way) if typed.way else None,
        clean_text(typed.note, "note", max_length=NOTE_MAX),
        by,
    )


async def check_payout(services: Services, merchant_id: MerchantId, said: PayoutSaid) -> None:
    """Whether a person may say so of this account. Raises NotFound and FieldInvalid."""
    stored = await services.database.read(get_account, merchant_id, said.account_id)
    if stored is None:
        raise NotFound(
            f"There is no gateway account {said.account_id[:60]}: linktill gateway list shows yours.",
            param="account",
        )
    _check_place(
        stored.gateway,
        said,
        is_told=tells_payouts(services, stored.gateway),
        label=services.gateways.label(stored.gateway),
    )


def tells_payouts(services: Services, gateway: str) -> bool:
    """Whether the gateway tells of its payouts, so that nobody need record them."""
    return gateway in services.gateways and services.gateways[gateway].lists_payouts


async def record_payout(tx: Tx, moment: Moment, merchant_id: MerchantId, said: PayoutSaid) -> Payout:
    """Unit: a person says what reached the bank, and `check_payout` let them. Run again, it changes nothing."""
    known = await payouts.lock_payout(tx, merchant_id, said.id)
    if known is not None:
        return known
    new = Payout(
        merchant_id,
        said.id,
        said.account_id,
        None,
        PayoutStatus.PENDING,
        said.amount,
        0,
        noon_of(said.paid_on),
        None,
        None,
        said.way,
        said.note,
        said.by,
        moment.now,
        moment.now,
    )
    await payouts.insert_payout(tx, new)
    return await _move(tx, moment, new, replace(new, status=PayoutStatus.PAID))


async def take_payout_back(tx: Tx, moment: Moment, merchant_id: MerchantId, payout_id: PayoutId) -> Payout:
    """Unit: what a person recorded does not count any more; reversed in the books, once. The same again changes nothing.

    Raises NotFound, and TransitionRefused for a payout that the gateway tells of.
    """
    before = await payouts.lock_payout(tx, merchant_id, payout_id)
    if before is None:
        raise NotFound(f"There is no payout {payout_id[:60]}.", param="payout_id")
    if before.gateway_ref is not None:
        raise TransitionRefused(
            "The gateway tells of this payout. Only what a person recorded is taken back."
        )
    return await _move(tx, moment, before, replace(before, status=PayoutStatus.CANCELED))


async def _move(tx: Tx, moment: Moment, before: Payout, after: Payout) -> Payout:
    """Stores the change, and with a change of status books it and tells of it."""
    if after == before:
        return before
    after = replace(after, updated_at=moment.now)
    await payouts.update_payout(tx, after)
    if after.status is before.status:
        return after
    if after.status is PayoutStatus.PAID:
        await _book(tx, moment, after, postings.payout(after), effective_at=after.made_at)
    elif before.status is PayoutStatus.PAID:
        await _book(tx, moment, after, postings.payout_returned(after), effective_at=moment.now)
    event = _EVENTS.get(after.status)
    if event is not None:
        await announce(tx, moment, event, Subject(after.merchant_id, after.id), payout_object(after))
    return after


async def _book(tx: Tx, moment: Moment, payout: Payout, posting: Posting, *, effective_at: int) -> None:
    if posting.entries:
        await book_posting(
            tx, moment, payout.merchant_id, payout.amount.currency, posting, effective_at=effective_at
        )


def _check_place(gateway: str, said: PayoutSaid, *, is_told: bool, label: str) -> None:
    if is_told:
        raise FieldInvalid(
            "account",
            f"Linktill books the payouts of {label} by itself: recorded here, they would be in the books twice.",
        )
    if gateway == OFFLINE and said.way is None:
        raise FieldInvalid("way", "Say where the money lay before: transfer, cash or check.")
    if gateway != OFFLINE and said.way is not None:
        raise FieldInvalid("way", f"Leave this out: {label} holds the money in one place.")


def _fee_minor(fact: PayoutFact) -> int | None:
    """A fee in another currency is not booked as if it were in the payout's."""
    return fact.fee.minor if fact.fee is not None and fact.fee.currency == fact.amount.currency else None


def noon_of(day: str) -> int:
    """A calendar day as a moment that is on that day nearly everywhere."""
    return microseconds_of(datetime.combine(date.fromisoformat(day), time(12), UTC))
