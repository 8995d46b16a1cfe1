"""Documents over the API: receipts, invoices and credit notes, as objects and as PDF."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, choice_parameter, cursor_parameter, id_parameter
from linktill.api.schemas import InvoiceVoid, Nothing
from linktill.core.errors import NotFound
from linktill.core.ids import ATTEMPT, INVOICE, LINK, AttemptId, InvoiceId, LinkId
from linktill.core.invoice import Invoice, InvoiceKind
from linktill.documents.printer import PDF
from linktill.documents.sheets import Layout
from linktill.flows.draw_documents import (
    Document,
    invoice_document,
    receipt_document,
    sheet_document,
)
from linktill.flows.invoice_objects import InvoiceObject, invoice_object
from linktill.flows.issue_invoices import issue_invoice, void_invoice
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.invoices import BEFORE_ALL, get_invoice, list_invoices


async def find(call: Call) -> Reply:
    scopes = [str(call.query[name]) for name in ("payment_id", "payment_link_id") if name in call.query]
    found = await call.services.database.read(
        list_invoices,
        call.merchant_id,
        limit=call.limit + 1,
        before=call.query.get("cursor", BEFORE_ALL),
        kind=call.query.get("kind"),
        scope_ids=scopes or None,
    )
    return call.page(found, invoice_object, lambda invoice: invoice.id)


async def read(call: Call) -> Reply:
    invoice_id = InvoiceId(call.id(INVOICE))
    found = await call.services.database.read(get_invoice, call.merchant_id, invoice_id)
    if found is None:
        raise NotFound(f"There is no invoice {invoice_id}.", param="id")
    return Reply(200, encoded(invoice_object(found)))


async def read_pdf(call: Call) -> Reply:
    return _file(await invoice_document(call.services, call.merchant_id, InvoiceId(call.id(INVOICE))))


async def read_receipt(call: Call) -> Reply:
    return _file(await receipt_document(call.services, call.merchant_id, AttemptId(call.id(ATTEMPT))))


async def issue(call: Call) -> Reply:
    attempt_id = AttemptId(call.id(ATTEMPT))
    call.asked(Nothing)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Invoice:
        return await issue_invoice(tx, moment, call.merchant_id, attempt_id)

    return await call.once(work, invoice_object)


async def void(call: Call) -> Reply:
    invoice_id = InvoiceId(call.id(INVOICE))
    reason = call.asked(InvoiceVoid).reason
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Invoice:
        return await void_invoice(tx, moment, call.merchant_id, invoice_id, reason)

    return await call.once(work, invoice_object)


async def read_sheet(call: Call) -> Reply:
    layout = call.query.get("layout", Layout.POSTER)
    return _file(await sheet_document(call.services, call.merchant_id, LinkId(call.id(LINK)), layout))


def _file(document: Document) -> Reply:
    name = (b"content-disposition", f'attachment; filename="{document.name}"'.encode("ascii"))
    return Reply(200, document.pdf, (name,), media_type=PDF.encode())


_OF_PAYMENT: Final = id_parameter(
    "payment_id", ATTEMPT, "Only invoices of this payment, and their credit notes."
)
_OF_LINK: Final = id_parameter(
    "payment_link_id", LINK, "Only the invoice of this link, which is paid in parts, and its credit notes."
)
_LAYOUT: Final = choice_parameter(
    "layout", Layout, "One large code (if nothing is said), or twelve cards to cut out."
)
_KIND: Final = choice_parameter("kind", InvoiceKind, "Only invoices, or only credit notes.")

OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/invoices",
        "list_invoices",
        "Invoices",
        "List invoices",
        "Invoices and credit notes, newest first, voided ones too.",
        find,
        InvoiceObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(INVOICE), _KIND, _OF_PAYMENT, _OF_LINK),
    ),
    Operation(
        "GET",
        "/v1/invoices/{id}",
        "get_invoice",
        "Invoices",
        "Get an invoice",
        "The invoice or credit note as it stands now.",
        read,
        InvoiceObject,
        prefix=INVOICE,
    ),
    Operation(
        "GET",
        "/v1/invoices/{id}/pdf",
        "get_invoice_pdf",
        "Invoices",
        "Get an invoice as PDF",
        "The same file each time. One that was voided says so.",
        read_pdf,
        None,
        prefix=INVOICE,
        file=PDF,
        problems=("too_many",),
    ),
    Operation(
        "POST",
        "/v1/invoices/{id}/void",
        "void_invoice",
        "Invoices",
        "Void an invoice",
        "For good. It keeps its number, and another one can be issued for the payment. Credit notes of an invoice go first.",
        void,
        InvoiceObject,
        takes=InvoiceVoid,
        prefix=INVOICE,
        problems=("transition_refused",),
        example={"reason": "The name was wrong"},
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/invoice",
        "issue_invoice",
        "Invoices",
        "Issue an invoice for a payment",
        "The next number is taken. A payment that has an invoice keeps it: it is answered. What was refunded before gets its "
        "credit notes at once. What invoices need is set in the dashboard, under Settings, Invoices.",
        issue,
        InvoiceObject,
        takes=Nothing,
        prefix=ATTEMPT,
        problems=("transition_refused",),
    ),
    Operation(
        "GET",
        "/v1/payments/{id}/receipt",
        "get_receipt_pdf",
        "Payments",
        "Get a receipt as PDF",
        "Of a captured payment. It says what has been given back since.",
        read_receipt,
        None,
        prefix=ATTEMPT,
        file=PDF,
        problems=("transition_refused", "too_many"),
    ),
    Operation(
        "GET",
        "/v1/payment_links/{id}/sheet",
        "get_link_sheet",
        "Payment links",
        "Get a sheet with QR codes of a link",
        "A PDF to print: the code that leads to the link, what it is for, how much, and your name.",
        read_sheet,
        None,
        prefix=LINK,
        file=PDF,
        query=(_LAYOUT,),
        problems=("too_many",),
    ),
)
