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
from linktill.api.queries import LIMIT, SEARCH, TAG, choice_parameter, cursor_parameter, id_parameter
from linktill.api.schemas import (
    Nothing,
    PaymentLinkCreate,
    PaymentLinkPatch,
    PaymentLinkTermsCreate,
    PaymentLinkTermsPatch,
)
from linktill.core.asking import Asking
from linktill.core.capture import CaptureMethod
from linktill.core.errors import FieldInvalid
from linktill.core.ids import CUSTOMER, LINK, CustomerId, LinkId, MerchantId
from linktill.core.link_filing import Refiling, checked_filing, checked_note, checked_tags
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.core.pricing import Pricing
from linktill.flows.asking_objects import ASKING_FIELDS, AskingObject, asking_fields
from linktill.flows.localization_objects import translations_of
from linktill.flows.manage_links import (
    FiledLink,
    LinkChange,
    change_link,
    duplicate_link,
    new_link,
    read_link,
    store_link,
)
from linktill.flows.offers import terms_check
from linktill.flows.pricing_objects import PRICING_FIELDS, PricingObject, pricing_fields
from linktill.flows.publish_link import as_draft
from linktill.flows.representations import PaymentLinkObject, link_object, microseconds_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.show_links import show_links
from linktill.storage.database import Tx
from linktill.storage.link_filing import filing_of
from linktill.storage.link_lists import LinkFilter

_ETAG: Final = re.compile(r'"([1-9][0-9]{0,17})"')
_TIMES: Final = ("starts_at", "due_at", "expires_at")
_FILING: Final = frozenset({"tags", "internal_note", "customer", "takes_requests"})
"""No terms: they are kept elsewhere, and changed without a new version."""
_APART: Final = frozenset({*PRICING_FIELDS, *ASKING_FIELDS, *_FILING})
"""What is put together from several fields, and what is no term."""
_CLEARED: Final = {
    "note": "",
    "reference": "",
    "closed_message": "",
    "metadata": {},
    "allowed_gateways": (),
    "denied_gateways": (),
    "capture_method": CaptureMethod.AUTOMATIC,
    "locale": AUTO,
    "translations": {},
}
"""What null makes of a field that is never null."""


async def create(call: Call) -> Reply:
    asked = call.asked(PaymentLinkCreate)
    takes = await terms_check(call.services, call.merchant_id)

    def make() -> FiledLink:
        link = new_link(call.services, call.merchant_id, fields_of_create(asked), takes, slug=asked.slug)
        filing = checked_filing(
            asked.tags, asked.internal_note, asked.customer, takes_requests=asked.takes_requests
        )
        return FiledLink(as_draft(link) if asked.is_draft else link, filing)

    made = call.checked(make)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> FiledLink:
        link, filing = made().link, made().filing
        return FiledLink(await store_link(tx, moment, link, call.by, filing), filing)

    return await call.once(work, shape(moment), status=201, headers=version_of)


async def find(call: Call) -> Reply:
    found = await show_links(
        call.services,
        call.merchant_id,
        limit=call.limit,
        wanted=LinkFilter(
            call.query.get("status"),
            call.query.get("search", ""),
            call.query.get("tag", ""),
            call.query.get("customer"),
        ),
        before=call.query.get("cursor"),
    )
    return listed(found.links, found.next_cursor)


async def read(call: Call) -> Reply:
    detail = await read_link(call.services, call.merchant_id, LinkId(call.id(LINK)))
    return _told(call, FiledLink(detail.link, detail.filing))


async def edit(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    asked = call.asked(PaymentLinkPatch)
    change = LinkChange(
        (lambda terms: patched(terms, asked)) if has_terms(asked) else None,
        call.by,
        _asked_version(call.if_match),
        refiling_of(asked),
    )
    return _told(call, await change_link(call.services, call.merchant_id, link_id, change))


async def duplicate(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    call.asked(Nothing)
    return await told_once(
        call, lambda services: duplicate_link(services, call.merchant_id, link_id, by=call.by), status=201
    )


async def control(
    call: Call, act: Callable[[Services, MerchantId, LinkId], Coroutine[Any, Any, PaymentLink]]
) -> Reply:
    """Moves the link of the request, and answers with it."""
    link_id = LinkId(call.id(LINK))
    call.asked(Nothing)
    return await told_once(call, lambda services: act(services, call.merchant_id, link_id))


async def told_once(
    call: Call, act: Callable[[Services], Coroutine[Any, Any, PaymentLink]], *, status: int = 200
) -> Reply:
    """The link that `act` answers, with its tags and note, once per idempotency key."""

    async def flow(services: Services) -> FiledLink:
        link = await act(services)
        return FiledLink(link, await services.database.read(filing_of, link.merchant_id, link.id))

    return await call.flow_once(flow, shape(moment_of(call.services)), status=status, headers=version_of)


def shape(moment: Moment) -> Callable[[FiledLink], PaymentLinkObject]:
    """Links as they stand at this moment."""
    return lambda filed: link_object(
        filed.link, filed.filing, base_url=moment.origin_of(filed.link.merchant_id), now=moment.now
    )


def version_of(filed: FiledLink) -> Headers:
    """The version of the terms: counters move without it, and nobody edits counters."""
    return [(b"etag", b'"%d"' % filed.link.version)]


def _told(call: Call, filed: FiledLink) -> Reply:
    return Reply(200, encoded(shape(moment_of(call.services))(filed)), version_of(filed))


def _asked_version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    match = _ETAG.fullmatch(if_match)
    if match is None:
        raise FieldInvalid("If-Match", 'Send the ETag that you read, such as "3".')
    return int(match[1])


def fields_of_create(asked: PaymentLinkTermsCreate) -> LinkFields:
    """What was sent, not checked yet."""
    pricing = PricingObject(**{name: getattr(asked, name) for name in PRICING_FIELDS}).pricing()
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
        asking=AskingObject(**{name: getattr(asked, name) for name in ASKING_FIELDS}).asking(),
        capture_method=asked.capture_method,
        locale=asked.locale,
        translations=translations_of(asked.translations),
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


def has_terms(asked: PaymentLinkTermsPatch) -> bool:
    """Was anything sent that is a term? If nothing was sent at all, the answer is that of an edit."""
    sent = {name for name in asked.__struct_fields__ if getattr(asked, name) is not UNSET}
    return not sent or bool(sent - _FILING)


def refiling_of(asked: PaymentLinkTermsPatch) -> Refiling:
    """What was sent of tags, note, customer and `takes_requests`; null clears. Raises FieldInvalid."""
    tags, note, takes = asked.tags, asked.internal_note, asked.takes_requests
    customer = asked.customer if isinstance(asked, PaymentLinkPatch) else UNSET
    return Refiling(
        None if tags is UNSET else checked_tags(tags or ()),
        None if note is UNSET else checked_note(note or ""),
        None if customer is UNSET else CustomerId(customer or ""),
        None if takes is UNSET else takes is not False,
    )


def patched(terms: LinkTerms, asked: PaymentLinkTermsPatch) -> LinkFields:
    """The terms with what was sent: what was left out stays, null clears, pairs of metadata merge."""
    changes: dict[str, Any] = {}
    for name in PaymentLinkTermsPatch.__struct_fields__:
        value = getattr(asked, name)
        if value is UNSET or name in _APART:
            continue
        if value is None:
            changes[name] = _CLEARED.get(name)
        elif name in _TIMES:
            changes[name] = microseconds_of(value)
        elif name == "translations":
            changes[name] = translations_of(value)
        elif name == "metadata":
            merged = {**terms.metadata, **value}
            changes[name] = {key: pair for key, pair in merged.items() if pair is not None}
        else:
            changes[name] = value
    if any(getattr(asked, name) is not UNSET for name in PRICING_FIELDS):
        changes["pricing"] = _repriced(terms.pricing, asked)
    if any(getattr(asked, name) is not UNSET for name in ASKING_FIELDS):
        changes["asking"] = _asked_anew(terms.asking, asked)
    fields = replace(fields_of(terms), **changes)
    if asked.amount_minor is not UNSET and fields.pricing is not None:
        _amount(asked.amount_minor, fields.pricing)
    return fields


def _repriced(before: Pricing | None, asked: PaymentLinkTermsPatch) -> Pricing:
    """Each part is sent whole, or not at all."""
    parts = pricing_fields(before)
    for name in PRICING_FIELDS:
        value = getattr(asked, name)
        if value is not UNSET:
            parts[name] = pricing_fields(None)[name] if value is None else value
    return PricingObject(**parts).pricing()


def _asked_anew(before: Asking | None, asked: PaymentLinkTermsPatch) -> Asking:
    """Each part is sent whole, or not at all."""
    parts = asking_fields(before)
    for name in ASKING_FIELDS:
        value = getattr(asked, name)
        if value is not UNSET:
            parts[name] = asking_fields(None)[name] if value is None else value
    return AskingObject(**parts).asking()


_STATUS: Final = choice_parameter(
    "status", LinkStatus, "Only links with this status. If it is left out: all but archived ones."
)
_FOR: Final = id_parameter("customer", CUSTOMER, "Only links that are for this customer.")
_EXAMPLE: Final = {"amount_minor": 4000, "currency": "USD", "description": "Guitar lesson on Friday"}
CONTROLLED: Final = ("transition_refused",)

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
        query=(LIMIT, cursor_parameter(LINK), _STATUS, SEARCH, TAG, _FOR),
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
        "open is shown the new terms before paying; one who has pressed Pay pays what they saw. `tags`, `internal_note` and "
        "`customer` are no terms: they make no new version, and a canceled or archived link takes them too.",
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
        "/v1/payment_links/{id}/duplicate",
        "duplicate_payment_link",
        "Payment links",
        "Duplicate a payment link",
        "A new link with the same terms and tags. A start or expiry that has passed is left out, and so are the internal note "
        "and the customer.",
        duplicate,
        PaymentLinkObject,
        status=201,
        takes=Nothing,
        prefix=LINK,
    ),
)
