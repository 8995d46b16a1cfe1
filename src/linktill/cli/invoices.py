"""`linktill invoices …`: receipts, invoices and credit notes."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.files import path_parameter, to_replace
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.ids import ATTEMPT, AttemptId, InvoiceId, MerchantId
from linktill.core.money import Money
from linktill.flows.draw_documents import invoice_document, receipt_document
from linktill.flows.invoice_objects import InvoiceObject, invoice_object
from linktill.flows.issue_invoices import issue_invoice, void_invoice
from linktill.flows.services import Services, moment_of
from linktill.platform.language import format_money
from linktill.storage.invoices import list_invoices

LIMIT = 100


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Newest first, the latest hundred, voided ones too."""

    async def work(services: Services, merchant_id: MerchantId) -> list[InvoiceObject]:
        found = await services.database.read(list_invoices, merchant_id, limit=LIMIT)
        return [invoice_object(each) for each in found]

    found = in_books(work, whose)
    answer({"data": found}, as_json=json, person=lambda: _table(found))
    return OK


def issue(
    payment: Annotated[str, Parameter(help="pay_…")], /, *, whose: Whose = ANY_BOOKS, json: AsJson = False
) -> int:
    """What invoices need is set in the dashboard, under Settings, Invoices."""

    async def work(services: Services, merchant_id: MerchantId) -> InvoiceObject:
        moment = moment_of(services)
        made = await services.database.run(issue_invoice, moment, merchant_id, AttemptId(payment))
        return invoice_object(made)

    return _answer(in_books(work, whose), as_json=json)


def void(
    invoice_id: Annotated[str, Parameter(help="inv_…")],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why, for your own records.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """It keeps its number."""

    async def work(services: Services, merchant_id: MerchantId) -> InvoiceObject:
        moment, wanted = moment_of(services), InvoiceId(invoice_id)
        return invoice_object(await services.database.run(void_invoice, moment, merchant_id, wanted, reason))

    return _answer(in_books(work, whose), as_json=json)


def pdf(
    document: Annotated[str, Parameter(help="inv_…, or pay_… for its receipt.")],
    /,
    *,
    out: Annotated[Path, path_parameter(to_replace, "The file to write.", name="--out")],
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """The same file each time."""

    async def work(services: Services, merchant_id: MerchantId) -> bytes:
        if document.startswith(ATTEMPT):
            return (await receipt_document(services, merchant_id, AttemptId(document))).pdf
        return (await invoice_document(services, merchant_id, InvoiceId(document))).pdf

    made = in_books(work, whose)
    out.write_bytes(made)
    answer({"path": str(out), "bytes": len(made)}, as_json=json, person=lambda: f"Written to {out}.")
    return OK


def _answer(invoice: InvoiceObject, *, as_json: bool) -> int:
    answer(invoice, as_json=as_json, person=lambda: _table([invoice]))
    return OK


def _table(found: list[InvoiceObject]) -> Table:
    rows = [
        (
            each.number,
            str(each.issued_at.date()),
            format_money(Money(each.total_minor, each.currency)),
            "void" if each.voided_at else each.kind.replace("_", " "),
            each.payment_id or each.payment_link_id,
            each.id,
        )
        for each in found
    ]
    heads = ("Number", "Issued", "Total", "Kind", "Of", "Id")
    return Table(heads, rows, empty="No invoices so far.")
