"""The form, the page and the list of a link in several currencies."""

import csv
import io
import json
from typing import Any

import pytest

from linktill.core.money import Money
from linktill.core.pricing import CurrencyPrices, ItemPrice, NamedPrice, OpenAmount
from linktill.storage import link_lists
from tests.make import usd
from tests.web.checkout.test_currencies import THREE
from tests.web.dashboard.test_link_pricing import CAKE
from tests.web.dashboard.test_selected_links import pressed
from tests.web.site import Site

PLAIN = {
    "description": "A course",
    "amount": "40.00",
    "use": "unlimited",
    "cur_1_code": "eur",
    "cur_1_prices": "39.00",
    "cur_2_code": "JPY",
    "cur_2_prices": " 6000 \n",
}
SHOP = CAKE | {
    "discount_2_name": "Voucher",
    "discount_2_off": "5.00",
    "ship_1_name": "Parcel",
    "ship_1_price": "6",
    "ship_1_free": "100",
    "home": "US",
    "cur_1_code": "EUR",
    "cur_1_prices": "parcel free from 90\nCake, Large, for twelve 41.00\ncake, small 28\nCandles 2.30\nVoucher 4.50\nParcel 5.50",
}


async def newest(site: Site) -> Any:
    [link] = await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1)
    return link


async def test_a_price_in_each_currency_is_kept_shown_and_saved_unchanged(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    assert len(page.body) < 50_000
    made = await member.submit(page, "/dashboard/links", **PLAIN)
    assert made.status == 303, made.text
    link = await newest(site)
    assert link.terms.pricing.currencies == (CurrencyPrices("EUR", 3_900), CurrencyPrices("JPY", 6_000))
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    form = edit.form(f"/dashboard/links/{link.id}/edit")
    assert [form[f"cur_{at}_{name}"] for at in (1, 2, 3) for name in ("code", "prices")] == [
        *("EUR", "39.00"),
        *("JPY", "6000"),
        *("", ""),
    ]
    assert (await member.submit(edit, f"/dashboard/links/{link.id}/edit")).status == 303
    assert (await newest(site)).version == 1
    detail = await member.get(f"/dashboard/links/{link.id}")
    for words in ("In EUR: €39.00", "In JPY: ¥6,000"):
        assert words in detail.text
    await member.submit(
        edit, f"/dashboard/links/{link.id}/edit", cur_1_prices="38", cur_2_code="", cur_2_prices=""
    )
    versions = await member.get(f"/dashboard/links/{link.id}/versions")
    for words in ("In EUR: €38.00", "In JPY: ¥6,000"):
        assert words in versions.text


async def test_items_discounts_and_shipping_have_a_line_each(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    made = await member.submit(page, "/dashboard/links", **SHOP)
    assert made.status == 303, made.text
    link = await newest(site)
    [euros] = link.terms.pricing.currencies
    assert euros == CurrencyPrices(
        "EUR",
        2_800,
        (
            ItemPrice("Cake", 0, (NamedPrice("Small", 2_800), NamedPrice("Large, for twelve", 4_100))),
            ItemPrice("Candles", 230),
        ),
        None,
        (NamedPrice("Regulars", 0), NamedPrice("Voucher", 450)),
        (NamedPrice("Parcel", 550, 9_000),),
    )
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    assert edit.form(f"/dashboard/links/{link.id}/edit")["cur_1_prices"].splitlines() == [
        "Cake, Small 28.00",
        "Cake, Large, for twelve 41.00",
        "Candles 2.30",
        "Voucher 4.50",
        "Parcel 5.50",
        "Parcel free from 90.00",
    ]
    assert (await member.submit(edit, f"/dashboard/links/{link.id}/edit")).status == 303
    assert (await newest(site)).version == 1


async def test_an_open_amount_has_its_own_bounds(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    gift = {
        "description": "A gift",
        "use": "unlimited",
        "price_kind": "open",
        "open_min": "5",
        "cur_1_code": "JPY",
        "cur_1_prices": "At least 500\nSuggested 1000 2000\nFilled in 1000",
    }
    assert (await member.submit(page, "/dashboard/links", **gift)).status == 303
    [yen] = (await newest(site)).terms.pricing.currencies
    assert yen == CurrencyPrices("JPY", 1_000, open_amount=OpenAmount(500, suggested_minor=(1_000, 2_000)))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"cur_1_code": "EURO"}, "cur_1_code", "three letters"),
        ({"cur_1_code": ""}, "cur_1_code", "three letters"),
        ({"cur_1_code": "USD"}, "cur_1_code", "prices in USD already"),
        (
            {"cur_1_prices": ""},
            "cur_1_prices",
            "A price is missing: Cake, Small; Cake, Large, for twelve; Candles",
        ),
        ({"cur_1_prices": SHOP["cur_1_prices"] + "\nParcel 9"}, "cur_1_prices", "more lines than prices"),
        (
            {"cur_1_prices": SHOP["cur_1_prices"] + "\nFlowers 9"},
            "cur_1_prices",
            "“Flowers 9” is nothing of this link",
        ),
        (
            {"cur_1_prices": SHOP["cur_1_prices"].replace("2.30", "2,30")},
            "cur_1_prices",
            "2,30: Write the amount",
        ),
        ({"cur_1_prices": SHOP["cur_1_prices"].replace("4.50", "0")}, "cur_1_prices", "From 1 to"),
        ({"cur_2_code": "JPY", "cur_2_prices": SHOP["cur_1_prices"]}, "cur_2_prices", "JPY has no decimals"),
        ({"goal": "100"}, "goal", "counts in one currency"),
    ],
)
async def test_what_is_to_be_mended_is_said_at_its_field(
    site: Site, change: dict[str, str], field: str, words: str
) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    refused = await member.submit(page, "/dashboard/links", **(SHOP | change))
    assert refused.status == 422
    assert f'id="{field}-error"' in refused.text or f'aria-describedby="{field}' in refused.text
    assert words in refused.text
    assert await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1) == []


async def test_mc12_what_came_is_shown_by_currency(site: Site) -> None:
    link = await site.shop.link(pricing=THREE, payments_max=None)
    for number, amount in enumerate(
        (usd(4_000), Money(3_900, "EUR"), Money(6_000, "JPY"), Money(6_000, "JPY"))
    ):
        result = await site.shop.press_pay(link, str(number), amount=amount)
        await site.shop.fill_card(result)
        await site.shop.deliver()
    member = await site.member()
    for url in (f"/dashboard/links/{link.id}", "/dashboard/links"):
        page = await member.get(url)
        for words in ("$40.00", "€39.00", "¥12,000"):
            assert words in page.text
        assert "$199" not in page.text
    file = await pressed(member, "download", link.id)
    [line] = list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert (line["payments"], line["received"], line["received_in_others"]) == (
        "4",
        "40.00",
        "39.00 EUR, 12000 JPY",
    )
    assert json.loads(line["pricing"])["currency_options"][1]["amount_minor"] == 6_000


async def test_the_preview_shows_the_currencies(site: Site) -> None:
    member = await site.member()
    page = await member.get(
        "/dashboard/links/preview?description=A&amount=40&currency=USD&cur_1_code=EUR&cur_1_prices=39"
    )
    assert page.status == 200
    assert ">EUR</button>" in page.text
    assert "$40.00" in page.text
    unfinished = await member.get(
        "/dashboard/links/preview?description=A&amount=40&currency=USD&cur_1_code=EU&cur_1_prices=3x"
    )
    assert "$40.00" in unfinished.text
    assert "pay_in" not in unfinished.text
