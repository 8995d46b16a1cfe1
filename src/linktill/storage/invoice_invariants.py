"""What `linktill verify` asks of invoices: each number of a series was given once, and none is missing."""

from typing import Final

from sqlalchemy import bindparam, func, select

from linktill.storage.invariants import SHOWN_MAX
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import invoice, invoice_series

I: Final = invoice.c  # noqa: E741 -- the table's letter, as in its neighbors
S: Final = invoice_series.c
_BEFORE: Final = invoice.alias("before")

_GAPS: Final = (
    select(I.id)
    .join(invoice_series, (S.merchant_id == I.merchant_id) & (S.kind == I.kind))
    .where(
        I.merchant_id == bindparam("merchant_id"),
        I.number != S.first_number,
        ~select(_BEFORE.c.id)
        .where(
            _BEFORE.c.merchant_id == I.merchant_id,
            _BEFORE.c.kind == I.kind,
            _BEFORE.c.number == I.number - 1,
        )
        .exists(),
    )
)
_COUNTER_WRONG: Final = select(S.kind).where(
    S.merchant_id == bindparam("merchant_id"),
    S.next_number - S.first_number
    != select(func.count())
    .where(I.merchant_id == S.merchant_id, I.kind == S.kind)
    .correlate(invoice_series)
    .scalar_subquery(),
)
_WITHOUT_SERIES: Final = select(I.id).where(
    I.merchant_id == bindparam("merchant_id"),
    ~select(S.kind)
    .where(
        S.merchant_id == I.merchant_id,
        S.kind == I.kind,
        S.first_number <= I.number,
        I.number < S.next_number,
    )
    .exists(),
)

INVOICE_CHECKS: Final[dict[tuple[str, str], Statement]] = {
    key: compiled(query.limit(SHOWN_MAX))
    for key, query in {
        ("I12", "invoices and credit notes before which a number is missing"): _GAPS,
        ("I12", "series that have given other numbers than their documents carry"): _COUNTER_WRONG,
        ("I12", "invoices and credit notes with a number that their series has not given"): _WITHOUT_SERIES,
    }.items()
}
"""(invariant, what is wrong) → the query that finds it."""
