"""Follows a dispute: keeps its state, and books the money that the gateway takes or gives back with it."""

from dataclasses import replace

from linktill.core import ids as prefixes
from linktill.core import postings
from linktill.core.dispute import CLOSED, Dispute, DisputeFact, DisputeStatus, next_status
from linktill.core.errors import CurrencyMismatch, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, DisputeId, MerchantId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book
from linktill.flows.dispute_objects import dispute_object
from linktill.flows.services import Moment
from linktill.storage import attempts, disputes
from linktill.storage.database import Tx


async def apply_dispute_fact(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, fact: DisputeFact
) -> Dispute:
    """Unit: applies what the gateway says of a dispute. The same fact again changes nothing.

    `moment` is from before the look-up. Raises VersionConflict when a later look-up was faster: who has the money goes
    back and forth, so old news must be fetched again, not applied. Raises CurrencyMismatch.
    """
    # The payment's lock is held first: two messengers cannot both hear of the same dispute for the first time.
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    assert attempt is not None, "facts are applied to payments that were looked up"
    if fact.amount.currency != attempt.amount.currency:
        raise CurrencyMismatch(
            f"The dispute {fact.gateway_ref} is in {fact.amount.currency}, its payment in {attempt.amount.currency}."
        )
    known = await disputes.lock_dispute(tx, merchant_id, attempt_id, fact.gateway_ref)
    if known is None:
        return await _open(tx, moment, attempt, fact)
    before, moves = known
    if moment.now < before.updated_at:
        raise VersionConflict(f"A later look-up of the dispute {fact.gateway_ref} was faster.")
    status = before.status if fact.status is None else next_status(before.status, fact.status)
    after = replace(
        before,
        status=status,
        # What was asked for counts until it is taken: an inquiry may become a dispute of another sum, with a fee.
        amount=before.amount if before.is_withdrawn else fact.amount,
        fee_minor=before.fee_minor if before.is_withdrawn else _fee_minor(fact) or before.fee_minor,
        is_withdrawn=fact.is_withdrawn,
        respond_by=fact.respond_by,
        updated_at=moment.now,
    )
    if replace(after, updated_at=before.updated_at) == before:
        return before
    moves += await _move_money(tx, moment, attempt, after, was_withdrawn=before.is_withdrawn, moves=moves)
    await disputes.update_dispute(tx, after, moves=moves)
    is_closing = after.status in CLOSED and after.status is not before.status
    await _announce(tx, moment, EventType.DISPUTE_CLOSED if is_closing else EventType.DISPUTE_UPDATED, after)
    return after


async def _open(tx: Tx, moment: Moment, attempt: PaymentAttempt, fact: DisputeFact) -> Dispute:
    dispute = Dispute(
        merchant_id=attempt.merchant_id,
        id=DisputeId(moment.ids.new(prefixes.DISPUTE)),
        attempt_id=attempt.id,
        link_id=attempt.link_id,
        gateway_ref=fact.gateway_ref,
        status=fact.status or DisputeStatus.NEEDS_RESPONSE,
        amount=fact.amount,
        fee_minor=_fee_minor(fact),
        is_withdrawn=fact.is_withdrawn,
        reason=fact.reason,
        respond_by=fact.respond_by,
        created_at=moment.now,
        updated_at=moment.now,
    )
    moves = await _move_money(tx, moment, attempt, dispute, was_withdrawn=False, moves=0)
    await disputes.insert_dispute(tx, dispute, moves=moves)
    await _announce(tx, moment, EventType.DISPUTE_OPENED, dispute)
    return dispute


def _fee_minor(fact: DisputeFact) -> int:
    """A fee in another currency is not booked as if it were in the payment's."""
    return fact.fee.minor if fact.fee is not None and fact.fee.currency == fact.amount.currency else 0


async def _move_money(
    tx: Tx, moment: Moment, attempt: PaymentAttempt, dispute: Dispute, *, was_withdrawn: bool, moves: int
) -> int:
    """Books a change of who has the money; answers how many moves that were."""
    if _is_unheard_of(dispute, was_withdrawn=was_withdrawn, moves=moves):
        await book(tx, moment, attempt, postings.dispute_withdrawn(attempt, dispute, move=1))
        await book(tx, moment, attempt, postings.dispute_reinstated(attempt, dispute, move=2))
        return 2
    if dispute.is_withdrawn is was_withdrawn:
        return 0
    if dispute.is_withdrawn:
        # The fee stays spent when a dispute is won, so an appeal that is lost does not spend it again.
        taken = dispute if moves == 0 else replace(dispute, fee_minor=0)
        posting = postings.dispute_withdrawn(attempt, taken, move=moves + 1)
    else:
        posting = postings.dispute_reinstated(attempt, dispute, move=moves + 1)
    await book(tx, moment, attempt, posting)
    return 1


def _is_unheard_of(dispute: Dispute, *, was_withdrawn: bool, moves: int) -> bool:
    """Heard of only when it was won: the money has gone and come back, and its fee has stayed there."""
    is_back = dispute.status is DisputeStatus.WON and not dispute.is_withdrawn
    return is_back and not was_withdrawn and moves == 0 and dispute.fee_minor > 0


async def _announce(tx: Tx, moment: Moment, event: EventType, dispute: Dispute) -> None:
    await announce(
        tx,
        moment,
        event,
        Subject(dispute.merchant_id, dispute.id, dispute.link_id, dispute.attempt_id),
        dispute_object(dispute),
    )
