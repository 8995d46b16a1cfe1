"""Issues invoices and credit notes: when a payment is told of, where the merchant wants that, or when somebody asks for one.

A bill that is paid in parts has one invoice, over its total; every payment has a receipt. Each refund of what was invoiced gets a
credit note. Whoever issues locks the series of invoices first and that of credit notes second: what was told of at the same time
is done one after the other, and each sees what the other did.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.events import Event, EventType
from linktill.core.ids import AttemptId, InvoiceId, MerchantId, RefundId
from linktill.core.invoice import REASON_MAX, Invoice, InvoiceKind
from linktill.core.link_terms import clean_text
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import Refund, RefundStatus
from linktill.documents.views import Paper
from linktill.flows.announce import Subject, announce
from linktill.flows.invoice_objects import invoice_object
from linktill.flows.paper_views import Bought, credit_paper, invoice_paper, load_bought
from linktill.flows.services import Moment
from linktill.storage import invoices, refunds
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.database import Tx

PAYMENTS_MAX: Final = 1_000
"""Payments of one bill. Each is at least as large as the merchant has set."""
WISHES: Final = frozenset({EventType.PAYMENT_CAPTURED, EventType.REFUND_SUCCEEDED, EventType.REFUND_FAILED})
"""Events of which documents come."""
REFUND_VOID: Final = "The refund did not reach the payer."
NO_TERMS: Final = "Set your legal name and address for invoices first."


@dataclass(frozen=True, slots=True)
class Wish:
    """What an event asks for: an invoice for its payment, or, of a refund, its credit note or the end of it."""

    event: EventType
    attempt_id: AttemptId
    refund_id: RefundId | None = None


def wish_of(event: Event) -> Wish | None:
    """What the event asks for; None: nothing."""
    if event.type not in WISHES:
        return None
    assert event.attempt_id is not None, "payments and refunds have a payment"
    is_refund = event.type is not EventType.PAYMENT_CAPTURED
    return Wish(event.type, AttemptId(event.attempt_id), RefundId(event.object_id) if is_refund else None)


async def grant(tx: Tx, moment: Moment, merchant_id: MerchantId, wish: Wish) -> InvoiceId | None:
    """Unit: issues or voids what the event asks for, as things stand by now. Answers the document to send along, if there is one.

    The same wish again changes nothing.
    """
    if wish.event is EventType.PAYMENT_CAPTURED:
        return await _grant_invoice(tx, moment, merchant_id, wish.attempt_id)
    assert wish.refund_id is not None, "the other wishes are of refunds"
    await invoices.lock_series(tx, merchant_id, InvoiceKind.INVOICE)
    refund = await refunds.get_refund(tx, merchant_id, wish.refund_id)
    assert refund is not None, "refunds are never deleted"
    known = await invoices.standing_invoice(tx, merchant_id, InvoiceKind.CREDIT_NOTE, refund.id)
    if refund.status is not RefundStatus.SUCCEEDED:
        if known is not None:
            await _void(tx, moment, known, REFUND_VOID)
        return None
    if known is not None:
        return known.id
    bought = await _known(tx, merchant_id, refund.attempt_id)
    invoice = await invoices.standing_invoice(tx, merchant_id, InvoiceKind.INVOICE, bought.scope_id)
    credit = None if invoice is None else await _credit(tx, moment, bought, invoice, refund)
    return None if credit is None else credit.id


async def issue_invoice(tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId) -> Invoice:
    """Unit: the invoice for a payment, or the one that it has. Of a bill that is paid in parts it says what is still due.

    Raises NotFound and TransitionRefused (not paid; nothing is set about invoices).
    """
    bought = await _known(tx, merchant_id, attempt_id)
    if bought.terms is None:
        raise TransitionRefused(NO_TERMS)
    if not bought.is_paid:
        raise TransitionRefused("Only a payment that has been captured gets an invoice.", param="id")
    return await _issue(tx, moment, bought)


async def void_invoice(
    tx: Tx, moment: Moment, merchant_id: MerchantId, invoice_id: InvoiceId, reason: str
) -> Invoice:
    """Unit: voids a document, for good. It keeps its number; afterwards another one can be issued.

    Raises NotFound, FieldInvalid and TransitionRefused (voided already, or credit notes of it stand).
    """
    reason = clean_text(reason, "reason", max_length=REASON_MAX)
    found = await invoices.get_invoice(tx, merchant_id, invoice_id)
    if found is None:
        raise NotFound(f"There is no invoice {invoice_id}.", param="id")
    await invoices.lock_series(tx, merchant_id, InvoiceKind.INVOICE)
    if found.kind is InvoiceKind.INVOICE and await invoices.credited_minor(tx, found):
        raise TransitionRefused("Credit notes of this invoice stand. Void them first.", param="id")
    after = await _void(tx, moment, found, reason)
    if after is None:
        raise TransitionRefused("This document is void already.", param="id")
    return after


async def _grant_invoice(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId
) -> InvoiceId | None:
    bought = await _known(tx, merchant_id, attempt_id)
    is_wanted = bought.terms is not None and bought.terms.is_on
    if not is_wanted or not bought.is_paid or bought.attempt.is_surplus:
        return None
    if bought.is_part:
        paid = await _paid(tx, bought)
        if sum(each.captured_minor for each in paid) < bought.total_minor:
            return None
    return (await _issue(tx, moment, bought)).id


async def _known(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> Bought:
    bought = await load_bought(tx, merchant_id, attempt_id)
    if bought is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    return bought


async def _paid(tx: Tx, bought: Bought) -> list[PaymentAttempt]:
    """The payments that count for its bill, oldest first."""
    if not bought.is_part:
        return [bought.attempt]
    found = await list_attempts(
        tx,
        bought.merchant.id,
        limit=PAYMENTS_MAX,
        link_id=bought.link.id,
        status=AttemptStatus.CAPTURED,
    )
    return [each for each in reversed(found) if not each.is_surplus]


async def _issue(tx: Tx, moment: Moment, bought: Bought) -> Invoice:
    """The invoice, and credit notes for what went back before there was one."""
    merchant_id = bought.merchant.id
    _, number = await invoices.lock_series(tx, merchant_id, InvoiceKind.INVOICE)
    known = await invoices.standing_invoice(tx, merchant_id, InvoiceKind.INVOICE, bought.scope_id)
    if known is not None:
        return known
    paid = await _paid(tx, bought)
    paper = invoice_paper(bought, paid, moment.origin_of(merchant_id))
    made = await _write(tx, moment, bought, paper, _Place(InvoiceKind.INVOICE, number, bought.scope_id))
    for each in paid:
        for refund in reversed(await refunds.refunds_of(tx, merchant_id, each.id)):
            if refund.status is RefundStatus.SUCCEEDED:
                await _credit(tx, moment, bought, made, refund)
    return made


async def _credit(tx: Tx, moment: Moment, bought: Bought, invoice: Invoice, refund: Refund) -> Invoice | None:
    """None: it would take back more than the invoice is over."""
    _, number = await invoices.lock_series(tx, invoice.merchant_id, InvoiceKind.CREDIT_NOTE)
    before_minor = await invoices.credited_minor(tx, invoice)
    if before_minor + refund.amount.minor > invoice.total.minor:
        return None
    paper = credit_paper(invoice, paper_of(invoice), refund, before_minor=before_minor)
    place = _Place(InvoiceKind.CREDIT_NOTE, number, refund.id, invoice.id)
    return await _write(tx, moment, bought, paper, place)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a new document stands."""

    kind: InvoiceKind
    number: int
    subject_id: str
    invoice_id: InvoiceId | None = None


async def _write(tx: Tx, moment: Moment, bought: Bought, paper: Paper, place: _Place) -> Invoice:
    assert bought.terms is not None, "nothing is issued without"
    label = bought.terms.label(place.kind, place.number)
    drawn = replace(paper, number=label, issued_at=moment.now)
    made = Invoice(
        bought.merchant.id,
        InvoiceId(moment.ids.new(prefixes.INVOICE)),
        place.kind,
        place.number,
        label,
        bought.scope_id,
        place.subject_id,
        bought.link.id,
        place.invoice_id,
        Money(drawn.total_minor, drawn.currency),
        drawn.language,
        moment.now,
        msgspec.json.encode(drawn).decode(),
    )
    await invoices.insert_invoice(tx, made)
    await _announce(tx, moment, EventType.INVOICE_ISSUED, made)
    return made


async def _void(tx: Tx, moment: Moment, invoice: Invoice, reason: str) -> Invoice | None:
    """None: somebody was faster."""
    if not await invoices.void_invoice(tx, invoice.merchant_id, invoice.id, reason=reason, now=moment.now):
        return None
    after = replace(invoice, voided_at=moment.now, void_reason=reason)
    await _announce(tx, moment, EventType.INVOICE_VOIDED, after)
    return after


async def _announce(tx: Tx, moment: Moment, event: EventType, invoice: Invoice) -> None:
    shape = invoice_object(invoice)
    subject = Subject(invoice.merchant_id, invoice.id, invoice.link_id, shape.payment_id)
    await announce(tx, moment, event, subject, shape)


def paper_of(invoice: Invoice) -> Paper:
    """What stands on it, as it stands by now."""
    return replace(_papers().decode(invoice.drawn), voided_at=invoice.voided_at)


@cache
def _papers() -> msgspec.json.Decoder[Paper]:
    return msgspec.json.Decoder(Paper)
