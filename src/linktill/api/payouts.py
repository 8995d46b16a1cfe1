"""Payouts over the API: to read. Gateways tell of them, or people record them."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.core.errors import NotFound
from linktill.core.ids import PAYOUT
from linktill.flows.payout_objects import PayoutObject, payout_object
from linktill.storage.payouts import BEFORE_ALL, list_payouts


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_payouts, call.merchant_id, limit=call.limit + 1, before=call.query.get("cursor", BEFORE_ALL)
    )
    return call.page(found, payout_object, lambda payout: payout.id)


async def read(call: Call) -> Reply:
    payout_id = call.id(PAYOUT)
    # The newest that is not newer than it: itself, or it does not exist.
    found = await call.services.database.read(list_payouts, call.merchant_id, limit=1, before=f"{payout_id}~")
    if not found or found[0].id != payout_id:
        raise NotFound(f"There is no payout {payout_id}.", param="id")
    return Reply(200, encoded(payout_object(found[0])))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/payouts",
        "list_payouts",
        "Payouts",
        "List payouts",
        "What gateways sent, or send, to the merchant's bank account, newest first. Only paid ones are in the books.",
        find,
        PayoutObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(PAYOUT)),
    ),
    Operation(
        "GET",
        "/v1/payouts/{id}",
        "get_payout",
        "Payouts",
        "Get a payout",
        "The payout as it stands now.",
        read,
        PayoutObject,
        prefix=PAYOUT,
    ),
)
