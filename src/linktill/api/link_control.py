"""Payment links published, paused, resumed, canceled, put away and taken out again, over the API."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.links import CONTROLLED, control, told_once
from linktill.api.operations import Operation
from linktill.api.schemas import Nothing
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LINK, LinkId
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.control_links import LINKS_MAX, Control, Controlled, control_links
from linktill.flows.control_objects import LinkControlObject, control_object
from linktill.flows.manage_links import pause_link, resume_link
from linktill.flows.publish_link import publish_link
from linktill.flows.representations import PaymentLinkObject
from linktill.flows.services import Services


class Cancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes with canceling a link."""

    payments: Annotated[
        Literal["keep", "refund"] | None,
        Meta(
            description="What becomes of what was paid. Left out: it is kept, but of a bill of which a part is paid this must be "
            "said. `refund` asks for a refund of every payment, up to 200."
        ),
    ] = None


class Controls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done with several links."""

    action: Annotated[
        Literal["publish", "pause", "resume", "cancel", "archive", "unarchive"],
        Meta(description="What is done with each of them."),
    ]
    payment_links: Annotated[
        list[str],
        Meta(
            description=f"The ids of up to {LINKS_MAX} links. One that is named twice counts once.",
            extra_json_schema={"minItems": 1, "maxItems": LINKS_MAX},
        ),
    ]
    payments: Annotated[
        Literal["keep"] | None,
        Meta(
            description="With `cancel`: bills of which a part is paid are canceled, too, and the part is kept. Left out, they "
            "are refused. Refunds are asked for link by link."
        ),
    ] = None


async def control_many(call: Call) -> Reply:
    asked = call.asked(Controls)
    if not 0 < len(asked.payment_links) <= LINKS_MAX:
        raise FieldInvalid("payment_links", f"Name 1 to {LINKS_MAX} links.")
    link_ids = [LinkId(text) for text in asked.payment_links]
    act, is_kept = Control(asked.action), asked.payments is not None
    if is_kept and act is not Control.CANCEL:
        raise FieldInvalid("payments", "This goes with `cancel` only. Leave it out.")
    now = call.services.clock.now_us()

    async def flow(services: Services) -> list[Controlled]:
        return await control_links(services, call.merchant_id, link_ids, act, keeps_payments=is_kept)

    return await call.flow_once(flow, lambda results: control_object(act, results, now=now))


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
        "/v1/payment_links/control",
        "control_payment_links",
        "Payment links",
        "Do the same with several payment links",
        "Each link for itself: one that cannot be, or that there is not, keeps none of the others from it, and says why.",
        control_many,
        LinkControlObject,
        takes=Controls,
        example={"action": "pause", "payment_links": ["plink_01k6q3v8ny7fzr2x9m4c0tjh5d"]},
    ),
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
