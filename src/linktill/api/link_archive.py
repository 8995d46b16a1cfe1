"""Payment links put away and taken out again, over the API."""

from typing import Final

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.links import control
from linktill.api.operations import Operation
from linktill.api.schemas import Nothing
from linktill.core.ids import LINK
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.representations import PaymentLinkObject


async def archive(call: Call) -> Reply:
    return await control(call, archive_link)


async def unarchive(call: Call) -> Reply:
    return await control(call, unarchive_link)


OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_links/{id}/archive",
        "archive_payment_link",
        "Payment links",
        "Archive a payment link",
        "Hides it from lists that do not ask for `status=archived`, and closes it until it is unarchived. Who has pressed Pay "
        "may finish, and payments, refunds and receipts go on as before.",
        archive,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/unarchive",
        "unarchive_payment_link",
        "Payment links",
        "Unarchive a payment link",
        "Shows it again, where its terms, its payments and time put it by now; one that was paused or canceled is so again.",
        unarchive,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
    ),
)
