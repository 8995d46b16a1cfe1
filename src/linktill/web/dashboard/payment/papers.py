"""The part of a payment's page that is about documents: its receipt, its invoice and credit notes, and sending one of them."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.ids import AttemptId, InvoiceId
from linktill.core.invoice import Invoice, InvoiceTerms
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.documents.printer import PDF
from linktill.flows.draw_documents import Document, invoice_document, receipt_document
from linktill.flows.invoice_settings import errors_of
from linktill.flows.issue_invoices import issue_invoice, void_invoice
from linktill.flows.send_documents import TITLES, Wanted, send_document
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.invoices import get_terms, invoices_of
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.form import Form

INVOICES: Final = "/dashboard/invoices"


@dataclass(frozen=True, slots=True)
class PaperRow:
    """An invoice or a credit note. `title`: what it is and its number."""

    id: str
    title: str
    issued_at: int
    is_void: bool


@dataclass(frozen=True, slots=True)
class SendForm:
    """Posts `csrf_token, document_id, email` to `…/send_document`."""

    document_id: str
    email: str
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class PapersPanel:
    """Documents of a payment that is paid. Posts `csrf_token` to `…/invoice`, with `invoice_id, reason` to `…/void_invoice`."""

    rows: tuple[PaperRow, ...]
    may_issue: bool
    has_terms: bool
    """False: the merchant has set nothing about invoices yet."""
    form: SendForm


@dataclass(frozen=True, slots=True)
class Papers:
    """What the panel is made of."""

    invoices: list[Invoice]
    terms: InvoiceTerms | None


ShowForm = Callable[[Visitor, SendForm], Awaitable[Answer]]


async def load_papers(tx: Tx, attempt: PaymentAttempt) -> Papers:
    """The payment's invoices; those of its link too, where its payments are one bill."""
    found = await invoices_of(tx, attempt.merchant_id, [attempt.id, attempt.link_id])
    return Papers(found, await get_terms(tx, attempt.merchant_id))


def papers_panel(attempt: PaymentAttempt, papers: Papers, form: SendForm | None) -> PapersPanel | None:
    """None before it is paid."""
    if attempt.status is not AttemptStatus.CAPTURED:
        return None
    rows = tuple(
        PaperRow(each.id, f"{TITLES[each.kind]} {each.label}", each.issued_at, each.voided_at is not None)
        for each in papers.invoices
    )
    standing = [each for each in papers.invoices if each.voided_at is None]
    is_invoiced = any(each.invoice_id is None for each in standing)
    first = next((each.id for each in standing if each.invoice_id is None), attempt.id)
    return PapersPanel(
        rows,
        may_issue=papers.terms is not None and not is_invoiced,
        has_terms=papers.terms is not None,
        form=form or SendForm(first, attempt.payer_email or ""),
    )


def papers_routes(
    desk: Desk,
    path: str,
    lead_back: Callable[[Visitor], Coroutine[Any, Any, Answer]],
    show_form: ShowForm,
) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    one = f"{path}/{{id:str}}"
    return (
        desk.page(f"{one}/receipt", partial(_receipt, desk)),
        desk.page(f"{INVOICES}/{{id:str}}", partial(_invoice, desk)),
        desk.page(f"{one}/invoice", lead_back),
        desk.form(f"{one}/invoice", partial(_issue, desk, path)),
        desk.page(f"{one}/void_invoice", lead_back),
        desk.form(f"{one}/void_invoice", partial(_void, desk, path)),
        desk.page(f"{one}/send_document", lead_back),
        desk.form(f"{one}/send_document", partial(_send, desk, path, show_form)),
    )


async def _receipt(desk: Desk, visitor: Visitor) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    return _file(await receipt_document(desk.services, visitor.merchant_id, payment_id))


async def _invoice(desk: Desk, visitor: Visitor) -> Answer:
    invoice_id = InvoiceId(visitor.id(prefixes.INVOICE))
    return _file(await invoice_document(desk.services, visitor.merchant_id, invoice_id))


async def _issue(desk: Desk, path: str, visitor: Visitor, _form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    moment = moment_of(desk.services)
    await desk.services.database.run(issue_invoice, moment, visitor.merchant_id, payment_id)
    desk.services.wake.now()
    return desk.done(f"{path}/{payment_id}", "invoice_issued")


async def _void(desk: Desk, path: str, visitor: Visitor, form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    invoice_id = InvoiceId(form.text("invoice_id")[:80])
    moment, reason = moment_of(desk.services), form.text("reason")
    await desk.services.database.run(void_invoice, moment, visitor.merchant_id, invoice_id, reason)
    desk.services.wake.now()
    return desk.done(f"{path}/{payment_id}", "invoice_voided")


async def _send(desk: Desk, path: str, show_form: ShowForm, visitor: Visitor, form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    wanted = Wanted(payment_id, form.text("document_id"), form.text("email"))
    has_mailer = desk.options.mail_server is not None
    try:
        await send_document(desk.services, visitor.merchant_id, wanted, has_mailer=has_mailer)
    except FieldInvalid as invalid:
        typed = SendForm(wanted.document_id[:80], wanted.email[:300], errors_of(invalid))
        return await show_form(visitor, typed)
    return desk.done(f"{path}/{payment_id}", "document_sent" if has_mailer else "document_kept")


def _file(document: Document) -> Answer:
    return download(document.name, document.pdf, media_type=PDF.encode())
