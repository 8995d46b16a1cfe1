"""PayPal's disputes in our words. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.money import Money
from linktill.gateways.answers import Nonsense
from linktill.gateways.paypal import shapes
from linktill.gateways.paypal.evidence import is_answered
from linktill.gateways.paypal.shapes import Dispute

MERCHANT: Final = "SELLER"

_OPEN: Final[Mapping[str, DisputeStatus]] = MappingProxyType(
    {
        "OPEN": DisputeStatus.NEEDS_RESPONSE,
        "WAITING_FOR_SELLER_RESPONSE": DisputeStatus.NEEDS_RESPONSE,
        "WAITING_FOR_BUYER_RESPONSE": DisputeStatus.UNDER_REVIEW,
        "UNDER_REVIEW": DisputeStatus.UNDER_REVIEW,
    }
)
_OUTCOMES: Final[Mapping[str, DisputeStatus]] = MappingProxyType(
    {
        "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
        "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
        "ACCEPTED": DisputeStatus.ACCEPTED,
        # Nothing is taken from the merchant: the payer gave up, PayPal turned it down, or paid it out of its own pocket.
        "CANCELED_BY_BUYER": DisputeStatus.WON,
        "DENIED": DisputeStatus.WON,
        "RESOLVED_WITH_PAYOUT": DisputeStatus.WON,
    }
)
_LOSSES: Final = frozenset({DisputeStatus.LOST, DisputeStatus.ACCEPTED})
_DISPUTE_FEES: Final = frozenset({"DISPUTE_FEE", "CHARGEBACK_FEE"})


def dispute_fact(dispute: Dispute, payment_ref: str | None, our_reference: str | None) -> DisputeFact:
    """What PayPal says of a dispute; `payment_ref` is the order's id. Raises Nonsense.

    What was taken is told by the money's movements, and where PayPal shows none, by how the dispute ended: an open one
    has at most put the money on hold.
    """
    status = _dispute_status(dispute)
    asked = money_of(dispute.dispute_amount)
    if asked is None:
        raise Nonsense("A dispute without an amount.")
    taken = _taken(dispute, asked)
    if taken is None and status in _LOSSES:
        taken = _same(money_of(dispute.dispute_outcome.amount_refunded), asked) or asked
    due = dispute.seller_response_due_date
    words = (dispute.status, dispute.dispute_life_cycle_stage, dispute.dispute_outcome.outcome_code)
    return DisputeFact(
        gateway_ref=dispute.dispute_id,
        payment_ref=payment_ref,
        reference=our_reference,
        status=status,
        amount=taken if taken is not None and taken.minor > 0 else asked,
        fee=_dispute_fee(dispute, asked),
        is_withdrawn=taken is not None and taken.minor > 0,
        reason=dispute.reason.lower(),
        respond_by=None if due is None else shapes.micros(due),
        vendor_status="/".join(filter(None, words)),
        is_answered=is_answered(dispute),
    )


def _dispute_status(dispute: Dispute) -> DisputeStatus | None:
    if dispute.status == "RESOLVED":
        return _OUTCOMES.get(dispute.dispute_outcome.outcome_code)
    status = _OPEN.get(dispute.status)
    if status is not None and dispute.dispute_channel == "ALERT":
        return DisputeStatus.EARLY_WARNING
    # Payer and merchant talk; PayPal decides nothing before it is made a claim.
    if status is not None and dispute.dispute_life_cycle_stage == "INQUIRY":
        return DisputeStatus.INQUIRY
    return status


def _taken(dispute: Dispute, asked: Money) -> Money | None:
    """What the settlement has taken from the merchant, less what it gave back; None where no money moved."""
    moves = [
        Money(-amount.minor if move.type == "CREDIT" else amount.minor, amount.currency)
        for move in dispute.money_movements
        if move.affected_party == MERCHANT and move.reason == "DISPUTE_SETTLEMENT"
        if (amount := _same(money_of(move.amount), asked)) is not None
    ]
    return sum(moves, Money(0, asked.currency)) if moves else None


def _dispute_fee(dispute: Dispute, asked: Money) -> Money | None:
    fees = [
        amount
        for move in dispute.money_movements
        if move.affected_party == MERCHANT and move.type == "DEBIT" and move.reason in _DISPUTE_FEES
        if (amount := _same(money_of(move.amount), asked)) is not None
    ]
    return sum(fees, Money(0, asked.currency)) if fees else None


def _same(amount: Money | None, like: Money) -> Money | None:
    """None for another currency: it cannot be booked as if it were the payment's."""
    return (
        None
        if amount is None or amount.currency != like.currency
        else Money(abs(amount.minor), amount.currency)
    )


def money_of(amount: shapes.Amount | None) -> Money | None:
    """Raises Nonsense."""
    return None if amount is None else amount.money()
