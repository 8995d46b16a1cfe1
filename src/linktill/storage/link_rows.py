"""Pages of links as rows, for those who show many links and decide nothing about them: see flows/show_links.py."""

from typing import Final, NamedTuple

from sqlalchemy import bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_link

L: Final = payment_link.c
_LIST: Final = {
    has_status: compiled(
        select(payment_link)
        .where(
            L.merchant_id == bindparam("merchant_id"),
            L.id < bindparam("before"),
            *([L.status == bindparam("status")] if has_status else []),
        )
        .order_by(L.id.desc())
        .limit(bindparam("limit"))
    )
    for has_status in (False, True)
}
BEFORE_ALL: Final = LinkId("plink_~")
"""Sorts after every link id: the cursor of a first page."""


class LinkRow(NamedTuple):
    """A link's row, column by column."""

    merchant_id: MerchantId
    id: LinkId
    slug: str
    status: str
    version: int
    amount_minor: int
    currency: str
    description: str
    note: str
    reference: str
    payments_max: int | None
    starts_at: int | None
    due_at: int | None
    expires_at: int | None
    redirect_url: str | None
    closed_message: str
    metadata: str
    slots_taken: int
    captured_count: int
    captured_minor: int
    refunded_minor: int
    created_at: int
    updated_at: int
    wake_at: int | None
    """When the clock changes the status next."""


async def list_link_rows(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: LinkId = BEFORE_ALL,
    status: LinkStatus | None = None,
) -> list[LinkRow]:
    """Newest first, older than `before`."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    if status is not None:
        parameters["status"] = status
    return [LinkRow._make(row) for row in await tx.all(_LIST[status is not None], **parameters)]
