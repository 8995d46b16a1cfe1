"""Coupons over the API."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linktill.api.answers import Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, Parameter, cursor_parameter, id_pattern
from linktill.api.schemas import Amount, Currency
from linktill.core import coupon as limits
from linktill.core.coupon import Coupon, CouponFields, code_start
from linktill.core.errors import FieldInvalid
from linktill.core.ids import COUPON, LINK, CouponId, LinkId
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.pricing_terms import NAME_MAX, parse_percent
from linktill.flows.coupon_objects import CouponObject, coupon_object
from linktill.flows.manage_coupons import edit_coupon, find_coupons, new_coupon, read_coupon, store_coupon
from linktill.flows.pricing_objects import Percent
from linktill.flows.representations import microseconds_of
from linktill.flows.services import moment_of
from linktill.storage.coupons import BEFORE_ALL, CouponFilter
from linktill.storage.database import Tx


def _told(words: str, **more: Any) -> Meta:
    return Meta(description=words, extra_json_schema=more)


Code = Annotated[
    str,
    _told(
        f"What payers type: {limits.CODE_MIN} to {limits.CODE_MAX} letters and digits, with spaces and hyphens as you like. "
        "Capitals, spaces and hyphens do not matter when codes are compared. No two of yours are the same; for good.",
        minLength=limits.CODE_MIN,
        maxLength=limits.WRITTEN_MAX,
    ),
]
Name = Annotated[str, _told("What the bill calls it; empty: the code.", maxLength=NAME_MAX)]
CouponCurrency = Annotated[
    Currency,
    Meta(
        description="Of `amount_minor` and `minimum_minor`; other payments do not take the coupon. Null: any."
    ),
]
Minimum = Annotated[
    int,
    _told(
        "What is sold must come to at least so much in `currency`, before any discount; 0: to anything.",
        minimum=0,
        maximum=AMOUNT_MAX_MINOR,
    ),
]
_LIMIT: Final = {"minimum": 1, "maximum": limits.USES_MAX}
UsesMax = Annotated[int, _told("How often it can be used in all; null: no limit.", **_LIMIT)]
UsesPerCustomerMax = Annotated[
    int, _told("How often one e-mail address can use it; null: no limit.", **_LIMIT)
]
StartsAt = Annotated[datetime, Meta(tz=True, description="Cannot be used before.")]
ExpiresAt = Annotated[
    datetime, Meta(tz=True, description="Cannot be used from then on. Must be to come when it is set.")
]
LinkIds = Annotated[
    Sequence[Annotated[str, Meta(extra_json_schema={"pattern": id_pattern(LINK)})]],
    _told(
        "The payment links that it is for; empty: every link of yours that takes codes.",
        maxItems=limits.LINKS_MAX,
    ),
]
IsAutomatic = Annotated[
    bool, Meta(description="Applied without typing, on links that take codes. At most 20 of those are on.")
]
IsActive = Annotated[bool, Meta(description="Can it be used? False: it is switched off.")]


class CouponCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coupon to make: either `percent` or `amount_minor`."""

    code: Code
    name: Name = ""
    percent: Percent | None = None
    amount_minor: Amount | None = None
    currency: CouponCurrency | None = None
    minimum_minor: Minimum = 0
    uses_max: UsesMax | None = None
    uses_per_customer_max: UsesPerCustomerMax | None = None
    starts_at: StartsAt | None = None
    expires_at: ExpiresAt | None = None
    payment_link_ids: LinkIds = ()
    is_automatic: IsAutomatic = False
    is_active: IsActive = True


class CouponPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a coupon. What is left out stays; null clears. Its code, and what it takes off, never change."""

    name: Name | UnsetType | None = UNSET
    currency: CouponCurrency | UnsetType | None = UNSET
    minimum_minor: Minimum | UnsetType | None = UNSET
    uses_max: UsesMax | UnsetType | None = UNSET
    uses_per_customer_max: UsesPerCustomerMax | UnsetType | None = UNSET
    starts_at: StartsAt | UnsetType | None = UNSET
    expires_at: ExpiresAt | UnsetType | None = UNSET
    payment_link_ids: LinkIds | UnsetType | None = UNSET
    is_automatic: IsAutomatic | UnsetType = UNSET
    is_active: IsActive | UnsetType = UNSET


async def create(call: Call) -> Reply:
    asked = call.asked(CouponCreate)
    made = call.checked(lambda: new_coupon(call.services, call.merchant_id, fields_of_create(asked)))
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Coupon:
        return await store_coupon(tx, moment, made())

    return await call.once(work, lambda made: coupon_object(made, moment.now), status=201)


async def find(call: Call) -> Reply:
    page = await find_coupons(
        call.services,
        call.merchant_id,
        limit=call.limit,
        before=call.query.get("cursor", BEFORE_ALL),
        wanted=CouponFilter(call.query.get("code", ""), call.query.get("is_active")),
    )
    now = call.services.clock.now_us()
    return listed([coupon_object(coupon, now) for coupon in page.coupons], page.next_cursor)


async def read(call: Call) -> Reply:
    return _answer(call, await read_coupon(call.services, call.merchant_id, CouponId(call.id(COUPON))))


async def edit(call: Call) -> Reply:
    coupon_id = CouponId(call.id(COUPON))
    asked = call.asked(CouponPatch)
    return _answer(
        call,
        await edit_coupon(call.services, call.merchant_id, coupon_id, lambda fields: patched(fields, asked)),
    )


def fields_of_create(asked: CouponCreate) -> CouponFields:
    """What was sent, not checked yet but for its percentage. Raises FieldInvalid."""
    return CouponFields(
        code=asked.code,
        name=asked.name,
        rate_ppm=0 if asked.percent is None else parse_percent(asked.percent, "percent"),
        amount_minor=0 if asked.amount_minor is None else _amount(asked.amount_minor),
        currency=asked.currency,
        minimum_minor=asked.minimum_minor,
        uses_max=asked.uses_max,
        uses_per_customer_max=asked.uses_per_customer_max,
        starts_at=_time(asked.starts_at),
        expires_at=_time(asked.expires_at),
        link_ids=tuple(map(LinkId, asked.payment_link_ids)),
        is_automatic=asked.is_automatic,
        is_active=asked.is_active,
    )


def patched(fields: CouponFields, asked: CouponPatch) -> CouponFields:
    """The coupon with what was sent: what was left out stays, null clears."""
    changes: dict[str, Any] = {}
    for name in CouponPatch.__struct_fields__:
        value = getattr(asked, name)
        if value is UNSET:
            continue
        if name == "payment_link_ids":
            changes["link_ids"] = tuple(map(LinkId, value or ()))
        elif value is None:
            changes[name] = _CLEARED.get(name)
        elif isinstance(value, datetime):
            changes[name] = microseconds_of(value)
        else:
            changes[name] = value
    return replace(fields, **changes)


def _amount(sent: int) -> int:
    if sent == 0:
        raise FieldInvalid("amount_minor", "The amount must be more than zero.")
    return sent


def _time(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds_of(moment)


def _answer(call: Call, coupon: Coupon) -> Reply:
    return Reply(200, encoded(coupon_object(coupon, call.services.clock.now_us())))


def _read_code(text: str) -> str:
    try:
        return code_start(text)
    except FieldInvalid as invalid:
        raise ValueError(str(invalid)) from None


def _read_flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("Send true or false.")
    return text == "true"


_CLEARED: Final = {"name": "", "minimum_minor": 0}
"""What null makes of a field that is never null."""
_CODE: Final = Parameter(
    "code",
    "Only coupons whose code begins so; capitals, spaces and hyphens do not matter.",
    {"type": "string", "maxLength": limits.WRITTEN_MAX},
    _read_code,
)
_IS_ACTIVE: Final = Parameter("is_active", "Only those that are on, or off.", {"type": "boolean"}, _read_flag)
_GROUP: Final = "Coupons"
_COUPONS: Final = "/v1/coupons"

OPERATIONS: Final = (
    Operation(
        "POST",
        _COUPONS,
        "create_coupon",
        _GROUP,
        "Create a coupon",
        "Makes a code for which something is taken off: a percentage, or an amount in one currency.",
        create,
        CouponObject,
        status=201,
        takes=CouponCreate,
        problems=("too_many",),
        example={"code": "SPRING-10", "percent": "10", "uses_per_customer_max": 1},
    ),
    Operation(
        "GET",
        _COUPONS,
        "list_coupons",
        _GROUP,
        "List coupons",
        "Newest first.",
        find,
        CouponObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(COUPON), _CODE, _IS_ACTIVE),
    ),
    Operation(
        "GET",
        f"{_COUPONS}/{{id}}",
        "get_coupon",
        _GROUP,
        "Get a coupon",
        "The coupon as it stands now.",
        read,
        CouponObject,
        prefix=COUPON,
    ),
    Operation(
        "PATCH",
        f"{_COUPONS}/{{id}}",
        "edit_coupon",
        _GROUP,
        "Edit a coupon, or switch it on or off",
        "Changes what is sent and leaves the rest; null clears a field. The code, and what it takes off, stay as they were "
        "made: whoever holds the code was promised that. Who is paying with it right now pays what they were shown.",
        edit,
        CouponObject,
        takes=CouponPatch,
        prefix=COUPON,
        problems=("too_many",),
        example={"uses_max": 100, "is_active": False},
    ),
)
