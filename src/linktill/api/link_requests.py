"""Over the API: who asks for a new link, and the answers."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from linktill.api.answers import Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, choice_parameter, cursor_parameter, id_parameter, id_pattern
from linktill.api.schemas import Nothing
from linktill.core.ids import LINK, LINK_REQUEST, LinkId, LinkRequestId
from linktill.core.link_request import LinkRequest, RequestStatus
from linktill.flows.answer_requests import answer_unit, dismiss_unit, find_requests, read_request
from linktill.flows.request_objects import LinkRequestObject, request_object
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.link_requests import BEFORE_ALL, RequestFilter


class LinkRequestAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which link the payer is sent."""

    payment_link: Annotated[
        str,
        Meta(
            description="A link of yours that can be paid now: a new one, or the same one, open again.",
            pattern=id_pattern(LINK),
        ),
    ]


async def find(call: Call) -> Reply:
    page = await find_requests(
        call.services,
        call.merchant_id,
        limit=call.limit,
        before=call.query.get("cursor", BEFORE_ALL),
        wanted=RequestFilter(call.query.get("payment_link"), call.query.get("status")),
    )
    return listed([request_object(request) for request in page.requests], page.next_cursor)


async def read(call: Call) -> Reply:
    return Reply(200, encoded(request_object(await read_request(call.services, call.merchant_id, _id(call)))))


async def answer(call: Call) -> Reply:
    request_id, moment = _id(call), moment_of(call.services)
    link_id = LinkId(call.asked(LinkRequestAnswer).payment_link)

    async def work(tx: Tx) -> LinkRequest:
        return await answer_unit(tx, moment, call.merchant_id, request_id, link_id)

    return await call.once(work, request_object)


async def dismiss(call: Call) -> Reply:
    request_id, moment = _id(call), moment_of(call.services)
    call.asked(Nothing)

    async def work(tx: Tx) -> LinkRequest:
        return await dismiss_unit(tx, moment, call.merchant_id, request_id)

    return await call.once(work, request_object)


def _id(call: Call) -> LinkRequestId:
    return LinkRequestId(call.id(LINK_REQUEST))


_GROUP: Final = "Requests for links"
_REQUESTS: Final = "/v1/link_requests"
_REQUEST: Final = f"{_REQUESTS}/{{id}}"

OPERATIONS: Final = (
    Operation(
        "GET",
        _REQUESTS,
        "list_link_requests",
        _GROUP,
        "List requests",
        "Payers who came to a link that was expired, canceled or sold out, and left an address. Newest first.",
        find,
        LinkRequestObject,
        is_list=True,
        query=(
            LIMIT,
            cursor_parameter(LINK_REQUEST),
            id_parameter("payment_link", LINK, "Only requests about this link."),
            choice_parameter("status", RequestStatus, "Only requests that stand so."),
        ),
    ),
    Operation(
        "GET",
        _REQUEST,
        "get_link_request",
        _GROUP,
        "Get a request",
        "The request as it stands now.",
        read,
        LinkRequestObject,
        prefix=LINK_REQUEST,
    ),
    Operation(
        "POST",
        f"{_REQUEST}/answer",
        "answer_link_request",
        _GROUP,
        "Answer a request",
        "Mails the payer the address of a link that can be paid now. The same answer again changes nothing, and sends nothing.",
        answer,
        LinkRequestObject,
        takes=LinkRequestAnswer,
        prefix=LINK_REQUEST,
        problems=("transition_refused",),
        example={"payment_link": "plink_01kan4q3s5t7v9w1x3y5z7a9b1"},
    ),
    Operation(
        "POST",
        f"{_REQUEST}/dismiss",
        "dismiss_link_request",
        _GROUP,
        "Dismiss a request",
        "Puts it aside. The payer is not told, and may ask again.",
        dismiss,
        LinkRequestObject,
        takes=Nothing,
        prefix=LINK_REQUEST,
        problems=("transition_refused",),
        example={},
    ),
)
