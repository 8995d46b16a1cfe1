"""`/dashboard/developers/endpoints/{id}` and what may be done there."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import DeliveryId, EndpointId
from linktill.flows.manage_endpoints import delete_endpoint, replay_delivery
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.endpoint.show import PATH, show_endpoint
from linktill.web.form import Form


def endpoint_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show(visitor: Visitor) -> Answer:
        return await show_endpoint(desk, visitor, EndpointId(visitor.id(prefixes.ENDPOINT)))

    async def remove(visitor: Visitor, _form: Form) -> Answer:
        endpoint_id = EndpointId(visitor.id(prefixes.ENDPOINT))
        await delete_endpoint(desk.services, visitor.merchant_id, endpoint_id)
        return desk.done("/dashboard/developers", "endpoint_removed")

    async def replay(visitor: Visitor, _form: Form) -> Answer:
        delivery_id = DeliveryId(visitor.id(prefixes.DELIVERY))
        delivery = await replay_delivery(desk.services, visitor.merchant_id, delivery_id)
        return desk.done(f"{PATH}/{delivery.endpoint_id}", "delivery_replayed")

    return (
        desk.page(f"{PATH}/{{id:str}}", show),
        desk.form(f"{PATH}/{{id:str}}/remove", remove),
        desk.form("/dashboard/developers/deliveries/{id:str}/replay", replay),
    )
