"""What the dashboard reads across nouns: money at a glance, payments with what they were for, the journal, found payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, func, literal_column, or_, select

from linktill.core import ledger
from linktill.core.ids import AttemptId, LedgerTransactionId, LinkId, MerchantId, SessionId
from linktill.core.ledger import Entry
from linktill.core.payment_attempt import AttemptStatus
from linktill.storage.attempt_lists import TO_DECIDE
from linktill.storage.database import Row, Tx
from linktill.storage.statements import Statement, any_of, compiled
from linktill.storage.tables import (
    checkout_session,
    ledger_entry,
    ledger_transaction,
    payment_attempt,
    payment_link,
)
from linktill.storage.tables.filing import LISTED

A: Final = payment_attempt.c
C: Final = checkout_session.c
E: Final = ledger_entry.c
L: Final = payment_link.c
T: Final = ledger_transaction.c

JOURNAL_FIRST: Final = "ltx_~"
"""Sorts after every ledger transaction id: the cursor of a first page."""

_MINE: Final = A.merchant_id == bindparam("merchant_id")
_SESSION: Final = and_(C.merchant_id == A.merchant_id, C.id == A.session_id)
_RECEIVED: Final = compiled(
    select(T.created_at // literal_column("86400000000", BigInteger), E.currency, func.sum(E.amount_minor))
    .join(ledger_transaction, and_(T.merchant_id == E.merchant_id, T.id == E.ledger_transaction_id))
    .where(
        E.merchant_id == bindparam("merchant_id"),
        or_(E.account == ledger.SALES, E.account == ledger.REFUNDS),
        E.ledger_transaction_id >= bindparam("since"),
        E.ledger_transaction_id < bindparam("before"),
    )
    .group_by(literal_column("1"), E.currency)
)
_TO_DECIDE: Final = compiled(select(func.count()).where(_MINE, TO_DECIDE))
_COUNTS: Final = compiled(select(A.status, func.count()).where(_MINE).group_by(A.status))
_DESCRIPTIONS: Final = compiled(
    select(C.id, C.description).where(C.merchant_id == bindparam("merchant_id"), any_of(C.id, "session_ids"))
)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A ledger transaction with what it was for."""

    id: LedgerTransactionId
    kind: str
    currency: str
    at: int
    attempt_id: AttemptId | None
    description: str | None
    entries: tuple[Entry, ...]


@lru_cache(maxsize=2)
def _newer_links(*, has_status: bool) -> Statement:
    query = select(L.id).where(L.merchant_id == bindparam("merchant_id"), L.id > bindparam("after"))
    query = query.where(L.status == bindparam("status") if has_status else LISTED)
    return compiled(query.order_by(L.id).limit(bindparam("limit")))


@lru_cache(maxsize=4)
def _newer_payments(*, has_status: bool, has_link: bool) -> Statement:
    query = select(A.id).where(_MINE, A.id > bindparam("after"))
    if has_status:
        needs_review = and_(bindparam("status") == AttemptStatus.NEEDS_REVIEW.value, TO_DECIDE)
        query = query.where(or_(A.status == bindparam("status"), needs_review))
    if has_link:
        query = query.where(A.link_id == bindparam("link_id"))
    return compiled(query.order_by(A.id).limit(bindparam("limit")))


@lru_cache(maxsize=2)
def _journal(*, has_account: bool) -> Statement:
    if has_account:
        ids = select(E.ledger_transaction_id.label("id")).where(
            E.merchant_id == bindparam("merchant_id"),
            E.account == bindparam("account"),
            E.ledger_transaction_id < bindparam("before"),
        )
        page = ids.order_by(E.ledger_transaction_id.desc()).limit(bindparam("limit"))
    else:
        ids = select(T.id).where(T.merchant_id == bindparam("merchant_id"), T.id < bindparam("before"))
        page = ids.order_by(T.id.desc()).limit(bindparam("limit"))
    return compiled(
        select(T.id, T.kind, T.currency, T.created_at, T.attempt_id, C.description, E.account, E.amount_minor)
        .join(ledger_entry, and_(E.merchant_id == T.merchant_id, E.ledger_transaction_id == T.id))
        .outerjoin(payment_attempt, and_(A.merchant_id == T.merchant_id, A.id == T.attempt_id))
        .outerjoin(checkout_session, _SESSION)
        .where(T.merchant_id == bindparam("merchant_id"), T.id.in_(page.scalar_subquery()))
        .order_by(T.id.desc(), E.amount_minor.desc(), E.account)
    )


async def received_by_day(
    tx: Tx, merchant_id: MerchantId, *, since: str, before: str
) -> dict[tuple[int, str], int]:
    """(day since 1970, currency) → captured less refunded, in ledger transactions with ids from `since` on and below `before`."""
    rows = await tx.all(_RECEIVED, merchant_id=merchant_id, since=since, before=before)
    return {(int(day), currency): -int(amount) for day, currency, amount in rows}


async def count_needs_review(tx: Tx, merchant_id: MerchantId) -> int:
    """How many payments a person must look at: see `attempt_lists.TO_DECIDE`."""
    row = await tx.one(_TO_DECIDE, merchant_id=merchant_id)
    assert row is not None, "a count has a row"
    return int(row[0])


async def count_payments(tx: Tx, merchant_id: MerchantId) -> dict[AttemptStatus, int]:
    """How many payments stand where, for the filter tabs."""
    return {AttemptStatus(row[0]): row[1] for row in await tx.all(_COUNTS, merchant_id=merchant_id)}


async def descriptions_of(
    tx: Tx, merchant_id: MerchantId, session_ids: Sequence[SessionId]
) -> dict[SessionId, str]:
    """What the payers of these checkout sessions were shown."""
    rows = await tx.all(_DESCRIPTIONS, merchant_id=merchant_id, session_ids=session_ids)
    return {row[0]: row[1] for row in rows}


async def link_page_before(
    tx: Tx, merchant_id: MerchantId, first: LinkId, *, limit: int, status: str | None = None
) -> str | None:
    """The cursor of the page of links that ends just before `first`; None: that is the newest page."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "after": first, "limit": limit + 1}
    if status is not None:
        parameters["status"] = status
    return _cursor(await tx.all(_newer_links(has_status=status is not None), **parameters), limit)


async def payment_page_before(
    tx: Tx,
    merchant_id: MerchantId,
    first: AttemptId,
    *,
    limit: int,
    status: str | None = None,
    link_id: LinkId | None = None,
) -> str | None:
    """The cursor of the page of payments that ends just before `first`; None: that is the newest page."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "after": first, "limit": limit + 1}
    if status is not None:
        parameters["status"] = status
    if link_id is not None:
        parameters["link_id"] = link_id
    statement = _newer_payments(has_status=status is not None, has_link=link_id is not None)
    return _cursor(await tx.all(statement, **parameters), limit)


def _cursor(newer: list[Row], limit: int) -> str | None:
    return str(newer[limit][0]) if len(newer) > limit else None


async def journal(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = JOURNAL_FIRST,
    account: str | None = None,
) -> list[JournalRow]:
    """Ledger transactions, newest first, older than `before`; with `account`, those that touch it."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    if account is not None:
        parameters["account"] = account
    found: dict[str, JournalRow] = {}
    for row in await tx.all(_journal(has_account=account is not None), **parameters):
        ledger_id, kind, currency, at, attempt_id, description, entry_account, amount_minor = row
        known = found.get(ledger_id)
        entries = () if known is None else known.entries
        found[ledger_id] = JournalRow(
            ledger_id,
            kind,
            currency,
            at,
            attempt_id,
            description,
            (*entries, Entry(entry_account, amount_minor)),
        )
    return list(found.values())
