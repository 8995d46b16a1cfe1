"""Group F at PayPal: amounts are decimal strings in PayPal's currencies, with PayPal's decimals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.gateways.answers import Nonsense
from linktill.gateways.paypal.amounts import CURRENCIES, WHOLE, decoded, encoded, is_accepted
from tests.gateways.openapi import described, description


def unit(currency: str) -> int:
    return 10 ** EXPONENTS[currency] if currency in WHOLE else 1


@st.composite
def chargeable(draw: st.DrawFn) -> Money:
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    step = unit(currency)
    return Money(draw(st.integers(1, AMOUNT_MAX_MINOR // step)) * step, currency)


@given(chargeable())
def test_mc03_every_currency_goes_there_and_back(amount: Money):
    assert is_accepted(amount)
    told = encoded(amount)
    assert decoded(told["currency_code"], told["value"]) == amount
    assert ("." in told["value"]) is (amount.currency not in WHOLE)
    assert len(told["value"]) <= 32


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-AMOUNT_MAX_MINOR, 2 * AMOUNT_MAX_MINOR))
def test_mc03_what_is_taken_is_what_paypal_can_write(currency: str, minor: int):
    is_whole = minor % unit(currency) == 0
    assert is_accepted(Money(minor, currency)) is (0 < minor <= AMOUNT_MAX_MINOR and is_whole)


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(-AMOUNT_MAX_MINOR, AMOUNT_MAX_MINOR))
def test_every_decimal_that_paypal_may_tell_is_read(currency: str, minor: int):
    digits = EXPONENTS[currency]
    sign, text = "-" if minor < 0 else "", str(abs(minor)).rjust(digits + 1, "0")
    value = sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)
    assert decoded(currency, value) == Money(minor, currency)
    assert decoded(currency, value + ("00" if digits else ".00")) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [
        (100_000, "HUF", "1000"),
        (500, "JPY", "500"),
        (12_300, "TWD", "123"),
        (4_000, "USD", "40.00"),
        (1, "EUR", "0.01"),
    ],
)
def test_mc03_decimals_are_paypals(minor: int, currency: str, value: str):
    assert encoded(Money(minor, currency)) == {"currency_code": currency, "value": value}


@pytest.mark.parametrize(
    ("minor", "currency"),
    [(100_050, "HUF"), (50, "TWD"), (1_000, "KWD"), (1_000, "ISK"), (1_000, "TRY"), (0, "USD"), (-1, "USD")],
)
def test_mc02_what_paypal_would_refuse_is_not_offered(minor: int, currency: str):
    assert not is_accepted(Money(minor, currency))


@pytest.mark.parametrize(
    ("currency", "value"),
    [
        ("USD", "40.001"), ("JPY", "1.5"), ("XXX", "1"), ("USD", ""), ("USD", "."), ("USD", "1."), ("USD", "1e3"),
        ("USD", "1,00"), ("USD", "+1"), ("USD", "--1"), ("USD", "٣"), ("USD", " 1"), ("USD", "NaN"), ("usd", "1"),
    ],
)  # fmt: skip
def test_mc13_what_is_no_amount_is_not_guessed_at(currency: str, value: str):
    with pytest.raises(Nonsense):
        decoded(currency, value)


@given(chargeable())
def test_paypals_own_description_takes_every_amount(amount: Money):
    paypals = description(described("paypal/checkout_orders_v2.json"))
    assert paypals._problems({"$ref": "#/components/schemas/money"}, encoded(amount)) == []
