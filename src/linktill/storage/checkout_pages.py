"""What a checkout page needs, in one statement: the hottest read there is."""

from typing import Final

from sqlalchemy import and_, bindparam, select

from linktill.core.merchant import Merchant
from linktill.core.payment_link import PaymentLink
from linktill.storage.database import Tx
from linktill.storage.directory import SLUG
from linktill.storage.links import link_of
from linktill.storage.merchants import COLUMNS, merchant_from
from linktill.storage.statements import compiled
from linktill.storage.tables import directory, merchant, payment_link

_PAGE: Final = compiled(
    select(payment_link, *COLUMNS)
    .select_from(directory)
    .join(
        payment_link,
        and_(
            payment_link.c.merchant_id == directory.c.merchant_id,
            payment_link.c.id == directory.c.target_id,
        ),
    )
    .join(merchant, merchant.c.merchant_id == directory.c.merchant_id)
    .where(directory.c.kind == SLUG, directory.c.key == bindparam("slug"))
)
_LINK_COLUMNS: Final = len(payment_link.c)


async def page_of(tx: Tx, slug: str) -> tuple[Merchant, PaymentLink] | None:
    """The link at this address and its merchant, or None."""
    row = await tx.one(_PAGE, slug=slug)
    if row is None:
        return None
    return merchant_from(row[_LINK_COLUMNS:]), link_of(row[:_LINK_COLUMNS])
