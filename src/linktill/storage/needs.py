"""What waits for the merchant among links and payments: bills that are overdue or about to expire, payments that failed."""

from enum import StrEnum
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, or_, select, text

from linktill.core.ids import MerchantId
from linktill.core.payment_link import PaymentLink
from linktill.storage.database import Tx
from linktill.storage.link_rows import BEFORE_ALL
from linktill.storage.links import link_of
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_attempt, payment_link

COUNTED_MAX: Final = 100
"""More are not counted: one looks at the list then."""

A: Final = payment_attempt.c
L: Final = payment_link.c
_OWN: Final = L.merchant_id == bindparam("merchant_id")
_BILL: Final = or_(L.payments_max == literal_column("1"), L.full_at_minor.is_not(None))
"""What somebody owes; a shop's page waits for nobody in particular."""


class Need(StrEnum):
    """Why links wait for the merchant."""

    OVERDUE = "overdue"
    """The day on which it is due has passed, and it is not paid."""
    EXPIRING = "expiring"
    """It closes within two days, and is not paid."""


EXPIRING_US: Final = 2 * 24 * 3600 * 1_000_000
_WHERE: Final = {
    # The words of the index `payment_link_due`, and of `payment_link_wake`: an open link's next moment is when it expires.
    Need.OVERDUE: and_(
        _OWN, text("(due_at IS NOT NULL AND status = 'active')"), L.due_at < bindparam("now"), _BILL
    ),
    Need.EXPIRING: and_(
        _OWN,
        L.wake_at.is_not(None),
        L.wake_at >= bindparam("now"),
        L.wake_at < bindparam("now") + literal_column(str(EXPIRING_US)),
        L.status == literal_column("'active'"),
        _BILL,
    ),
}
_COUNT: Final = {
    need: compiled(select(func.count()).select_from(select(L.id).where(where).limit(COUNTED_MAX).subquery()))
    for need, where in _WHERE.items()
}
_LIST: Final = {
    need: compiled(
        select(payment_link)
        .where(where, L.id < bindparam("before"))
        .order_by(L.id.desc())
        .limit(bindparam("limit"))
    )
    for need, where in _WHERE.items()
}
_later: Final = payment_attempt.alias("later").c
_FAILED: Final = compiled(
    select(func.count()).select_from(
        select(A.id)
        .join(payment_link, and_(L.merchant_id == A.merchant_id, L.id == A.link_id))
        .where(
            A.merchant_id == bindparam("merchant_id"),
            A.status == literal_column("'failed'"),
            A.id >= bindparam("since"),
            L.status == literal_column("'active'"),
            ~select(_later.id)
            .where(
                _later.merchant_id == A.merchant_id,
                _later.link_id == A.link_id,
                _later.id > A.id,
                or_(_later.session_id == A.session_id, _later.payer_email == A.payer_email),
                _later.status != literal_column("'failed'"),
            )
            .exists(),
        )
        .limit(COUNTED_MAX)
        .subquery()
    )
)


async def count_links(tx: Tx, merchant_id: MerchantId, need: Need, *, now: int) -> int:
    """How many links wait for that reason, counted up to `COUNTED_MAX`."""
    row = await tx.one(_COUNT[need], merchant_id=merchant_id, now=now)
    return 0 if row is None else int(row[0])


async def links_in_need(
    tx: Tx, merchant_id: MerchantId, need: Need, *, now: int, limit: int, before: str = BEFORE_ALL
) -> list[PaymentLink]:
    """They themselves, newest first, older than `before`."""
    rows = await tx.all(_LIST[need], merchant_id=merchant_id, now=now, before=before, limit=limit)
    return [link_of(row) for row in rows]


async def count_failed(tx: Tx, merchant_id: MerchantId, *, since: str) -> int:
    """How many payments failed, with an id from `since` on, on links that are open, and whose payers have not tried again since;
    counted up to `COUNTED_MAX`.
    """
    row = await tx.one(_FAILED, merchant_id=merchant_id, since=since)
    return 0 if row is None else int(row[0])
