"""MC02, MC03: amounts for Square and back, in every currency that its locations are in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.gateways.contract import Account, RefundOrder, StartOrder
from linktill.gateways.square.gateway import SquareGateway
from linktill.gateways.square.messages import Amount
from linktill.gateways.square.translate import (
    CURRENCIES,
    amount,
    moment,
    money,
    refund_body,
    start_body,
    timestamp,
)
from linktill.platform.http import HttpRequest, HttpResponse
from tests.gateways.square_contract import object_problems

MONEY = st.builds(Money, st.integers(1, AMOUNT_MAX_MINOR), st.sampled_from(sorted(CURRENCIES)))


class Silent:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(request.url)


SQUARE = SquareGateway(Silent())


def at_location(currency: str) -> Account:
    return Account(MerchantId("mer_1"), GatewayAccountId("gwa_1"), "square", {"currency": currency}, ())


@given(MONEY)
def test_an_amount_comes_back_as_it_went_and_fits_square_s_schema(given_: Money):
    sent = json.loads(json.dumps(amount(given_)))
    assert object_problems("Money", sent) == []
    assert money(Amount(**sent)) == given_
    assert sent == {"amount": given_.minor, "currency": given_.currency}


@given(MONEY)
def test_both_bodies_carry_exactly_the_amount(given_: Money):
    order = StartOrder(AttemptId("pay_1"), given_, "A", "https://a.example/", "https://a.example/", None, 0)
    asked = json.loads(start_body(order, "L", "k"))["order"]["line_items"]
    assert asked == [{"name": "A", "quantity": "1", "base_price_money": amount(given_)}]
    refund = RefundOrder(RefundId("re_1"), "O", given_, "other")
    assert json.loads(refund_body(refund, "P", "k"))["amount_money"] == amount(given_)


def test_square_counts_its_currencies_as_iso_4217_does():
    # https://developer.squareup.com/docs/build-basics/common-data-types/working-with-monetary-amounts: JPY has no decimals
    assert {currency: EXPONENTS[currency] for currency in CURRENCIES} == {
        "AUD": 2,
        "CAD": 2,
        "EUR": 2,
        "GBP": 2,
        "JPY": 0,
        "USD": 2,
    }


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_the_location_s_currency_decides_what_can_be_charged(currency: str):
    price = Money(1_000, currency)
    assert SQUARE.accepts(price) is (currency in CURRENCIES)
    for own in sorted(CURRENCIES):
        assert SQUARE.accepts(price, at_location(own)) is (currency == own)
    assert SQUARE.accepts(price, at_location(currency)) is (currency in CURRENCIES)
    assert not SQUARE.accepts(price, at_location(""))


@given(MONEY)
def test_mc04_what_is_too_much_or_nothing_is_not_accepted(given_: Money):
    account = at_location(given_.currency)
    assert SQUARE.accepts(given_, account)
    assert not SQUARE.accepts(Money(given_.minor + AMOUNT_MAX_MINOR, given_.currency), account)
    assert not SQUARE.accepts(Money(0, given_.currency), account)
    assert not SQUARE.accepts(-given_, account)


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_time_comes_back_to_the_millisecond_and_never_later(at: int):
    assert moment(timestamp(at)) == at // 1_000 * 1_000


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2022-07-13T20:30:59.037339943Z", 1_657_744_259_037_339),
        ("2020-06-18T18:23:11Z", 1_592_504_591_000_000),
        ("2020-06-18T20:23:11.5+02:00", 1_592_504_591_500_000),
    ],
)
def test_times_as_square_writes_them(text: str, at: int):
    assert moment(text) == at
