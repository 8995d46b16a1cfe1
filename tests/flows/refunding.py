"""Refunds as tests ask for them and look at them."""

from linktill.core.ids import AttemptId
from linktill.core.refund import Refund
from linktill.flows.refund_payment import refund_payment
from linktill.storage import refunds
from tests.make import Shop


async def refunded(shop: Shop, payment_id: AttemptId, amount_minor: int | None = None) -> Refund:
    return await refund_payment(shop.services, shop.id, payment_id, amount_minor=amount_minor)


async def fresh(shop: Shop, refund: Refund) -> Refund:
    found = await shop.services.database.read(refunds.get_refund, shop.id, refund.id)
    assert found is not None
    return found
