"""Tags, internal notes and customers of links, in tables of their own: no payer's page and no payment reads them."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing, tag_key
from linktill.core.payment_link import PaymentLink
from linktill.storage.database import Tx
from linktill.storage.statements import any_of, compiled, insert
from linktill.storage.tables import link_filing, link_tag, payment_link

F: Final = link_filing.c
T: Final = link_tag.c
L: Final = payment_link.c

_SELECT: Final = compiled(
    select(F.tags, F.internal_note, F.customer_id, F.takes_requests).where(
        F.merchant_id == bindparam("merchant_id"), F.link_id == bindparam("link_id")
    )
)
_SELECT_ALL: Final = compiled(
    select(F.link_id, F.tags, F.internal_note, F.customer_id, F.takes_requests).where(
        F.merchant_id == bindparam("merchant_id"), any_of(F.link_id, "link_ids")
    )
)
_UPSERT: Final = compiled(
    (new := insert(link_filing)).on_conflict_do_update(
        index_elements=[F.merchant_id, F.link_id],
        set_={
            name: new.excluded[name] for name in ("tags", "internal_note", "customer_id", "takes_requests")
        },
    )
)
_INSERT_TAG: Final = compiled(insert(link_tag))
_DELETE_TAGS: Final = compiled(
    delete(link_tag).where(T.merchant_id == bindparam("merchant_id"), T.link_id == bindparam("link_id"))
)
_TOUCH: Final = compiled(
    update(payment_link)
    .where(L.merchant_id == bindparam("merchant_id"), L.id == bindparam("link_id"))
    .values(updated_at=bindparam("updated_at"))
)


def tags_text(tags: Sequence[str]) -> str:
    """Tags as they are stored."""
    return json.dumps(list(tags), ensure_ascii=False, separators=(",", ":"))


def filing_of_row(tags: Any, internal_note: Any, customer_id: Any, takes_requests: Any) -> Filing:
    """What `tags_text` and the other columns hold."""
    return Filing(tuple(json.loads(tags)), internal_note, customer_id, bool(takes_requests))


async def filing_of(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> Filing:
    """The link's tags and note; most links have none."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, link_id=link_id)
    return NOT_FILED if row is None else filing_of_row(*row)


async def filings_of(tx: Tx, merchant_id: MerchantId, link_ids: Sequence[LinkId]) -> dict[LinkId, Filing]:
    """Those of the links that have any, of a whole page of links in one statement."""
    if not link_ids:
        return {}
    rows = await tx.all(_SELECT_ALL, merchant_id=merchant_id, link_ids=list(link_ids))
    return {LinkId(row[0]): filing_of_row(*row[1:]) for row in rows}


async def set_filing(tx: Tx, link: PaymentLink, filing: Filing, *, before: Filing) -> None:
    """Keeps the link's tags and note; `before`: what it has until now."""
    whose = {"merchant_id": link.merchant_id, "link_id": link.id}
    await tx.run(
        _UPSERT,
        **whose,
        tags=tags_text(filing.tags),
        internal_note=filing.internal_note,
        customer_id=filing.customer_id,
        takes_requests=int(filing.takes_requests),
    )
    if filing.tags == before.tags:
        return
    if before.tags:
        await tx.run(_DELETE_TAGS, **whose)
    if filing.tags:
        await tx.many(_INSERT_TAG, [{**whose, "tag": tag_key(tag)} for tag in filing.tags])


async def touch_link(tx: Tx, link: PaymentLink) -> None:
    """Stores when the link last changed, where its terms did not."""
    await tx.run(_TOUCH, merchant_id=link.merchant_id, link_id=link.id, updated_at=link.updated_at)
