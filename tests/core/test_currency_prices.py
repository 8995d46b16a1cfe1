"""One link, several currencies: each amount is the merchant's own, nothing else differs, nothing is converted."""

from dataclasses import replace
from typing import Any

import pytest

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldsInvalid
from linktill.core.link_terms import LinkFields, checked_terms, fields_of
from linktill.core.money import Money
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import (
    Choices,
    CurrencyPrices,
    Discount,
    Item,
    ItemPrice,
    NamedPrice,
    OpenAmount,
    Parts,
    Pricing,
    ShippingRate,
    Tax,
    Tips,
    Variant,
)

NOW = 1_800_000_000_000_000
SHOP = Pricing(
    items=(
        Item("Mug", 1_200, 2, 1, 5, stock=9),
        Item("Shirt", 0, is_optional=True, variants=(Variant("M", 2_000, 3), Variant("L", 2_500))),
    ),
    taxes=(Tax("VAT", 190_000, is_inclusive=True),),
    discounts=(Discount("Regulars", rate_ppm=100_000), Discount("Voucher", amount_minor=500)),
    tips=Tips((100_000,)),
    shipping=(ShippingRate("Parcel", 600, (), 10_000), ShippingRate("Van", 900)),
    home="DE",
)
EUROS = CurrencyPrices(
    "EUR",
    items=(ItemPrice("", 1_100), ItemPrice("", 0, (NamedPrice("", 1_900), NamedPrice("", 2_400)))),
    discounts=(NamedPrice("", 0), NamedPrice("", 450)),
    shipping=(NamedPrice("", 550, 9_000), NamedPrice("", 850)),
)
YEN = CurrencyPrices(
    "JPY",
    items=(ItemPrice("Mug", 1_800), ItemPrice("Shirt", 0, (NamedPrice("M", 3_000), NamedPrice("L", 3_800)))),
    discounts=(NamedPrice("Regulars", 0), NamedPrice("Voucher", 700)),
    shipping=(NamedPrice("Parcel", 900, 15_000), NamedPrice("Van", 1_400)),
)


def terms(pricing: Pricing, amount: int = 0, before: LinkTerms | None = None) -> LinkTerms:
    fields = LinkFields(amount, "USD", "Things", payments_max=None, pricing=pricing)
    return checked_terms(fields, now=NOW, before=before)


def errors(pricing: Pricing, amount: int = 0, before: LinkTerms | None = None) -> dict[str, str]:
    with pytest.raises(FieldsInvalid) as refused:
        terms(pricing, amount, before)
    return {error.param: error.message for error in refused.value.errors}


def in_all(**changes: Any) -> Pricing:
    return replace(SHOP, currencies=(replace(EUROS, **changes), YEN))


def test_a_plain_link_has_a_plain_price_in_each_currency() -> None:
    made = terms(Pricing(currencies=(CurrencyPrices("EUR", 3_900), CurrencyPrices("JPY", 6_000))), 4_000)
    assert made.currencies == ("USD", "EUR", "JPY")
    assert made.due == Money(4_000, "USD")
    for currency, minor in (("USD", 4_000), ("EUR", 3_900), ("JPY", 6_000)):
        alone = made.in_currency(currency)
        assert (alone.amount, alone.pricing, alone.due) == (
            Money(minor, currency),
            None,
            Money(minor, currency),
        )
    assert made.in_currency("CHF") == made.in_currency("USD")
    assert made.in_currency("eur") == made.in_currency("USD")
    assert terms(fields_of(made).pricing or Pricing(), 4_000) == made


def test_a_shop_has_its_own_amounts_in_each_and_nothing_else_differs() -> None:
    made = terms(replace(SHOP, currencies=(EUROS, YEN)))
    euros, yen = made.in_currency("EUR"), made.in_currency("JPY")
    assert [made.amount, euros.amount, yen.amount] == [
        Money(2_400, "USD"),
        Money(2_200, "EUR"),
        Money(3_600, "JPY"),
    ]
    assert made.pricing is not None
    assert euros.pricing is not None
    # 2 mugs and a large shirt: 22.00 + 24.00 less 10 % less 4.50, and the parcel.
    choices = Choices(quantities=(2, 1), variants=(None, 1))
    assert euros.quote(choices).total == Money(4_600 - 460 - 450 + 550, "EUR")
    assert yen.quote(choices).total == Money(3_600 + 3_800 - 740 - 700 + 900, "JPY")
    dear = Choices(quantities=(5, 1), variants=(None, 1), shipping=0)
    assert yen.quote(dear).shipping is not None
    for name in ("taxes", "tips", "home", "takes_codes"):
        assert getattr(euros.pricing, name) == getattr(SHOP, name)
    assert [(item.name, item.quantity, item.stock, item.quantity_max) for item in euros.pricing.items] == [
        (item.name, item.quantity, item.stock, item.quantity_max) for item in SHOP.items
    ]
    # Names are filled in, and the amount that follows from the items.
    kept = made.pricing.currencies[0]
    assert (kept.items[1].variants[1].name, kept.shipping[1].name, kept.amount_minor) == ("L", "Van", 2_200)


def test_an_open_amount_has_its_own_bounds() -> None:
    opened = OpenAmount(500, 50_000, (1_000, 2_500))
    own = CurrencyPrices("JPY", open_amount=OpenAmount(1_000, 80_000, (2_000,)))
    made = terms(Pricing(open_amount=opened, currencies=(own,)))
    yen = made.in_currency("JPY")
    assert yen.quote(Choices(amount_minor=2_000)).total == Money(2_000, "JPY")
    assert made.may_come_to(Money(2_000, "JPY"))
    assert not made.may_come_to(Money(2_000, "EUR"))
    assert "currency_options.0.open_amount" in errors(
        Pricing(open_amount=opened, currencies=(CurrencyPrices("JPY"),))
    )
    assert terms(Pricing(open_amount=OpenAmount(), currencies=(CurrencyPrices("JPY"),))).currencies == (
        "USD",
        "JPY",
    )


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"currency": "usd"}, "currency_options.0.currency"),
        ({"currency": "XTS"}, "currency_options.0.currency"),
        ({"currency": "HRK"}, "currency_options.0.currency"),
        ({"currency": "USD"}, "currency_options.0.currency"),
        ({"currency": "JPY"}, "currency_options.1.currency"),
        ({"items": EUROS.items[:1]}, "currency_options.0.line_items"),
        (
            {"items": (replace(EUROS.items[0], name="Cup"), EUROS.items[1])},
            "currency_options.0.line_items.0.name",
        ),
        (
            {"items": (replace(EUROS.items[0], unit_minor=-1), EUROS.items[1])},
            "currency_options.0.line_items.0.unit_amount_minor",
        ),
        (
            {"items": (replace(EUROS.items[0], variants=(NamedPrice("", 1),)), EUROS.items[1])},
            "currency_options.0.line_items.0.variants",
        ),
        (
            {"items": (EUROS.items[0], ItemPrice("", 0, (NamedPrice("", 1), NamedPrice("M", 1))))},
            "currency_options.0.line_items.1.variants.1.name",
        ),
        (
            {"items": (EUROS.items[0], ItemPrice("", 0, (NamedPrice("", 1), NamedPrice("", 10**12))))},
            "currency_options.0.line_items.1.variants.1.unit_amount_minor",
        ),
        ({"open_amount": OpenAmount()}, "currency_options.0.open_amount"),
        ({"discounts": ()}, "currency_options.0.discounts"),
        (
            {"discounts": (NamedPrice("", 1), NamedPrice("", 450))},
            "currency_options.0.discounts.0.amount_minor",
        ),
        (
            {"discounts": (NamedPrice("", 0), NamedPrice("", 0))},
            "currency_options.0.discounts.1.amount_minor",
        ),
        ({"shipping": EUROS.shipping[:1]}, "currency_options.0.shipping_rates"),
        (
            {"shipping": (NamedPrice("", 1), EUROS.shipping[1])},
            "currency_options.0.shipping_rates.0.free_from_minor",
        ),
        (
            {"shipping": (EUROS.shipping[0], NamedPrice("", 1, 5))},
            "currency_options.0.shipping_rates.1.free_from_minor",
        ),
        (
            {"shipping": (NamedPrice("", -1, 5), EUROS.shipping[1])},
            "currency_options.0.shipping_rates.0.amount_minor",
        ),
    ],
)
def test_mc16_what_does_not_match_is_named_with_its_place(changes: dict[str, Any], param: str) -> None:
    found = errors(in_all(**changes))
    assert list(found) == [param]
    assert found[param].endswith(".")


def test_a_price_is_needed_and_nothing_to_pay_is_none() -> None:
    assert errors(Pricing(currencies=(CurrencyPrices("EUR"),)), 4_000) == {
        "currency_options.0.amount_minor": "Say what it costs in EUR, in minor units."
    }
    assert list(errors(Pricing(currencies=(CurrencyPrices("EUR", 10**12),)), 4_000)) == [
        "currency_options.0.amount_minor"
    ]
    free = Pricing(
        discounts=(Discount("Off", amount_minor=100),),
        currencies=(CurrencyPrices("EUR", 3_900, discounts=(NamedPrice("", 3_900),)),),
    )
    assert list(errors(free, 4_000)) == ["currency_options.0.discounts"]


def test_at_most_ten() -> None:
    codes = [code for code in EXPONENTS if code != "USD"]
    several = tuple(CurrencyPrices(code, 100) for code in codes[:10])
    assert len(terms(Pricing(currencies=several), 4_000).currencies) == 11
    assert errors(Pricing(currencies=(*several, CurrencyPrices(codes[10], 100))), 4_000) == {
        "currency_options": "At most 10."
    }


@pytest.mark.parametrize(
    ("param", "changes"),
    [
        ("partial_payments", {"parts": Parts()}),
        ("amount_limit_minor", {"limit_minor": 9_000}),
        ("goal_minor", {"goal_minor": 9_000}),
    ],
)
def test_what_counts_in_one_currency_does_not_go_with_several(param: str, changes: dict[str, Any]) -> None:
    """In each direction the error is about what was set last."""
    several = (CurrencyPrices("EUR", 3_900),)
    both = replace(Pricing(currencies=several), **changes)
    assert list(errors(both, 4_000)) == [param]
    assert list(errors(both, 4_000, terms(Pricing(currencies=several), 4_000))) == [param]
    counted = terms(replace(Pricing(), **changes), 4_000)
    assert list(errors(both, 4_000, counted)) == ["currency_options"]
