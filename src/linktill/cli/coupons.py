"""`linktill coupons …`: codes for which something is taken off, from the command line."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from linktill.cli.fields import NO_LIMIT, limit, moment, whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.coupon import Coupon, CouponFields, code_start
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.pricing_terms import parse_percent
from linktill.flows.coupon_objects import CouponObject, coupon_object
from linktill.flows.manage_coupons import create_coupon, edit_coupon, find_coupons, read_coupon
from linktill.flows.services import Services
from linktill.platform.language import format_money
from linktill.storage.coupons import BEFORE_ALL, CouponFilter

Id: TypeAlias = Annotated[str, Parameter(help="cpn_…")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may change of a coupon, as it was typed. What is not given stays; of a new coupon there is none."""

    name: Annotated[str | None, Parameter(help="What the bill calls it; the code if not given.")] = None
    currency: Annotated[
        str | None, Parameter(help="Of the amount and the minimum: ISO 4217 code in capitals, such as USD.")
    ] = None
    minimum_minor: Annotated[
        str | None, Parameter(help="Only from this price on, in the currency's smallest unit; 0 for any.")
    ] = None
    uses_max: Annotated[str | None, Parameter(help="How often in all: a number, or none.")] = None
    uses_per_customer_max: Annotated[
        str | None, Parameter(help="How often for one e-mail address: a number, or none.")
    ] = None
    starts_at: Annotated[str | None, Parameter(help="Not before: 2030-01-31T18:00:00Z, or none.")] = None
    expires_at: Annotated[str | None, Parameter(help="Not from then on; or none.")] = None
    link_ids: Annotated[
        tuple[str, ...] | None,
        Parameter(name="--link", help="plink_…, only for this link; repeat it for more.", negative=""),
    ] = None
    is_automatic: Annotated[
        bool | None, Parameter(name="--automatic", help="Applies without typing.", negative="--typed")
    ] = None
    is_active: Annotated[
        bool | None, Parameter(name="--on", help="Switch it on, or off.", negative="--off")
    ] = None

    def on(self, fields: CouponFields) -> CouponFields:
        """The fields with what was typed, not checked yet. Raises FieldInvalid."""
        changes: dict[str, Any] = {
            name: value
            for name in ("name", "currency", "is_automatic", "is_active")
            if (value := getattr(self, name)) is not None
        }
        if self.currency == NO_LIMIT:
            changes["currency"] = None
        if self.minimum_minor is not None:
            changes["minimum_minor"] = whole_number("minimum_minor", self.minimum_minor)
        for name in ("uses_max", "uses_per_customer_max"):
            if (text := getattr(self, name)) is not None:
                changes[name] = limit(name, text)
        for name in ("starts_at", "expires_at"):
            if (text := getattr(self, name)) is not None:
                changes[name] = None if text == NO_LIMIT else moment(name, text)
        if self.link_ids is not None:
            changes["link_ids"] = tuple(map(LinkId, self.link_ids))
        return replace(fields, **changes)


NOTHING = Terms()


def create(
    code: Annotated[str, Parameter(help="What payers type, such as SPRING-10.")],
    /,
    *,
    percent: Annotated[str, Parameter(help="What it takes off: 10 or 12.5. Or else an amount.")] = "",
    amount_minor: Annotated[str, Parameter(help="In the currency's smallest unit: 500 is 5.00 USD.")] = "",
    terms: Terms = NOTHING,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Takes off either a percentage or an amount; that, and the code, stay for good."""

    async def work(services: Services, merchant_id: MerchantId) -> Coupon:
        fields = CouponFields(
            code,
            rate_ppm=parse_percent(percent, "percent") if percent else 0,
            amount_minor=whole_number("amount_minor", amount_minor) if amount_minor else 0,
        )
        return await create_coupon(services, merchant_id, terms.on(fields))

    return _one(work, whose, as_json=json)


def list_(
    *,
    code: Annotated[str, Parameter(help="Only those whose code begins so.")] = "",
    active: Annotated[
        bool | None, Parameter(name="--on", help="Only those that are on, or off.", negative="--off")
    ] = None,
    limit_: Annotated[
        str, Parameter(name="--limit", help="At most so many, up to 100; 20 if not given.")
    ] = "20",
    cursor: Annotated[str, Parameter(help="next_cursor of the page before.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Newest first."""

    async def work(services: Services, merchant_id: MerchantId) -> tuple[list[CouponObject], str | None]:
        page = await find_coupons(
            services,
            merchant_id,
            limit=whole_number("limit", limit_),
            before=cursor or BEFORE_ALL,
            wanted=CouponFilter(code_start(code), active),
        )
        now = services.clock.now_us()
        return [coupon_object(coupon, now) for coupon in page.coupons], page.next_cursor

    found, next_cursor = in_books(work, whose)
    answer({"data": found, "next_cursor": next_cursor}, as_json=json, person=lambda: _table(found))
    return OK


def show(coupon_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """All fields of one coupon."""

    async def work(services: Services, merchant_id: MerchantId) -> Coupon:
        return await read_coupon(services, merchant_id, CouponId(coupon_id))

    return _one(work, whose, as_json=json)


def update(
    coupon_id: Id,
    /,
    *,
    terms: Terms = NOTHING,
    no_links: Annotated[bool, Parameter(help="For every link that takes codes.", negative="")] = False,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Sets what is given and leaves the rest. Code and worth stay as they were made."""

    def edit(fields: CouponFields) -> CouponFields:
        return terms.on(replace(fields, link_ids=()) if no_links else fields)

    async def work(services: Services, merchant_id: MerchantId) -> Coupon:
        return await edit_coupon(services, merchant_id, CouponId(coupon_id), edit)

    return _one(work, whose, as_json=json)


def _one(
    work: Callable[[Services, MerchantId], Coroutine[Any, Any, Coupon]], whose: Whose, *, as_json: bool
) -> int:
    async def command(services: Services, merchant_id: MerchantId) -> CouponObject:
        coupon = await work(services, merchant_id)
        return coupon_object(coupon, services.clock.now_us())

    coupon = in_books(command, whose)
    answer(coupon, as_json=as_json, person=lambda: Table(("Field", "Value"), _rows(coupon)))
    return OK


def _rows(coupon: CouponObject) -> list[tuple[str, str]]:
    """What matters first; what is empty is left out."""
    minimum = ""
    if coupon.minimum_minor and coupon.currency is not None:
        minimum = format_money(Money(coupon.minimum_minor, coupon.currency))
    rows = {
        "Code": coupon.code,
        "Status": coupon.status,
        "Off": _off(coupon),
        "On the bill": coupon.name,
        "Only from": minimum,
        "Only in": coupon.currency or "",
        "Used": f"{coupon.uses} of {_number(coupon.uses_max)}",
        "Uses for one": _number(coupon.uses_per_customer_max),
        "Starts": _time(coupon.starts_at),
        "Expires": _time(coupon.expires_at),
        "Only for": ", ".join(coupon.payment_link_ids),
        "Applies by itself": "yes" if coupon.is_automatic else "",
        "Created": _time(coupon.created_at),
        "Id": coupon.id,
    }
    return [(name, value) for name, value in rows.items() if value]


def _table(found: list[CouponObject]) -> Table:
    rows = [
        (each.code, each.status, _off(each), each.name, _time(each.expires_at), each.id) for each in found
    ]
    heads = ("Code", "Status", "Off", "On the bill", "Expires", "Id")
    return Table(heads, rows, empty="There are no such coupons.", whole=("Id",))


def _off(coupon: CouponObject) -> str:
    if coupon.amount_minor is None or coupon.currency is None:
        return f"{coupon.percent}%"
    return format_money(Money(coupon.amount_minor, coupon.currency))


def _number(limit: int | None) -> str:
    return "" if limit is None else f"at most {limit:,}"


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
