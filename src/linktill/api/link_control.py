"""Payment links published, paused, resumed, canceled, put away and taken out again, over the API."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.links import CONTROLLED, control, told_once
from linktill.api.operations import Operation
from linktill.api.schemas import Nothing
from linktill.core.ids import LINK, LinkId
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.manage_links import pause_link, resume_link
from linktill.flows.publish_link import publish_link
from linktill.flows.representations import PaymentLinkObject


class Cancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes with canceling a link."""

    payments: Annotated[
        Literal["keep", "refund"] | None,
        Meta(
            description="What becomes of what was paid. Left out: it is kept, but of a bill of which a part is paid this must be "
            "said. `refund` asks for a refund of every payment, up to 200."
        ),
    ] = None


async def publish(call: Call) -> Reply:
    return await control(call, publish_link)


async def pause(call: Call) -> Reply:
    return await control(call, pause_link)


async def resume(call: Call) -> Reply:
    return await control(call, resume_link)


async def cancel(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    payments = call.asked(Cancellation).payments
    received = None if payments is None else Received(payments)
    return await told_once(call, lambda services: cancel_link(services, call.merchant_id, link_id, received))


async def archive(call: Call) -> Reply:
    return await control(call, archive_link)


async def unarchive(call: Call) -> Reply:
    return await control(call, unarchive_link)


OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_links/{id}/publish",
        "publish_payment_link",
        "Payment links",
        "Publish a draft",
        "Opens a link that was made with `is_draft`. One that is published already stays as it is.",
        publish,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
        problems=CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/pause",
        "pause_payment_link",
        "Payment links",
        "Pause a payment link",
        "Takes no new payments until it is resumed. Who has pressed Pay may finish.",
        pause,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
        problems=CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/resume",
        "resume_payment_link",
        "Payment links",
        "Resume a payment link",
        "Takes payments again, if terms and time allow.",
        resume,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
        problems=CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/cancel",
        "cancel_payment_link",
        "Payment links",
        "Cancel a payment link",
        "Closes it for good. Who has pressed Pay may finish. Where a part of a bill is paid, `payments` must say what becomes of "
        "that.",
        cancel,
        PaymentLinkObject,
        takes=Cancellation,
        prefix=LINK,
        problems=CONTROLLED,
    ),
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
