"""Invoices and credit notes. A number is taken in the database transaction that writes the document under it: whoever takes one
has locked its series, so there is no gap and no double, however many do at once.
"""

from functools import cache
from typing import Final

import msgspec
from sqlalchemy import and_, bindparam, func, select, update

from linktill.core.ids import InvoiceId, LinkId, MerchantId
from linktill.core.invoice import Invoice, InvoiceKind, InvoiceTerms
from linktill.core.money import Money
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled, insert, insert_ignore
from linktill.storage.tables import invoice, invoice_series, invoice_terms

I: Final = invoice.c  # noqa: E741 -- the table's letter, as in its neighbors
S: Final = invoice_series.c
T: Final = invoice_terms.c
BEFORE_ALL: Final = "inv_~"
"""Sorts after every invoice's id: the cursor of a first page."""
OF_SCOPE_MAX: Final = 200
"""Documents of one payment that are read at once: a payment has few refunds."""

_THIS: Final = and_(I.merchant_id == bindparam("merchant_id"), I.id == bindparam("invoice_id"))
_SERIES: Final = and_(S.merchant_id == bindparam("merchant_id"), S.kind == bindparam("kind"))
_TERMS: Final = compiled(select(T.terms).where(T.merchant_id == bindparam("merchant_id")))
_PUT_TERMS: Final = compiled(
    insert(invoice_terms).on_conflict_do_update(
        index_elements=[T.merchant_id],
        set_={"terms": bindparam("new_terms"), "updated_at": bindparam("new_updated_at")},
    )
)
_BEGIN: Final = compiled(insert_ignore(invoice_series, [S.merchant_id, S.kind]))
_ALL_SERIES: Final = compiled(
    select(S.kind, S.first_number, S.next_number).where(S.merchant_id == bindparam("merchant_id"))
)
_LOCK: Final = compiled(select(S.first_number, S.next_number).where(_SERIES).with_for_update())
_TAKE: Final = compiled(
    update(invoice_series)
    .where(_SERIES, S.next_number == bindparam("number"))
    .values(next_number=S.next_number + 1)
    .returning(S.next_number)
)
_START: Final = compiled(
    update(invoice_series)
    .where(_SERIES, S.next_number == S.first_number)
    .values(first_number=bindparam("start"), next_number=bindparam("start"))
    .returning(S.kind)
)
_INSERT: Final = compiled(insert(invoice))
_SELECT: Final = compiled(select(invoice).where(_THIS))
_OF_SCOPES: Final = compiled(
    select(invoice)
    .where(I.merchant_id == bindparam("merchant_id"), any_of(I.scope_id, "scope_ids"))
    .order_by(I.id)
    .limit(OF_SCOPE_MAX)
)
_STANDING: Final = compiled(
    select(invoice).where(
        I.merchant_id == bindparam("merchant_id"),
        I.kind == bindparam("kind"),
        I.subject_id == bindparam("subject_id"),
        I.voided_at.is_(None),
    )
)
_CREDITED: Final = compiled(
    select(func.coalesce(func.sum(I.total_minor), 0)).where(
        I.merchant_id == bindparam("merchant_id"),
        I.scope_id == bindparam("scope_id"),
        I.invoice_id == bindparam("invoice_id"),
        I.voided_at.is_(None),
    )
)
_VOID: Final = compiled(
    update(invoice)
    .where(_THIS, I.voided_at.is_(None))
    .values(voided_at=bindparam("now"), void_reason=bindparam("reason"))
    .returning(I.id)
)
_LIST: Final = {
    (has_kind, has_scopes): compiled(
        select(invoice)
        .where(
            I.merchant_id == bindparam("merchant_id"),
            I.id < bindparam("before"),
            *([I.kind == bindparam("kind")] if has_kind else []),
            *([any_of(I.scope_id, "scope_ids")] if has_scopes else []),
        )
        .order_by(I.id.desc())
        .limit(bindparam("limit"))
    )
    for has_kind in (False, True)
    for has_scopes in (False, True)
}


async def get_terms(tx: Tx, merchant_id: MerchantId) -> InvoiceTerms | None:
    """What the merchant has set; None: nothing, so there are no invoices."""
    row = await tx.one(_TERMS, merchant_id=merchant_id)
    return None if row is None else _decoder().decode(row[0])


async def put_terms(tx: Tx, merchant_id: MerchantId, terms: InvoiceTerms, *, now: int) -> None:
    """Sets them. Both series begin with them, at 1, where they have not begun."""
    text = msgspec.json.encode(terms).decode()
    await tx.run(
        _PUT_TERMS, merchant_id=merchant_id, terms=text, updated_at=now, new_terms=text, new_updated_at=now
    )
    for kind in InvoiceKind:
        await tx.one(_BEGIN, merchant_id=merchant_id, kind=kind, first_number=1, next_number=1)


async def start_series(tx: Tx, merchant_id: MerchantId, kind: InvoiceKind, start: int) -> bool:
    """Its first number. False: a number was given already, and stays."""
    return await tx.one(_START, merchant_id=merchant_id, kind=kind, start=start) is not None


async def lock_series(tx: Tx, merchant_id: MerchantId, kind: InvoiceKind) -> tuple[int, int]:
    """Its first and its next number; until this unit ends, nobody else takes one. The merchant has set terms."""
    row = await tx.one(_LOCK, merchant_id=merchant_id, kind=kind)
    assert row is not None, "a series begins with the terms"
    return int(row[0]), int(row[1])


async def read_series(tx: Tx, merchant_id: MerchantId) -> dict[InvoiceKind, tuple[int, int]]:
    """Of each series its first and its next number, as they are now."""
    rows = await tx.all(_ALL_SERIES, merchant_id=merchant_id)
    return {InvoiceKind(row[0]): (int(row[1]), int(row[2])) for row in rows}


async def insert_invoice(tx: Tx, new: Invoice) -> None:
    """Writes a document under the next number of its series, which this unit has locked."""
    taken = await tx.one(_TAKE, merchant_id=new.merchant_id, kind=new.kind, number=new.number)
    assert taken is not None, "the series is locked by this unit"
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        kind=new.kind,
        number=new.number,
        label=new.label,
        scope_id=new.scope_id,
        subject_id=new.subject_id,
        link_id=new.link_id,
        invoice_id=new.invoice_id,
        total_minor=new.total.minor,
        currency=new.total.currency,
        language=new.language,
        issued_at=new.issued_at,
        drawn=new.drawn,
        voided_at=new.voided_at,
        void_reason=new.void_reason,
    )


async def get_invoice(tx: Tx, merchant_id: MerchantId, invoice_id: InvoiceId) -> Invoice | None:
    """The document, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, invoice_id=invoice_id)
    return None if row is None else _invoice(row)


async def standing_invoice(
    tx: Tx, merchant_id: MerchantId, kind: InvoiceKind, subject_id: str
) -> Invoice | None:
    """The one of this payment, link or refund that is not voided, or None."""
    row = await tx.one(_STANDING, merchant_id=merchant_id, kind=kind, subject_id=subject_id)
    return None if row is None else _invoice(row)


async def invoices_of(tx: Tx, merchant_id: MerchantId, scope_ids: list[str]) -> list[Invoice]:
    """All of these payments and links, voided ones too, oldest first."""
    rows = await tx.all(_OF_SCOPES, merchant_id=merchant_id, scope_ids=scope_ids)
    return [_invoice(row) for row in rows]


async def credited_minor(tx: Tx, of: Invoice) -> int:
    """What credit notes that stand have taken back of an invoice."""
    row = await tx.one(_CREDITED, merchant_id=of.merchant_id, scope_id=of.scope_id, invoice_id=of.id)
    assert row is not None, "a sum is always one row"
    return int(row[0])


async def void_invoice(
    tx: Tx, merchant_id: MerchantId, invoice_id: InvoiceId, *, reason: str, now: int
) -> bool:
    """Voids it. False: there is no such document, or it was voided before."""
    row = await tx.one(_VOID, merchant_id=merchant_id, invoice_id=invoice_id, reason=reason, now=now)
    return row is not None


async def list_invoices(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    kind: InvoiceKind | None = None,
    scope_ids: list[str] | None = None,
) -> list[Invoice]:
    """Newest first, older than `before`."""
    filters: dict[str, str | list[str]] = {}
    if kind is not None:
        filters["kind"] = kind
    if scope_ids is not None:
        filters["scope_ids"] = scope_ids
    statement = _LIST[kind is not None, scope_ids is not None]
    rows = await tx.all(statement, merchant_id=merchant_id, before=before, limit=limit, **filters)
    return [_invoice(row) for row in rows]


def _invoice(row: Row) -> Invoice:
    (
        merchant_id,
        invoice_id,
        kind,
        number,
        label,
        scope_id,
        subject_id,
        link_id,
        of_invoice_id,
        total_minor,
        currency,
        language,
        issued_at,
        drawn,
        voided_at,
        void_reason,
    ) = row
    return Invoice(
        merchant_id,
        InvoiceId(invoice_id),
        InvoiceKind(kind),
        number,
        label,
        scope_id,
        subject_id,
        LinkId(link_id),
        of_invoice_id,
        Money(total_minor, currency),
        language,
        issued_at,
        drawn,
        voided_at,
        void_reason,
    )


@cache
def _decoder() -> msgspec.json.Decoder[InvoiceTerms]:
    return msgspec.json.Decoder(InvoiceTerms)
