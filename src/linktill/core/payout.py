"""A payout: what a gateway sends to the merchant's bank account, out of what it holds for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.ids import GatewayAccountId, MerchantId, PayoutId
from linktill.core.money import Money
from linktill.core.receipt import Way


class PayoutStatus(StrEnum):
    """Where a payout stands. Only a paid one is in the books."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    """The bank sent it back: the gateway has the money again."""
    CANCELED = "canceled"
    """Called off, or recorded by hand and taken back."""


class PayoutFactKind(StrEnum):
    """What a gateway can say of a payout."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """What a gateway says of one payout.

    `amount` is what reaches the bank; below zero, the gateway took money from there. `fee`: what the gateway kept for itself
    beside the fees of payments, such as its monthly fee, as far as it lists it with the payout.
    """

    gateway_ref: str
    kind: PayoutFactKind
    amount: Money
    made_at: int
    """Microseconds UTC, as every time here."""
    fee: Money | None = None
    arrives_at: int | None = None
    failure_code: str | None = None
    vendor_status: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout as stored. `gateway_ref` None: a person recorded it, `by` names them.

    `way`: of offline money, where it lay before it was taken to the bank.
    """

    merchant_id: MerchantId
    id: PayoutId
    gateway_account_id: GatewayAccountId
    gateway_ref: str | None
    status: PayoutStatus
    amount: Money
    fee_minor: int
    made_at: int
    arrives_at: int | None
    failure_code: str | None
    way: Way | None
    note: str
    by: str
    created_at: int
    updated_at: int


S: Final = PayoutStatus
K: Final = PayoutFactKind


def _row(
    status: PayoutStatus, moves: Mapping[PayoutFactKind, PayoutStatus]
) -> Mapping[PayoutFactKind, PayoutStatus]:
    return MappingProxyType({kind: moves.get(kind, status) for kind in PayoutFactKind})


NEXT: Final[Mapping[PayoutStatus, Mapping[PayoutFactKind, PayoutStatus]]] = MappingProxyType(
    {
        S.PENDING: _row(S.PENDING, {K.PAID: S.PAID, K.FAILED: S.FAILED, K.CANCELED: S.CANCELED}),
        # Days after it was called paid a bank may send it back.
        S.PAID: _row(S.PAID, {K.FAILED: S.FAILED, K.CANCELED: S.CANCELED}),
        # Its money comes with another payout: a late "paid" about this one is old news.
        S.FAILED: _row(S.FAILED, {}),
        S.CANCELED: _row(S.CANCELED, {}),
    }
)
"""status × fact → status. The same status means: nothing moves."""
