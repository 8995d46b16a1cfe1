"""Disputes over the API."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.core.errors import NotFound
from linktill.core.ids import DISPUTE
from linktill.flows.representations import DisputeObject, dispute_object
from linktill.storage.disputes import BEFORE_ALL, list_disputes


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_disputes, call.merchant_id, limit=call.limit + 1, before=call.query.get("cursor", BEFORE_ALL)
    )
    return call.page(found, dispute_object, lambda dispute: dispute.id)


async def read(call: Call) -> Reply:
    dispute_id = call.id(DISPUTE)
    # The newest that is not newer than it: itself, or it does not exist.
    found = await call.services.database.read(
        list_disputes, call.merchant_id, limit=1, before=f"{dispute_id}~"
    )
    if not found or found[0].id != dispute_id:
        raise NotFound(f"There is no dispute {dispute_id}.", param="id")
    return Reply(200, encoded(dispute_object(found[0])))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/disputes",
        "list_disputes",
        "Disputes",
        "List disputes",
        "Newest first.",
        find,
        DisputeObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(DISPUTE)),
    ),
    Operation(
        "GET",
        "/v1/disputes/{id}",
        "get_dispute",
        "Disputes",
        "Get a dispute",
        "The dispute as it stands now.",
        read,
        DisputeObject,
        prefix=DISPUTE,
    ),
)
