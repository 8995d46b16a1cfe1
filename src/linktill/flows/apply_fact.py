"""Applies what a gateway says of an attempt: the attempt moves, the books are written, the outbox is filled, as one.

Every messenger (webhook, the payer's return, the reconciler) leads here, in whatever order and however often.
"""

from dataclasses import replace

from linktill.core import postings
from linktill.core.capture import VOIDED, Verdict
from linktill.core.checkout_session import AFTER_ATTEMPT, SessionStatus
from linktill.core.events import ATTEMPT_EVENT, EventType
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import (
    NEXT,
    OPEN,
    AttemptFact,
    AttemptStatus,
    FactKind,
    PaymentAttempt,
    as_held,
    review_reason,
)
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book
from linktill.flows.keep_surplus import settle_surplus
from linktill.flows.manage_links import settle_status
from linktill.flows.park_foreign import park_foreign
from linktill.flows.payment_objects import whole_payment
from linktill.flows.place import count_payment, give_place_back, take_place_late
from linktill.flows.schedule import next_poll, next_rest_look
from linktill.flows.services import Moment
from linktill.storage import attempts, ledger, sessions
from linktill.storage.database import Tx
from linktill.storage.held_payments import set_term


async def apply_fact(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, fact: AttemptFact
) -> PaymentAttempt:
    """Unit: answers the attempt as it is afterwards. The same fact again changes nothing."""
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    assert attempt is not None, "facts are applied to attempts that were looked up"
    said, fact = fact, as_held(attempt, fact)
    reason = review_reason(attempt, fact)
    if reason is not None:
        await _park_second(tx, moment, attempt, fact)
        return await _quarantine(tx, moment, attempt, reason)
    after = NEXT[attempt.status][fact.kind]
    if after is attempt.status:
        return await _same_status(tx, moment, attempt, fact)
    told = replace(
        attempt,
        status=after,
        gateway_ref=attempt.gateway_ref or fact.gateway_ref,
        method=fact.method or attempt.method,
        decline_code=_end_code(attempt, fact, after),
        review_reason=None,
        updated_at=moment.now,
    )
    match after:
        case AttemptStatus.CAPTURED:
            return await _capture(tx, moment, attempt, told, fact)
        case AttemptStatus.FAILED | AttemptStatus.CANCELED:
            return await _close(tx, moment, attempt, told)
        case _:
            return await _move(tx, moment, attempt, told, said)


async def call_person(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, reason: str
) -> PaymentAttempt:
    """Unit: puts an open attempt on the list of what a person must look at, once.

    Nothing else changes: it holds its slot, is asked for on, and whatever the gateway says after all settles it.
    """
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    assert attempt is not None, "it was looked up"
    if attempt.status not in OPEN or attempt.review_reason is not None:
        return attempt
    after = replace(attempt, review_reason=reason, updated_at=moment.now)
    await _store(tx, moment, attempt, after)
    await _announce(tx, moment, EventType.PAYMENT_QUARANTINED, after)
    return after


async def _capture(
    tx: Tx, moment: Moment, before: PaymentAttempt, told: PaymentAttempt, fact: AttemptFact
) -> PaymentAttempt:
    # Money that comes after its slot was freed is honored if there is still room, else it is surplus.
    has_place = before.is_slot_held or await take_place_late(tx, before)
    after = replace(
        told,
        captured_minor=before.amount.minor,
        fee_minor=_fee_minor(before, fact) or 0,
        captured_at=moment.now,
        is_slot_held=has_place,
        is_surplus=not has_place,
        poll_at=None,
    )
    await _store(tx, moment, before, after)
    reversals = 0
    if before.captured_at is not None:
        # Called paid before, and taken back by a person (flows/take_back.py): its first booking stands in the books.
        reversals = await ledger.count_kind(tx, after.merchant_id, after.id, "capture_reversed")
    posting = postings.capture(
        after, fee_minor=after.fee_minor, is_surplus=after.is_surplus, reversals=reversals
    )
    await book(tx, moment, after, posting)
    if has_place:
        link = await count_payment(tx, after)
        await _announce(tx, moment, EventType.PAYMENT_CAPTURED, after)
        await settle_status(tx, moment, link)
        return after
    await _announce(tx, moment, EventType.PAYMENT_CAPTURED, after)
    await settle_surplus(tx, moment, after, "The link had no room for this payment.")
    return after


async def _close(tx: Tx, moment: Moment, before: PaymentAttempt, told: PaymentAttempt) -> PaymentAttempt:
    after = replace(told, is_slot_held=False, poll_at=None)
    await _store(tx, moment, before, after)
    if before.is_slot_held:
        await give_place_back(tx, before)
    await _announce(tx, moment, ATTEMPT_EVENT[after.status], after)
    return after


async def _move(
    tx: Tx, moment: Moment, before: PaymentAttempt, after: PaymentAttempt, fact: AttemptFact
) -> PaymentAttempt:
    if after.status is AttemptStatus.UNKNOWN:
        # Somebody waits to hear: the first look-up comes soon.
        after = replace(after, poll_at=next_poll(moment.now, since=moment.now, is_unsure=True))
    elif after.is_held:
        # Somebody decides, and nothing happens until then.
        after = replace(after, capture_before=fact.capture_before or after.capture_before)
        after = replace(after, poll_at=next_rest_look(moment.now, after.capture_before))
    elif fact.kind is FactKind.AUTHORIZED:
        # The next look-up captures it, or has it held, and what a payer approved lapses within hours.
        after = replace(after, poll_at=moment.now)
    await _store(tx, moment, before, after)
    if after.is_held and after.capture_before is not None:
        await set_term(tx, after, after.capture_before, poll_at=after.poll_at or moment.now)
    await _announce(tx, moment, ATTEMPT_EVENT[after.status], after)
    return after


def _end_code(attempt: PaymentAttempt, fact: AttemptFact, after: AttemptStatus) -> str | None:
    """Why it came to nothing: as the gateway says, or because somebody let held money go."""
    if after is AttemptStatus.FAILED:
        return fact.decline_code
    if after is not AttemptStatus.CANCELED or not attempt.is_held:
        return None
    is_let_go = attempt.decision is not None and attempt.decision.verdict is Verdict.VOID
    return VOIDED if is_let_go else fact.decline_code


async def _quarantine(tx: Tx, moment: Moment, before: PaymentAttempt, reason: str) -> PaymentAttempt:
    is_kept = before.status in {AttemptStatus.CAPTURED, AttemptStatus.NEEDS_REVIEW}
    if is_kept and before.review_reason is not None:
        return before
    # A captured payment stays captured: its own money is booked, only the contradiction is kept for a person.
    status = before.status if before.status is AttemptStatus.CAPTURED else AttemptStatus.NEEDS_REVIEW
    after = replace(before, status=status, review_reason=reason, poll_at=None, updated_at=moment.now)
    await _store(tx, moment, before, after)
    await _announce(tx, moment, EventType.PAYMENT_QUARANTINED, after)
    return after


async def _park_second(tx: Tx, moment: Moment, attempt: PaymentAttempt, fact: AttemptFact) -> None:
    """Another payment under this attempt's reference is money too: parked, each one, whatever else is contradicted."""
    if (
        fact.kind is FactKind.CAPTURED
        and fact.gateway_ref
        and attempt.gateway_ref not in {None, fact.gateway_ref}
    ):
        await park_foreign(
            tx,
            moment,
            attempt.merchant_id,
            attempt.gateway_account_id,
            ref=fact.gateway_ref,
            status=fact.kind.value,
            amount=fact.amount,
        )


async def _same_status(tx: Tx, moment: Moment, attempt: PaymentAttempt, fact: AttemptFact) -> PaymentAttempt:
    if attempt.status is AttemptStatus.CAPTURED:
        return await _fee(tx, moment, attempt, fact)
    if attempt.gateway_ref is None and fact.gateway_ref is not None and attempt.poll_at is not None:
        found = replace(attempt, gateway_ref=fact.gateway_ref)
        await _store(tx, moment, attempt, found)
        return found
    if attempt.is_resting and fact.is_held and fact.capture_before not in {None, attempt.capture_before}:
        ends_at = fact.capture_before
        assert ends_at is not None, "it was told"
        await set_term(tx, attempt, ends_at, poll_at=next_rest_look(moment.now, ends_at))
        return replace(attempt, capture_before=ends_at)
    return attempt


async def _fee(tx: Tx, moment: Moment, attempt: PaymentAttempt, fact: AttemptFact) -> PaymentAttempt:
    """The gateway's fee can come late or change: a new ledger transaction, never an update of the old one."""
    fee_minor = _fee_minor(attempt, fact)
    if fact.kind is not FactKind.CAPTURED or fee_minor is None or fee_minor == attempt.fee_minor:
        return attempt
    revision = await ledger.count_kind(tx, attempt.merchant_id, attempt.id, "fee")
    difference = fee_minor - attempt.fee_minor
    if await attempts.change_fee(tx, attempt, fee_minor):
        posting = postings.fee_change(attempt, difference_minor=difference, revision=revision + 1)
        await book(tx, moment, attempt, posting)
    return replace(attempt, fee_minor=fee_minor)


def _fee_minor(attempt: PaymentAttempt, fact: AttemptFact) -> int | None:
    """None where the gateway does not say. A fee in another currency is not booked as if it were in the payment's."""
    if fact.fee is None or fact.fee.currency != attempt.amount.currency:
        return None
    return fact.fee.minor


async def _store(tx: Tx, moment: Moment, before: PaymentAttempt, after: PaymentAttempt) -> None:
    is_ours = await attempts.move_attempt(tx, after, before=before.status, now=moment.now)
    assert is_ours, "the attempt is locked by this unit"
    if after.status is before.status:
        return
    status = AFTER_ATTEMPT[after.status]
    if after.is_surplus:
        status = SessionStatus.SURPLUS
    await sessions.follow_attempt(tx, after.merchant_id, after.session_id, after.id, status)


async def _announce(tx: Tx, moment: Moment, event: EventType, attempt: PaymentAttempt) -> None:
    await announce(
        tx,
        moment,
        event,
        Subject(attempt.merchant_id, attempt.id, attempt.link_id, attempt.id),
        await whole_payment(tx, attempt),
    )
