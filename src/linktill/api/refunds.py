"""Refunds over the API."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.money_schemas import RefundCreate
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.core.errors import NotFound
from linktill.core.ids import ATTEMPT, REFUND, AttemptId, RefundId
from linktill.core.link_terms import clean_text
from linktill.core.money import price
from linktill.core.refund import Refund, RefundReason
from linktill.flows.refund_payment import NOTE_MAX, RefundAsked, new_refund_id, request_refund
from linktill.flows.representations import RefundObject, refund_object
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.refunds import BEFORE_ALL, get_refund, list_refunds


async def create(call: Call) -> Reply:
    asked = call.asked(RefundCreate)
    note = clean_text(asked.note, "note", max_length=NOTE_MAX)
    if asked.amount_minor is not None:
        price(asked.amount_minor, "USD")  # the range is the same in every currency
    moment = moment_of(call.services)
    wanted = RefundAsked(
        new_refund_id(call.services),
        AttemptId(asked.payment_id),
        asked.amount_minor,
        RefundReason(asked.reason),
        note,
    )

    async def work(tx: Tx) -> Refund:
        return await request_refund(tx, moment, call.merchant_id, wanted)

    return await call.once(work, refund_object, status=201)


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_refunds, call.merchant_id, limit=call.limit + 1, before=call.query.get("cursor", BEFORE_ALL)
    )
    return call.page(found, refund_object, lambda refund: refund.id)


async def read(call: Call) -> Reply:
    refund_id = RefundId(call.id(REFUND))
    refund = await call.services.database.read(get_refund, call.merchant_id, refund_id)
    if refund is None:
        raise NotFound(f"There is no refund {refund_id}.", param="id")
    return Reply(200, encoded(refund_object(refund)))


OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/refunds",
        "create_refund",
        "Refunds",
        "Refund a payment",
        "Reserves the amount at once and asks the gateway right after: the refund is `pending` until the gateway has "
        "answered, and `refund.succeeded` or `refund.failed` tells how it went.",
        create,
        RefundObject,
        status=201,
        takes=RefundCreate,
        problems=("not_found", "transition_refused", "refund_too_large", "gateway_unavailable"),
        example={
            "payment_id": f"{ATTEMPT}01kan4v0zqf7wv9h6m2s8d3r5t",
            "amount_minor": 1500,
            "reason": "requested_by_customer",
        },
    ),
    Operation(
        "GET",
        "/v1/refunds",
        "list_refunds",
        "Refunds",
        "List refunds",
        "Newest first.",
        find,
        RefundObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(REFUND)),
    ),
    Operation(
        "GET",
        "/v1/refunds/{id}",
        "get_refund",
        "Refunds",
        "Get a refund",
        "The refund as it stands now.",
        read,
        RefundObject,
        prefix=REFUND,
    ),
)
