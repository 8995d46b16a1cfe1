"""What the page of one dispute shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import LedgerRow, Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class EvidenceField:
    """A field of evidence with what is in it."""

    name: str
    label: str
    hint: str
    value: str
    chars_max: int
    is_short: bool


@dataclass(frozen=True, slots=True)
class EvidenceForm:
    """Posts `csrf_token`, `is_not_there` and the fields to `/dashboard/disputes/{id}/evidence`."""

    fields: tuple[EvidenceField, ...]
    is_prefilled: bool
    """Nobody has saved it yet: it is what our records know."""
    is_after_doubt: bool = False
    """Nobody knows whether the last answer arrived: a person must say that it is not there."""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """What is sent when it is submitted. `seen`: when it was changed last; it goes along in the form."""

    seen: int
    fields: tuple[EvidenceField, ...]


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """An answer that was asked for."""

    kind: str
    status: str
    asked_at: int
    by: str
    failure: str | None
    fields: tuple[EvidenceField, ...]


@dataclass(frozen=True, slots=True)
class DisputePage:
    """`GET /dashboard/disputes/{id}`."""

    TEMPLATE: ClassVar[str] = "dashboard/dispute/page.html"

    shell: Shell
    id: str
    state: str
    """See `disputes.state.shown_state`."""
    status: str
    """A `DisputeStatus`."""
    amount: Money
    fee: Money
    is_withdrawn: bool
    reason: str
    respond_by: int | None
    opened_at: int
    gateway_name: str
    gateway_reference: str
    payment_id: str
    description: str
    payer: str | None
    form: EvidenceForm | None
    """None where nothing can be written."""
    draft: SavedDraft | None
    """None where nothing can be submitted."""
    may_accept: bool
    is_by_hand: bool
    """Its gateway takes no evidence from us: the merchant answers there."""
    answers: tuple[SentAnswer, ...]
    ledger: tuple[LedgerRow, ...]
    timeline: tuple[TimelineEntry, ...]
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
