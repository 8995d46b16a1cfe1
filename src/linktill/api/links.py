"""Payment links over the API."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET

from linktill.api.answers import Headers, Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, SEARCH, choice_parameter, cursor_parameter
from linktill.api.schemas import Nothing, PaymentLinkCreate, PaymentLinkPatch
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LINK, LinkId, MerchantId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.core.pricing import Pricing
from linktill.flows.manage_links import (
    cancel_link,
    duplicate_link,
    edit_link,
    new_link,
    pause_link,
    read_link,
    resume_link,
    store_link,
)
from linktill.flows.offers import terms_check
from linktill.flows.pricing_objects import PRICING_FIELDS, pricing_fields, pricing_of
from linktill.flows.representations import PaymentLinkObject, link_object, microseconds_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.show_links import show_links
from linktill.storage.database import Tx

_ETAG: Final = re.compile(r'"([1-9][0-9]{0,17})"')
_TIMES: Final = ("starts_at", "due_at", "expires_at")
_CLEARED: Final = {
    "note": "",
    "reference": "",
    "closed_message": "",
    "metadata": {},
    "allowed_gateways": (),
    "denied_gateways": (),
}
"""What null makes of a field that is never null."""


async def create(call: Call) -> Reply:
    asked = call.asked(PaymentLinkCreate)
    takes = await terms_check(call.services, call.merchant_id)
    link = call.checked(
        lambda: new_link(call.services, call.merchant_id, _fields(asked), takes, slug=asked.slug)
    )
    moment = moment_of(call.services)

    async def work(tx: Tx) -> PaymentLink:
        return await store_link(tx, moment, link(), call.by)

    return await call.once(work, _shape(moment), status=201, headers=_version)


async def find(call: Call) -> Reply:
    found = await show_links(
        call.services,
        call.merchant_id,
        limit=call.limit,
        status=call.query.get("status"),
        search=call.query.get("search", ""),
        before=call.query.get("cursor"),
    )
    return listed(found.links, found.next_cursor)


async def read(call: Call) -> Reply:
    detail = await read_link(call.services, call.merchant_id, LinkId(call.id(LINK)))
    return _told(call, detail.link)


async def edit(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    asked = call.asked(PaymentLinkPatch)
    edited = await edit_link(
        call.services,
        call.merchant_id,
        link_id,
        lambda terms: _patched(terms, asked),
        by=call.by,
        version=_asked_version(call.if_match),
    )
    return _told(call, edited)


async def duplicate(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    call.asked(Nothing)
    shape = _shape(moment_of(call.services))
    return await call.flow_once(
        lambda services: duplicate_link(services, call.merchant_id, link_id, by=call.by),
        shape,
        status=201,
        headers=_version,
    )


async def pause(call: Call) -> Reply:
    return await _control(call, pause_link)


async def resume(call: Call) -> Reply:
    return await _control(call, resume_link)


async def cancel(call: Call) -> Reply:
    return await _control(call, cancel_link)


async def _control(
    call: Call, act: Callable[[Services, MerchantId, LinkId], Coroutine[Any, Any, PaymentLink]]
) -> Reply:
    link_id = LinkId(call.id(LINK))
    call.asked(Nothing)
    shape = _shape(moment_of(call.services))
    return await call.flow_once(
        lambda services: act(services, call.merchant_id, link_id), shape, headers=_version
    )


def _shape(moment: Moment) -> Callable[[PaymentLink], PaymentLinkObject]:
    return lambda link: link_object(link, base_url=moment.base_url, now=moment.now)


def _version(link: PaymentLink) -> Headers:
    """The version of the terms: counters move without it, and nobody edits counters."""
    return [(b"etag", b'"%d"' % link.version)]


def _told(call: Call, link: PaymentLink) -> Reply:
    return Reply(200, encoded(_shape(moment_of(call.services))(link)), _version(link))


def _asked_version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    match = _ETAG.fullmatch(if_match)
    if match is None:
        raise FieldInvalid("If-Match", 'Send the ETag that you read, such as "3".')
    return int(match[1])


def _fields(asked: PaymentLinkCreate) -> LinkFields:
    pricing = pricing_of(asked.line_items, asked.open_amount, asked.tax_rates, asked.discounts, asked.tips)
    amount = None if asked.amount_minor is UNSET else asked.amount_minor
    return LinkFields(
        amount_minor=_amount(amount, pricing),
        currency=asked.currency,
        description=asked.description,
        note=asked.note,
        reference=asked.reference,
        payments_max=asked.payments_max,
        starts_at=_time(asked.starts_at),
        due_at=_time(asked.due_at),
        expires_at=_time(asked.expires_at),
        redirect_url=asked.redirect_url,
        closed_message=asked.closed_message,
        metadata=asked.metadata,
        allowed_gateways=asked.allowed_gateways,
        denied_gateways=asked.denied_gateways,
        pricing=pricing,
    )


def _amount(sent: int | None, pricing: Pricing) -> int:
    """The price that was sent. Raises FieldInvalid where it is missing, and where it follows from the items."""
    if pricing.items:
        if sent is not None:
            raise FieldInvalid("amount_minor", "It follows from line_items. Leave it out.")
        return 0
    if sent is None and pricing.open_amount is None:
        raise FieldInvalid("amount_minor", "Send the price in minor units, or line_items, or open_amount.")
    return sent or 0


def _time(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds_of(moment)


def _patched(terms: LinkTerms, asked: PaymentLinkPatch) -> LinkFields:
    """The terms with what was sent: what was left out stays, null clears, pairs of metadata merge."""
    changes: dict[str, Any] = {}
    for name in asked.__struct_fields__:
        value = getattr(asked, name)
        if value is UNSET or name in PRICING_FIELDS:
            continue
        if value is None:
            changes[name] = _CLEARED.get(name)
        elif name in _TIMES:
            changes[name] = microseconds_of(value)
        elif name == "metadata":
            merged = {**terms.metadata, **value}
            changes[name] = {key: pair for key, pair in merged.items() if pair is not None}
        else:
            changes[name] = value
    if any(getattr(asked, name) is not UNSET for name in PRICING_FIELDS):
        changes["pricing"] = _repriced(terms.pricing, asked)
    fields = replace(fields_of(terms), **changes)
    if asked.amount_minor is not UNSET and fields.pricing is not None:
        _amount(asked.amount_minor, fields.pricing)
    return fields


def _repriced(before: Pricing | None, asked: PaymentLinkPatch) -> Pricing:
    """Each part is sent whole, or not at all."""
    parts = pricing_fields(before)
    for name in PRICING_FIELDS:
        value = getattr(asked, name)
        if value is not UNSET:
            parts[name] = pricing_fields(None)[name] if value is None else value
    return pricing_of(**parts)


_STATUS: Final = choice_parameter("status", LinkStatus, "Only links with this status.")
_EXAMPLE: Final = {"amount_minor": 4000, "currency": "USD", "description": "Guitar lesson on Friday"}
_CONTROLLED: Final = ("transition_refused",)

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_links",
        "create_payment_link",
        "Payment links",
        "Create a payment link",
        "Makes a URL that someone can open and pay. It takes payments at once unless `starts_at` is to come.",
        create,
        PaymentLinkObject,
        status=201,
        takes=PaymentLinkCreate,
        example=_EXAMPLE,
    ),
    Operation(
        "GET",
        "/v1/payment_links",
        "list_payment_links",
        "Payment links",
        "List and search payment links",
        "Newest first.",
        find,
        PaymentLinkObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(LINK), _STATUS, SEARCH),
    ),
    Operation(
        "GET",
        "/v1/payment_links/{id}",
        "get_payment_link",
        "Payment links",
        "Get a payment link",
        "The link as it stands now. `ETag` carries the version of its terms.",
        read,
        PaymentLinkObject,
        prefix=LINK,
    ),
    Operation(
        "PATCH",
        "/v1/payment_links/{id}",
        "edit_payment_link",
        "Payment links",
        "Edit a payment link",
        "Changes what is sent and leaves the rest; null clears a field. The URL never changes. A payer who has the page "
        "open is shown the new terms before paying; one who has pressed Pay pays what they saw.",
        edit,
        PaymentLinkObject,
        takes=PaymentLinkPatch,
        prefix=LINK,
        may_be_conditional=True,
        problems=("transition_refused", "version_conflict"),
        example={"amount_minor": 4500, "note": None},
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
        problems=_CONTROLLED,
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
        problems=_CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/cancel",
        "cancel_payment_link",
        "Payment links",
        "Cancel a payment link",
        "Closes it for good. Who has pressed Pay may finish.",
        cancel,
        PaymentLinkObject,
        takes=Nothing,
        prefix=LINK,
        problems=_CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/duplicate",
        "duplicate_payment_link",
        "Payment links",
        "Duplicate a payment link",
        "A new link with the same terms. A start or expiry that has passed is left out.",
        duplicate,
        PaymentLinkObject,
        status=201,
        takes=Nothing,
        prefix=LINK,
    ),
)
