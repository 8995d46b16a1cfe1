"""A payment link: a URL that someone can open and pay, its terms, and what state they put it in.

Stored status is a summary of control (canceled, paused), terms, counters and time. `standing` works it out, so that an
edit, a payment and a clock all go through the same door, and `TRANSITIONS` names the event that each move emits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from linktill.core.asking import Asking
from linktill.core.capture import CaptureMethod
from linktill.core.computation import Computation, compute
from linktill.core.currency_prices import prices_in
from linktill.core.errors import FieldInvalid, TransitionRefused
from linktill.core.ids import LinkId, MerchantId
from linktill.core.localization import Translation
from linktill.core.money import Money, decimal_text
from linktill.core.parts import least_choices, with_part
from linktill.core.payers_language import AUTO
from linktill.core.pricing import AS_FILLED, Choices, Pricing


class LinkStatus(StrEnum):
    """Where a link stands. Viewed and overdue are derived, not stored."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    """Everything that was due is paid."""
    SOLD_OUT = "sold_out"
    """As many payments as it allows were made."""
    EXPIRED = "expired"
    CANCELED = "canceled"
    ARCHIVED = "archived"


class Payability(StrEnum):
    """Why a link can or cannot be paid at this moment. The words are the codes of the API and the pages."""

    PAYABLE = "payable"
    IN_PROGRESS = "link_in_progress"
    """Somebody is paying and holds the last slot."""
    DRAFT = "link_draft"
    SCHEDULED = "link_scheduled"
    PAUSED = "link_paused"
    COMPLETED = "link_completed"
    SOLD_OUT = "link_sold_out"
    EXPIRED = "link_expired"
    CANCELED = "link_canceled"
    ARCHIVED = "link_archived"


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """What a merchant sets and may edit. Each edit makes a new version; an open checkout keeps the one it showed.

    `payments_max` None: any number of payments; 1: a bill that is paid once. Times are microseconds UTC.
    """

    amount: Money
    """The price, before discounts and what is added to it. Of items: as the form is filled in; of an open amount: as it is
    filled in, or zero.
    """
    description: str
    note: str = ""
    """A message to the payer, shown on the page."""
    reference: str = ""
    """The merchant's own reference, such as an invoice number."""
    payments_max: int | None = 1
    starts_at: int | None = None
    due_at: int | None = None
    expires_at: int | None = None
    redirect_url: str | None = None
    """Where the payer may go on after paying."""
    closed_message: str = ""
    """Shown instead of the standard words when the link is closed."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowed_gateways: tuple[str, ...] = ()
    """Names of the only gateways that it may be paid through; empty: all that the merchant has."""
    denied_gateways: tuple[str, ...] = ()
    """Names of those that it may not be paid through, whatever is allowed."""
    pricing: Pricing | None = None
    """None: the price is what is charged, and there is nothing to choose."""
    asking: Asking | None = None
    """None: nothing but what every payer is asked."""
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    locale: str = AUTO
    """The language of its page, or AUTO: that of whoever opens it."""
    translations: Mapping[str, Translation] = field(default_factory=dict)
    """Language → its texts in that language."""

    @property
    def due(self) -> Money:
        """What it comes to for a payer who changes nothing. Zero where they have to choose first."""
        return self.amount if self.pricing is None else self.quote().total

    @property
    def is_manual(self) -> bool:
        """Is the money only authorized when somebody pays, and captured later?"""
        return self.capture_method is CaptureMethod.MANUAL

    @property
    def amount_max_minor(self) -> int | None:
        """What all payments together may come to; None: there is no such limit."""
        if self.pricing is None:
            return None
        return self.pricing.limit_minor if self.pricing.parts is None else self.due.minor

    @property
    def full_at_minor(self) -> int | None:
        """Once this much is paid nothing fits under the limit any more; None: there is none."""
        limit = self.amount_max_minor
        return None if limit is None else limit - self.least_minor + 1

    @property
    def least_minor(self) -> int:
        """The least that one payment comes to."""
        pricing = self.pricing
        if pricing is None or pricing.parts is not None or pricing.takes_codes or pricing.asks_country:
            return 1
        return self.quote(least_choices(pricing)).total_minor or 1

    def quote(self, choices: Choices = AS_FILLED, *, before_minor: int = 0) -> Computation:
        """What these choices come to, maybe nothing. Raises FieldInvalid for what may not be chosen.

        `before_minor`: of what is paid in parts, what is paid already or being paid.
        """
        pricing = self.pricing or Pricing()
        quote = compute(self.amount, self.description, pricing, choices)
        return quote if pricing.parts is None else with_part(quote, pricing.parts, before_minor, choices)

    @property
    def currencies(self) -> tuple[str, ...]:
        """All that it can be paid in, its own first."""
        others = () if self.pricing is None else self.pricing.currencies
        return (self.amount.currency, *(each.currency for each in others))

    def in_currency(self, currency: str) -> "LinkTerms":
        """As terms of one currency: of this one where it can be paid in it, else of the link's own."""
        if self.pricing is None or not self.pricing.currencies:
            return self
        amount, pricing = prices_in(self.amount, self.pricing, currency)
        return replace(self, amount=amount, pricing=pricing)

    def in_language(self, language: str) -> "LinkTerms":
        """The same with its texts in this language, as far as it has them."""
        texts = self.translations.get(language)
        if texts is None:
            return self
        return replace(
            self,
            description=texts.description or self.description,
            note=texts.note or self.note,
            closed_message=texts.closed_message or self.closed_message,
        )

    def without_past(self, now: int, *times: str) -> "LinkTerms":
        """The same but for those of these times that have passed: a link that is made now begins without them."""
        passed: dict[str, Any] = {
            name: None for name in times if (at := getattr(self, name)) is not None and at <= now
        }
        return replace(self, **passed)

    def may_come_to(self, amount: Money) -> bool:
        """Can it be this amount that was paid? Where payers choose, it can be any of the currency."""
        terms = self.in_currency(amount.currency)
        asks = terms.pricing is not None and terms.pricing.asks
        return amount.currency == terms.amount.currency if asks else amount == terms.due

    def lets_through(self, gateway: str) -> bool:
        """May it be paid through the gateway of this name?"""
        return gateway not in self.denied_gateways and gateway in (self.allowed_gateways or (gateway,))


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """A link as stored."""

    merchant_id: MerchantId
    id: LinkId
    slug: str
    status: LinkStatus
    version: int
    terms: LinkTerms
    slots_taken: int
    """Attempts that hold a place: open ones, and captured ones for good."""
    captured_count: int
    """Payments that count, surplus ones left out."""
    captured_minor: int
    """Of those in the link's own currency, as all sums here are."""
    refunded_minor: int
    created_at: int
    updated_at: int
    taken_minor: int = 0
    """What the attempts that hold a place come to."""
    is_out: bool = False
    """Is what has to be bought sold out?"""
    keeps_count: bool = False
    """Has a payment ever taken more than a place: things in stock, a use of a coupon?"""

    @property
    def is_full(self) -> bool:
        """Has it had all the payments that it allows?"""
        payments_max, full_at = self.terms.payments_max, self.terms.full_at_minor
        has_all = payments_max is not None and self.captured_count >= payments_max
        return self.is_out or has_all or (full_at is not None and self.captured_minor >= full_at)

    @property
    def is_bill(self) -> bool:
        """Is it over once it is paid, in one payment or in parts?"""
        pricing = self.terms.pricing
        return self.terms.payments_max == 1 or (pricing is not None and pricing.parts is not None)

    def in_currency(self, currency: str) -> "PaymentLink":
        """The same with terms of one currency: `LinkTerms.in_currency`."""
        terms = self.terms.in_currency(currency)
        return self if terms is self.terms else replace(self, terms=terms)

    def in_language(self, language: str) -> "PaymentLink":
        """The same with its texts in this language: `LinkTerms.in_language`."""
        terms = self.terms.in_language(language)
        return self if terms is self.terms else replace(self, terms=terms)

    @property
    def due(self) -> Money:
        """What a payer who changes nothing is charged now: of what is paid in parts, all that is left."""
        return self.terms.amount if self.terms.pricing is None else self.quote().charged

    def quote(self, choices: Choices = AS_FILLED) -> Computation:
        """What these choices come to now, maybe nothing. Raises FieldInvalid for what may not be chosen."""
        return self.terms.quote(choices, before_minor=self.taken_minor)

    def charge(self, choices: Choices) -> Computation | None:
        """As `quote`, for a payer who wants to pay; None: the price is what is charged. Raises FieldInvalid for nothing and for
        what is beyond the limit, too.
        """
        pricing = self.terms.pricing
        if pricing is None:
            return None
        quote = self.quote(choices)
        if quote.charged.minor == 0:
            raise FieldInvalid(
                "amount_minor",
                "Say how much you want to pay."
                if pricing.open_amount is not None
                else "Choose something first: so far it comes to nothing.",
            )
        if pricing.limit_minor is not None and quote.total_minor > pricing.limit_minor - self.taken_minor:
            left = decimal_text(Money(max(0, pricing.limit_minor - self.taken_minor), quote.currency))
            raise FieldInvalid("amount_minor", f"Only {left} {quote.currency} can still be paid here.")
        return quote


S: Final = LinkStatus

_FINAL: Final = frozenset({S.CANCELED, S.ARCHIVED, S.DRAFT})

TRANSITIONS: Final[Mapping[tuple[LinkStatus, LinkStatus], str]] = MappingProxyType(
    {
        (S.DRAFT, S.ACTIVE): "payment_link.activated",
        (S.DRAFT, S.SCHEDULED): "payment_link.scheduled",
        (S.DRAFT, S.CANCELED): "payment_link.canceled",
        (S.SCHEDULED, S.ACTIVE): "payment_link.activated",
        **{(before, S.PAUSED): "payment_link.paused" for before in (S.SCHEDULED, S.ACTIVE)},
        **{
            (before, S.SCHEDULED): "payment_link.scheduled"
            for before in (S.ACTIVE, S.PAUSED, S.EXPIRED, S.COMPLETED, S.SOLD_OUT)
        },
        (S.PAUSED, S.ACTIVE): "payment_link.resumed",
        **{(before, S.ACTIVE): "payment_link.reopened" for before in (S.EXPIRED, S.COMPLETED, S.SOLD_OUT)},
        **{
            (before, S.COMPLETED): "payment_link.completed"
            for before in (S.SCHEDULED, S.ACTIVE, S.PAUSED, S.EXPIRED, S.SOLD_OUT)
        },
        **{
            (before, S.SOLD_OUT): "payment_link.sold_out"
            for before in (S.SCHEDULED, S.ACTIVE, S.PAUSED, S.EXPIRED, S.COMPLETED)
        },
        **{
            (before, S.EXPIRED): "payment_link.expired"
            for before in (S.SCHEDULED, S.ACTIVE, S.PAUSED, S.COMPLETED, S.SOLD_OUT)
        },
        **{
            (before, S.CANCELED): "payment_link.canceled"
            for before in (S.SCHEDULED, S.ACTIVE, S.PAUSED, S.EXPIRED)
        },
        **{
            (before, S.ARCHIVED): "payment_link.archived"
            for before in (
                S.DRAFT,
                S.SCHEDULED,
                S.ACTIVE,
                S.PAUSED,
                S.COMPLETED,
                S.SOLD_OUT,
                S.EXPIRED,
                S.CANCELED,
            )
        },
        **{(S.ARCHIVED, after): "payment_link.unarchived" for after in S if after is not S.ARCHIVED},
    }
)
"""(before, after) → event. A pair that is missing is refused. Canceled is final but for the archive, and what comes out of the
archive is what went in, as terms, counters and time have it by then: `after_archive`.
"""


def transition_event(before: LinkStatus, after: LinkStatus) -> str:
    """The event of a move. Raises TransitionRefused if the table does not have it."""
    try:
        return TRANSITIONS[before, after]
    except KeyError:
        raise TransitionRefused(f"A link that is {before} cannot become {after}.") from None


def standing(link: PaymentLink, now: int, *, is_paused: bool | None = None) -> LinkStatus:
    """The status that control, terms, counters and time put the link in.

    `is_paused` overrides the pause that the stored status remembers, for pausing and resuming.
    """
    if link.status in _FINAL:
        return link.status
    terms = link.terms
    if link.is_full:
        return S.COMPLETED if link.is_bill else S.SOLD_OUT
    if terms.expires_at is not None and terms.expires_at <= now:
        return S.EXPIRED
    if link.status is S.PAUSED if is_paused is None else is_paused:
        return S.PAUSED
    if terms.starts_at is not None and terms.starts_at > now:
        return S.SCHEDULED
    return S.ACTIVE


def after_archive(link: PaymentLink, before: LinkStatus, now: int) -> LinkStatus:
    """Where an archived link stands once it is shown again; `before`: what it was when it was archived.

    Of that only what nothing else tells comes back: a pause, a cancellation, a draft.
    """
    assert link.status is S.ARCHIVED, "only what is archived comes back"
    return standing(replace(link, status=before), now)


_CLOSED: Final[Mapping[LinkStatus, Payability]] = MappingProxyType(
    {
        S.DRAFT: Payability.DRAFT,
        S.SCHEDULED: Payability.SCHEDULED,
        S.PAUSED: Payability.PAUSED,
        S.COMPLETED: Payability.COMPLETED,
        S.SOLD_OUT: Payability.SOLD_OUT,
        S.EXPIRED: Payability.EXPIRED,
        S.CANCELED: Payability.CANCELED,
        S.ARCHIVED: Payability.ARCHIVED,
    }
)


def payability(link: PaymentLink, now: int) -> Payability:
    """May somebody start to pay now? The stored status may lag behind the clock, so it is worked out here."""
    status = standing(link, now)
    if status is not S.ACTIVE:
        return _CLOSED[status]
    limit, full_at = link.terms.payments_max, link.terms.full_at_minor
    if (limit is not None and link.slots_taken >= limit) or (
        full_at is not None and link.taken_minor >= full_at
    ):
        return Payability.IN_PROGRESS
    return Payability.PAYABLE
