"""`linktill links send` and `messages`: a link sent by mail, and how what was sent fares."""

from typing import Annotated, Final

from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_message import LinkMessage, MessageFields
from linktill.flows.message_objects import LinkMessageObject, message_object, sent_object
from linktill.flows.send_link import find_messages, send_unit, sending
from linktill.flows.services import Services, moment_of
from linktill.storage.database import Tx
from linktill.storage.link_messages import BEFORE_ALL

BY: Final = "command line"


def send(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    to: Annotated[list[str], Parameter(help="An e-mail address; say --to again for each of up to 20.")],
    note: Annotated[str, Parameter(help="Your own words above the details.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Each address gets a mail of its own, in the merchant's name. A running server hands it to the mail server."""

    async def work(services: Services, merchant_id: MerchantId) -> list[LinkMessageObject]:
        moment = moment_of(services)
        asked = sending(merchant_id, LinkId(link_id), MessageFields(to, note), BY)

        async def unit(tx: Tx) -> list[LinkMessage]:
            return await send_unit(tx, moment, asked)

        return [message_object(each) for each in await services.database.run(unit)]

    sent = in_books(work, whose)
    answer({"data": sent}, as_json=json, person=lambda: _table(sent))
    return OK


def messages(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    limit_: Annotated[
        str, Parameter(name="--limit", help="At most so many, up to 100; 20 if not given.")
    ] = "20",
    cursor: Annotated[str, Parameter(help="next_cursor of the page before.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Newest first: to whom the link was sent from here, and whether the mail server took it."""

    async def work(services: Services, merchant_id: MerchantId) -> tuple[list[LinkMessageObject], str | None]:
        limit = whole_number("limit", limit_)
        page = await find_messages(
            services, merchant_id, LinkId(link_id), limit=limit, before=cursor or BEFORE_ALL
        )
        return [sent_object(each) for each in page.messages], page.next_cursor

    found, next_cursor = in_books(work, whose)
    answer({"data": found, "next_cursor": next_cursor}, as_json=json, person=lambda: _table(found))
    return OK


def _table(found: list[LinkMessageObject]) -> Table:
    rows = [(each.status, each.to, f"{each.created_at:%Y-%m-%d %H:%M}", each.error or "") for each in found]
    return Table(("Status", "To", "When (UTC)", "Trouble"), rows, empty="This link was sent to nobody yet.")
