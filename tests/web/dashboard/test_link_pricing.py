"""The form of a link with more than a price: what is typed is what is asked, also when it is opened again."""

from typing import Any
from urllib.parse import urlencode

import pytest

from linktill.core.pricing import Discount, Item, OpenAmount, Pricing, Tax, Tips, Variant
from linktill.storage import link_lists
from tests.web.site import Site

CAKE = {
    "description": "Cakes to order",
    "use": "unlimited",
    "price_kind": "items",
    "item_1_name": "Cake",
    "item_1_variants": "Small 30.00\nLarge, for twelve 45\n",
    "item_1_max": "5",
    "item_2_name": "Candles",
    "item_2_price": "2.50",
    "item_2_max": "20",
    "item_2_optional": "yes",
    "discount_1_name": "Regulars",
    "discount_1_off": "10%",
    "tax_1_name": "VAT",
    "tax_1_percent": "7",
    "tax_1_inclusive": "yes",
    "takes_tips": "yes",
    "tips": "5 10",
    "tips_open": "yes",
}
CAKES = Pricing(
    (
        Item("Cake", 0, 1, 1, 5, variants=(Variant("Small", 3_000), Variant("Large, for twelve", 4_500))),
        Item("Candles", 250, 1, 1, 20, is_optional=True),
    ),
    None,
    (Tax("VAT", 70_000, is_inclusive=True),),
    (Discount("Regulars", 100_000),),
    Tips((50_000, 100_000)),
)


async def newest(site: Site) -> Any:
    [link] = await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1)
    return link


async def test_items_are_made_shown_and_saved_unchanged(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    made = await member.submit(page, "/dashboard/links", **CAKE)
    assert made.status == 303, made.text
    link = await newest(site)
    assert link.terms.pricing == CAKES
    assert link.terms.amount.minor == 3_000
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    for words in ("Large, for twelve 45.00", 'value="Candles"', 'value="10%"', 'value="5 10"'):
        assert words in edit.text
    # Nothing is changed, so there is no new version.
    assert (await member.submit(edit, f"/dashboard/links/{link.id}/edit")).status == 303
    assert (await newest(site)).version == 1
    detail = await member.get(f"/dashboard/links/{link.id}")
    assert "Cake: Small $30.00" in detail.text


async def test_an_open_amount(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    gift = {
        "description": "A gift",
        "use": "unlimited",
        "price_kind": "open",
        "open_min": "5",
        "open_suggested": "10 25.50",
    }
    assert (await member.submit(page, "/dashboard/links", **gift)).status == 303
    link = await newest(site)
    assert link.terms.pricing == Pricing(open_amount=OpenAmount(500, suggested_minor=(1_000, 2_550)))
    assert link.terms.amount.minor == 0
    listed = await member.get("/dashboard/links")
    assert "A gift" in listed.text


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"item_1_name": "", "item_2_name": "", "item_1_variants": "", "item_1_max": "", "item_2_price": "",
          "item_2_max": "", "item_2_optional": ""}, "item_1_name", "Say what you sell."),
        ({"item_1_name": ""}, "item_1_name", "Say what it is."),
        ({"item_2_price": "2,50"}, "item_2_price", "digits and a point"),
        ({"item_2_price": ""}, "item_2_price", "digits and a point"),
        ({"item_2_price": "."}, "item_2_price", "digits and a point"),
        ({"item_2_price": "-0"}, "item_2_price", "digits and a point"),
        ({"item_1_variants": "Small .\nLarge 45.00"}, "item_1_variants", "digits and a point"),
        ({"item_1_variants": "Large"}, "item_1_variants", "its name, then its price"),
        ({"item_1_max": "many"}, "item_1_max", "from 1 to"),
        ({"item_1_min": "6"}, "item_1_max", "From 6 to"),
        ({"discount_1_off": "110%"}, "discount_1_off", "up to 100"),
        ({"discount_1_name": ""}, "discount_1_name", "Name the discount"),
        ({"tax_1_percent": "7,5"}, "tax_1_percent", "percentage"),
        ({"tips": "5%, 10%"}, "tips", "percentage"),
        ({"price_kind": "else"}, "price_kind", "Choose how"),
        ({"price_kind": "price", "amount": ""}, "amount", "digits and a point"),
    ],
)  # fmt: skip
async def test_what_is_to_be_mended_is_said_at_its_field(
    site: Site, change: dict[str, str], field: str, words: str
) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    refused = await member.submit(page, "/dashboard/links", **{**CAKE, **change})
    assert refused.status == 422
    assert f'href="#{field}"' in refused.text, refused.text
    assert words in refused.text
    assert "Large" in refused.text, "what was typed is kept"
    assert await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1) == []


async def test_what_comes_with_the_rest_costs_nothing(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    free = {**CAKE, "item_1_variants": "Plain 0\nGlazed 45.00", "item_2_price": "0.00"}
    assert (await member.submit(page, "/dashboard/links", **free)).status == 303
    cake, candles = (await newest(site)).terms.pricing.items
    assert [form.unit_minor for form in cake.variants] == [0, 4_500]
    assert candles.unit_minor == 0


async def test_more_rows_make_nothing(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    more = await member.submit(page, "/dashboard/links", **CAKE, more_rows="items")
    assert more.status == 200
    assert more.text.count("_variants") > page.text.count("_variants")
    assert 'value="Candles"' in more.text
    assert await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1) == []


async def test_the_preview_shows_what_the_payer_chooses_from(site: Site) -> None:
    member = await site.member()
    preview = await member.get(f"/dashboard/links/preview?{urlencode(CAKE)}")
    for words in ("Large, for twelve", "$45.00", "Regulars", "Pay $27.00", "Would you like to add a tip?"):
        assert words in preview.text
    assert "choosing.js" not in preview.text


async def test_what_the_form_does_not_ask_stays(site: Site) -> None:
    kept = Pricing((Item("Cake", 3_000, 2, 1, 5, taxes=()),), taxes=(Tax("VAT", 70_000),))
    link = await site.shop.link(pricing=kept)
    member = await site.member()
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    assert (await member.submit(edit, f"/dashboard/links/{link.id}/edit", item_1_price="31")).status == 303
    pricing = (await newest(site)).terms.pricing
    assert pricing == Pricing((Item("Cake", 3_100, 2, 1, 5, taxes=()),), taxes=(Tax("VAT", 70_000),))


SHOP = {
    "description": "Mug",
    "amount": "20.00",
    "use": "unlimited",
    "tax_1_name": "VAT",
    "tax_1_countries": "EU standard, CH 8.1%",
    "tax_1_reverse": "yes",
    "ship_1_name": "Parcel",
    "ship_1_price": "5.90",
    "ship_1_countries": "eu ch",
    "ship_1_free": "100",
    "ship_2_name": "Collect it",
    "ship_2_countries": "DE",
    "home": "DE",
}


async def test_shipping_and_taxes_by_country(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    made = await member.submit(page, "/dashboard/links", **SHOP)
    assert made.status == 303, made.text
    link = await newest(site)
    pricing = link.terms.pricing
    assert (pricing.home, [rate.name for rate in pricing.shipping]) == ("DE", ["Parcel", "Collect it"])
    assert (len(pricing.shipping[0].countries), pricing.shipping[0].free_from_minor) == (28, 10_000)
    assert (pricing.shipping[1].amount_minor, pricing.shipping[1].countries) == (0, ("DE",))
    (vat,) = pricing.taxes
    assert (len(vat.rates), dict(vat.rates)["CH"], vat.is_reversible) == (28, 81_000, True)
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    for words in (
        "EU standard, CH 8.1",
        'value="CH EU"',
        'value="Collect it"',
        '<option value="DE" selected>',
    ):
        assert words in edit.text
    assert (await member.submit(edit, f"/dashboard/links/{link.id}/edit")).status == 303
    assert (await newest(site)).version == 1
    detail = await member.get(f"/dashboard/links/{link.id}")
    for words in ("Parcel: $5.90, free from $100.00", "Collect it: $0.00, to DE", "Sold from Germany"):
        assert words in detail.text


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("home", "", "Say which country you sell from"),
        ("tax_1_countries", "DE", "DE: Write a percentage"),
        ("tax_1_countries", "US standard", "US: The standard rate"),
        ("tax_1_countries", "QQ 5", "QQ is no country"),
        ("ship_1_countries", "Germany", "GERMANY is no country"),
        ("ship_1_price", "much", ""),
        ("ship_1_name", "", "Name the way"),
    ],
)
async def test_what_is_wrong_with_shipping_is_said_beside_it(
    site: Site, field: str, text: str, words: str
) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    answer = await member.submit(page, "/dashboard/links", **{**SHOP, field: text})
    assert answer.status == 422
    assert f'id="{field}-error"' in answer.text
    assert words in answer.text
