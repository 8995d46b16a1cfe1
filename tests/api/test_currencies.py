"""Several currencies on one link over the API: what is sent is what is answered, and what does not fit is named."""

from typing import Any

import pytest

from linktill.core.money import Money
from linktill.core.pricing import CurrencyPrices, Pricing
from tests.api.conftest import Paying
from tests.api.rig import Caller, problem
from tests.api.test_pricing import CAKES
from tests.make import usd

PLAIN: dict[str, Any] = {
    "amount_minor": 4_000,
    "currency": "USD",
    "description": "A guide to the old town",
    "payments_max": None,
    "currency_options": [
        {"currency": "EUR", "amount_minor": 3_900},
        {"currency": "JPY", "amount_minor": 6_000},
    ],
}
SHOP: dict[str, Any] = {
    **CAKES,
    "discounts": [{"name": "Voucher", "amount_minor": 200}],
    "currency_options": [
        {
            "currency": "CHF",
            "line_items": [
                {"variants": [{"unit_amount_minor": 3_100}, {"unit_amount_minor": 4_700}]},
                {"unit_amount_minor": 260},
            ],
            "discounts": [{"amount_minor": 210}],
        }
    ],
}


async def test_prices_in_further_currencies_are_read_as_they_were_sent(bea: Caller) -> None:
    made = await bea.post("/v1/payment_links", PLAIN)
    assert made.status_code == 201
    link = made.json()
    nothing: dict[str, Any] = {"line_items": [], "open_amount": None, "discounts": [], "shipping_rates": []}
    assert link["currency_options"] == [each | nothing for each in PLAIN["currency_options"]]
    assert (link["amount_minor"], link["total_minor"], link["currency"]) == (4_000, 4_000, "USD")
    url = f"/v1/payment_links/{link['id']}"
    assert (await bea.get("/v1/payment_links")).json()["data"] == [link]
    again = await bea.patch(url, {"currency_options": link["currency_options"]})
    assert again.json() == link
    edited = (
        await bea.patch(url, {"note": "Hello", "currency_options": link["currency_options"][:1]})
    ).json()
    assert [each["currency"] for each in edited["currency_options"]] == ["EUR"]
    [newest, _] = (await bea.get(f"{url}/versions")).json()["data"]
    assert newest["changed"] == ["note", "currency_options"]
    assert (await bea.patch(url, {"currency_options": None})).json()["currency_options"] == []


async def test_a_shop_names_what_each_price_is_of(bea: Caller) -> None:
    link = (await bea.post("/v1/payment_links", SHOP)).json()
    [francs] = link["currency_options"]
    assert (francs["amount_minor"], francs["line_items"][1]) == (
        3_100,
        {"name": "Candles", "unit_amount_minor": 260, "variants": []},
    )
    assert francs["line_items"][0]["variants"][1] == {"name": "Large", "unit_amount_minor": 4_700}
    assert francs["discounts"] == [{"name": "Voucher", "amount_minor": 210}]
    url = f"/v1/payment_links/{link['id']}"
    # In a new order each keeps its own price, or the edit is refused: never another's.
    swapped = {"line_items": list(reversed(link["line_items"]))}
    refused = await bea.patch(url, swapped)
    assert problem(refused)[0] == 422
    assert [error["param"] for error in refused.json()["errors"]] == [
        "currency_options.0.line_items.0.name",
        "currency_options.0.line_items.1.name",
        "currency_options.0.line_items.0.variants",
        "currency_options.0.line_items.1.variants",
    ]
    both = swapped | {"currency_options": [{**francs, "line_items": list(reversed(francs["line_items"]))}]}
    assert (await bea.patch(url, both)).status_code == 200
    shown = (
        await bea.post(f"{url}/preview", {"currency": "CHF", "quantities": [2, 1], "variants": [None, 1]})
    ).json()
    assert (shown["currency"], shown["total_minor"]) == ("CHF", 2 * 260 + 4_700 - 210)


@pytest.mark.parametrize(
    ("option", "param"),
    [
        ({"currency": "usd", "amount_minor": 1}, "currency"),
        ({"currency": "USD", "amount_minor": 1}, "currency"),
        ({"currency": "XXX", "amount_minor": 1}, "currency"),
        ({"currency": "EUR"}, "amount_minor"),
        ({"currency": "EUR", "amount_minor": 1, "line_items": [{"unit_amount_minor": 1}]}, "line_items"),
        ({"currency": "EUR", "amount_minor": 1, "line_items": [{}]}, "line_items.0.unit_amount_minor"),
        ({"currency": "EUR", "amount_minor": 1, "open_amount": {}}, "open_amount"),
        ({"currency": "EUR", "amount_minor": 1, "shipping_rates": [{"amount_minor": 1}]}, "shipping_rates"),
    ],
)
async def test_mc16_what_does_not_fit_is_named(bea: Caller, option: dict[str, Any], param: str) -> None:
    refused = problem(await bea.post("/v1/payment_links", PLAIN | {"currency_options": [option]}))
    assert refused == (422, "field_invalid", f"currency_options.0.{param}")
    assert (await bea.get("/v1/payment_links")).json()["data"] == []


async def test_mc12_totals_are_by_currency(paying: Paying) -> None:
    shop = paying.shop
    several = Pricing(currencies=(CurrencyPrices("EUR", 3_900), CurrencyPrices("JPY", 6_000)))
    link = await shop.link(pricing=several, payments_max=None)
    url = f"/v1/payment_links/{link.id}/totals"
    assert (await paying.bea.get(url)).json()["totals"] == []
    for number, amount in enumerate((usd(4_000), Money(3_900, "EUR"), Money(3_900, "EUR"))):
        await shop.fill_card(await shop.press_pay(link, str(number), amount=amount))
        await shop.deliver()
    assert (await paying.bea.get(url)).json() == {
        "object": "payment_link_totals",
        "payment_link_id": link.id,
        "totals": [
            {"currency": "EUR", "payments": 2, "captured_minor": 7_800, "refunded_minor": 0},
            {"currency": "USD", "payments": 1, "captured_minor": 4_000, "refunded_minor": 0},
        ],
    }
    assert (await paying.bea.get(f"/v1/payment_links/{link.id}")).json()["captured_minor"] == 4_000
    assert (await paying.cy.get(url)).status_code == 404


async def test_a_preview_is_in_a_currency_that_the_link_has(bea: Caller) -> None:
    link = (await bea.post("/v1/payment_links", PLAIN)).json()
    url = f"/v1/payment_links/{link['id']}/preview"
    assert (await bea.post(url, {"currency": "JPY"})).json()["charged_minor"] == 6_000
    refused = problem(await bea.post(url, {"currency": "jpy"}))
    assert refused == (422, "field_invalid", "currency")
