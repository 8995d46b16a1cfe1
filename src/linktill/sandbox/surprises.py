"""What payment companies do against their own word, rarely: for the simulator, which must find us ready for it."""

from enum import StrEnum

from linktill.sandbox import payments
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce
from linktill.sandbox.records import PAYMENT, REFUND, Refund, payment_of
from linktill.sandbox.refunds import REFUND_FAILED


class Surprise(StrEnum):
    """Kinds of them."""

    CAPTURED_AFTER_ALL = "captured_after_all"
    """A payment that was failed, canceled or expired takes the money in the end."""
    OTHER_AMOUNT = "other_amount"
    """The payer is charged another amount than was asked for."""
    REFUND_BOUNCED = "refund_bounced"
    """A refund that went through comes back."""


def do(tx: Tx, base_url: str, surprise: Surprise, reference: str) -> bool:
    """Does it to the payment or refund under the reference. False: it does not fit how that stands."""
    match surprise:
        case Surprise.CAPTURED_AFTER_ALL:
            return _capture_after_all(tx, base_url, reference)
        case Surprise.OTHER_AMOUNT:
            return _charge_other(tx, reference)
        case Surprise.REFUND_BOUNCED:
            return _bounce(tx, reference)


def _capture_after_all(tx: Tx, base_url: str, reference: str) -> bool:
    row = tx.one(
        f"""
        UPDATE payment SET status = 'processing', failure_code = NULL, card = coalesce(card, 'success'),
            brand = coalesce(brand, 'visa'), last4 = coalesce(last4, '4242'), updated_at = :now
        WHERE seq = (SELECT max(seq) FROM payment WHERE reference = :reference)
            AND status IN ('failed', 'canceled', 'expired') RETURNING {PAYMENT}
        """,
        reference=reference,
        now=tx.now,
    )
    payment = payment_of(row)
    return payment is not None and payments.capture(tx, base_url, payment.id) is not None


def _charge_other(tx: Tx, reference: str) -> bool:
    row = tx.one(
        """
        UPDATE payment SET amount_minor = amount_minor + 1
        WHERE seq = (SELECT max(seq) FROM payment WHERE reference = :reference) AND status = 'open' RETURNING id
        """,
        reference=reference,
    )
    return row is not None


def _bounce(tx: Tx, reference: str) -> bool:
    row = tx.one(
        f"""
        UPDATE refund SET status = 'failed', failure_code = :code, updated_at = :now
        WHERE seq = (SELECT max(seq) FROM refund WHERE reference = :reference) AND status = 'succeeded'
        RETURNING {REFUND}
        """,
        reference=reference,
        code=REFUND_FAILED,
        now=tx.now,
    )
    if row is None:
        return False
    refund = Refund(*row)
    tx.run(
        """
        UPDATE payment SET refund_held_minor = refund_held_minor - :amount, refunded_minor = refunded_minor - :amount,
            updated_at = :now WHERE id = :id
        """,
        id=refund.payment_id,
        amount=refund.amount_minor,
        now=tx.now,
    )
    announce(tx, refund.account_id, "refund.failed", refund.shown())
    return True
