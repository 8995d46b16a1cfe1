"""`/dashboard/settings/invoices`: what stands on invoices, and where their numbers begin."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.invoice import DIGITS_MAX, NUMBER_MAX, InvoiceKind, InvoiceTerms, PaperSize
from linktill.flows.invoice_settings import (
    PARAM,
    InvoiceSettings,
    errors_of,
    read_invoice_settings,
    set_invoice_terms,
)
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.invoices.view import InvoicesPage
from linktill.web.form import Form

PATH: Final = "/dashboard/settings/invoices"
_TEXTS: Final = ("legal_name", "address", "country", "tax_id", "footer", "invoice_prefix", "credit_prefix")
_KEPT_CHARS: Final = 1_000


def invoices_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        settings = await read_invoice_settings(services, visitor.merchant_id)
        return desk.show(visitor, _page(desk, visitor, settings, _typed(visitor, settings), {}))

    async def save(visitor: Visitor, form: Form) -> Answer:
        typed = {
            name: form.text(name)[:_KEPT_CHARS]
            for name in (*_TEXTS, "is_on", "paper", "digits", *PARAM.values())
        }
        try:
            terms, starts = _read(typed)
            await set_invoice_terms(services, visitor.merchant_id, terms, starts)
        except (FieldInvalid, TransitionRefused) as refusal:
            settings = await read_invoice_settings(services, visitor.merchant_id)
            page = _page(desk, visitor, settings, typed, errors_of(refusal))
            return desk.show(visitor, page, status=422)
        return desk.done(PATH, "invoices_saved")

    return (desk.page(PATH, show), desk.form(PATH, save))


def _read(typed: Mapping[str, str]) -> tuple[InvoiceTerms, dict[InvoiceKind, int]]:
    """Raises FieldsInvalid for what is no number or no choice; the rest is checked where it is set."""
    errors: list[FieldError] = []

    def whole(name: str, most: int) -> int:
        text = typed[name].strip()
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
            errors.append(FieldError(name, f"A whole number, from 1 to {most}."))
            return 1
        return int(text)

    if typed["paper"] not in set(PaperSize):
        errors.append(FieldError("paper", "Choose one."))
    digits = whole("digits", DIGITS_MAX)
    # A series that has begun is shown without its field.
    starts = {kind: whole(name, NUMBER_MAX) for kind, name in PARAM.items() if typed[name]}
    if errors:
        raise FieldsInvalid(tuple(errors))
    texts = {name: typed[name].replace("\r\n", "\n") for name in _TEXTS}
    is_on, paper = typed["is_on"] == "yes", PaperSize(typed["paper"])
    return InvoiceTerms(is_on, **texts, paper=paper, digits=digits), starts


def _typed(visitor: Visitor, settings: InvoiceSettings) -> dict[str, str]:
    """The form as it is filled in: with what is set, else with what is known."""
    name = visitor.who.merchant.name
    terms = settings.terms or InvoiceTerms(is_on=True, legal_name=name, address="", country="")
    return {
        **{each: getattr(terms, each) for each in _TEXTS},
        "is_on": "yes" if terms.is_on else "",
        "paper": terms.paper,
        "digits": str(terms.digits),
        **{name: str(settings.next_numbers[kind]) for kind, name in PARAM.items()},
    }


def _page(
    desk: Desk,
    visitor: Visitor,
    settings: InvoiceSettings,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> InvoicesPage:
    terms, following = settings.terms, settings.next_numbers
    return InvoicesPage(
        shell=desk.shell(visitor),
        is_set=terms is not None,
        is_on=typed["is_on"] == "yes",
        **{name: typed[name] for name in (*_TEXTS, "paper", "digits")},
        next_invoice_number=typed[PARAM[InvoiceKind.INVOICE]],
        next_credit_number=typed[PARAM[InvoiceKind.CREDIT_NOTE]],
        may_start_invoices=InvoiceKind.INVOICE in settings.may_start,
        may_start_credits=InvoiceKind.CREDIT_NOTE in settings.may_start,
        example="" if terms is None else terms.label(InvoiceKind.INVOICE, following[InvoiceKind.INVOICE]),
        errors=errors,
    )
