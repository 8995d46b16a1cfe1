"""What came for a link, currency by currency: sums of different currencies are never added."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from linktill.core.errors import NotFound
from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.flows.amount_objects import told
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.link_money import received
from linktill.storage.links import get_link


class PaymentLinkTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid in one currency."""

    currency: Annotated[str, told("The currency.")]
    payments: Annotated[int, told("How many payments, surplus ones left out.")]
    captured_minor: Annotated[int, told("What came in, refunds not taken off.")]
    refunded_minor: Annotated[int, told("How much of it went back.")]


class PaymentLinkTotalsObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment link has received."""

    object: Literal["payment_link_totals"] = "payment_link_totals"
    payment_link_id: Annotated[str, told("The link.")]
    totals: Annotated[
        Sequence[PaymentLinkTotal], told("By currency; those that nobody has paid in are left out.")
    ]


async def link_totals(
    services: Services, merchant_id: MerchantId, link_id: LinkId
) -> PaymentLinkTotalsObject:
    """By currency. Raises NotFound."""
    return await services.database.report(_totals, merchant_id, link_id)


async def _totals(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> PaymentLinkTotalsObject:
    if await get_link(tx, merchant_id, link_id) is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    found = (await received(tx, merchant_id, [link_id])).get(link_id, ())
    return PaymentLinkTotalsObject(
        payment_link_id=link_id,
        totals=[
            PaymentLinkTotal(
                currency=each.currency,
                payments=each.payments,
                captured_minor=each.captured_minor,
                refunded_minor=each.refunded_minor,
            )
            for each in found
        ],
    )


async def received_in_others(services: Services, link: PaymentLink) -> tuple[Money, ...]:
    """Captured less refunded in each currency but the link's own. Asked only where there can be any."""
    # An edit may have taken a currency away that was paid in.
    if link.captured_count == 0 or (len(link.terms.currencies) == 1 and link.version == 1):
        return ()
    found = await services.database.report(received, link.merchant_id, [link.id])
    return tuple(each.net for each in found.get(link.id, ()) if each.currency != link.terms.amount.currency)


async def others_of(
    tx: Tx, merchant_id: MerchantId, links: Sequence[PaymentLink]
) -> Mapping[LinkId, tuple[Money, ...]]:
    """Unit: as `received_in_others`, of those in a list that can be paid in several currencies now."""
    several = {
        link.id: link.terms.amount.currency
        for link in links
        if link.captured_count and len(link.terms.currencies) > 1
    }
    if not several:
        return {}
    found = await received(tx, merchant_id, list(several))
    return {
        link_id: tuple(each.net for each in sums if each.currency != several[link_id])
        for link_id, sums in found.items()
    }
