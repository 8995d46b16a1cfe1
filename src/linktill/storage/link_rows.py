"""Pages of links as rows, for those who show many links and decide nothing about them: see flows/show_links.py."""

from typing import Final, TypeAlias, cast

from sqlalchemy import bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_link
from linktill.storage.tables.filing import LISTED

L: Final = payment_link.c
_LIST: Final = {
    has_status: compiled(
        select(payment_link)
        .where(
            L.merchant_id == bindparam("merchant_id"),
            L.id < bindparam("before"),
            L.status == bindparam("status") if has_status else LISTED,
        )
        .order_by(L.id.desc())
        .limit(bindparam("limit"))
    )
    for has_status in (False, True)
}
BEFORE_ALL: Final = LinkId("plink_~")
"""Sorts after every link id: the cursor of a first page."""


LinkRow: TypeAlias = tuple[
    MerchantId,
    LinkId,
    str,
    str,
    int,
    int,
    str,
    str,
    str,
    str,
    int | None,
    int | None,
    int | None,
    int | None,
    str | None,
    str,
    str,
    str,
    str,
    str,
    str | None,
    str | None,
    str | None,
    int | None,
    int | None,
    int,
    int,
    int,
    int,
    int,
    int,
    int,
    int,
    int,
    int | None,
]
"""A link's row in the order of the table's columns. The last, `wake_at`: when the clock changes the status next."""


def id_of(row: LinkRow) -> LinkId:
    """The link's id."""
    return row[1]


async def list_link_rows(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: LinkId = BEFORE_ALL,
    status: LinkStatus | None = None,
) -> list[LinkRow]:
    """Newest first, older than `before`. Without a status: all but what is archived."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    if status is not None:
        parameters["status"] = status
    return cast("list[LinkRow]", await tx.all(_LIST[status is not None], **parameters))
