"""What a merchant may put into the pricing of a link. Every door checks here, through `core/link_terms.py`, and nowhere else."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from linktill.core.computation import compute
from linktill.core.countries import COUNTRIES
from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.parts import least_choices
from linktill.core.pricing import (
    QUANTITY_MAX,
    WHOLE_PPM,
    Discount,
    Item,
    OpenAmount,
    Parts,
    Pricing,
    ShippingRate,
    Tax,
    Tips,
    Variant,
)
from linktill.core.stock import STOCK_MAX, stocked

ITEMS_MAX: Final = 30
VARIANTS_MAX: Final = 30
SUGGESTED_MAX: Final = 6
TAXES_MAX: Final = 10
SHIPPING_MAX: Final = 20
DISCOUNTS_MAX: Final = 10
NAME_MAX: Final = 120
PERCENT: Final = r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?"
_PERCENT: Final = re.compile(PERCENT, re.ASCII)
_PPM_DIGITS: Final = 4

Clean: TypeAlias = Callable[[str, str, int], str]
"""Text, the field it is in, how long it may be → text that is safe to keep and show. Raises FieldInvalid."""


def parse_percent(text: str, param: str, *, may_be_zero: bool = False) -> int:
    """`19` or `8.875` as millionths of the whole: more than nothing, at most a hundred percent. Raises FieldInvalid."""
    text = text.strip()
    whole, _, fraction = text.partition(".")
    ppm = int(whole + fraction.ljust(_PPM_DIGITS, "0")) if _PERCENT.fullmatch(text) else -1
    if not (0 if may_be_zero else 1) <= ppm <= WHOLE_PPM:
        raise FieldInvalid(
            param, "Write a percentage up to 100 with at most four decimals, such as 19 or 8.875."
        )
    return ppm


def percent_text(ppm: int) -> str:
    """Millionths as `parse_percent` reads them, without zeros at the end."""
    whole, fraction = divmod(ppm, 10**_PPM_DIGITS)
    return f"{whole}.{fraction:0{_PPM_DIGITS}d}".rstrip("0").rstrip(".") if fraction else str(whole)


def checked_pricing(pricing: Pricing, clean: Clean) -> tuple[Pricing, tuple[FieldError, ...]]:
    """The same with its texts cleaned, and what is wrong with it. Names such as `line_items.0.quantity`."""
    cleaned = _cleaned(pricing, clean)
    if isinstance(cleaned, FieldError):
        return pricing, (cleaned,)
    return cleaned, tuple(_errors(cleaned))


def standing_amount(price: Money, description: str, pricing: Pricing) -> Money:
    """The price of the link before discounts and taxes, for a payer who changes nothing. Of checked pricing; raises FieldInvalid
    where nothing, or more than anybody can pay, would be charged.
    """
    found = compute(price, description, pricing)
    if pricing.parts is not None:
        for name, minor in (
            ("first_minimum_minor", pricing.parts.first_minor),
            ("minimum_minor", pricing.parts.least_minor),
        ):
            if minor > found.total_minor:
                raise FieldInvalid(
                    f"partial_payments.{name}", f"At most the total, {found.total_minor} minor units."
                )
    least = compute(price, description, pricing, least_choices(pricing)).total_minor
    if pricing.limit_minor is not None and least > pricing.limit_minor:
        raise FieldInvalid(
            "amount_limit_minor", f"Not one payment fits: the least comes to {least} minor units."
        )
    if found.total_minor == 0 and not pricing.asks:
        raise FieldInvalid(
            "discounts" if pricing.discounts else "line_items", "Nothing would be left to be paid."
        )
    return Money(found.subtotal_minor, price.currency)


def _cleaned(pricing: Pricing, clean: Clean) -> Pricing | FieldError:
    try:
        return replace(
            pricing,
            items=tuple(
                replace(
                    item,
                    name=clean(item.name, f"line_items.{at}.name", NAME_MAX),
                    variants=tuple(
                        replace(form, name=clean(form.name, f"line_items.{at}.variants.{n}.name", NAME_MAX))
                        for n, form in enumerate(item.variants)
                    ),
                )
                for at, item in enumerate(pricing.items)
            ),
            taxes=tuple(
                replace(tax, name=clean(tax.name, f"tax_rates.{at}.name", NAME_MAX))
                for at, tax in enumerate(pricing.taxes)
            ),
            discounts=tuple(
                replace(discount, name=clean(discount.name, f"discounts.{at}.name", NAME_MAX))
                for at, discount in enumerate(pricing.discounts)
            ),
            shipping=tuple(
                replace(rate, name=clean(rate.name, f"shipping_rates.{at}.name", NAME_MAX))
                for at, rate in enumerate(pricing.shipping)
            ),
        )
    except FieldInvalid as invalid:
        return FieldError(invalid.param or "line_items", str(invalid))


def _errors(pricing: Pricing) -> Iterator[FieldError]:
    if pricing.items and pricing.open_amount is not None:
        yield FieldError("open_amount", "A link has either items or an open amount. Leave out one of them.")
    for limit, name, found in (
        (ITEMS_MAX, "line_items", pricing.items),
        (TAXES_MAX, "tax_rates", pricing.taxes),
        (DISCOUNTS_MAX, "discounts", pricing.discounts),
        (SHIPPING_MAX, "shipping_rates", pricing.shipping),
    ):
        if len(found) > limit:
            yield FieldError(name, f"At most {limit}.")
            return
    names = [tax.name for tax in pricing.taxes]
    for at, item in enumerate(pricing.items):
        yield from _item_errors(item, f"line_items.{at}", names)
    if pricing.open_amount is not None:
        yield from open_errors(pricing.open_amount)
    yield from _tax_errors(pricing.taxes)
    yield from _discount_errors(pricing.discounts)
    for at, rate in enumerate(pricing.shipping):
        yield from _shipping_errors(rate, f"shipping_rates.{at}", names)
    yield from _home_errors(pricing)
    if pricing.tips is not None:
        yield from _tip_errors(pricing.tips)
    if pricing.parts is not None:
        yield from _part_errors(pricing, pricing.parts)
    for name, minor in (("amount_limit_minor", pricing.limit_minor), ("goal_minor", pricing.goal_minor)):
        if minor is not None and not 1 <= minor <= AMOUNT_MAX_MINOR:
            yield FieldError(name, f"From 1 to {AMOUNT_MAX_MINOR}.")


def _item_errors(item: Item, param: str, taxes: Sequence[str]) -> Iterator[FieldError]:
    if not item.name:
        yield FieldError(f"{param}.name", "Say what it is.")
    if not 0 <= item.unit_minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.unit_amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")
    if not 1 <= item.quantity_min <= QUANTITY_MAX:
        yield FieldError(
            f"{param}.quantity_min", f"From 1 to {QUANTITY_MAX}. What may be left out is optional."
        )
    elif not item.quantity_min <= item.quantity_max <= QUANTITY_MAX:
        yield FieldError(f"{param}.quantity_max", f"From {item.quantity_min} to {QUANTITY_MAX}.")
    elif not item.quantity_min <= item.quantity <= item.quantity_max:
        yield FieldError(f"{param}.quantity", f"From {item.quantity_min} to {item.quantity_max}.")
    yield from _stock_errors(item, param)
    if len(item.variants) > VARIANTS_MAX:
        yield FieldError(f"{param}.variants", f"At most {VARIANTS_MAX}.")
        return
    for n, form in enumerate(item.variants):
        if not form.name:
            yield FieldError(f"{param}.variants.{n}.name", "Say which one it is.")
        if not 0 <= form.unit_minor <= AMOUNT_MAX_MINOR:
            yield FieldError(f"{param}.variants.{n}.unit_amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")
        yield from _stock_errors(form, f"{param}.variants.{n}")
    yield from _twice((form.name for form in item.variants), f"{param}.variants")
    yield from _named_errors(item.taxes or (), f"{param}.tax_rates", taxes)


def _named_errors(names: Sequence[str], param: str, taxes: Sequence[str]) -> Iterator[FieldError]:
    for name in names:
        if name not in taxes:
            there = f"There are {', '.join(taxes)}." if taxes else "The link has none."
            yield FieldError(param, f"There is no tax rate {name}. {there}")
    yield from _twice(names, param)


def _shipping_errors(rate: ShippingRate, param: str, taxes: Sequence[str]) -> Iterator[FieldError]:
    if not rate.name:
        yield FieldError(f"{param}.name", "Name the way as the payer knows it, such as Parcel.")
    if not 0 <= rate.amount_minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")
    if rate.free_from_minor is not None and not 1 <= rate.free_from_minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.free_from_minor", f"From 1 to {AMOUNT_MAX_MINOR}.")
    yield from _country_errors(rate.countries, f"{param}.countries")
    yield from _named_errors(rate.taxes or (), f"{param}.tax_rates", taxes)


def _country_errors(countries: Sequence[str], param: str) -> Iterator[FieldError]:
    for country in countries:
        if country not in COUNTRIES:
            yield FieldError(param, f"{country} is no country. Write its two letters, such as DE.")
            return
    yield from _twice(countries, param)


def _home_errors(pricing: Pricing) -> Iterator[FieldError]:
    if pricing.home and pricing.home not in COUNTRIES:
        yield FieldError("merchant_country", "Write the two letters of a country, such as DE.")
    elif pricing.asks_country and not pricing.home:
        yield FieldError(
            "merchant_country", "Say which country you sell from: shipping and taxes by country need it."
        )


def _stock_errors(one: Item | Variant, param: str) -> Iterator[FieldError]:
    if one.stock is not None and not 0 <= one.stock <= STOCK_MAX:
        yield FieldError(f"{param}.stock", f"From 0 to {STOCK_MAX}.")
    if one.stock is None and one.key:
        yield FieldError(f"{param}.id", "It goes with stock. Send both, or neither.")


def key_errors(pricing: Pricing, before: Pricing | None) -> Iterator[FieldError]:
    """What is wrong with the keys of what is counted: only those that the link has may be sent, and each once."""
    known = {each.key for each in stocked(before)}
    for at, item in enumerate(pricing.items):
        for param, key in (
            (f"line_items.{at}.id", item.key),
            *((f"line_items.{at}.variants.{n}.id", form.key) for n, form in enumerate(item.variants)),
        ):
            if key and key not in known:
                yield FieldError(param, "The link counts nothing under it. Leave it out: it is given then.")
            known.discard(key)


def open_errors(rule: OpenAmount) -> Iterator[FieldError]:
    if not 1 <= rule.minimum_minor <= AMOUNT_MAX_MINOR:
        yield FieldError("open_amount.minimum_minor", f"From 1 to {AMOUNT_MAX_MINOR}.")
    elif not rule.minimum_minor <= rule.maximum_minor <= AMOUNT_MAX_MINOR:
        yield FieldError("open_amount.maximum_minor", f"From {rule.minimum_minor} to {AMOUNT_MAX_MINOR}.")
    elif len(rule.suggested_minor) > SUGGESTED_MAX:
        yield FieldError("open_amount.suggested_minor", f"At most {SUGGESTED_MAX}.")
    else:
        for at, suggested in enumerate(rule.suggested_minor):
            if not rule.minimum_minor <= suggested <= rule.maximum_minor:
                words = f"From {rule.minimum_minor} to {rule.maximum_minor}."
                yield FieldError(f"open_amount.suggested_minor.{at}", words)


def _tax_errors(taxes: Sequence[Tax]) -> Iterator[FieldError]:
    for at, tax in enumerate(taxes):
        if not tax.name:
            yield FieldError(f"tax_rates.{at}.name", "Name the tax as the payer knows it, such as VAT.")
        if not (0 if tax.rates else 1) <= tax.rate_ppm <= WHOLE_PPM:
            yield FieldError(f"tax_rates.{at}.percent", "More than 0 and at most 100.")
        yield from _country_errors([country for country, _ in tax.rates], f"tax_rates.{at}.percents")
        if any(not 0 <= ppm <= WHOLE_PPM for _, ppm in tax.rates):
            yield FieldError(f"tax_rates.{at}.percents", "From 0 to 100.")
        if tax.is_reversible and not tax.rates:
            yield FieldError(f"tax_rates.{at}.percents", "Reverse charge needs the rates by country.")
    yield from _twice((tax.name for tax in taxes), "tax_rates")


def _discount_errors(discounts: Sequence[Discount]) -> Iterator[FieldError]:
    for at, discount in enumerate(discounts):
        if not discount.name:
            yield FieldError(f"discounts.{at}.name", "Name the discount as the payer is to read it.")
        if bool(discount.rate_ppm) == bool(discount.amount_minor):
            yield FieldError(f"discounts.{at}.percent", "Send either percent or amount_minor.")
        elif not 0 <= discount.rate_ppm <= WHOLE_PPM:
            yield FieldError(f"discounts.{at}.percent", "More than 0 and at most 100.")
        elif not 0 <= discount.amount_minor <= AMOUNT_MAX_MINOR:
            yield FieldError(f"discounts.{at}.amount_minor", f"From 1 to {AMOUNT_MAX_MINOR}.")


def _tip_errors(tips: Tips) -> Iterator[FieldError]:
    if not tips.suggested_ppm and not tips.is_open:
        yield FieldError("tips", "Suggest a percentage, or let payers name an amount.")
    if len(tips.suggested_ppm) > SUGGESTED_MAX:
        yield FieldError("tips.suggested_percents", f"At most {SUGGESTED_MAX}.")
    for at, ppm in enumerate(tips.suggested_ppm):
        if not 0 < ppm <= WHOLE_PPM:
            yield FieldError(f"tips.suggested_percents.{at}", "More than 0 and at most 100.")


def _part_errors(pricing: Pricing, parts: Parts) -> Iterator[FieldError]:
    if pricing.is_open:
        yield FieldError(
            "partial_payments",
            "Only what is the same for every payer can be paid in parts: leave out what payers choose.",
        )
    if pricing.takes_codes:
        yield FieldError("takes_codes", "What is paid in parts takes no codes. Leave out one of them.")
    if pricing.limit_minor is not None:
        yield FieldError("amount_limit_minor", "What is paid in parts is limited by its total. Leave it out.")
    for name, minor in (("first_minimum_minor", parts.first_minor), ("minimum_minor", parts.least_minor)):
        if not 1 <= minor <= AMOUNT_MAX_MINOR:
            yield FieldError(f"partial_payments.{name}", f"From 1 to {AMOUNT_MAX_MINOR}.")


def _twice(names: Iterable[str], param: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield FieldError(param, f"{name} is there twice. Give each a name of its own.")
            return
        seen.add(name)
