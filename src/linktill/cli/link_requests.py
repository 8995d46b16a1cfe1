"""`linktill request …`: who asks for a new link, and the answers, from the command line."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books, merchant_of
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, LinkRequestId, MerchantId
from linktill.core.link_request import LinkRequest, RequestStatus
from linktill.flows.answer_requests import answer_request, dismiss_request, find_requests
from linktill.flows.request_objects import LinkRequestObject, request_object
from linktill.flows.services import Services
from linktill.storage.link_requests import BEFORE_ALL, RequestFilter

Id: TypeAlias = Annotated[str, Parameter(help="lrq_…")]


def list_(
    *,
    link: Annotated[str, Parameter(help="plink_…: only those about this link.")] = "",
    status: Annotated[str, Parameter(help="Only open, answered or dismissed ones.")] = "",
    limit_: Annotated[
        str, Parameter(name="--limit", help="At most so many, up to 100; 20 if not given.")
    ] = "20",
    cursor: Annotated[str, Parameter(help="next_cursor of the page before.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Newest first: payers who came to a link that was closed, and left an address."""
    settings = settings_now()

    async def work() -> tuple[list[LinkRequestObject], str | None]:
        wanted = RequestFilter(LinkId(link) if link else None, _status(status))
        async with local_services(settings) as services:
            page = await find_requests(
                services,
                await merchant_of(services, whose),
                limit=whole_number("limit", limit_),
                before=cursor or BEFORE_ALL,
                wanted=wanted,
            )
            return [request_object(request) for request in page.requests], page.next_cursor

    found, next_cursor = run(work)
    answer({"data": found, "next_cursor": next_cursor}, as_json=json, person=lambda: _table(found))
    return OK


def reply(
    request_id: Id,
    /,
    *,
    link: Annotated[str, Parameter(help="plink_…, the link to send: it must be one that can be paid now.")],
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Mails the payer the address of the link. The same answer again sends nothing."""

    async def work(services: Services, merchant_id: MerchantId) -> LinkRequest:
        return await answer_request(services, merchant_id, LinkRequestId(request_id), LinkId(link))

    return _one(work, whose, as_json=json)


def dismiss(request_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """The payer is not told, and may ask again."""

    async def work(services: Services, merchant_id: MerchantId) -> LinkRequest:
        return await dismiss_request(services, merchant_id, LinkRequestId(request_id))

    return _one(work, whose, as_json=json)


def _status(text: str) -> RequestStatus | None:
    try:
        return RequestStatus(text) if text else None
    except ValueError:
        raise FieldInvalid("status", f"Send one of {', '.join(RequestStatus)}.") from None


def _one(
    work: Callable[[Services, MerchantId], Coroutine[Any, Any, LinkRequest]], whose: Whose, *, as_json: bool
) -> int:
    async def command(services: Services, merchant_id: MerchantId) -> LinkRequestObject:
        return request_object(await work(services, merchant_id))

    request = in_books(command, whose)
    answer(request, as_json=as_json, person=lambda: _table([request]))
    return OK


def _table(found: list[LinkRequestObject]) -> Table:
    rows = [
        (each.status, each.name, each.email, " ".join(each.message.split()), each.payment_link_id, each.id)
        for each in found
    ]
    heads = ("Status", "Name", "E-mail", "Message", "Link", "Id")
    return Table(heads, rows, empty="Nobody asks for a link.", whole=("Link", "Id"))
