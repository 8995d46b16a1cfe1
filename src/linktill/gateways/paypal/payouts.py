"""Withdrawals from PayPal to the merchant's bank in our words, as the account's list tells them. Pure.

Source: https://developer.paypal.com/docs/transaction-search/transaction-event-codes and
https://developer.paypal.com/docs/api/transaction-search/v1/ (`transaction_status`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.money import Money
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.answers import Nonsense
from linktill.gateways.contract import Unavailable
from linktill.gateways.paypal import shapes
from linktill.gateways.paypal.shapes import TransactionInfo

WITHDRAWAL: Final = "T04"
"""Whatever begins so goes to a bank: by hand, or swept there by PayPal."""
RETURNED: Final = "T1101"
"""The bank sent a withdrawal back; the row names it as its reference."""

_KINDS: Final[Mapping[str, PayoutFactKind]] = MappingProxyType(
    {
        "P": PayoutFactKind.PENDING,
        "S": PayoutFactKind.PAID,
        "D": PayoutFactKind.CANCELED,
        "V": PayoutFactKind.FAILED,
    }
)


def is_payout(row: TransactionInfo) -> bool:
    """Is the row about a withdrawal?"""
    code = row.transaction_event_code
    return code.startswith(WITHDRAWAL) or (code == RETURNED and row.paypal_reference_id != "")


def payout_fact(row: TransactionInfo) -> PayoutFact:
    """What PayPal says of a withdrawal, or of its return. Raises Unavailable where it does not say what and when."""
    try:
        if row.transaction_amount is None:
            raise Nonsense("It has no amount.")
        amount = row.transaction_amount.money()
        fee = row.fee_amount.money() if row.fee_amount is not None else None
        made_at = shapes.micros(row.transaction_initiation_date)
    except Nonsense as error:
        raise Unavailable(f"PayPal's withdrawal {row.transaction_id} could not be read: {error}") from error
    status = row.transaction_status
    if row.transaction_event_code == RETURNED:
        return PayoutFact(
            row.paypal_reference_id,
            PayoutFactKind.FAILED,
            amount,
            made_at,
            vendor_status=f"{RETURNED}/{status}",
        )
    return PayoutFact(
        gateway_ref=row.transaction_id,
        kind=_KINDS.get(status, PayoutFactKind.UNKNOWN),
        # What leaves the account has a minus there.
        amount=-amount,
        made_at=made_at,
        fee=Money(0 if fee is None else abs(fee.minor), amount.currency),
        vendor_status=status,
    )
