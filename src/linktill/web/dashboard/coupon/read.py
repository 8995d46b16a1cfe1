"""Reads what a person typed into the form of a coupon, and says beside which field something is to be mended.

Days are days in UTC: a coupon starts when its first day begins and expires when its last day ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from linktill.core.coupon import USES_MAX, Coupon, CouponFields, Owner, checked_coupon, fields_of
from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldInvalid, FieldsInvalid
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.core.money import Money, decimal_text, parse_decimal
from linktill.core.pricing_terms import parse_percent
from linktill.web.dashboard.coupon.view import CouponValues
from linktill.web.dashboard.days import day_text, moment_of_day, read_day
from linktill.web.form import Form, whole_number

TICKED: Final = "link_"
"""Begins the names of the fields that tick links."""
NAMES: Final = tuple(name for name in CouponValues.__dataclass_fields__ if name != "links")
_KEPT_CHARS: Final = 4_000
_NOBODY: Final = Owner(MerchantId(""), CouponId(""))
_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amount_minor": "amount",
        "minimum_minor": "minimum",
        "starts_at": "starts_on",
        "expires_at": "expires_on",
        "payment_link_ids": "where",
    }
)
"""Names of core → names of the form."""
_PAST: Final = "This day is over. Choose a day to come, or none."
_BEFORE_IT_STARTS: Final = "The last day is before the day on which it starts."


@dataclass(frozen=True, slots=True)
class ReadCoupon:
    """What was typed: `edit` makes the fields of it, on top of what the coupon is now."""

    edit: Callable[[CouponFields | None], CouponFields]
    errors: Mapping[str, str]


def form_field(param: str) -> str:
    """The field of the form that core speaks of."""
    return _FIELD.get(param, param)


def values_of(form: Form, start: CouponValues) -> CouponValues:
    """The form as it was sent; `start`: what a field that is missing holds."""
    given = {name: form.text(name)[:_KEPT_CHARS] for name in NAMES if name in form.fields}
    ticked = [name.removeprefix(TICKED) for name in form.fields if name.startswith(TICKED)]
    # A box that is not ticked is not sent.
    return replace(
        start, **{**given, "links": " ".join(ticked)[:_KEPT_CHARS], "is_automatic": form.text("is_automatic")}
    )


def values_of_coupon(coupon: Coupon, currency: str) -> CouponValues:
    """The form for a coupon as it is now. `currency`: what the form begins with where it has none."""
    currency = coupon.currency or currency
    return CouponValues(
        code=coupon.code,
        kind="percent" if coupon.rate_ppm else "amount",
        currency=currency,
        name=coupon.name,
        minimum=decimal_text(Money(coupon.minimum_minor, currency)) if coupon.minimum_minor else "",
        uses_max=_number_text(coupon.uses_max),
        uses_per_customer_max=_number_text(coupon.uses_per_customer_max),
        starts_on=day_text(coupon.starts_at),
        expires_on=day_text(coupon.expires_at),
        where="some" if coupon.link_ids else "all",
        links=" ".join(coupon.link_ids),
        is_automatic="yes" if coupon.is_automatic else "",
    )


def read_coupon_form(values: CouponValues, *, now: int, before: Coupon | None = None) -> ReadCoupon:
    """Checks everything at once. `before`: the coupon that is being edited."""
    errors: dict[str, str] = {}
    worth = _worth(values, before, errors)
    minimum = _minimum(values, errors)
    uses_max = _number(values.uses_max, "uses_max", errors)
    uses_per_customer_max = _number(values.uses_per_customer_max, "uses_per_customer_max", errors)
    days = {name: read_day(getattr(values, name), name, errors) for name in ("starts_on", "expires_on")}
    link_ids = _links(values, errors)

    def edit(fields: CouponFields | None) -> CouponFields:
        base = worth if fields is None else fields
        currency = base.currency
        if base.rate_ppm:
            # A currency without a minimum can only be one that a program has set; the form does not know it.
            is_kept = fields is not None and fields.minimum_minor == 0
            currency = values.currency if minimum else currency if is_kept else None
        return replace(
            base,
            name=values.name,
            currency=currency,
            minimum_minor=minimum,
            uses_max=uses_max,
            uses_per_customer_max=uses_per_customer_max,
            starts_at=moment_of_day(days["starts_on"], base.starts_at, ends=False),
            expires_at=moment_of_day(days["expires_on"], base.expires_at, ends=True),
            link_ids=link_ids,
            is_automatic=bool(values.is_automatic),
        )

    try:
        checked_coupon(edit(None if before is None else fields_of(before)), _NOBODY, now=now, before=before)
    except FieldsInvalid as invalid:
        for error in invalid.errors:
            errors.setdefault(form_field(error.param), error.message)
    if "expires_on" in errors and days["expires_on"] is not None:
        errors["expires_on"] = _expiry_words(days)
    return ReadCoupon(edit, errors)


def _worth(values: CouponValues, before: Coupon | None, errors: dict[str, str]) -> CouponFields:
    """Code and worth of a new coupon. What cannot be read counts as something, so that its trouble is told once."""
    if before is not None:
        return fields_of(before)
    try:
        if values.kind == "percent":
            return CouponFields(
                values.code, rate_ppm=parse_percent(values.percent.strip().removesuffix("%"), "percent")
            )
        if values.kind == "amount":
            amount = parse_decimal(values.amount, values.currency)
            return CouponFields(values.code, amount_minor=amount.minor, currency=values.currency)
        errors["kind"] = "Choose what it takes off."
    except FieldInvalid as invalid:
        errors[invalid.param or values.kind] = str(invalid)
    return CouponFields(values.code, rate_ppm=1)


def _minimum(values: CouponValues, errors: dict[str, str]) -> int:
    if not values.minimum.strip():
        return 0
    if values.currency not in EXPONENTS:
        errors["currency"] = "Choose a currency."
        return 0
    try:
        return parse_decimal(values.minimum, values.currency, param="minimum", may_be_zero=True).minor
    except FieldInvalid as invalid:
        errors["minimum"] = str(invalid)
        return 0


def _number(text: str, name: str, errors: dict[str, str]) -> int | None:
    text = text.strip()
    if not text:
        return None
    number = whole_number(text)
    if number is None or not 1 <= number <= USES_MAX:
        errors[name] = f"Write a number from 1 to {USES_MAX:,}, or nothing for no limit."
        return None
    return number


def _links(values: CouponValues, errors: dict[str, str]) -> tuple[LinkId, ...]:
    ticked = tuple(map(LinkId, values.links.split()))
    if values.where not in {"all", "some"}:
        errors["where"] = "Choose for which links it is."
    elif values.where == "some" and not ticked:
        errors["where"] = "Tick at least one link."
    return ticked if values.where == "some" else ()


def _expiry_words(days: Mapping[str, date | None]) -> str:
    first, last = days["starts_on"], days["expires_on"]
    return _BEFORE_IT_STARTS if first is not None and last is not None and last < first else _PAST


def _number_text(number: int | None) -> str:
    return "" if number is None else str(number)
