"""How often a link's page was opened: counted in memory, added here every few seconds."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import link_view

V: Final = link_view.c
_INSERT: Final = insert(link_view)
_ADD: Final = compiled(
    _INSERT.on_conflict_do_update(
        index_elements=[V.merchant_id, V.link_id],
        set_={"views": V.views + _INSERT.excluded.views, "viewed_at": _INSERT.excluded.viewed_at},
    )
)
_SELECT: Final = compiled(
    select(V.views, V.viewed_at).where(
        V.merchant_id == bindparam("merchant_id"), V.link_id == bindparam("link_id")
    )
)


async def add_views(tx: Tx, counts: Sequence[tuple[MerchantId, LinkId, int]], *, now: int) -> None:
    """Adds to the counts of several links; in the order of their ids, so that two processes never wait for each other."""
    rows: list[dict[str, str | int]] = [
        {"merchant_id": merchant_id, "link_id": link_id, "views": views, "viewed_at": now}
        for merchant_id, link_id, views in sorted(counts)
    ]
    await tx.many(_ADD, rows)


async def views_of(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> tuple[int, int | None]:
    """How often, and when last (None: never)."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, link_id=link_id)
    return (0, None) if row is None else (row[0], row[1])
