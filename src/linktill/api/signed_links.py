"""Addresses with values that a payer cannot change, over the API."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.core.ids import LINK, LinkId
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.origin import KEPT_MAX
from linktill.flows.representations import microseconds_of
from linktill.flows.signed_links import SignedUrlObject, Wanted, sign_link


class SignedUrlCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the payer shall not change. At least one of amount_minor, client_reference_id and email."""

    amount_minor: (
        Annotated[
            int,
            Meta(
                description="Of a link with an open amount: what is charged, in minor units.",
                extra_json_schema={"minimum": 1, "maximum": AMOUNT_MAX_MINOR},
            ),
        ]
        | None
    ) = None
    client_reference_id: Annotated[
        str,
        Meta(
            description="Your own name for the payer or the sale; it stands on the payment.",
            extra_json_schema={"maxLength": KEPT_MAX},
        ),
    ] = ""
    email: Annotated[
        str, Meta(description="The payer's e-mail address.", extra_json_schema={"maxLength": 254})
    ] = ""
    expires_at: (
        Annotated[
            datetime,
            Meta(description="Until when it is good, at most two years; 30 days if left out.", tz=True),
        ]
        | None
    ) = None


async def sign(call: Call) -> Reply:
    link_id, asked = LinkId(call.id(LINK)), call.asked(SignedUrlCreate)
    wanted = Wanted(
        asked.amount_minor,
        asked.client_reference_id,
        asked.email,
        None if asked.expires_at is None else microseconds_of(asked.expires_at),
    )
    return await call.flow_once(
        lambda services: sign_link(services, call.merchant_id, link_id, wanted), lambda made: made
    )


OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_links/{id}/signed_url",
        "sign_payment_link",
        "Payment links",
        "Make a signed address of a payment link",
        "An address of the link with values that its payer cannot change, good for a while. Nothing is kept of it but the secret "
        "that it was signed with. A payment that came by it has `origin.is_signed`.",
        sign,
        SignedUrlObject,
        takes=SignedUrlCreate,
        prefix=LINK,
        example={"client_reference_id": "invoice-117", "email": "sam@example.com"},
    ),
)
