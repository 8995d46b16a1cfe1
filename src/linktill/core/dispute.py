"""A dispute: a payer's bank asks for the money back. The chargeback is only the money move inside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.ids import AttemptId, DisputeId, LinkId, MerchantId
from linktill.core.money import Money


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    EARLY_WARNING = "early_warning"
    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    ACCEPTED = "accepted"
    PREVENTED = "prevented"


@dataclass(frozen=True, slots=True)
class DisputeFact:
    """What a gateway says of one dispute. `is_withdrawn`: has the gateway taken the money from the merchant now?

    `status` is None when the gateway used a word that we do not know. `payment_ref` is the gateway's id of the payment,
    `reference` our attempt id as the gateway has it.
    """

    gateway_ref: str
    payment_ref: str | None
    reference: str | None
    status: DisputeStatus | None
    amount: Money
    fee: Money | None
    is_withdrawn: bool
    reason: str
    respond_by: int | None
    vendor_status: str = ""
    is_answered: bool | None = False
    """The gateway has evidence, whoever sent it, and waits for no more. None: it does not tell any longer."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as stored."""

    merchant_id: MerchantId
    id: DisputeId
    attempt_id: AttemptId
    link_id: LinkId
    gateway_ref: str
    status: DisputeStatus
    amount: Money
    fee_minor: int
    is_withdrawn: bool
    reason: str
    respond_by: int | None
    created_at: int
    updated_at: int


D: Final = DisputeStatus
CLOSED: Final = frozenset({D.WON, D.LOST, D.ACCEPTED, D.PREVENTED})

_ORDER: Final[Mapping[DisputeStatus, int]] = MappingProxyType(
    {
        D.EARLY_WARNING: 0,
        D.INQUIRY: 1,
        D.NEEDS_RESPONSE: 2,
        D.UNDER_REVIEW: 3,
        D.WON: 4,
        D.LOST: 4,
        D.ACCEPTED: 4,
        D.PREVENTED: 4,
    }
)


def next_status(now: DisputeStatus, told: DisputeStatus) -> DisputeStatus:
    """The status after the gateway told one: never back to an earlier stage.

    A closed dispute may close otherwise: appeals turn lost into won and back.
    """
    return told if _ORDER[told] >= _ORDER[now] else now
