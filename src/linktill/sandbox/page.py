"""The hosted page on which payers pay with test numbers: plain forms, no JavaScript, nothing from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import jinja2

from linktill.core.money import Money, decimal_text
from linktill.sandbox import payments
from linktill.sandbox.asgi import Refused, Request, Response, Route, form_of
from linktill.sandbox.cards import BY_NAME, CARDS, FAILURES, Card, find_card, is_cvc, is_expiry_ahead
from linktill.sandbox.company import Company
from linktill.sandbox.records import Payment
from linktill.sandbox.rules import SECOND_US

FOLDER: Final = Path(__file__).parent / "templates"
NAME_MAX_CHARS: Final = 200
SHOWN_GROUPS: Final = (
    ("Goes through", ("success", "success_mastercard", "challenge", "debit_settles")),
    (
        "Is refused",
        ("declined", "insufficient_funds", "expired_card", "challenge_fails", "debit_returns"),
    ),
    ("Money that comes back", ("refund_fails", "dispute_lost", "dispute_won")),
    ("Awkward webhooks", ("webhook_late", "webhook_doubled", "webhook_out_of_order", "webhook_lost")),
)
"""The published numbers as the page lists them."""

_TITLES: Final = {
    "open": "Pay with a test card",
    "requires_action": "Confirm it is you",
    "processing": "The payment is being processed",
    "authorized": "The amount is reserved",
    "captured": "Paid",
    "failed": "The payment failed",
    "canceled": "The payment was canceled",
    "expired": "The payment has expired",
}
_NOTES: Final = {
    "processing": "The bank debit settles in some seconds. You can go back now.",
    "authorized": "The money is taken later, or not at all. You can go back now.",
    "captured": "This payment is done. Nothing more will be taken.",
    "canceled": "Nothing was taken.",
    "expired": "It was not paid in time. Nothing was taken.",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What the payer typed, as far as it may be shown again: a number only if it is a test number, a security code never."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the template shows. `errors` maps a field's name to what is wrong with it."""

    state: str
    title: str
    note: str
    amount: str
    description: str
    back_url: str
    assets: str
    typed: Typed = field(default_factory=Typed)
    errors: dict[str, str] = field(default_factory=dict)
    groups: tuple[tuple[str, tuple[Card, ...]], ...] = ()


class HostedPage:
    """The routes of the page."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._db = company.db
        self._assets = {
            "page.css": (FOLDER / "page.css").read_bytes(),
            "icon.svg": (FOLDER / "icon.svg").read_bytes(),
        }
        self.routes = (
            Route("GET", "/pay/{payment_id}", self.show),
            Route("POST", "/pay/{payment_id}", self.submit),
            Route("GET", "/assets/page.css", self.style),
            Route("GET", "/assets/icon.svg", self.icon),
        )

    async def show(self, request: Request, payment_id: str) -> Response:
        """Writes nothing. `?try=declined` fills in a test card, so that nobody has to copy a number."""
        payment = self._find(payment_id)
        card = BY_NAME.get(request.query.get("try", ""))
        typed = (
            Typed() if card is None else Typed(card.spaced, f"12/{(self._today().year + 3) % 100:02}", "123")
        )
        return self._shown(request, payment, typed, {})

    async def submit(self, request: Request, payment_id: str) -> Response:
        """Pays, answers the challenge or cancels. Posting again is harmless: only an open payment moves."""
        payment = self._find(payment_id)
        form = form_of(request)
        base_url = self._company.base_url
        match form.get("action", "pay"):
            case "cancel":
                await self._db.write(lambda tx: payments.cancel(tx, base_url, payment_id))
                payment = self._find(payment_id)
                return _see_other(payment.cancel_url if payment.status == "canceled" else payment.return_url)
            case "pass" | "fail" as answer:
                await self._db.write(
                    lambda tx: payments.answer_challenge(tx, base_url, payment_id, is_passed=answer == "pass")
                )
            case "pay" if payment.status == "open":
                card, errors = self._checked(form)
                if card is None or errors:
                    name = form.get("name", "")[:NAME_MAX_CHARS]
                    typed = Typed("" if card is None else card.spaced, form.get("expiry", "")[:20], "", name)
                    return self._shown(request, payment, typed, errors)
                await self._db.write(lambda tx: payments.pay(tx, base_url, payment_id, card))
            case _:
                pass
        payment = self._find(payment_id)
        if payment.status in {"open", "requires_action"}:
            # The challenge, or what a stray post left as it was: the same page shows it.
            return _see_other(payment_id)
        return _see_other(payment.return_url)

    async def style(self, _request: Request) -> Response:
        return _asset(self._assets["page.css"], "text/css; charset=utf-8")

    async def icon(self, _request: Request) -> Response:
        return _asset(self._assets["icon.svg"], "image/svg+xml")

    def missing(self, request: Request) -> Response:
        """The answer for a person who follows a wrong address."""
        view = View(
            state="missing",
            title="There is no such payment",
            note="The address is wrong or incomplete.",
            amount="",
            description="",
            back_url="",
            assets=f"{request.root}/assets",
        )
        return self._html(404, view, "'self'")

    def _find(self, payment_id: str) -> Payment:
        payment = self._db.read(lambda tx: payments.find(tx, payment_id))
        if payment is None:
            raise Refused(404, "not_found", "There is no such payment.")
        return payment

    def _checked(self, form: Mapping[str, str]) -> tuple[Card | None, dict[str, str]]:
        """The card, and what is wrong beside it."""
        errors: dict[str, str] = {}
        card = find_card(form.get("number", ""))
        if card is None:
            errors["number"] = (
                "This is not one of the test numbers below. Never type a real card number here."
            )
        today = self._today()
        match is_expiry_ahead(form.get("expiry", ""), today.year, today.month):
            case None:
                errors["expiry"] = "Write month and year, such as 12/34."
            case False:
                errors["expiry"] = "Choose a month that is not over."
            case True:
                pass
        if not is_cvc(form.get("cvc", "")):
            errors["cvc"] = "Any three or four digits will do."
        if len(form.get("name", "")) > NAME_MAX_CHARS:
            errors["name"] = f"At most {NAME_MAX_CHARS} characters."
        return card, errors

    def _shown(self, request: Request, payment: Payment, typed: Typed, errors: dict[str, str]) -> Response:
        is_over = payment.status == "open" and payment.expires_at <= self._company.clock.now_us()
        state = "expired" if is_over else payment.status
        note = _NOTES.get(state, "")
        if payment.failure_code is not None:
            note = f"{FAILURES[payment.failure_code]} Nothing was taken."
        view = View(
            state=state,
            title=_TITLES[state],
            note=note,
            amount=_amount(payment),
            description=payment.description,
            back_url=payment.cancel_url if state in {"canceled", "expired"} else payment.return_url,
            assets=f"{request.root}/assets",
            typed=typed,
            errors=errors,
            groups=tuple((title, tuple(BY_NAME[name] for name in names)) for title, names in SHOWN_GROUPS),
        )
        # Chromium applies form-action to the redirect after Pay as well.
        origins = {_origin(payment.return_url), _origin(payment.cancel_url)}
        return self._html(422 if errors else 200, view, " ".join(["'self'", *sorted(origins)]))

    def _html(self, status: int, view: View, form_action: str) -> Response:
        return Response(
            status,
            _template().render(view=view).encode(),
            "text/html; charset=utf-8",
            {
                "content-security-policy": (
                    f"default-src 'none'; style-src 'self'; img-src 'self'; form-action {form_action}; "
                    "base-uri 'none'; frame-ancestors 'none'"
                ),
                "referrer-policy": "no-referrer",
                "x-frame-options": "DENY",
                "cross-origin-opener-policy": "same-origin",
                "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
            },
        )

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self._company.clock.now_us() / SECOND_US, UTC)


@cache
def _template() -> jinja2.Template:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return templates.get_template("pay.html")


assert sum(len(names) for _, names in SHOWN_GROUPS) == len(CARDS), "the page lists every published number"


def _amount(payment: Payment) -> str:
    whole, point, fraction = decimal_text(Money(payment.amount_minor, payment.currency)).partition(".")
    return f"{payment.currency} {int(whole):,}{point}{fraction}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _see_other(url: str) -> Response:
    return Response(
        303, b"", "text/plain; charset=utf-8", {"location": url, "referrer-policy": "no-referrer"}
    )


def _asset(body: bytes, content_type: str) -> Response:
    return Response(200, body, content_type, {"cache-control": "public, max-age=3600"})
