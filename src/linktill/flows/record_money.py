"""A person says that money came: for a payment that waits for it, or for a link without any payer at a screen.

A payment collects receipts until they are all of it. What comes beyond is a surplus payment of its own, owed back, as with
every gateway.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from linktill.core import ids as prefixes
from linktill.core import postings
from linktill.core.checkout_session import AFTER_ATTEMPT, CheckoutSession, SessionStatus, attempt_of
from linktill.core.creditor_reference import creditor_reference
from linktill.core.errors import (
    FieldInvalid,
    LinkNotPayable,
    NotFound,
    PaymentInProgress,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, GatewayAccountId, LinkId, MerchantId, ReceiptId, SessionId
from linktill.core.link_terms import clean_text
from linktill.core.money import Money, price
from linktill.core.payment_attempt import (
    DEAD,
    AttemptFact,
    AttemptStatus,
    FactKind,
    PaymentAttempt,
)
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.core.receipt import METHODS, NOTE_MAX, OFFLINE, Receipt, Way, checked_day, checked_way
from linktill.flows.announce import Subject, announce
from linktill.flows.apply_fact import apply_fact
from linktill.flows.book import book
from linktill.flows.keep_surplus import settle_surplus
from linktill.flows.payment_objects import whole_payment
from linktill.flows.place import take_place_late
from linktill.flows.representations import microseconds_of, time_of
from linktill.flows.schedule import next_poll
from linktill.flows.services import Moment, Services, check_room
from linktill.storage import attempts, links, receipts, sessions
from linktill.storage.database import Tx

TOKEN_BYTES: Final = 18


@dataclass(frozen=True, slots=True)
class MoneyCame:
    """What a person says. `amount_minor` None: all that is missing. `by` names who says it.

    `id` and `token` are drawn outside the unit: run again after a COMMIT whose answer was lost, it finds its own receipt.
    `seen_minor` is what they saw as received before (of a link: as collected): if somebody else was faster, it is refused.
    """

    id: ReceiptId
    token: str
    amount_minor: int | None
    way: Way
    received_on: str
    note: str
    by: str
    seen_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """As somebody typed or sent it, not checked yet. `received_on` None: today (UTC)."""

    way: str
    amount_minor: int | None = None
    received_on: str | None = None
    note: str = ""
    seen_minor: int | None = None


def money_came(services: Services, said: Said, *, by: str) -> MoneyCame:
    """Raises FieldInvalid, and GatewayTrouble in a copy."""
    services.standing.check()
    today = time_of(services.clock.now_us()).date()
    if said.amount_minor is not None:
        price(said.amount_minor, "USD")  # the range is the same in every currency
    return MoneyCame(
        ReceiptId(services.ids.new(prefixes.RECEIPT)),
        services.randomness.token(TOKEN_BYTES),
        said.amount_minor,
        checked_way(said.way),
        today.isoformat() if said.received_on is None else checked_day(said.received_on, today=today),
        clean_text(said.note, "note", max_length=NOTE_MAX),
        by,
        said.seen_minor,
    )


async def record_money(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, came: MoneyCame
) -> PaymentAttempt:
    """Unit: money came for this payment. Answers it as it is then.

    Raises NotFound, TransitionRefused (not offline, frozen, or paid in full where no amount was said) and VersionConflict.
    """
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    if attempt is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    if await receipts.get_receipt(tx, merchant_id, came.id) is not None:
        return attempt
    if attempt.gateway != OFFLINE:
        raise TransitionRefused(
            "The gateway says itself when this payment is paid. Record other money on its link."
        )
    if attempt.status is AttemptStatus.NEEDS_REVIEW:
        raise TransitionRefused("This payment is held for a decision. Decide first.")
    if came.seen_minor is not None and came.seen_minor != attempt.received_minor:
        raise VersionConflict(
            "Somebody else has recorded or taken back money since you looked. Look again before you record more."
        )
    if came.amount_minor is None and attempt.missing_minor == 0:
        raise TransitionRefused("This payment is paid in full already.")
    amount_minor = attempt.missing_minor if came.amount_minor is None else came.amount_minor
    due_minor = min(amount_minor, attempt.missing_minor)
    if attempt.status in DEAD and due_minor < attempt.amount.minor:
        reopened = await _reopen(tx, moment, attempt)
        # Late money without a place is surplus, whole payment or not.
        attempt, due_minor = (attempt, 0) if reopened is None else (reopened, due_minor)
    if due_minor:
        attempt = await _receive(tx, moment, attempt, due_minor, came)
    if amount_minor > due_minor:
        session = await sessions.get_session(tx, merchant_id, attempt.session_id)
        assert session is not None, "an attempt has a session"
        extra = Money(amount_minor - due_minor, attempt.amount.currency)
        await _surplus(tx, moment, session, attempt.gateway_account_id, extra, came, is_first=due_minor == 0)
    return attempt


async def record_payment(
    tx: Tx,
    moment: Moment,
    merchant_id: MerchantId,
    link_id: LinkId,
    account_id: GatewayAccountId,
    came: MoneyCame,
) -> PaymentAttempt:
    """Unit: money came for a link, with no payer at a screen. Answers the payment that it became.

    A link that is paid already takes it as surplus. Raises NotFound, LinkNotPayable, PaymentInProgress and VersionConflict.
    """
    link = await links.lock_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    known = await receipts.get_receipt(tx, merchant_id, came.id)
    if known is not None:
        attempt = await attempts.get_attempt(tx, merchant_id, known.attempt_id)
        assert attempt is not None, "a receipt has a payment"
        return attempt
    check_room(moment)
    if link.status in {LinkStatus.DRAFT, LinkStatus.CANCELED, LinkStatus.ARCHIVED}:
        raise LinkNotPayable(f"link_{link.status}", f"A link that is {link.status} takes no money.")
    if came.seen_minor is not None and came.seen_minor != link.captured_minor:
        raise VersionConflict("Somebody has paid since you looked. Look again before you record more.")
    session = _session(moment, link, came)
    if link.is_full:
        amount = Money(came.amount_minor or session.amount.minor, session.amount.currency)
        return await _surplus(tx, moment, session, account_id, amount, came, is_first=True)
    has_place = (
        session.amount.minor > 0
        and await links.claim_slot_late(tx, merchant_id, link_id, session.amount) is not None
    )
    if not has_place:
        raise PaymentInProgress(
            "A payer is at it and holds the last place. Record the money on that payment, or end it there first."
        )
    is_new = await sessions.insert_session(tx, session)
    assert is_new, "its form is named after a receipt that is new"
    attempt = replace(
        attempt_of(session, OFFLINE, account_id, now=moment.now, poll_at=moment.now),
        status=AttemptStatus.REQUIRES_ACTION,
        gateway_ref=creditor_reference(session.attempt_id),
    )
    await attempts.insert_attempt(tx, attempt)
    await _announce(tx, moment, EventType.PAYMENT_STARTED, attempt)
    amount_minor = attempt.amount.minor if came.amount_minor is None else came.amount_minor
    due_minor = min(amount_minor, attempt.amount.minor)
    paid = await _receive(tx, moment, attempt, due_minor, came)
    if amount_minor > due_minor:
        extra = Money(amount_minor - due_minor, attempt.amount.currency)
        await _surplus(tx, moment, session, account_id, extra, came, is_first=False)
    return paid


async def _receive(
    tx: Tx, moment: Moment, attempt: PaymentAttempt, amount_minor: int, came: MoneyCame
) -> PaymentAttempt:
    """A receipt that has room in its payment; the last one makes it paid."""
    receipt = _receipt(moment, attempt, amount_minor, came, came.id)
    after = replace(attempt, received_minor=attempt.received_minor + amount_minor, updated_at=moment.now)
    assert after.received_minor <= attempt.amount.minor, "what is beyond is surplus"
    await receipts.insert_receipt(tx, receipt)
    is_ours = await receipts.receive(tx, attempt, after.received_minor, now=moment.now)
    assert is_ours, "the attempt is locked by this unit"
    await book(
        tx, moment, after, postings.money_received(after, receipt), effective_at=_effective_at(came, moment)
    )
    await _announce(tx, moment, EventType.MONEY_RECORDED, after)
    if after.missing_minor:
        return after
    standing = [
        each
        for each in await receipts.receipts_of(tx, after.merchant_id, after.id)
        if each.taken_back_at is None
    ]
    fact = AttemptFact(
        FactKind.CAPTURED,
        gateway_ref=after.gateway_ref or creditor_reference(after.id),
        amount=after.amount,
        method=", ".join(dict.fromkeys(METHODS[each.way] for each in standing)),
    )
    return await apply_fact(tx, moment, after.merchant_id, after.id, fact)


async def _reopen(tx: Tx, moment: Moment, attempt: PaymentAttempt) -> PaymentAttempt | None:
    """A part of a payment that was over came late: it waits for the rest if there is room on the link, else None."""
    if not await take_place_late(tx, attempt):
        return None
    after = replace(
        attempt,
        status=AttemptStatus.REQUIRES_ACTION,
        is_slot_held=True,
        decline_code=None,
        gateway_ref=attempt.gateway_ref or creditor_reference(attempt.id),
        updated_at=moment.now,
        poll_at=next_poll(moment.now, since=moment.now),
    )
    is_ours = await receipts.reopen(tx, after, before=attempt.status, now=moment.now)
    assert is_ours, "the attempt is locked by this unit"
    status = AFTER_ATTEMPT[after.status]
    await sessions.follow_attempt(tx, after.merchant_id, after.session_id, after.id, status)
    return after


async def _surplus(
    tx: Tx,
    moment: Moment,
    origin: CheckoutSession,
    account_id: GatewayAccountId,
    amount: Money,
    came: MoneyCame,
    *,
    is_first: bool,
) -> PaymentAttempt:
    """Money without a place, as a payment of its own: booked as owed back, and a refund is asked for.

    `is_first`: nothing else came of these words, so the receipt is this one.
    """
    session = replace(
        origin,
        id=SessionId(moment.ids.new(prefixes.SESSION)),
        status=SessionStatus.SURPLUS,
        amount=amount,
        submit_token=f"surplus-{came.id}",
        token=f"{came.token}-surplus",
        attempt_id=AttemptId(moment.ids.new(prefixes.ATTEMPT)),
        attempts=1,
        created_at=moment.now,
        expires_at=moment.now,
    )
    attempt = replace(
        attempt_of(session, OFFLINE, account_id, now=moment.now, poll_at=moment.now),
        status=AttemptStatus.CAPTURED,
        is_slot_held=False,
        is_surplus=True,
        gateway_ref=creditor_reference(session.attempt_id),
        captured_minor=amount.minor,
        captured_at=moment.now,
        method=METHODS[came.way],
        poll_at=None,
        received_minor=amount.minor,
    )
    receipt_id = came.id if is_first else ReceiptId(moment.ids.new(prefixes.RECEIPT))
    receipt = _receipt(moment, attempt, amount.minor, came, receipt_id)
    is_new = await sessions.insert_session(tx, session)
    assert is_new, "its form is named after a receipt that is new"
    await attempts.insert_attempt(tx, attempt)
    await receipts.insert_receipt(tx, receipt)
    effective_at = _effective_at(came, moment)
    await book(tx, moment, attempt, postings.money_received(attempt, receipt), effective_at=effective_at)
    await book(tx, moment, attempt, postings.capture(attempt, fee_minor=0, is_surplus=True))
    for event in (EventType.MONEY_RECORDED, EventType.PAYMENT_CAPTURED):
        await _announce(tx, moment, event, attempt)
    await settle_surplus(tx, moment, attempt, "More money came than was due.")
    return attempt


def _asked(link: PaymentLink, came: MoneyCame) -> Money:
    """What is due. Where the payer chooses, it is what came of it; raises FieldInvalid if nobody says how much that is."""
    due, pricing = link.due, link.terms.pricing
    if pricing is None or not pricing.asks:
        return due
    if not (came.amount_minor or due.minor):
        raise FieldInvalid("amount_minor", "Say how much came: on this link the payer chooses.")
    amount_minor, limit = came.amount_minor or due.minor, link.terms.amount_max_minor
    if limit is not None:
        # What is beyond the limit is surplus. What others are about to pay is theirs.
        amount_minor = min(amount_minor, max(0, limit - link.taken_minor))
    return Money(amount_minor, due.currency)


def _session(moment: Moment, link: PaymentLink, came: MoneyCame) -> CheckoutSession:
    """The visit of a payer who stood at the counter."""
    return CheckoutSession(
        merchant_id=link.merchant_id,
        id=SessionId(moment.ids.new(prefixes.SESSION)),
        link_id=link.id,
        link_version=link.version,
        status=SessionStatus.PROCESSING,
        amount=_asked(link, came),
        description=link.terms.description,
        submit_token=f"recorded-{came.id}",
        token=came.token,
        attempt_id=AttemptId(moment.ids.new(prefixes.ATTEMPT)),
        attempts=1,
        payer_email=None,
        payer_name=None,
        created_at=moment.now,
        # Nobody looks at a page of it: taken back, it does not wait for anybody.
        expires_at=moment.now,
    )


def _receipt(
    moment: Moment, attempt: PaymentAttempt, amount_minor: int, came: MoneyCame, receipt_id: ReceiptId
) -> Receipt:
    return Receipt(
        attempt.merchant_id,
        receipt_id,
        attempt.id,
        attempt.link_id,
        Money(amount_minor, attempt.amount.currency),
        came.way,
        came.received_on,
        came.note,
        came.by,
        moment.now,
    )


def _effective_at(came: MoneyCame, moment: Moment) -> int:
    """The day's noon UTC, which is that day in most places, but never to come."""
    noon = datetime.combine(date.fromisoformat(came.received_on), time(12), UTC)
    return min(microseconds_of(noon), moment.now)


async def _announce(tx: Tx, moment: Moment, event: EventType, attempt: PaymentAttempt) -> None:
    await announce(
        tx,
        moment,
        event,
        Subject(attempt.merchant_id, attempt.id, attempt.link_id, attempt.id),
        await whole_payment(tx, attempt),
    )
