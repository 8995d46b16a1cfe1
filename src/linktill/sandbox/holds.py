"""Money that is held: captured or let go by the merchant, or let go when its time is over."""

from linktill.sandbox import payments
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce
from linktill.sandbox.records import Payment


def capture(tx: Tx, base_url: str, payment_id: str) -> Payment | None:
    """Takes held money. None: it is not held any more, look where it stands."""
    return payments.capture(tx, base_url, payment_id, before="authorized")


def void(tx: Tx, base_url: str, payment_id: str) -> Payment | None:
    """Lets go of held money. None: it is not held any more, look where it stands."""
    payment = payments.move(tx, payment_id, "authorized", "canceled")
    if payment is not None:
        announce(tx, payment.account_id, "payment.canceled", payment.shown(base_url))
    return payment


def let_go(tx: Tx, base_url: str, payment_id: str) -> None:
    """Nobody has captured it in time."""
    payment = payments.move(tx, payment_id, "authorized", "expired")
    if payment is not None:
        announce(tx, payment.account_id, "payment.expired", payment.shown(base_url))
