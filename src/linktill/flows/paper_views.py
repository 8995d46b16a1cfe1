"""What stands on a payment's papers, from what was stored with it. Nothing is computed again: amounts are those of the kept
computation, which is what was charged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from linktill.core.answers import Given
from linktill.core.checkout_session import CheckoutSession
from linktill.core.computation import Computation
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.invoice import Invoice, InvoiceTerms, PaperSize, credited_share, paper_size
from linktill.core.merchant import Merchant, Mode
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.core.refund import Refund
from linktill.documents.views import A4, LETTER, Credited, Item, Kind, Paid, Paper, Party, Size, Sum
from linktill.flows.payers_pages import return_url
from linktill.storage import attempts, links, sessions
from linktill.storage.answers import given_with
from linktill.storage.database import Tx
from linktill.storage.invoices import get_terms
from linktill.storage.merchants import get_merchant
from linktill.storage.pricings import kept_computation


@dataclass(frozen=True, slots=True)
class Bought:
    """A payment with all that its papers mention. `link`: in the payment's currency. `terms` None: the merchant has set none."""

    merchant: Merchant
    terms: InvoiceTerms | None
    attempt: PaymentAttempt
    session: CheckoutSession
    link: PaymentLink
    computation: Computation | None
    given: Given

    @property
    def is_paid(self) -> bool:
        """Only what is paid has papers."""
        return self.attempt.status is AttemptStatus.CAPTURED

    @property
    def is_part(self) -> bool:
        """Is it one of several payments of one bill? What came beyond the bill is none of it."""
        pricing = self.link.terms.pricing
        return pricing is not None and pricing.parts is not None and not self.attempt.is_surplus

    @property
    def scope_id(self) -> str:
        """What an invoice of it is of: the payment, or the link where all its payments are one bill."""
        return self.link.id if self.is_part else self.attempt.id

    @property
    def total_minor(self) -> int:
        """Of the whole bill, of which this payment may be a part."""
        return self.attempt.amount.minor if self.computation is None else self.computation.total_minor

    @property
    def language(self) -> str:
        """The payer's."""
        return self.session.language


async def load_bought(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> Bought | None:
    """Unit: the payment with what its papers mention; None: there is no such payment."""
    attempt = await attempts.get_attempt(tx, merchant_id, attempt_id)
    if attempt is None:
        return None
    merchant = await get_merchant(tx, merchant_id)
    session = await sessions.get_session(tx, merchant_id, attempt.session_id)
    link = await links.get_link(tx, merchant_id, attempt.link_id)
    assert merchant is not None, "payments belong to merchants"
    assert session is not None, "an attempt has a session"
    assert link is not None, "an attempt has a link"
    return Bought(
        merchant,
        await get_terms(tx, merchant_id),
        attempt,
        session,
        link.in_currency(attempt.amount.currency),
        await kept_computation(tx, merchant_id, attempt_id),
        await given_with(tx, attempt),
    )


def receipt_paper(bought: Bought, origin: str) -> Paper:
    """The receipt of one payment. `origin`: how addresses of the merchant's links begin."""
    attempt, computation = bought.attempt, bought.computation
    part = None if computation is None else computation.part
    left = 0
    if part is not None:
        left = bought.total_minor - part.before_minor - part.amount_minor
    is_part = attempt.amount.minor != bought.total_minor
    return replace(
        _paper(bought, origin),
        kind=Kind.RECEIPT,
        number=attempt.id,
        issued_at=attempt.captured_at or attempt.updated_at,
        paid=(_paid(attempt),),
        part_minor=attempt.amount.minor if is_part else None,
        left_minor=max(0, left) if is_part else 0,
        refunded_minor=attempt.refunded_minor,
    )


def invoice_paper(bought: Bought, paid: Sequence[PaymentAttempt], origin: str) -> Paper:
    """The invoice, without its number. `paid`: the payments that count for it, oldest first."""
    left = bought.total_minor - sum(each.captured_minor for each in paid)
    return replace(
        _paper(bought, origin),
        paid=tuple(_paid(each) for each in paid),
        left_minor=max(0, left),
        due_at=bought.link.terms.due_at,
    )


def credit_paper(invoice: Invoice, drawn: Paper, refund: Refund, *, before_minor: int) -> Paper:
    """The credit note of a refund, without its number. `drawn`: the invoice as it was drawn, of which `before_minor` is credited
    already.
    """
    total = drawn.total_minor
    is_whole = refund.amount.minor == total

    def share(minor: int) -> int:
        return credited_share(minor, total, before_minor=before_minor, amount_minor=refund.amount.minor)

    parts = (
        replace(
            each,
            kind="reversed" if each.kind == "reversed" else "within",
            amount_minor=share(each.amount_minor),
            base_minor=share(each.base_minor),
        )
        for each in drawn.sums
        if each.kind in {"tax", "within", "reversed"}
    )
    return replace(
        drawn,
        kind=Kind.CREDIT_NOTE,
        items=drawn.items if is_whole else (),
        sums=drawn.sums if is_whole else tuple(parts),
        total_minor=refund.amount.minor,
        paid=(),
        left_minor=0,
        due_at=None,
        credited=Credited(invoice.label, invoice.issued_at, refund.id),
    )


def _paper(bought: Bought, origin: str) -> Paper:
    """What all papers of a payment have in common."""
    return Paper(
        kind=Kind.INVOICE,
        number="",
        issued_at=0,
        language=bought.language,
        size=sheet_size(bought.terms),
        is_test=bought.merchant.mode is Mode.TEST,
        merchant=merchant_party(bought.merchant, bought.terms),
        payer=_payer(bought),
        currency=bought.attempt.amount.currency,
        items=_items(bought),
        sums=() if bought.computation is None else tuple(_sums(bought.computation)),
        total_minor=bought.total_minor,
        reference=bought.link.terms.reference,
        footer="" if bought.terms is None else bought.terms.footer,
        url=return_url(origin, bought.link.slug, bought.session),
    )


def sheet_size(terms: InvoiceTerms | None) -> Size:
    """What the merchant prints on."""
    return LETTER if paper_size(terms) is PaperSize.LETTER else A4


def merchant_party(merchant: Merchant, terms: InvoiceTerms | None) -> Party:
    """Who writes the paper: as on invoices, where that is set."""
    if terms is None:
        return Party(merchant.name, email=merchant.contact_email)
    lines = tuple(terms.address.split("\n"))
    return Party(terms.legal_name, lines, terms.country, terms.tax_id, merchant.contact_email)


def _payer(bought: Bought) -> Party | None:
    """As far as the payer has told. None: nothing."""
    attempt, computation = bought.attempt, bought.computation
    told = {each.key: each.shown or each.value for each in bought.given.answers}
    company, person = told.get("company", ""), attempt.payer_name or ""
    address = {
        key.partition(".")[2]: value for key, value in told.items() if key.startswith("billing_address.")
    }
    country = address.pop("country", "") or ("" if computation is None else computation.country)
    lines = [line for line in (person if company else "", *address.values()) if line]
    tax_id = (computation.tax_id if computation is not None else "") or told.get("tax_id", "")
    email = attempt.payer_email or ""
    name = company or person or email
    if not name and not lines and not tax_id:
        return None
    return Party(name, tuple(lines), country, tax_id, email if email != name else "")


def _paid(attempt: PaymentAttempt) -> Paid:
    return Paid(
        attempt.id, attempt.captured_minor, attempt.captured_at or attempt.updated_at, attempt.method or ""
    )


def _items(bought: Bought) -> tuple[Item, ...]:
    computation, amount = bought.computation, bought.attempt.amount.minor
    if computation is None:
        return (Item(bought.session.description, 1, amount, amount),)
    return tuple(
        Item(
            f"{line.name}, {line.variant}" if line.variant else line.name,
            line.quantity,
            line.unit_minor,
            line.amount_minor,
        )
        for line in computation.lines
    )


def _sums(computation: Computation) -> Iterator[Sum]:
    """As `core/bill.py` has them, with what each tax is charged on."""
    if len(computation.lines) > 1 and (computation.discounts or computation.shipping or computation.taxes):
        yield Sum("subtotal", "", computation.subtotal_minor)
    for off in computation.discounts:
        yield Sum("less", off.name, -off.amount_minor)
    if computation.shipping is not None:
        sent = computation.shipping
        yield Sum("ship", sent.name, sent.amount_minor, country=computation.country)
    for tax in computation.taxes:
        if tax.is_reversed:
            yield Sum("reversed", tax.name, 0)
        elif tax.taxable_minor or tax.amount_minor:
            yield Sum(
                "within" if tax.is_inclusive else "tax",
                tax.name,
                tax.amount_minor,
                tax.rate_ppm,
                tax.taxable_minor,
            )
    if computation.tip_minor:
        yield Sum("tip", "", computation.tip_minor)
