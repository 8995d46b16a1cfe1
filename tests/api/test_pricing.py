"""Links with more than a price, over the API: what is sent is what is read, and every wrong part is named."""

from typing import Any

import pytest

from linktill.flows.pricing_objects import PRICING_FIELDS
from tests.api.rig import Caller, problem

CAKES: dict[str, Any] = {
    "currency": "EUR",
    "description": "Cakes to order",
    "line_items": [
        {
            "name": "Cake",
            "variants": [
                {"name": "Small", "unit_amount_minor": 3_000},
                {"name": "Large", "unit_amount_minor": 4_500},
            ],
            "quantity_max": 5,
            "tax_rates": ["Food"],
        },
        {"name": "Candles", "unit_amount_minor": 250, "is_optional": True, "quantity_max": 20},
    ],
    "tax_rates": [
        {"name": "Food", "percent": "7", "is_inclusive": True},
        {"name": "VAT", "percent": "19", "is_inclusive": True},
    ],
    "discounts": [{"name": "Regulars", "percent": "10"}],
    "tips": {"suggested_percents": ["5", "7.5"]},
}


async def test_a_link_with_items_is_read_as_it_was_sent(bea: Caller):
    made = await bea.post("/v1/payment_links", CAKES)
    assert made.status_code == 201
    link = made.json()
    assert (link["amount_minor"], link["total_minor"]) == (3_000, 2_700)
    cake, candles = link["line_items"]
    assert cake == {
        "name": "Cake",
        "unit_amount_minor": None,
        "quantity": 1,
        "quantity_min": 1,
        "quantity_max": 5,
        "is_optional": False,
        "variants": [{**form, "stock": None, "id": None} for form in CAKES["line_items"][0]["variants"]],
        "tax_rates": ["Food"],
        "stock": None,
        "id": None,
    }
    assert (candles["unit_amount_minor"], candles["tax_rates"]) == (250, None)
    everywhere = {"percents": {}, "reverse_charge": False}
    assert link["tax_rates"] == [{**tax, **everywhere} for tax in CAKES["tax_rates"]]
    assert link["discounts"] == [{"name": "Regulars", "percent": "10", "amount_minor": None}]
    assert link["tips"] == {"suggested_percents": ["5", "7.5"], "is_open": True}
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link
    assert (await bea.get("/v1/payment_links")).json()["data"] == [link]
    # What was read can be sent: nothing of it changes.
    parts = {name: link[name] for name in PRICING_FIELDS}
    again = await bea.patch(f"/v1/payment_links/{link['id']}", parts)
    assert again.json() == link


async def test_a_preview_is_the_whole_computation(bea: Caller):
    link = (await bea.post("/v1/payment_links", CAKES)).json()
    path = f"/v1/payment_links/{link['id']}/preview"
    seen = (await bea.post(path, {"quantities": [2, 3], "variants": [1], "tip_percent": "7.5"})).json()
    assert seen == {
        "object": "computation",
        "currency": "EUR",
        "lines": [
            {
                "name": "Cake",
                "variant": "Large",
                "quantity": 2,
                "unit_amount_minor": 4_500,
                "amount_minor": 9_000,
                "discount_minor": 900,
                "tax_rates": ["Food"],
            },
            {
                "name": "Candles",
                "variant": "",
                "quantity": 3,
                "unit_amount_minor": 250,
                "amount_minor": 750,
                "discount_minor": 75,
                "tax_rates": ["Food", "VAT"],
            },
        ],
        "subtotal_minor": 9_750,
        "discounts": [{"name": "Regulars", "amount_minor": 975, "coupon_id": None}],
        "taxes": [
            {
                "name": "Food",
                "percent": "7",
                "is_inclusive": True,
                "taxable_minor": 8_106,
                "amount_minor": 567,
                "is_reverse_charge": False,
            },
            {
                "name": "VAT",
                "percent": "19",
                "is_inclusive": True,
                "taxable_minor": 536,
                "amount_minor": 102,
                "is_reverse_charge": False,
            },
        ],
        "shipping": None,
        "country": None,
        "tax_id": None,
        "tip_minor": 658,
        "total_minor": 8_775 + 658,
        "part": None,
        "charged_minor": 8_775 + 658,
    }
    as_filled = (await bea.post(path)).json()
    assert as_filled["total_minor"] == link["total_minor"]


@pytest.mark.parametrize(
    ("choices", "param"),
    [
        ({"quantities": [6]}, "quantities.0"),
        ({"quantities": [0]}, "quantities.0"),
        ({"variants": [2]}, "variants.0"),
        ({"tip_percent": "6"}, "tip_percent"),
        ({"tip_percent": "1e1"}, "tip_percent"),
        ({"tip_minor": -1}, "tip_minor"),
        ({"tip_percent": "5", "tip_minor": 100}, "tip_minor"),
        ({"quantities": [1.5]}, "quantities.0"),
        ({"quantities": [[1]]}, "quantities.0"),
    ],
)
async def test_mc15_a_preview_names_what_cannot_be_chosen(bea: Caller, choices: dict[str, Any], param: str):
    link = (await bea.post("/v1/payment_links", CAKES)).json()
    refused = await bea.post(f"/v1/payment_links/{link['id']}/preview", choices)
    assert problem(refused) == (422, "field_invalid", param)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount_minor": 3_000}, "amount_minor"),
        ({"line_items": [{"name": "Cake"}]}, "line_items.0.unit_amount_minor"),
        ({"line_items": [{"name": "", "unit_amount_minor": 1}]}, "line_items.0.name"),
        ({"line_items": [{"name": "4242 4242 4242 4242", "unit_amount_minor": 1}]}, "line_items.0.name"),
        ({"line_items": [{"name": "Cake", "unit_amount_minor": -1}]}, "line_items.0.unit_amount_minor"),
        (
            {"line_items": [{"name": "Cake", "unit_amount_minor": 1, "quantity": 0}]},
            "line_items.0.quantity_min",
        ),
        (
            {"line_items": [{"name": "Cake", "unit_amount_minor": 1, "quantity_min": 3, "quantity_max": 2}]},
            "line_items.0.quantity_max",
        ),
        (
            {
                "line_items": [
                    {
                        "name": "Cake",
                        "unit_amount_minor": 1,
                        "quantity": 9,
                        "quantity_max": 5,
                        "quantity_min": 1,
                    }
                ]
            },
            "line_items.0.quantity",
        ),
        (
            {"line_items": [{"name": "Cake", "unit_amount_minor": 1, "tax_rates": ["Wealth"]}]},
            "line_items.0.tax_rates",
        ),
        ({"line_items": [{"name": "Cake", "unit_amount_minor": 1}] * 31}, "line_items"),
        ({"open_amount": {}}, "open_amount"),
        ({"tax_rates": [{"name": "VAT", "percent": "0"}]}, "tax_rates.0.percent"),
        ({"tax_rates": [{"name": "VAT", "percent": "100.0001"}]}, "tax_rates.0.percent"),
        ({"tax_rates": [{"name": "VAT", "percent": "19,5"}]}, "tax_rates.0.percent"),
        ({"tax_rates": [{"name": "Food", "percent": "7"}, {"name": "Food", "percent": "8"}]}, "tax_rates"),
        ({"discounts": [{"name": "Off"}]}, "discounts.0.percent"),
        ({"discounts": [{"name": "Off", "percent": "1", "amount_minor": 1}]}, "discounts.0.percent"),
        ({"discounts": [{"name": "Off", "amount_minor": -1}]}, "discounts.0.amount_minor"),
        ({"tips": {"is_open": False}}, "tips"),
        ({"tips": {"suggested_percents": ["101"]}}, "tips.suggested_percents.0"),
        (
            {"line_items": [{"name": "Cake", "unit_amount_minor": 0}], "tips": None, "discounts": []},
            "line_items",
        ),
    ],
)
async def test_a_wrong_part_is_named(bea: Caller, change: dict[str, Any], param: str):
    refused = await bea.post("/v1/payment_links", {**CAKES, **change})
    assert problem(refused)[:2] == (422, "field_invalid")
    assert param in {error["param"] for error in refused.json()["errors"]}
    assert (await bea.get("/v1/payment_links")).json()["data"] == []


async def test_mc07_ll22_a_discount_that_leaves_nothing_is_refused(bea: Caller):
    gift = {
        "amount_minor": 500,
        "currency": "EUR",
        "description": "Gift",
        "discounts": [{"name": "All", "amount_minor": 600}],
    }
    assert problem(await bea.post("/v1/payment_links", gift)) == (422, "field_invalid", "discounts")
    nearly = {**gift, "discounts": [{"name": "Nearly all", "amount_minor": 499}]}
    assert (await bea.post("/v1/payment_links", nearly)).json()["total_minor"] == 1


async def test_an_open_amount_needs_no_price(bea: Caller):
    gift = {
        "currency": "USD",
        "description": "A gift to the club",
        "open_amount": {"minimum_minor": 500, "maximum_minor": 50_000, "suggested_minor": [1_000, 2_500]},
    }
    link = (await bea.post("/v1/payment_links", gift)).json()
    assert (link["amount_minor"], link["total_minor"]) == (0, 0)
    assert link["open_amount"] == gift["open_amount"]
    path = f"/v1/payment_links/{link['id']}"
    assert (await bea.post(f"{path}/preview", {"amount_minor": 1_234})).json()["total_minor"] == 1_234
    below = await bea.post(f"{path}/preview", {"amount_minor": 499})
    assert problem(below) == (422, "field_invalid", "amount_minor")
    filled = await bea.patch(path, {"amount_minor": 2_500})
    assert (filled.json()["total_minor"], filled.json()["version"]) == (2_500, 2)
    below = await bea.patch(path, {"amount_minor": 100})
    assert problem(below) == (422, "field_invalid", "amount_minor")
    # Without it, it is a link with a price again.
    closed = await bea.patch(path, {"open_amount": None})
    assert (closed.json()["amount_minor"], closed.json()["open_amount"]) == (2_500, None)


async def test_versions_tell_which_part_changed(bea: Caller):
    link = (await bea.post("/v1/payment_links", CAKES)).json()
    path = f"/v1/payment_links/{link['id']}"
    await bea.patch(path, {"tips": None, "discounts": [{"name": "Regulars", "percent": "20"}]})
    newest, first = (await bea.get(f"{path}/versions")).json()["data"]
    assert newest["changed"] == ["discounts", "tips"]
    assert (newest["total_minor"], first["total_minor"]) == (2_400, 2_700)
    assert first["line_items"] == link["line_items"]


async def test_a_price_is_asked_for(bea: Caller):
    refused = await bea.post("/v1/payment_links", {"currency": "EUR", "description": "Cake"})
    assert problem(refused) == (422, "field_invalid", "amount_minor")
    zero = await bea.post("/v1/payment_links", {"currency": "EUR", "description": "Cake", "amount_minor": 0})
    assert problem(zero) == (422, "field_invalid", "amount_minor")


async def test_what_there_is_a_number_of_is_told_with_what_is_sold(bea: Caller):
    items = [
        {"name": "Seat", "unit_amount_minor": 1_000, "stock": 5},
        {"name": "Talk", "unit_amount_minor": 500},
    ]
    body = {"currency": "USD", "description": "Fair", "line_items": items}
    link = (await bea.post("/v1/payment_links", body)).json()
    assert [item["id"] for item in link["line_items"]] == ["1.0", None]
    path = f"/v1/payment_links/{link['id']}"
    seat = {"id": "1.0", "name": "Seat", "variant": "", "stock": 5, "sold": 0, "held": 0}
    assert (await bea.get(f"{path}/stock")).json() == {
        "object": "stock",
        "payment_link_id": link["id"],
        "items": [seat],
    }
    for name, wrong in (("id", "9.9"), ("stock", -1)):
        refused = await bea.patch(path, {"line_items": [{**items[0], name: wrong}]})
        assert (refused.status_code, refused.json()["errors"][0]["param"]) == (422, f"line_items.0.{name}")
    assert (await bea.get("/v1/payment_links/plink_0/stock")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"partial_payments": {"minimum_minor": 0}}, "partial_payments.minimum_minor"),
        ({"partial_payments": {"first_minimum_minor": 5_001}}, "partial_payments.first_minimum_minor"),
        ({"partial_payments": {}, "tips": {"is_open": True}}, "partial_payments"),
        ({"partial_payments": {}, "amount_limit_minor": 5}, "amount_limit_minor"),
        ({"amount_limit_minor": 4_999}, "amount_limit_minor"),
        ({"goal_minor": 0}, "goal_minor"),
    ],
)
async def test_what_cannot_be_counted_is_named(bea: Caller, changes: dict[str, Any], param: str):
    body = {"currency": "USD", "description": "Fair", "amount_minor": 5_000, **changes}
    refused = await bea.post("/v1/payment_links", body)
    assert (refused.status_code, refused.json()["errors"][0]["param"]) == (422, param)


SHOP: dict[str, Any] = {
    "amount_minor": 2_000,
    "currency": "EUR",
    "description": "Mug",
    "payments_max": None,
    "merchant_country": "DE",
    "tax_rates": [
        {"name": "VAT", "percents": {"EU": "standard", "DE": "7", "CH": "8.1"}, "reverse_charge": True}
    ],
    "shipping_rates": [
        {"name": "Parcel", "amount_minor": 590, "countries": ["eu"], "free_from_minor": 10_000},
        {"name": "Post", "amount_minor": 1_490},
    ],
}


async def test_a_shop_that_sends_abroad(bea: Caller):
    made = await bea.post("/v1/payment_links", SHOP)
    assert made.status_code == 201, made.text
    link = made.json()
    (vat,) = link["tax_rates"]
    assert (len(vat["percents"]), vat["percents"]["AT"], vat["percents"]["DE"]) == (28, "20", "7")
    assert (vat["percent"], vat["reverse_charge"]) == (None, True)
    parcel, post = link["shipping_rates"]
    assert (len(parcel["countries"]), post["countries"]) == (27, [])
    assert link["total_minor"] == 2_000 + 590 + 181
    url = f"/v1/payment_links/{link['id']}"
    # What was read can be sent: nothing of it changes.
    again = await bea.patch(url, {name: link[name] for name in PRICING_FIELDS})
    assert (again.status_code, again.json()["version"]) == (200, 1), again.text

    async def preview(**choices: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await bea.post(f"{url}/preview", choices)).json()
        return found

    there = await preview(country="at")
    assert (there["country"], there["total_minor"]) == ("AT", 2_000 + 590 + 518)
    assert there["shipping"] == {"name": "Parcel", "amount_minor": 590, "tax_rates": ["VAT"]}
    business = await preview(country="AT", tax_id="U13585627")
    assert (business["tax_id"], business["total_minor"]) == ("ATU13585627", 2_590)
    assert [(tax["percent"], tax["is_reverse_charge"]) for tax in business["taxes"]] == [("0", True)]
    far = await preview(country="JP")
    assert (far["taxes"], far["total_minor"]) == ([], 2_000 + 1_490)
    for choices, param in (
        ({"country": "XX"}, "country"),
        ({"country": "AT", "shipping": 2}, "shipping"),
        ({"country": "JP", "shipping": 0}, "shipping"),
        ({"country": "AT", "tax_id": "U13585628"}, "tax_id"),
    ):
        assert problem(await bea.post(f"{url}/preview", choices))[2] == param


async def test_what_is_wrong_with_shipping_and_countries_is_named(bea: Caller):
    for change, param in (
        ({"merchant_country": None}, "merchant_country"),
        ({"tax_rates": [{"name": "VAT", "percents": {"US": "standard"}}]}, "tax_rates.0.percents.US"),
        ({"tax_rates": [{"name": "VAT", "percents": {"DE": "many"}}]}, "tax_rates.0.percents.DE"),
        ({"tax_rates": [{"name": "VAT", "percents": {"QQ": "5"}}]}, "tax_rates.0.percents"),
        ({"tax_rates": [{"name": "VAT"}]}, "tax_rates.0.percent"),
        ({"shipping_rates": [{"name": "Post", "amount_minor": -1}]}, "shipping_rates.0.amount_minor"),
        (
            {"shipping_rates": [{"name": "Post", "amount_minor": 1, "countries": ["Q"]}]},
            "shipping_rates.0.countries",
        ),
    ):
        assert problem(await bea.post("/v1/payment_links", {**SHOP, **change}))[::2] == (422, param)
