"""What a merchant sets about invoices, and where the numbers begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.ids import MerchantId
from linktill.core.invoice import InvoiceKind, InvoiceTerms, checked_start, checked_terms
from linktill.flows.services import Services
from linktill.storage import invoices
from linktill.storage.database import Tx

PARAM: Final = {
    InvoiceKind.INVOICE: "next_invoice_number",
    InvoiceKind.CREDIT_NOTE: "next_credit_number",
}
"""The field in which the next number of a series is set."""


@dataclass(frozen=True, slots=True)
class InvoiceSettings:
    """The terms, and of each series its next number. `may_start`: those of which no number is given yet."""

    terms: InvoiceTerms | None
    next_numbers: Mapping[InvoiceKind, int]
    may_start: frozenset[InvoiceKind]


async def read_invoice_settings(services: Services, merchant_id: MerchantId) -> InvoiceSettings:
    """As they stand."""
    return await services.database.read(_read, merchant_id)


async def set_invoice_terms(
    services: Services,
    merchant_id: MerchantId,
    terms: InvoiceTerms,
    starts: Mapping[InvoiceKind, int] | None = None,
) -> InvoiceSettings:
    """Sets them. `starts`: the first number of a series, before any is given; the next number as it is says nothing new.

    Raises FieldsInvalid, FieldInvalid and TransitionRefused, naming the field.
    """
    kept = checked_terms(terms)
    checked = {kind: checked_start(number, PARAM[kind]) for kind, number in (starts or {}).items()}
    return await services.database.run(_set, merchant_id, kept, checked, services.clock.now_us())


def errors_of(refusal: FieldInvalid | TransitionRefused) -> dict[str, str]:
    """Field → what is wrong with it, for forms."""
    if isinstance(refusal, FieldsInvalid):
        return {error.param: error.message for error in refusal.errors}
    return {refusal.param or "": str(refusal)}


async def _set(
    tx: Tx, merchant_id: MerchantId, terms: InvoiceTerms, starts: Mapping[InvoiceKind, int], now: int
) -> InvoiceSettings:
    await invoices.put_terms(tx, merchant_id, terms, now=now)
    for kind in InvoiceKind:
        if kind not in starts:
            continue
        _, following = await invoices.lock_series(tx, merchant_id, kind)
        is_new = following != starts[kind]
        if is_new and not await invoices.start_series(tx, merchant_id, kind, starts[kind]):
            raise TransitionRefused(
                f"Numbers have been given already; the next one is {following}.", param=PARAM[kind]
            )
    return await _read(tx, merchant_id)


async def _read(tx: Tx, merchant_id: MerchantId) -> InvoiceSettings:
    terms = await invoices.get_terms(tx, merchant_id)
    if terms is None:
        return InvoiceSettings(None, dict.fromkeys(InvoiceKind, 1), frozenset(InvoiceKind))
    series = await invoices.read_series(tx, merchant_id)
    return InvoiceSettings(
        terms,
        {kind: following for kind, (_, following) in series.items()},
        frozenset(kind for kind, (first, following) in series.items() if first == following),
    )
