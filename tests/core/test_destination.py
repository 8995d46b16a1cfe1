"""What is bought goes somewhere: what sending it costs, what a tax is there, and who pays it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.computation import Computation, compute
from linktill.core.destination import countries_served, filled_country
from linktill.core.errors import FieldInvalid
from linktill.core.money import Money
from linktill.core.pricing import WHOLE_PPM, Choices, Discount, Pricing, ShippingRate, Tax
from linktill.core.pricing_terms import checked_pricing, standing_amount
from linktill.core.tax_id import checked_tax_id

LETTER = ShippingRate("Letter", 190, ("DE",))
PARCEL = ShippingRate("Parcel", 590, ("DE", "AT"), free_from_minor=10_000)
WORLD = ShippingRate("Post", 1_490)
VAT = Tax("VAT", 0, rates=(("DE", 190_000), ("AT", 200_000)), is_reversible=True)
SHOP = Pricing(taxes=(VAT,), shipping=(LETTER, PARCEL, WORLD), home="DE")
AUSTRIAN = "ATU13585627"


def bought(minor: int, choices: Choices, pricing: Pricing = SHOP) -> Computation:
    return compute(Money(minor, "EUR"), "Mug", pricing, choices)


def as_written(text: str, _param: str, _most: int) -> str:
    return text


def errors_of(pricing: Pricing) -> dict[str | None, str]:
    return {each.param: str(each.message) for each in checked_pricing(pricing, as_written)[1]}


def test_shipping_and_its_tax_are_added_after_discounts() -> None:
    pricing = replace(SHOP, discounts=(Discount("Spring", rate_ppm=100_000),))
    found = bought(2_000, Choices(country="AT"), pricing)
    assert found.shipping is not None
    assert (found.shipping.name, found.shipping.amount_minor) == ("Parcel", 590)
    (vat,) = found.taxes
    assert (vat.rate_ppm, vat.taxable_minor, vat.amount_minor) == (200_000, 2_390, 478)
    assert found.total_minor == 2_000 - 200 + 590 + 478


def test_the_form_begins_with_the_merchants_country_and_the_first_way_there() -> None:
    found = bought(1_000, Choices())
    assert (found.country, found.shipping and found.shipping.name) == ("DE", "Letter")
    assert found.total_minor == 1_000 + 190 + 226
    assert filled_country(replace(SHOP, shipping=(PARCEL,), home="US")) == "DE"
    assert countries_served(replace(SHOP, shipping=(LETTER, PARCEL))) == {"DE", "AT"}


def test_elsewhere_there_is_no_such_tax_and_another_way_to_send() -> None:
    found = bought(1_000, Choices(country="JP"))
    assert (found.taxes, found.total_minor) == ((), 1_000 + 1_490)


def test_a_country_that_is_not_named_has_the_rate_of_all_others() -> None:
    tax = Tax("VAT", 50_000, rates=(("DE", 190_000), ("CH", 0)))
    pricing = Pricing(taxes=(tax,), home="DE")
    dues = {
        where: bought(1_000, Choices(country=where), pricing).total_minor - 1_000
        for where in ("DE", "CH", "JP")
    }
    assert dues == {"DE": 190, "CH": 0, "JP": 50}


@pytest.mark.parametrize(("minor", "cost"), [(9_999, 590), (10_000, 0), (10_001, 0)])
def test_shipping_is_free_from_an_amount_on(minor: int, cost: int) -> None:
    found = bought(minor, Choices(country="AT", shipping=1))
    assert found.shipping is not None
    assert found.shipping.amount_minor == cost


def test_what_is_free_counts_after_discounts() -> None:
    pricing = replace(SHOP, discounts=(Discount("One off", amount_minor=1),))
    found = bought(10_000, Choices(country="AT"), pricing)
    assert found.shipping is not None
    assert found.shipping.amount_minor == 590


@pytest.mark.parametrize(
    ("choices", "param"),
    [
        (Choices(country="XX"), "country"),
        (Choices(country="de"), "country"),
        (Choices(country="AT", shipping=0), "shipping"),
        (Choices(country="AT", shipping=3), "shipping"),
        (Choices(country="AT", shipping=-1), "shipping"),
        (Choices(country="AT", tax_id="ATU13585628"), "tax_id"),
        (Choices(country="AT", tax_id="?"), "tax_id"),
    ],
)
def test_what_cannot_be_chosen_is_named(choices: Choices, param: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        bought(1_000, choices)
    assert caught.value.param == param


def test_nothing_is_sent_where_no_way_leads() -> None:
    with pytest.raises(FieldInvalid, match="Nothing is sent"):
        bought(1_000, Choices(country="FR"), replace(SHOP, shipping=(LETTER, PARCEL)))


@pytest.mark.parametrize("choices", [Choices(country="DE"), Choices(shipping=0), Choices(tax_id=AUSTRIAN)])
def test_a_plain_link_is_asked_nothing_of_it(choices: Choices) -> None:
    with pytest.raises(FieldInvalid):
        bought(1_000, choices, Pricing())


def test_a_business_abroad_pays_its_own_tax() -> None:
    found = bought(1_000, Choices(country="AT", tax_id="atu 13585627"))
    (vat,) = found.taxes
    assert (vat.is_reversed, vat.rate_ppm, vat.amount_minor, found.tax_id) == (True, 0, 0, AUSTRIAN)
    assert found.total_minor == 1_000 + 590


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        (Choices(country="DE", tax_id="DE136695976"), "at home"),
        (Choices(country="AT"), "no business"),
        (Choices(country="CH", tax_id="CHE107787577IVA"), "no such tax there"),
    ],
)
def test_others_pay_it_to_the_merchant(choices: Choices, why: str) -> None:
    assert not any(part.is_reversed for part in bought(1_000, choices).taxes), why


def test_a_tax_within_the_prices_that_is_reversed_leaves_the_price() -> None:
    pricing = replace(SHOP, taxes=(replace(VAT, is_inclusive=True),), shipping=())
    assert bought(1_200, Choices(country="AT"), pricing).taxes[0].amount_minor == 200
    found = bought(1_200, Choices(country="AT", tax_id=AUSTRIAN), pricing)
    assert (found.total_minor, found.taxes[0].amount_minor) == (1_200, 0)


def test_shipping_may_name_its_taxes() -> None:
    city = Tax("City", 10_000)
    pricing = replace(SHOP, taxes=(VAT, city), shipping=(replace(LETTER, taxes=("City",)),))
    vat, town = bought(1_000, Choices(), pricing).taxes
    assert (vat.taxable_minor, town.taxable_minor) == (1_000, 1_190)


@given(
    st.integers(1, 10_000_000),
    st.integers(0, 100_000),
    st.integers(0, WHOLE_PPM),
    st.integers(0, WHOLE_PPM),
    st.booleans(),
    st.sampled_from(("DE", "AT", "FR")),
)
def test_mc06_a_tax_on_shipping_is_what_rational_arithmetic_says(
    minor: int, cost: int, here: int, there: int, is_inclusive: bool, country: str
) -> None:
    tax = Tax("VAT", 0, is_inclusive, (("DE", here), ("AT", there)))
    found = bought(
        minor,
        Choices(country=country),
        Pricing(taxes=(tax,), shipping=(ShippingRate("Post", cost),), home="DE"),
    )
    rate = Fraction({"DE": here, "AT": there, "FR": 0}[country], WHOLE_PPM)
    net = Fraction(minor + cost) / (1 + (rate if is_inclusive else 0))
    due = sum(part.amount_minor for part in found.taxes)
    assert due == int(net * rate + Fraction(1, 2))
    assert found.total_minor == minor + cost + (0 if is_inclusive else due)


@pytest.mark.parametrize(
    ("pricing", "param"),
    [
        (replace(SHOP, home=""), "merchant_country"),
        (replace(SHOP, home="XX"), "merchant_country"),
        (replace(SHOP, shipping=(replace(LETTER, name=""),)), "shipping_rates.0.name"),
        (replace(SHOP, shipping=(replace(LETTER, amount_minor=-1),)), "shipping_rates.0.amount_minor"),
        (replace(SHOP, shipping=(replace(LETTER, free_from_minor=0),)), "shipping_rates.0.free_from_minor"),
        (replace(SHOP, shipping=(replace(LETTER, countries=("DE", "QQ")),)), "shipping_rates.0.countries"),
        (replace(SHOP, shipping=(replace(LETTER, countries=("DE", "DE")),)), "shipping_rates.0.countries"),
        (replace(SHOP, shipping=(replace(LETTER, taxes=("GST",)),)), "shipping_rates.0.tax_rates"),
        (replace(SHOP, shipping=(LETTER,) * 21), "shipping_rates"),
        (replace(SHOP, taxes=(Tax("VAT", 0),)), "tax_rates.0.percent"),
        (replace(SHOP, taxes=(Tax("VAT", 0, is_reversible=True, rates=()),)), "tax_rates.0.percents"),
        (replace(SHOP, taxes=(replace(VAT, rates=(("DE", WHOLE_PPM + 1),)),)), "tax_rates.0.percents"),
        (replace(SHOP, taxes=(replace(VAT, rates=(("QQ", 1),)),)), "tax_rates.0.percents"),
    ],
)
def test_what_may_not_be_set_is_named(pricing: Pricing, param: str) -> None:
    assert param in errors_of(pricing)


def test_what_may_be_set() -> None:
    assert errors_of(SHOP) == {}
    assert standing_amount(Money(1_000, "EUR"), "Mug", SHOP) == Money(1_000, "EUR")


@pytest.mark.parametrize(
    ("text", "country", "written"),
    [
        ("de 136 695 976", "DE", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("094259216", "GR", "EL094259216"),
        ("EL094259216", "GR", "EL094259216"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("12-3456789", "US", "123456789"),
    ],
)
def test_a_tax_id_is_written_in_one_way(text: str, country: str, written: str) -> None:
    assert checked_tax_id(text, country) == written
    assert checked_tax_id(written, country) == written
