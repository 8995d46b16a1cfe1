"""Chooses the payer's page: what a link, or a payer's own checkout, is shown as, and with which status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, assert_never, final

from linktill.core.bill import bill_of
from linktill.core.merchant import Merchant, Mode
from linktill.core.money import Money
from linktill.core.origin import origin_fields
from linktill.core.payers_language import Wish
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import Payability, PaymentLink
from linktill.flows.answers_given import told_again
from linktill.flows.asking_words import answer_lines
from linktill.flows.offers import Offer
from linktill.flows.open_checkout import Checkout
from linktill.flows.return_to_checkout import Visit, may_read_in
from linktill.flows.services import Services
from linktill.flows.start_payment import ATTEMPTS_MAX, REJECTED, UNAVAILABLE
from linktill.gateways.own_page import OwnPage
from linktill.web.checkout.asking import Questions, hidden_answers, questions
from linktill.web.checkout.choosing import NOTHING_CHOSEN, hidden_fields, typed_again
from linktill.web.checkout.language import ASKED, in_own_words, language_field, language_of
from linktill.web.checkout.paths import own_page_path, pay_path, return_path, turn_back_path
from linktill.web.checkout.prices import Prices, goal_of
from linktill.web.checkout.receipt import receipt_url
from linktill.web.checkout.typed import Seen, Typed
from linktill.web.checkout.view import (
    ClosedPage,
    LinkPage,
    NotPaidPage,
    OwnPayPage,
    PaidPage,
    Payee,
    PayForm,
    SurplusPage,
    UnknownLinkPage,
    WaitingPage,
    Way,
)
from linktill.web.look.look import View

SUBMIT_TOKEN_BYTES: Final = 18
_SECOND_US: Final = 1_000_000
_OWN_WORDS: Final = frozenset({"paid", "expired", "canceled", "archived", "paused", "sold_out"})
_NOT_TRIED: Final = frozenset({UNAVAILABLE, REJECTED})

Reason = Literal[
    "paid",
    "expired",
    "canceled",
    "archived",
    "paused",
    "not_yet_open",
    "sold_out",
    "in_progress",
    "signature_changed",
    "signature_expired",
]

CLOSED: Final[Mapping[Payability, tuple[Reason, int]]] = MappingProxyType(
    {
        # Over: 410, so that machines stop asking. The page itself says what to do next.
        Payability.COMPLETED: ("paid", 410),
        Payability.SOLD_OUT: ("sold_out", 410),
        Payability.EXPIRED: ("expired", 410),
        Payability.CANCELED: ("canceled", 410),
        Payability.ARCHIVED: ("archived", 410),
        # Somebody else is at it: true now, maybe not in a minute.
        Payability.IN_PROGRESS: ("in_progress", 409),
        # The address is right and stays right; the page says when to come back.
        Payability.PAUSED: ("paused", 200),
        Payability.SCHEDULED: ("not_yet_open", 200),
    }
)
"""Payability → what the page says, and its status when it is opened. A draft is nobody's business: 404."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page and its status."""

    view: View
    status: int = 200


@final
class CheckoutPages:
    """Makes the payer's pages of one installation."""

    def __init__(self, services: Services, report_email: str | None, *, sends_mail: bool) -> None:
        self._services: Final = services
        self._report_email: Final = report_email
        self._sends_mail: Final = sends_mail
        self._prices: Final = Prices()

    def typed(self) -> Typed:
        """An empty form with a submit token of its own."""
        return Typed(self._services.randomness.token(SUBMIT_TOKEN_BYTES))

    def opened(self, checkout: Checkout | None, typed: Typed) -> Shown:
        """The page of a link that is opened."""
        if checkout is None or checkout.payability is Payability.DRAFT:
            return Shown(UnknownLinkPage(typed.wish.language()), 404)
        if checkout.payability is Payability.PAYABLE:
            return Shown(self.link_page(checkout, typed))
        return Shown(self._closed(checkout, typed.wish), CLOSED[checkout.payability][1])

    def refused(self, checkout: Checkout | None, typed: Typed) -> Shown:
        """The answer to Pay on a link that does not take it: 409, and what was typed is kept for a later try."""
        if checkout is None or checkout.payability is Payability.DRAFT:
            return Shown(UnknownLinkPage(typed.wish.language()), 404)
        closed = self._closed(checkout, typed.wish)
        may_reopen = closed.reason not in {"paid", "canceled", "archived"}
        typed = replace(typed, seen=typed.seen or Seen(checkout.link.version, checkout.link.due))
        return Shown(replace(closed, retry=_form_again(checkout.link, typed) if may_reopen else None), 409)

    def link_page(self, checkout: Checkout, typed: Typed) -> LinkPage:
        """The page with the Pay button."""
        lang = language_of(checkout, typed.wish)
        checkout = in_own_words(checkout, lang)
        merchant, link = checkout.merchant, checkout.link
        terms = link.terms
        due_at = terms.due_at
        asked = questions(terms, typed.told.typed, lang)
        pay, bill = _pay_form(link, typed, checkout.offers, asked), None
        if terms.pricing is not None:
            price = self._prices.of(checkout, terms.pricing, typed.chosen)
            bill, errors = price.bill, {**price.errors, **typed.errors}
            pay = replace(pay, amount=price.amount, choosing=price.choosing, errors=errors)
        if checkout.currencies and not typed.chosen.is_amount_locked:
            pay = replace(pay, currencies=checkout.currencies)
        return LinkPage(
            lang=lang,
            payee=self.payee(merchant),
            is_test=merchant.mode is Mode.TEST,
            url=self._url(link),
            description=terms.description,
            note=terms.note,
            due_at=due_at,
            is_overdue=due_at is not None and due_at < self._services.clock.now_us(),
            pay=pay,
            bill=bill,
            goal=goal_of(link),
        )

    def visited(self, visit: Visit, offers: Sequence[Offer] = ()) -> Shown | None:
        """How a payer's own checkout stands; None: nothing was ever tried, the link itself is the place to be.

        `offers`: how it can be paid once more, where it was not.
        """
        attempt = visit.attempt
        match attempt.status:
            case AttemptStatus.CAPTURED:
                return Shown(self._surplus(visit) if attempt.is_surplus else self._paid(visit))
            case AttemptStatus.FAILED:
                if attempt.decline_code in _NOT_TRIED:
                    return None
                return Shown(self._not_paid(visit, "declined", offers))
            case AttemptStatus.CANCELED if attempt.is_manual and attempt.capture_before is not None:
                return Shown(self._not_paid(visit, "let_go", offers))
            case AttemptStatus.CANCELED:
                is_late = visit.session.expires_at <= attempt.updated_at
                return Shown(self._not_paid(visit, "expired" if is_late else "canceled", offers))
            case AttemptStatus.REQUIRES_ACTION:
                return Shown(self._waiting(visit, "unfinished"))
            case AttemptStatus.CREATED:
                return Shown(self._waiting(visit, "waiting"))
            case AttemptStatus.PROCESSING | AttemptStatus.AUTHORIZED:
                return Shown(self._waiting(visit, "held" if attempt.is_held else "processing"))
            case AttemptStatus.UNKNOWN | AttemptStatus.NEEDS_REVIEW:
                return Shown(self._waiting(visit, "checking"))
            case _:
                assert_never(attempt.status)

    def own_page(self, visit: Visit, fields: OwnPage | None) -> OwnPayPage:
        """The gateway's own fields; None: it could not be asked for them."""
        slug, session = visit.link.slug, visit.session
        return OwnPayPage(
            lang=visit.session.language,
            switch=switch_on(visit),
            payee=self.payee(visit.merchant),
            is_test=visit.merchant.mode is Mode.TEST,
            url=self._url(visit.link),
            description=session.description,
            amount=visit.attempt.amount,
            gateway=self._services.gateways.label(visit.attempt.gateway),
            own_url=own_page_path(slug, session),
            done_url=return_path(slug, session.id, session.token),
            turn_back_action=turn_back_path(slug, session.id),
            token=session.token,
            fields=fields,
        )

    def resumed(self, visit: Visit) -> Typed:
        """The form of a payer whose last try came to nothing: the same token, so that a try is never doubled."""
        session = visit.session
        token = session.submit_token if session.attempts < ATTEMPTS_MAX else self.typed().submit_token
        computation = visit.computation
        currency = session.amount.currency
        chosen = NOTHING_CHOSEN if computation is None else typed_again(computation.choices, currency)
        told = told_again(visit.given, is_same_version=visit.link.version == session.link_version)
        email, name = session.payer_email or "", session.payer_name or ""
        return Typed(token, email, name, chosen=chosen, told=told, currency=currency)

    def unsigned(self, checkout: Checkout, why: Literal["changed", "expired"], wish: Wish) -> Shown:
        """An address that was signed, and does not count: 403, or 410 once its time is over."""
        page = self._closed(checkout, wish, "signature_changed" if why == "changed" else "signature_expired")
        return Shown(page, 403 if why == "changed" else 410)

    def _closed(self, checkout: Checkout, wish: Wish, reason: Reason | None = None) -> ClosedPage:
        lang = language_of(checkout, wish)
        link = checkout.link
        terms = link.terms.in_language(lang)
        reason = reason or _reason(checkout)
        return ClosedPage(
            lang=lang,
            payee=self.payee(checkout.merchant),
            is_test=checkout.merchant.mode is Mode.TEST,
            url=self._url(link),
            reason=reason,
            description=terms.description,
            # The merchant wrote these words for a link that is over.
            closed_message=terms.closed_message if reason in _OWN_WORDS else "",
            opens_at=terms.starts_at if reason == "not_yet_open" else None,
            closed_at=terms.expires_at if reason == "expired" else None,
        )

    def _paid(self, visit: Visit) -> PaidPage:
        attempt = visit.attempt
        assert attempt.captured_at is not None, "a captured attempt knows when"
        refunded = Money(attempt.refunded_minor, attempt.amount.currency)
        return PaidPage(
            lang=visit.session.language,
            switch=switch_on(visit),
            payee=self.payee(visit.merchant),
            is_test=visit.merchant.mode is Mode.TEST,
            url=self._url(visit.link),
            description=visit.session.description,
            amount=attempt.amount,
            paid_at=attempt.captured_at,
            payment_id=attempt.id,
            method=attempt.method,
            receipt_email=self._receipt_email(visit),
            refunded=refunded if refunded.minor else None,
            continue_url=visit.link.terms.redirect_url,
            bill=None if visit.computation is None else bill_of(visit.computation),
            answers=answer_lines(visit.given, visit.session.language),
            pdf_url=receipt_url(visit.link.slug, visit.session.id, visit.session.token),
        )

    def _surplus(self, visit: Visit) -> SurplusPage:
        attempt = visit.attempt
        return SurplusPage(
            lang=visit.session.language,
            switch=switch_on(visit),
            payee=self.payee(visit.merchant),
            is_test=visit.merchant.mode is Mode.TEST,
            url=self._url(visit.link),
            description=visit.session.description,
            amount=attempt.amount,
            payment_id=attempt.id,
            fate=_fate(attempt),
        )

    def _waiting(
        self, visit: Visit, kind: Literal["processing", "waiting", "checking", "unfinished", "held"]
    ) -> WaitingPage:
        session, attempt = visit.session, visit.attempt
        return WaitingPage(
            lang=visit.session.language,
            switch=switch_on(visit),
            payee=self.payee(visit.merchant),
            is_test=visit.merchant.mode is Mode.TEST,
            url=self._url(visit.link),
            kind=kind,
            description=session.description,
            amount=attempt.amount,
            payment_id=attempt.id,
            refresh_url=return_path(visit.link.slug, session.id, session.token),
            refresh_s=self._refresh_s(visit),
            receipt_email=self._receipt_email(visit),
            pay=self._retry(visit) if kind == "unfinished" else None,
            turn_back_action=turn_back_path(visit.link.slug, session.id),
            token=session.token,
        )

    def _not_paid(
        self,
        visit: Visit,
        kind: Literal["declined", "canceled", "expired", "let_go"],
        offers: Sequence[Offer],
    ) -> NotPaidPage:
        # Of a link that somebody else is paying just now the form still makes sense: in a moment it may be free again.
        may_retry = visit.payability in {Payability.PAYABLE, Payability.IN_PROGRESS}
        return NotPaidPage(
            lang=visit.session.language,
            switch=switch_on(visit),
            payee=self.payee(visit.merchant),
            is_test=visit.merchant.mode is Mode.TEST,
            url=self._url(visit.link),
            kind=kind,
            description=visit.session.description,
            amount=visit.attempt.amount,
            pay=replace(self._retry(visit), offers=ways(offers)) if may_retry else None,
        )

    def _retry(self, visit: Visit) -> PayForm:
        """What the payer saw, once more: if the price has changed since, Pay asks them to agree first."""
        seen = Seen(visit.session.link_version, visit.session.amount)
        wish = Wish(chosen=visit.session.language)
        return _form_again(visit.link, replace(self.resumed(visit), seen=seen, wish=wish))

    def _refresh_s(self, visit: Visit) -> int:
        """Soon at first, then less and less often: each time the gateway is asked."""
        age_s = (self._services.clock.now_us() - visit.attempt.updated_at) // _SECOND_US
        if visit.attempt.is_held:
            return 600
        if visit.attempt.status is AttemptStatus.PROCESSING:
            return 10 if age_s < 120 else 300
        return 3 if age_s < 60 else 15 if age_s < 600 else 120

    def _receipt_email(self, visit: Visit) -> str | None:
        """Where mail goes. Without a mail server it reaches nobody, and no page may promise one."""
        return visit.attempt.payer_email if self._sends_mail else None

    def payee(self, merchant: Merchant) -> Payee:
        """What a payer may know of the merchant."""
        return Payee(merchant.name, merchant.contact_email, self._report_email)

    def _url(self, link: PaymentLink) -> str:
        return f"{self._services.origin_of(link.merchant_id)}/p/{link.slug}"


def ways(offers: Sequence[Offer]) -> tuple[Way, ...]:
    """Offers as the form shows them."""
    return tuple(Way(offer.gateway, offer.label) for offer in offers)


def _form_again(link: PaymentLink, typed: Typed) -> PayForm:
    """A form that asks nothing again: what was chosen and answered goes along unseen."""
    kept = (*hidden_fields(typed.chosen.choices), *hidden_answers(typed.told.typed))
    return replace(_pay_form(link, typed), kept=kept)


def _pay_form(
    link: PaymentLink, typed: Typed, offers: Sequence[Offer] = (), asked: Questions | None = None
) -> PayForm:
    # What is more than a price is computed with what the payer chose, and put in its place.
    seen = typed.seen or Seen(link.version, link.due if link.terms.pricing is None else link.terms.amount)
    names = [offer.gateway for offer in offers]
    return PayForm(
        action=pay_path(link.slug),
        submit_token=typed.submit_token,
        version=seen.version,
        amount=seen.amount,
        email=typed.email,
        name=typed.name,
        offers=ways(offers),
        chosen=typed.gateway if typed.gateway in names else names[0] if names else "",
        errors=typed.errors,
        kept=(),
        questions=asked,
        carried=(*origin_fields(typed.told.origin), *language_field(typed.wish)),
        is_email_locked=typed.is_email_locked,
        is_held=link.terms.is_manual,
    )


def speaking_at(view: View, switch: str) -> View:
    """The page of a payer, with addresses of its other languages that begin so."""
    assert isinstance(view, LinkPage | ClosedPage | UnknownLinkPage), "a page of a link"
    return replace(view, switch=switch)


def switch_on(visit: Visit) -> str:
    """The page in another language; empty: it cannot be chosen now."""
    return f"?k={visit.session.token}&{ASKED}=" if may_read_in(visit) else ""


def _reason(checkout: Checkout) -> Reason:
    """Why it is closed. That the merchant has put a link away is no news to whoever asks whether it was paid."""
    link = checkout.link
    if checkout.payability is Payability.ARCHIVED and link.is_full:
        return "paid" if link.is_bill else "sold_out"
    return CLOSED[checkout.payability][0]


def _fate(attempt: PaymentAttempt) -> Literal["going_back", "refunded", "undecided", "kept"]:
    """What becomes of a payment that the link had no room for."""
    if attempt.refunded_minor >= attempt.captured_minor:
        return "refunded"
    if attempt.surplus_kept_at is not None:
        return "kept"
    return "going_back" if attempt.refund_requested_minor >= attempt.captured_minor else "undecided"
