"""A payment attempt: one try to move money through one gateway, and the facts that gateways tell about it.

The table `NEXT` is total: every status has an answer to every fact. A captured attempt is a payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.capture import Decision
from linktill.core.currencies import EXPONENTS
from linktill.core.ids import AttemptId, CustomerId, GatewayAccountId, LinkId, MerchantId, SessionId
from linktill.core.money import Money, decimal_text


class AttemptStatus(StrEnum):
    """Where an attempt stands. `UNKNOWN` and `NEEDS_REVIEW` hold their slot until somebody knows."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    NEEDS_REVIEW = "needs_review"


class FactKind(StrEnum):
    """What a gateway can say of an attempt, in our words."""

    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELED = "canceled"
    NOT_FOUND = "not_found"
    """The gateway does not know it (yet): proves nothing, look-ups may lag behind."""
    UNKNOWN = "unknown"
    """A status word that we do not know: kept, never guessed."""


@dataclass(frozen=True, slots=True)
class AttemptFact:
    """What a gateway says of one attempt. Amounts are what was really taken; None where it does not say.

    `gateway_ref` is the gateway's id of the payment, `reference` our attempt id as the gateway has it.
    """

    kind: FactKind
    gateway_ref: str | None = None
    reference: str | None = None
    amount: Money | None = None
    fee: Money | None = None
    method: str | None = None
    """Shown to people, such as `Visa •••• 4242`."""
    decline_code: str | None = None
    vendor_status: str = ""
    return_url: str | None = None
    """Where we asked to send the payer back to, where the gateway still shows it."""
    payer_email: str | None = None
    """As we gave it, where the gateway still shows it."""
    is_held: bool = False
    """Of an AUTHORIZED one: the money is reserved, and not only the payer's word given."""
    capture_before: int | None = None
    """Until when held money can be captured (microseconds UTC), where the gateway says."""


@dataclass(frozen=True, slots=True)
class Failover:
    """Why an attempt does not go through the gateway that the merchant or the payer would have had first.

    `reason`: `gateway_unavailable`, it could not be reached; `gateway_rejected`, it refused the payment.
    """

    gateway: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentAttempt:
    """An attempt as stored. `amount` is the snapshot: what was displayed when Pay was pressed."""

    merchant_id: MerchantId
    id: AttemptId
    link_id: LinkId
    session_id: SessionId
    gateway: str
    gateway_account_id: GatewayAccountId
    status: AttemptStatus
    amount: Money
    is_slot_held: bool
    is_surplus: bool
    gateway_ref: str | None
    redirect_url: str | None
    captured_minor: int
    refund_requested_minor: int
    refunded_minor: int
    fee_minor: int
    method: str | None
    decline_code: str | None
    review_reason: str | None
    payer_email: str | None
    payer_name: str | None
    created_at: int
    updated_at: int
    captured_at: int | None
    started_at: int | None
    """When the gateway was first asked; its idempotency key may be sent again for a while after that."""
    poll_at: int | None
    polls: int
    """Turns at the gateway since its status moved. 0 while `created`: nobody but the first caller has asked."""
    failover: Failover | None = None
    received_minor: int = 0
    """What people say has come of it so far (`core/receipt.py`): only of offline payments."""
    surplus_kept_at: int | None = None
    """When a person decided to keep money that had no place on the link: a sale since then, not owed back any more."""
    customer_id: CustomerId | None = None
    """Whose payment it is, found a moment after it was captured (`flows/file_payers.py`)."""
    has_answers: bool = False
    """Did the payer tell more than their name and e-mail (`core/answers.py`)?"""
    is_manual: bool = False
    """Was it begun to be captured by hand? Then nothing but a `Decision` ever takes its money."""
    capture_before: int | None = None
    decision: Decision | None = None
    ending_told_at: int | None = None
    """When its merchant was told that it soon cannot be captured any more."""

    @property
    def is_held(self) -> bool:
        """Is its money reserved, for somebody to capture or to let go?"""
        return self.is_manual and self.status is AttemptStatus.AUTHORIZED

    @property
    def is_resting(self) -> bool:
        """Is it held, and has nobody said what is to become of it?"""
        return self.is_held and self.decision is None

    @property
    def refundable_minor(self) -> int:
        """What may still be refunded, pending refunds counted."""
        return self.captured_minor - self.refund_requested_minor

    @property
    def missing_minor(self) -> int:
        """What is still to come of an offline payment."""
        return self.amount.minor - self.received_minor

    def key(self, operation: str) -> str:
        """The idempotency key for the gateway: one per attempt and operation, the same after every crash."""
        return f"{operation}-{self.id}"


S: Final = AttemptStatus
F: Final = FactKind

OPEN: Final = frozenset({S.CREATED, S.REQUIRES_ACTION, S.PROCESSING, S.AUTHORIZED, S.UNKNOWN})
"""Somebody still has to find out: polled until the gateway has answered for good."""
DEAD: Final = frozenset({S.FAILED, S.CANCELED})

_FORWARD: Final[Mapping[FactKind, AttemptStatus]] = {
    F.REQUIRES_ACTION: S.REQUIRES_ACTION,
    F.PROCESSING: S.PROCESSING,
    F.AUTHORIZED: S.AUTHORIZED,
    F.CAPTURED: S.CAPTURED,
    F.FAILED: S.FAILED,
    F.CANCELED: S.CANCELED,
}
_ONLY_CAPTURE: Final[Mapping[FactKind, AttemptStatus]] = {F.CAPTURED: S.CAPTURED}


def _row(status: AttemptStatus, moves: Mapping[FactKind, AttemptStatus]) -> Mapping[FactKind, AttemptStatus]:
    return MappingProxyType({kind: moves.get(kind, status) for kind in FactKind})


NEXT: Final[Mapping[AttemptStatus, Mapping[FactKind, AttemptStatus]]] = MappingProxyType(
    {
        S.CREATED: _row(S.CREATED, {**_FORWARD, F.UNKNOWN: S.UNKNOWN}),
        S.REQUIRES_ACTION: _row(S.REQUIRES_ACTION, _FORWARD),
        # States only move forward: an old "requires action" that arrives late does not call a debit back.
        S.PROCESSING: _row(S.PROCESSING, {k: v for k, v in _FORWARD.items() if k is not F.REQUIRES_ACTION}),
        S.AUTHORIZED: _row(
            S.AUTHORIZED, {F.CAPTURED: S.CAPTURED, F.FAILED: S.FAILED, F.CANCELED: S.CANCELED}
        ),
        S.UNKNOWN: _row(S.UNKNOWN, _FORWARD),
        # Money outranks everything: a capture is honored after "failed" and "canceled", and nothing undoes it.
        S.FAILED: _row(S.FAILED, _ONLY_CAPTURE),
        S.CANCELED: _row(S.CANCELED, _ONLY_CAPTURE),
        S.CAPTURED: _row(S.CAPTURED, {}),
        # Frozen until a person decides.
        S.NEEDS_REVIEW: _row(S.NEEDS_REVIEW, {}),
    }
)
"""status × fact → status. The same status means: nothing moves."""


def review_reason(attempt: PaymentAttempt, fact: AttemptFact) -> str | None:
    """Why the fact must be looked at by a person, or None: what is charged must be the snapshot, from whom we asked."""
    if fact.reference is not None and fact.reference != attempt.id:
        return f"The gateway's payment carries the reference {fact.reference!r}, not {attempt.id}."
    if attempt.gateway_ref is not None and fact.gateway_ref not in {None, attempt.gateway_ref}:
        return f"The gateway answers with payment {fact.gateway_ref}, but {attempt.gateway_ref} was started."
    if fact.kind is not F.CAPTURED:
        return None
    if fact.amount is None:
        return "The gateway says captured, but not how much."
    if fact.amount != attempt.amount:
        return f"The gateway captured {_words(fact.amount)}, the payer was shown {_words(attempt.amount)}."
    return None


def as_held(attempt: PaymentAttempt, fact: AttemptFact) -> AttemptFact:
    """The fact as it counts for this attempt: captured by hand, it is authorized once its money is held."""
    if attempt.is_manual and fact.kind is F.AUTHORIZED and not fact.is_held:
        return replace(fact, kind=F.PROCESSING)
    return fact


def is_news(attempt: PaymentAttempt, fact: AttemptFact) -> bool:
    """Whether applying the fact could change anything: most look-ups find an open attempt as it stood."""
    return (
        attempt.status not in OPEN  # its fee may have changed
        or NEXT[attempt.status][fact.kind] is not attempt.status
        or (attempt.gateway_ref is None and fact.gateway_ref is not None)
        or (attempt.is_manual and fact.capture_before not in {None, attempt.capture_before})
        or review_reason(attempt, fact) is not None
    )


def _words(money: Money) -> str:
    # A gateway may name a currency that we do not know: then only its minor units can be told.
    if money.currency not in EXPONENTS:
        return f"{money.minor} minor units of {money.currency}"
    return f"{decimal_text(money)} {money.currency}"
