"""Documents as files: read in one unit, drawn outside of any."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from linktill.core.errors import NotFound, TooMany, TransitionRefused
from linktill.core.ids import ATTEMPT, AttemptId, InvoiceId, LinkId, MerchantId
from linktill.core.merchant import Mode
from linktill.documents.printer import NotDrawn
from linktill.documents.sheets import Layout, Sheet
from linktill.documents.views import Kind, Paper
from linktill.flows.issue_invoices import paper_of
from linktill.flows.paper_views import load_bought, receipt_paper, sheet_size
from linktill.flows.return_to_checkout import read_visit
from linktill.flows.services import Services
from linktill.platform.log import get_logger
from linktill.storage.database import Tx
from linktill.storage.invoices import get_invoice, get_terms
from linktill.storage.links import get_link
from linktill.storage.mails import Mail
from linktill.storage.merchants import get_merchant

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF and what its file is called: letters, digits, hyphens and a point."""

    name: str
    pdf: bytes


async def receipt_document(services: Services, merchant_id: MerchantId, attempt_id: AttemptId) -> Document:
    """The receipt of a payment. Raises NotFound, TransitionRefused (not paid) and TooMany."""
    return await _document(
        services, await services.database.read(_receipt, services, merchant_id, attempt_id)
    )


async def invoice_document(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Document:
    """An invoice or a credit note. Raises NotFound and TooMany."""
    return await _document(services, await services.database.read(_invoice, merchant_id, invoice_id))


async def payers_document(services: Services, slug: str, session_id: str, token: str) -> Document | None:
    """The receipt behind a payer's own page; None: there is no such page, or it is not paid. Raises TooMany."""
    visit = await read_visit(services, slug, session_id, token)
    if visit is None:
        return None
    try:
        return await receipt_document(services, visit.attempt.merchant_id, visit.attempt.id)
    except TransitionRefused:
        return None


async def sheet_document(
    services: Services, merchant_id: MerchantId, link_id: LinkId, layout: Layout
) -> Document:
    """A sheet to print with the link's code. Raises NotFound and TooMany."""
    sheet = await services.database.read(_sheet, services, merchant_id, link_id, layout)
    pdf = await _printed(services.printer.sheet(sheet))
    return Document(f"{layout}-{file_part(sheet.url.rpartition('/')[2])}.pdf", pdf)


async def attached_document(services: Services, mail: Mail, attached: str) -> Document | None:
    """What goes along with a mail: of a payment its receipt, else the invoice. None where none comes of it, which the log says: a
    mail goes without it rather than not at all.
    """
    merchant_id, read = mail.merchant_id, services.database.read
    try:
        if attached.startswith(ATTEMPT):
            paper = await read(_receipt, services, merchant_id, AttemptId(attached))
        else:
            paper = await read(_invoice, merchant_id, InvoiceId(attached))
        return Document(_name(paper), await services.printer.paper(paper, is_patient=True))
    except TransitionRefused:
        # Taken back since the mail was written.
        return None
    except NotDrawn as error:
        log.warning("document.failed", mail_id=mail.id, attached=attached, error=str(error))
        return None


async def _receipt(tx: Tx, services: Services, merchant_id: MerchantId, attempt_id: AttemptId) -> Paper:
    bought = await load_bought(tx, merchant_id, attempt_id)
    if bought is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    if not bought.is_paid:
        raise TransitionRefused("Only a payment that has been captured has a receipt.", param="id")
    return receipt_paper(bought, services.origin_of(merchant_id))


async def _invoice(tx: Tx, merchant_id: MerchantId, invoice_id: InvoiceId) -> Paper:
    found = await get_invoice(tx, merchant_id, invoice_id)
    if found is None:
        raise NotFound(f"There is no invoice {invoice_id}.", param="id")
    return paper_of(found)


async def _sheet(
    tx: Tx, services: Services, merchant_id: MerchantId, link_id: LinkId, layout: Layout
) -> Sheet:
    link = await get_link(tx, merchant_id, link_id)
    merchant = await get_merchant(tx, merchant_id)
    if link is None or merchant is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    # Of what is paid in parts: all of it, however much is paid by now.
    due = link.terms.due
    return Sheet(
        layout,
        merchant.name,
        link.terms.description,
        due if due.minor else None,
        f"{services.origin_of(merchant_id)}/p/{link.slug}",
        merchant.language,
        sheet_size(await get_terms(tx, merchant_id)),
        merchant.mode is Mode.TEST,
        link.updated_at,
    )


async def _printed(drawing: Coroutine[Any, Any, bytes]) -> bytes:
    try:
        return await drawing
    except NotDrawn as error:
        if error.is_busy:
            raise TooMany(str(error)) from error
        raise


async def _document(services: Services, paper: Paper) -> Document:
    return Document(_name(paper), await _printed(services.printer.paper(paper)))


def _name(paper: Paper) -> str:
    return f"{_STEM[paper.kind]}-{file_part(paper.number)}.pdf"


_STEM: Final = {Kind.RECEIPT: "receipt", Kind.INVOICE: "invoice", Kind.CREDIT_NOTE: "credit-note"}


def file_part(text: str) -> str:
    """A part of a file's name: what is neither letter nor digit of ASCII becomes a hyphen."""
    return "".join(each if each.isascii() and each.isalnum() else "-" for each in text).strip("-")[:60]
