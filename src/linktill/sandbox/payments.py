"""The life of a payment. Every move is one conditional UPDATE: of two that race, one finds nothing to move."""

from dataclasses import dataclass

from linktill.sandbox import accounts
from linktill.sandbox.cards import BY_NAME, Card, Later, Outcome
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce, announce_captured
from linktill.sandbox.jobs import JobKind, later
from linktill.sandbox.records import PAYMENT, Account, Payment, payment_of
from linktill.sandbox.rules import fee_minor


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a merchant asks for, checked."""

    reference: str
    amount_minor: int
    currency: str
    description: str
    payer_email: str | None
    return_url: str
    cancel_url: str
    expires_at: int
    is_manual: bool = False


def create(tx: Tx, account: Account, order: PaymentOrder) -> Payment:
    """Opens a payment that waits for its payer until it expires."""
    row = tx.one(
        f"""
        INSERT INTO payment (id, account_id, reference, status, amount_minor, currency, description, payer_email,
            return_url, cancel_url, expires_at, created_at, updated_at, is_manual)
        VALUES (:id, :account_id, :reference, 'open', :amount_minor, :currency, :description, :payer_email,
            :return_url, :cancel_url, :expires_at, :now, :now, :is_manual)
        RETURNING {PAYMENT}
        """,
        id=tx.ids.new("sbpay_"),
        account_id=account.id,
        reference=order.reference,
        amount_minor=order.amount_minor,
        currency=order.currency,
        description=order.description,
        payer_email=order.payer_email,
        return_url=order.return_url,
        cancel_url=order.cancel_url,
        expires_at=order.expires_at,
        is_manual=int(order.is_manual),
        now=tx.now,
    )
    assert row is not None, "INSERT RETURNING gives a row"
    payment = Payment(*row)
    later(tx, JobKind.EXPIRE, payment.id, order.expires_at - tx.now)
    return payment


def find(tx: Tx, payment_id: str) -> Payment | None:
    """For the hosted page: its id is what the payer has."""
    return payment_of(tx.one(f"SELECT {PAYMENT} FROM payment WHERE id = :id", id=payment_id))


def find_owned(tx: Tx, account_id: str, payment_id: str) -> Payment | None:
    """For the API: another merchant's payment is not there."""
    payment = find(tx, payment_id)
    return payment if payment is not None and payment.account_id == account_id else None


def pay(tx: Tx, base_url: str, payment_id: str, card: Card) -> Payment | None:
    """The payer presses Pay. None: the payment was no longer open, and nothing happened."""
    status = {
        Outcome.CAPTURED: "processing",
        Outcome.FAILED: "processing",
        Outcome.CHALLENGE: "requires_action",
        Outcome.DEBIT_SETTLES: "processing",
        Outcome.DEBIT_RETURNS: "processing",
    }[card.outcome]
    payment = payment_of(
        tx.one(
            f"""
            UPDATE payment SET status = :status, card = :card, brand = :brand, last4 = :last4, updated_at = :now
            WHERE id = :id AND status = 'open' AND expires_at > :now RETURNING {PAYMENT}
            """,
            id=payment_id,
            status=status,
            card=card.name,
            brand=card.brand,
            last4=card.last4,
            now=tx.now,
        )
    )
    if payment is None:
        return None
    settles_after_us = accounts.get(tx, payment.account_id).settles_after_us
    match card.outcome:
        case Outcome.CAPTURED:
            return take(tx, base_url, payment_id)
        case Outcome.FAILED:
            assert card.failure_code is not None, "a card that fails says why"
            return fail(tx, base_url, payment_id, card.failure_code)
        case Outcome.CHALLENGE:
            return payment
        case Outcome.DEBIT_SETTLES:
            later(tx, JobKind.SETTLE_DEBIT, payment_id, settles_after_us)
        case Outcome.DEBIT_RETURNS:
            later(tx, JobKind.RETURN_DEBIT, payment_id, settles_after_us)
    announce(tx, payment.account_id, "payment.processing", payment.shown(base_url))
    return payment


def answer_challenge(tx: Tx, base_url: str, payment_id: str, *, is_passed: bool) -> Payment | None:
    """The payer passes or fails 3-D Secure. None: there was no challenge to answer any more."""
    payment = move(tx, payment_id, "requires_action", "processing")
    if payment is None:
        return None
    return (
        take(tx, base_url, payment_id)
        if is_passed
        else fail(tx, base_url, payment_id, "authentication_failed")
    )


def take(tx: Tx, base_url: str, payment_id: str) -> Payment | None:
    """Takes the money of a payment in processing, or holds it where the merchant wants to capture it later."""
    before = find(tx, payment_id)
    assert before is not None, "only payments that exist are captured"
    return hold(tx, base_url, before) if before.is_manual else capture(tx, base_url, payment_id)


def hold(tx: Tx, base_url: str, before: Payment) -> Payment | None:
    """Reserves the money of a payment in processing until its account's time for that is over, and tells."""
    holds_for_us = accounts.get(tx, before.account_id).holds_for_us
    payment = payment_of(
        tx.one(
            f"""
            UPDATE payment SET status = 'authorized', capture_before = :capture_before, updated_at = :now
            WHERE id = :id AND status = 'processing' RETURNING {PAYMENT}
            """,
            id=before.id,
            capture_before=tx.now + holds_for_us,
            now=tx.now,
        )
    )
    if payment is not None:
        later(tx, JobKind.LET_GO, payment.id, holds_for_us)
        announce(tx, payment.account_id, "payment.authorized", payment.shown(base_url))
    return payment


def capture(tx: Tx, base_url: str, payment_id: str, *, before: str = "processing") -> Payment | None:
    """Takes the money of a payment that stands so, tells, and sets in motion what its card does later."""
    found = find(tx, payment_id)
    assert found is not None, "only payments that exist are captured"
    payment = payment_of(
        tx.one(
            f"""
            UPDATE payment SET status = 'captured', fee_minor = :fee_minor, captured_at = :now, updated_at = :now
            WHERE id = :id AND status = :before RETURNING {PAYMENT}
            """,
            id=payment_id,
            before=before,
            fee_minor=fee_minor(found.amount_minor, found.currency),
            now=tx.now,
        )
    )
    if payment is None:
        return None
    assert payment.card is not None, "a payment in processing has a card"
    card = BY_NAME[payment.card]
    announce_captured(tx, payment.account_id, payment.shown(base_url), card.webhooks)
    if card.later in {Later.DISPUTE_LOST, Later.DISPUTE_WON}:
        later(tx, JobKind.OPEN_DISPUTE, payment_id, accounts.get(tx, payment.account_id).settles_after_us)
    return payment


def fail(tx: Tx, base_url: str, payment_id: str, failure_code: str) -> Payment | None:
    """Ends a payment in processing without money."""
    payment = payment_of(
        tx.one(
            f"""
            UPDATE payment SET status = 'failed', failure_code = :failure_code, updated_at = :now
            WHERE id = :id AND status = 'processing' RETURNING {PAYMENT}
            """,
            id=payment_id,
            failure_code=failure_code,
            now=tx.now,
        )
    )
    if payment is not None:
        announce(tx, payment.account_id, "payment.failed", payment.shown(base_url))
    return payment


def cancel(tx: Tx, base_url: str, payment_id: str) -> Payment | None:
    """Ends a payment that nobody has paid yet. None: it had gone on already, look where it stands."""
    payment = move(tx, payment_id, "open", "canceled") or move(tx, payment_id, "requires_action", "canceled")
    if payment is not None:
        announce(tx, payment.account_id, "payment.canceled", payment.shown(base_url))
    return payment


def expire(tx: Tx, base_url: str, payment_id: str) -> None:
    """Ends a payment that nobody has paid in time; a payer in a challenge is out of time too."""
    payment = move(tx, payment_id, "open", "expired") or move(tx, payment_id, "requires_action", "expired")
    if payment is not None:
        announce(tx, payment.account_id, "payment.expired", payment.shown(base_url))


def move(tx: Tx, payment_id: str, before: str, after: str) -> Payment | None:
    """From one status to another; None: it does not stand so any more."""
    return payment_of(
        tx.one(
            f"""
            UPDATE payment SET status = :after, updated_at = :now WHERE id = :id AND status = :before
            RETURNING {PAYMENT}
            """,
            id=payment_id,
            before=before,
            after=after,
            now=tx.now,
        )
    )
