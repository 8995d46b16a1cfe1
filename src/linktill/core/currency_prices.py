"""One link, several currencies, each with the merchant's own prices: which amounts there are, and what may be put into them.

Nothing is converted. What differs between currencies is amounts; items, quantities, stock, taxes and rates are the link's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money, check_amount
from linktill.core.pricing import (
    CurrencyPrices,
    Item,
    ItemPrice,
    NamedPrice,
    OpenAmount,
    Pricing,
)
from linktill.core.pricing_terms import open_errors, standing_amount

CURRENCIES_MAX: Final = 10
_ONE_CURRENCY: Final = (
    ("partial_payments", "parts"),
    ("amount_limit_minor", "limit_minor"),
    ("goal_minor", "goal_minor"),
)
"""What counts in one currency: field → its name in core."""


def prices_in(price: Money, pricing: Pricing, currency: str) -> tuple[Money, Pricing | None]:
    """Price and pricing in one currency: this one where there are prices in it, else the link's own."""
    found = next((each for each in pricing.currencies if each.currency == currency), None)
    if found is None:
        alone = replace(pricing, currencies=())
        return price, None if alone == Pricing() else alone
    alone = replace(
        pricing,
        items=tuple(
            replace(
                item,
                unit_minor=own.unit_minor,
                variants=tuple(
                    replace(form, unit_minor=each.minor)
                    for form, each in zip(item.variants, own.variants, strict=True)
                ),
            )
            for item, own in zip(pricing.items, found.items, strict=True)
        ),
        open_amount=found.open_amount,
        discounts=tuple(
            replace(discount, amount_minor=own.minor)
            for discount, own in zip(pricing.discounts, found.discounts, strict=True)
        )
        if found.discounts
        else pricing.discounts,
        shipping=tuple(
            replace(rate, amount_minor=own.minor, free_from_minor=own.free_from_minor)
            for rate, own in zip(pricing.shipping, found.shipping, strict=True)
        ),
        currencies=(),
    )
    return Money(found.amount_minor, currency), None if alone == Pricing() else alone


def checked_currencies(
    price: Money, description: str, pricing: Pricing, before: Pricing | None = None
) -> tuple[Pricing, tuple[FieldError, ...]]:
    """The same with the names of what the prices are of, and what is wrong with them. The rest of `pricing` holds.
    `before`: what is being edited.
    """
    found = list(_conflicts(pricing, before))
    if len(pricing.currencies) > CURRENCIES_MAX:
        found.append(FieldError("currency_options", f"At most {CURRENCIES_MAX}."))
    if found:
        return pricing, tuple(found)
    kept: list[CurrencyPrices] = []
    seen = {price.currency}
    for at, sent in enumerate(pricing.currencies):
        param = f"currency_options.{at}"
        wrong = [*_currency_errors(sent.currency, seen, param), *_errors(sent, pricing, param)]
        seen.add(sent.currency)
        prices = sent
        if not wrong:
            prices, wrong = _standing(_named(sent, pricing), description, pricing, param)
        kept.append(prices)
        found.extend(wrong)
    return replace(pricing, currencies=tuple(kept)), tuple(found)


def _conflicts(pricing: Pricing, before: Pricing | None) -> Iterator[FieldError]:
    """Whatever was set last is in the way."""
    for param, name in _ONE_CURRENCY:
        if getattr(pricing, name) is not None:
            is_old = before is not None and getattr(before, name) is not None
            words = f"{param} counts in one currency. Leave it out, or leave out currency_options."
            yield FieldError("currency_options" if is_old else param, words)


def _currency_errors(currency: str, seen: set[str], param: str) -> Iterator[FieldError]:
    if currency not in EXPONENTS:
        words = f"Not a currency in use: {currency[:8]!r}. Send an ISO 4217 code in capitals, such as EUR."
        yield FieldError(f"{param}.currency", words)
    elif currency in seen:
        yield FieldError(
            f"{param}.currency", f"The link has prices in {currency} already. Send each currency once."
        )


def _errors(prices: CurrencyPrices, pricing: Pricing, param: str) -> Iterator[FieldError]:
    if not pricing.items and not (pricing.open_amount is not None and prices.amount_minor == 0):
        try:
            check_amount(prices.amount_minor, param=f"{param}.amount_minor")
        except FieldInvalid as invalid:
            words = f"Say what it costs in {prices.currency[:8]}, in minor units."
            yield FieldError(f"{param}.amount_minor", str(invalid) if prices.amount_minor else words)
    names = [item.name for item in pricing.items]
    yield from _place_errors([each.name for each in prices.items], names, f"{param}.line_items")
    for place, (own, item) in enumerate(zip(prices.items, pricing.items, strict=False)):
        yield from _item_errors(own, item, f"{param}.line_items.{place}")
    yield from _open_errors(prices.open_amount, pricing.open_amount, param)
    has_amounts = any(discount.amount_minor for discount in pricing.discounts)
    if prices.discounts or has_amounts:
        names = [discount.name for discount in pricing.discounts]
        yield from _place_errors([each.name for each in prices.discounts], names, f"{param}.discounts")
    for place, (off, discount) in enumerate(zip(prices.discounts, pricing.discounts, strict=False)):
        if discount.rate_ppm and off.minor:
            words = "This discount is a percentage, which holds in every currency. Leave its amount out."
            yield FieldError(f"{param}.discounts.{place}.amount_minor", words)
        elif not discount.rate_ppm and not 1 <= off.minor <= AMOUNT_MAX_MINOR:
            yield FieldError(f"{param}.discounts.{place}.amount_minor", f"From 1 to {AMOUNT_MAX_MINOR}.")
    names = [rate.name for rate in pricing.shipping]
    yield from _place_errors([each.name for each in prices.shipping], names, f"{param}.shipping_rates")
    for place, (own_rate, rate) in enumerate(zip(prices.shipping, pricing.shipping, strict=False)):
        yield from _shipping_errors(
            own_rate, f"{param}.shipping_rates.{place}", is_ever_free=rate.free_from_minor is not None
        )


def _place_errors(own: Sequence[str], there: Sequence[str], param: str) -> Iterator[FieldError]:
    """Prices go by place. Where they have names, too, a new order cannot give one thing the price of another."""
    if len(own) != len(there):
        if there:
            words = (
                f"The link has {len(there)}, and here are {len(own)}. Send a price for each, in its order."
            )
        else:
            words = "The link itself has none. Leave it out."
        yield FieldError(param, words)
        return
    for place, (name, known) in enumerate(zip(own, there, strict=True)):
        if name not in {"", known}:
            yield FieldError(
                f"{param}.{place}.name",
                f"Here the link has {known}. Send its prices in this currency anew, in its order.",
            )


def _item_errors(own: ItemPrice, item: Item, param: str) -> Iterator[FieldError]:
    if not 0 <= own.unit_minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.unit_amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")
    names = [form.name for form in item.variants]
    yield from _place_errors([each.name for each in own.variants], names, f"{param}.variants")
    for place, form in enumerate(own.variants):
        if not 0 <= form.minor <= AMOUNT_MAX_MINOR:
            yield FieldError(f"{param}.variants.{place}.unit_amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")


def _open_errors(own: OpenAmount | None, rule: OpenAmount | None, param: str) -> Iterator[FieldError]:
    if rule is None and own is not None:
        yield FieldError(f"{param}.open_amount", "The link itself has none. Leave it out.")
    elif own is None and rule not in {None, OpenAmount()}:
        words = "Say the least, the most and what is suggested in this currency, too."
        yield FieldError(f"{param}.open_amount", words)
    elif own is not None:
        yield from (FieldError(f"{param}.{error.param}", error.message) for error in open_errors(own))


def _shipping_errors(own: NamedPrice, param: str, *, is_ever_free: bool) -> Iterator[FieldError]:
    if not 0 <= own.minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.amount_minor", f"From 0 to {AMOUNT_MAX_MINOR}.")
    if is_ever_free and own.free_from_minor is None:
        yield FieldError(
            f"{param}.free_from_minor", "Say from how much on it costs nothing in this currency, too."
        )
    elif not is_ever_free and own.free_from_minor is not None:
        yield FieldError(
            f"{param}.free_from_minor", "In the link's own currency it always costs. Leave it out."
        )
    elif own.free_from_minor is not None and not 1 <= own.free_from_minor <= AMOUNT_MAX_MINOR:
        yield FieldError(f"{param}.free_from_minor", f"From 1 to {AMOUNT_MAX_MINOR}.")


def _named(prices: CurrencyPrices, pricing: Pricing) -> CurrencyPrices:
    """With the names of what they are of, of prices that match."""
    opened = prices.open_amount
    return replace(
        prices,
        items=tuple(
            replace(
                own,
                name=item.name,
                unit_minor=0 if item.variants else own.unit_minor,
                variants=tuple(
                    replace(each, name=form.name)
                    for each, form in zip(own.variants, item.variants, strict=True)
                ),
            )
            for own, item in zip(prices.items, pricing.items, strict=True)
        ),
        open_amount=OpenAmount() if opened is None and pricing.open_amount is not None else opened,
        discounts=tuple(
            replace(own, name=discount.name)
            for own, discount in zip(prices.discounts, pricing.discounts, strict=False)
        ),
        shipping=tuple(
            replace(own, name=rate.name) for own, rate in zip(prices.shipping, pricing.shipping, strict=True)
        ),
    )


def _standing(
    prices: CurrencyPrices, description: str, pricing: Pricing, param: str
) -> tuple[CurrencyPrices, list[FieldError]]:
    """With the amount that follows where it does, and why nobody could pay it."""
    price, alone = prices_in(Money(0, ""), replace(pricing, currencies=(prices,)), prices.currency)
    try:
        amount = standing_amount(price, description, alone or Pricing())
    except FieldInvalid as invalid:
        return prices, [FieldError(f"{param}.{invalid.param}", str(invalid))]
    return replace(prices, amount_minor=amount.minor), []
