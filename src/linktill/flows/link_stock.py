"""What a link has a number of: how many there were, are sold and are being bought."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from linktill.core.errors import NotFound
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import PaymentLink
from linktill.core.stock import has_stock, stocked
from linktill.flows.amount_objects import told
from linktill.storage.allotments import stock_counts
from linktill.storage.database import Tx
from linktill.storage.links import get_link


class StockItemObject(msgspec.Struct, frozen=True, kw_only=True):
    """An item, or a variant of one, that there is a number of."""

    id: Annotated[str, told("Under which its sales are counted.")]
    name: Annotated[str, told("What it is.")]
    variant: Annotated[str, told("Which one; empty where the number is of the whole item.")]
    stock: Annotated[int, told("How many are sold in all.")]
    sold: Annotated[int, told("How many are paid.")]
    held: Annotated[int, told("How many are being bought.")]


class StockObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a link has a number of."""

    object: Literal["stock"] = "stock"
    payment_link_id: str
    items: Annotated[Sequence[StockItemObject], told("In the order of the link's items.")]


async def read_stock(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> StockObject:
    """Unit. Raises NotFound."""
    link = await get_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    return StockObject(payment_link_id=link.id, items=await stock_of(tx, link))


async def stock_of(tx: Tx, link: PaymentLink) -> tuple[StockItemObject, ...]:
    """Unit: empty where nothing is counted."""
    if not has_stock(link.terms.pricing):
        return ()
    taken, sold = await stock_counts(tx, link.merchant_id, link.id)
    return tuple(
        StockItemObject(
            id=each.key,
            name=each.name,
            variant=each.variant,
            stock=each.stock,
            sold=sold.get(each.key, 0),
            held=taken.get(each.key, 0) - sold.get(each.key, 0),
        )
        for each in stocked(link.terms.pricing)
    )
