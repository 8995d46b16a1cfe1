"""The page of a payment that waits for a transfer, cash or a check."""

from linktill.core.creditor_reference import creditor_reference, grouped
from linktill.core.epc_code import epc_text
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.offline_terms import OfflineTerms
from linktill.core.payment_attempt import OPEN
from linktill.core.receipt import OFFLINE
from linktill.flows.return_to_checkout import Visit
from linktill.web.checkout.qr import QrCode, qr_code
from linktill.web.checkout.view import OfflinePage, Payee


def waits_offline(visit: Visit) -> bool:
    """Does this payment wait for money that no gateway takes?"""
    return visit.attempt.gateway == OFFLINE and visit.attempt.status in OPEN


def offline_page(visit: Visit, terms: OfflineTerms, payee: Payee, base_url: str, switch: str) -> OfflinePage:
    """What the payer needs to pay, by the merchant's terms of now."""
    attempt, session = visit.attempt, visit.session
    currency = attempt.amount.currency
    missing = Money(attempt.missing_minor, currency)
    reference = attempt.gateway_ref or creditor_reference(attempt.id)
    code = _code(terms, missing, reference)
    own = f"{base_url}/p/{visit.link.slug}/checkout/{session.id}"
    return OfflinePage(
        lang=session.language,
        payee=payee,
        is_test=visit.merchant.mode is Mode.TEST,
        url=f"{base_url}/p/{visit.link.slug}",
        description=session.description,
        amount=attempt.amount,
        received=Money(attempt.received_minor, currency),
        missing=missing,
        reference=grouped(reference),
        reference_plain=reference,
        holder=terms.holder,
        iban=grouped(terms.iban),
        bic=terms.bic,
        bank_details=terms.bank_details,
        takes_cash=terms.takes_cash,
        cash_words=terms.cash_words,
        takes_check=terms.takes_check,
        check_words=terms.check_words,
        qr_size=0 if code is None else code.size,
        qr_path="" if code is None else code.path,
        pay_by=None if attempt.received_minor else session.expires_at,
        payment_id=attempt.id,
        own_url=f"{own}?k={session.token}",
        leave_action=f"/p/{visit.link.slug}/checkout/{session.id}/leave",
        token=session.token,
        switch=switch,
    )


def _code(terms: OfflineTerms, amount: Money, reference: str) -> QrCode | None:
    text = epc_text(holder=terms.holder, iban=terms.iban, bic=terms.bic, amount=amount, reference=reference)
    return None if text is None else qr_code(text)
