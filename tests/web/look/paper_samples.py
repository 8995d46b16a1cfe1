"""Sample pages with documents: what is set about invoices, and the documents of a payment."""

from dataclasses import replace

from linktill.web.dashboard.invoices.view import InvoicesPage
from linktill.web.dashboard.payment.papers import PaperRow, PapersPanel, SendForm
from linktill.web.look.look import View
from tests.web.look.checkout_samples import NOW
from tests.web.look.dashboard_samples import PAYMENT, SHELL

INVOICES = InvoicesPage(
    SHELL,
    is_set=True,
    is_on=True,
    legal_name="Studio Nord GmbH",
    address="Hafenstraße 12\n20457 Hamburg",
    country="DE",
    tax_id="DE123456789",
    footer="IBAN DE89 3704 0044 0532 0130 00\nHRB 12345 Hamburg",
    paper="automatic",
    invoice_prefix="INV-",
    credit_prefix="CN-",
    digits="4",
    next_invoice_number="43",
    next_credit_number="1",
    may_start_invoices=False,
    may_start_credits=True,
    example="INV-0043",
)
NO_PAPERS = PapersPanel((), may_issue=False, has_terms=False, form=SendForm("pay_1", "ada@example.com"))
PAPERS = PapersPanel(
    (
        PaperRow("inv_1", "Invoice INV-0041", NOW, is_void=True),
        PaperRow("inv_2", "Invoice INV-0042", NOW, is_void=False),
        PaperRow("inv_3", "Credit note CN-0007", NOW, is_void=False),
    ),
    may_issue=False,
    has_terms=True,
    form=SendForm("inv_2", "ada@example.com"),
)
WRONG = SendForm("inv_2", "ada at example", {"email": "Give an e-mail address, such as name@example.com."})
PAPERS_PAGES: dict[str, View] = {
    "invoices-set": INVOICES,
    "invoices-new": replace(
        INVOICES,
        is_set=False,
        country="",
        address="",
        example="",
        may_start_invoices=True,
        errors={"address": "An invoice needs this.", "country": "Choose the country where the business is."},
    ),
    "payment-papers-none": replace(PAYMENT, papers=NO_PAPERS),
    "payment-papers-ready": replace(PAYMENT, papers=replace(NO_PAPERS, may_issue=True, has_terms=True)),
    "payment-papers": replace(PAYMENT, papers=PAPERS),
    "payment-papers-wrong": replace(PAYMENT, papers=replace(PAPERS, form=WRONG)),
}
