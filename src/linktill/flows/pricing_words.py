"""Pricing in a few words, for people who keep links: the dashboard's pages and the command line."""

from collections.abc import Iterator

from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.pricing import CurrencyPrices, Item, OpenAmount, Parts, Pricing, ShippingRate, Tax, Tips
from linktill.core.pricing_terms import percent_text
from linktill.platform.language import country_name, format_money


def pricing_words(pricing: Pricing | None, currency: str) -> tuple[str, ...]:
    """One line for each part of it; empty where there is only a price."""
    if pricing is None:
        return ()
    others = (f"In {prices.currency}: {'; '.join(_prices(prices))}" for prices in pricing.currencies)
    return (*_words(pricing, currency), *others)


def _words(pricing: Pricing, currency: str) -> Iterator[str]:
    for item in pricing.items:
        yield _item(item, currency)
    if pricing.open_amount is not None:
        yield _open(pricing.open_amount, currency)
    for discount in pricing.discounts:
        off = _percent(discount.rate_ppm) if discount.rate_ppm else _money(discount.amount_minor, currency)
        yield f"{discount.name}: {off} off"
    for tax in pricing.taxes:
        yield _tax(tax)
    for rate in pricing.shipping:
        yield _shipping(rate, currency)
    if pricing.home:
        yield f"Sold from {country_name(pricing.home)}"
    if pricing.tips is not None:
        yield _tips(pricing.tips)
    if pricing.parts is not None:
        yield _parts(pricing.parts, currency)
    if pricing.takes_codes:
        yield "Takes codes of coupons"
    if pricing.goal_minor is not None:
        yield f"Goal: {_money(pricing.goal_minor, currency)}"
    if pricing.limit_minor is not None:
        yield f"At most {_money(pricing.limit_minor, currency)} in all"


def _prices(prices: CurrencyPrices) -> Iterator[str]:
    """What it costs in another currency."""
    currency = prices.currency
    if prices.open_amount is not None:
        yield _open(prices.open_amount, currency)
    elif not prices.items:
        yield _money(prices.amount_minor, currency)
    for item in prices.items:
        if item.variants:
            forms = ", ".join(f"{form.name} {_money(form.minor, currency)}" for form in item.variants)
            yield f"{item.name}: {forms}"
        else:
            yield f"{item.name}: {_money(item.unit_minor, currency)}"
    for off in prices.discounts:
        if off.minor:
            yield f"{off.name}: {_money(off.minor, currency)} off"
    for rate in prices.shipping:
        free = rate.free_from_minor
        from_there = "" if free is None else f", free from {_money(free, currency)}"
        yield f"{rate.name}: {_money(rate.minor, currency)}{from_there}"


def _item(item: Item, currency: str) -> str:
    if item.variants:
        price = ", ".join(
            f"{each.name} {_money(each.unit_minor, currency)}{_stock(each.stock)}" for each in item.variants
        )
    else:
        price = _money(item.unit_minor, currency)
    price += _stock(item.stock)
    few, many = item.quantity_min, item.quantity_max
    several = f", {few} to {many} of them" if many > few else f", {few} of them" if few > 1 else ""
    taxes = "" if item.taxes is None else f", {' and '.join(item.taxes) or 'no tax'}"
    return f"{item.name}: {price}{several}{', if the payer wants it' if item.is_optional else ''}{taxes}"


def _tax(tax: Tax) -> str:
    words = f"{tax.name}: {_percent(tax.rate_ppm)}" if tax.rate_ppm or not tax.rates else f"{tax.name}:"
    if tax.rates:
        named = ", ".join(f"{country} {_percent(ppm)}" for country, ppm in sorted(tax.rates))
        words += f" ({named})" if tax.rate_ppm else f" {named}"
    words += f", {'contained in' if tax.is_inclusive else 'added to'} the prices"
    return f"{words}; businesses abroad pay it themselves" if tax.is_reversible else words


def _shipping(rate: ShippingRate, currency: str) -> str:
    words = f"{rate.name}: {_money(rate.amount_minor, currency)}"
    if rate.free_from_minor is not None:
        words += f", free from {_money(rate.free_from_minor, currency)}"
    taxes = "" if rate.taxes is None else f", {' and '.join(rate.taxes) or 'no tax'}"
    return f"{words}, to {', '.join(sorted(rate.countries)) or 'anywhere'}{taxes}"


def _stock(stock: int | None) -> str:
    return "" if stock is None else f" ({stock} in all)"


def _parts(parts: Parts, currency: str) -> str:
    words = "May be paid in parts"
    if parts.first_minor > 1:
        words += f", the first at least {_money(parts.first_minor, currency)}"
    if parts.least_minor > 1:
        words += f", each at least {_money(parts.least_minor, currency)}"
    return words


def _open(rule: OpenAmount, currency: str) -> str:
    words = "The payer says how much"
    if rule.minimum_minor > 1:
        words += f", at least {_money(rule.minimum_minor, currency)}"
    if rule.maximum_minor < AMOUNT_MAX_MINOR:
        words += f", at most {_money(rule.maximum_minor, currency)}"
    if rule.suggested_minor:
        words += f"; suggested: {', '.join(_money(each, currency) for each in rule.suggested_minor)}"
    return words


def _tips(tips: Tips) -> str:
    suggested = [_percent(ppm) for ppm in tips.suggested_ppm]
    return f"Tips: {', '.join((*suggested, 'any amount') if tips.is_open else suggested)}"


def _percent(ppm: int) -> str:
    return f"{percent_text(ppm)}%"


def _money(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency))
