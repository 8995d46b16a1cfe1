"""A refund: money on its way back to the payer. It reserves first, then the gateway is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.errors import FieldInvalid, RefundTooLarge
from linktill.core.ids import AttemptId, LinkId, MerchantId, RefundId
from linktill.core.money import Money


class RefundStatus(StrEnum):
    """Where a refund stands. Pending and unknown refunds keep their reservation."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class RefundReason(StrEnum):
    """Why money goes back; shown to the merchant, given to the gateway where it takes one."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    OTHER = "other"
    SURPLUS = "surplus"
    """A payment that the link had no room for; asked for by Linktill itself."""


class RefundFactKind(StrEnum):
    """What a gateway can say of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RefundFact:
    """What a gateway says of one refund. `reference` is our refund id as the gateway has it."""

    kind: RefundFactKind
    gateway_ref: str | None = None
    reference: str | None = None
    amount: Money | None = None
    failure_code: str | None = None
    vendor_status: str = ""
    payment_ref: str | None = None
    """The gateway's id of the payment whose money it is, where it says so."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as stored."""

    merchant_id: MerchantId
    id: RefundId
    attempt_id: AttemptId
    link_id: LinkId
    amount: Money
    reason: RefundReason
    note: str
    status: RefundStatus
    gateway_ref: str | None
    failure_code: str | None
    created_at: int
    updated_at: int
    started_at: int | None
    poll_at: int | None
    polls: int

    def key(self) -> str:
        """The idempotency key for the gateway."""
        return f"refund-{self.id}"


R: Final = RefundStatus
K: Final = RefundFactKind

_END: Final[Mapping[RefundFactKind, RefundStatus]] = {
    K.SUCCEEDED: R.SUCCEEDED,
    K.FAILED: R.FAILED,
    K.CANCELED: R.CANCELED,
}


def _row(
    status: RefundStatus, moves: Mapping[RefundFactKind, RefundStatus]
) -> Mapping[RefundFactKind, RefundStatus]:
    return MappingProxyType({kind: moves.get(kind, status) for kind in RefundFactKind})


NEXT: Final[Mapping[RefundStatus, Mapping[RefundFactKind, RefundStatus]]] = MappingProxyType(
    {
        R.PENDING: _row(R.PENDING, {**_END, K.UNKNOWN: R.UNKNOWN}),
        R.UNKNOWN: _row(R.UNKNOWN, {**_END, K.PENDING: R.PENDING}),
        # A refund that succeeded can bounce days later: the card was closed, the money is back at the gateway.
        R.SUCCEEDED: _row(R.SUCCEEDED, {K.FAILED: R.FAILED}),
        R.FAILED: _row(R.FAILED, {}),
        R.CANCELED: _row(R.CANCELED, {}),
    }
)
"""status × fact → status. The same status means: nothing moves."""

OPEN: Final = frozenset({R.PENDING, R.UNKNOWN})


def may_refund(captured: Money, requested: Money, asked: Money) -> None:
    """Raises unless `asked` is positive and fits into what is left. `requested` counts pending refunds too."""
    if asked.minor <= 0:
        raise FieldInvalid("amount_minor", "The refund must be more than zero.")
    if asked > captured - requested:
        left = captured - requested
        raise RefundTooLarge(
            f"{left.minor} {left.currency} (minor units) are left to refund, {asked.minor} were asked for.",
            param="amount_minor",
        )
