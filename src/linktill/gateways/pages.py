"""One page each of the lists that a gateway is gone through by."""

from dataclasses import dataclass

from linktill.core.dispute import DisputeFact
from linktill.core.payment_attempt import AttemptFact
from linktill.core.payout import PayoutFact
from linktill.core.refund import RefundFact


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what the gateway has, oldest first. `next_cursor` None: that was the last one."""

    attempts: tuple[AttemptFact, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page of the refunds that the gateway has, oldest first."""

    refunds: tuple[RefundFact, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class DisputePage:
    """One page of the disputes that the gateway has, oldest first."""

    disputes: tuple[DisputeFact, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """One page of the payouts that the gateway has, oldest first."""

    payouts: tuple[PayoutFact, ...]
    next_cursor: str | None
