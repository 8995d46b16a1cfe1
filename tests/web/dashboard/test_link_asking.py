"""The form of a link that asks: what is typed is what is asked, also when it is opened again."""

from typing import Any
from urllib.parse import urlencode

import pytest

from linktill.core.asking import Asking, Collected, Condition, Consent, Kind, Option, Question, Standard
from linktill.storage import link_lists
from tests.web.site import Site
from tests.web.test_every_page import check_page

CUPS = {
    "description": "Cups to order",
    "amount": "12.00",
    "asks_name": "required",
    "asks_shipping_address": "optional",
    "ask_1_label": "Name on the cup",
    "ask_1_required": "yes",
    "ask_1_hint": "As it is printed.",
    "ask_1_max": "20",
    "ask_2_label": "Size",
    "ask_2_kind": "choice",
    "ask_2_options": "Small\n\n Large \n",
    "ask_3_label": "How many guests?",
    "ask_3_kind": "integer",
    "ask_3_min": "1",
    "ask_3_max": "99",
    "ask_3_key": "guests",
    "consent_1_text": "I agree to the terms.",
    "consent_1_url": "https://example.com/terms",
    "consent_1_version": "7",
    "consent_1_language": "en",
    "consent_2_text": "Send me news.",
    "consent_2_optional": "yes",
}
ASKING = Asking(
    (
        Question("name_on_the_cup", Kind.TEXT, "Name on the cup", "As it is printed.", True, 0, 20),
        Question("size", Kind.CHOICE, "Size", options=(Option("Small", "Small"), Option("Large", "Large"))),
        Question("guests", Kind.INTEGER, "How many guests?", minimum="1", maximum="99"),
    ),
    (Collected(Standard.NAME, is_required=True), Collected(Standard.SHIPPING_ADDRESS)),
    (
        Consent("i_agree_to_the_terms", "I agree to the terms.", "https://example.com/terms", "7", "en"),
        Consent("send_me_news", "Send me news.", is_required=False),
    ),
)


REVERSED = {"tax_1_name": "VAT", "tax_1_reverse": "yes"}


async def newest(site: Site) -> Any:
    [link] = await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1)
    return link


async def test_what_is_asked_is_made_shown_and_saved_unchanged(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    check_page(page)
    made = await member.submit(page, "/dashboard/links", **CUPS)
    assert made.status == 303, made.text
    link = await newest(site)
    assert link.terms.asking == ASKING
    shown = await member.get(f"/dashboard/links/{link.id}")
    for words in ("Asks for", "Size (choice): Small, Large", "Consent: I agree to the terms., version 7"):
        assert words in shown.text
    versions = await member.get(f"/dashboard/links/{link.id}/versions")
    assert "What the payer is asked" in versions.text
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    assert edit.status == 200
    # Nothing is changed, so there is no new version.
    saved = await member.submit(edit, f"/dashboard/links/{link.id}/edit")
    assert saved.status == 303, saved.text
    same = await newest(site)
    assert (same.version, same.terms) == (1, link.terms)


HUNG = {
    "description": "A cup",
    "amount": "12",
    "ask_1_label": "Delivery",
    "ask_1_kind": "choice",
    "ask_1_options": "Fetched\nSent",
    "ask_2_label": "A gift",
    "ask_2_kind": "checkbox",
    "ask_2_onlyrow": "1",
    "ask_2_onlyis": "sent",
    "ask_3_label": "Words on the card",
    "ask_3_kind": "text",
    "ask_3_onlyrow": "2",
    "ask_3_onlyis": "Yes",
}


async def test_a_question_that_hangs_on_another_is_made_shown_and_saved_unchanged(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    made = await member.submit(page, "/dashboard/links", **HUNG)
    assert made.status == 303, made.text
    link = await newest(site)
    assert link.terms.asking is not None
    assert [each.shown_if for each in link.terms.asking.questions] == [
        None,
        Condition("delivery", ("Sent",)),
        Condition("a_gift", ("true",)),
    ]
    shown = await member.get(f"/dashboard/links/{link.id}")
    assert "only if “Delivery” is Sent" in shown.text
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    await member.submit(edit, f"/dashboard/links/{link.id}/edit")
    assert (await newest(site)).version == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ask_2_onlyis": ""}, "ask_2_onlyis"),
        ({"ask_2_onlyis": "Flown"}, "ask_2_onlyis"),
        ({"ask_2_onlyrow": "3"}, "ask_2_onlyis"),
        ({"ask_2_onlyrow": ""}, "ask_2_onlyis"),
        ({"ask_3_onlyrow": "1x"}, "ask_3_onlyis"),
    ],
)
async def test_what_a_question_hangs_on_is_checked(site: Site, changes: dict[str, str], field: str) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    refused = await member.submit(page, "/dashboard/links", **{**HUNG, **changes})
    assert refused.status == 422
    assert f'id="{field}-error"' in refused.text
    assert "Words on the card" in refused.text


async def test_words_are_changed_and_programs_call_it_the_same(site: Site) -> None:
    asking = Asking(
        (Question("size", Kind.CHOICE, "Size", options=(Option("s", "Small"), Option("l", "Large"))),)
    )
    link = await site.shop.link(asking=asking)
    member = await site.member()
    path = f"/dashboard/links/{link.id}/edit"
    edit = await member.get(path)
    changes = {"ask_1_label": "Which size?", "ask_1_options": "Large\nHuge"}
    assert (await member.submit(edit, path, **changes)).status == 303
    options = (Option("l", "Large"), Option("Huge", "Huge"))
    assert (await newest(site)).terms.asking == Asking(
        (Question("size", Kind.CHOICE, "Which size?", options=options),)
    )
    edit = await member.get(path)
    # Whoever empties a row takes the question away.
    gone = await member.submit(edit, path, ask_1_label="", ask_1_options="")
    assert gone.status == 303, gone.text
    assert (await newest(site)).terms.asking is None


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"ask_2_options": ""}, "ask_2_options", "From 1 to 100 options."),
        ({"ask_1_label": ""}, "ask_1_label", "Say what you ask."),
        ({"ask_1_max": "many"}, "ask_1_max", "Write a number"),
        ({"ask_3_min": "1.5"}, "ask_3_min", "Write a whole number"),
        ({"ask_3_max": "0"}, "ask_3_max", "It is less than the minimum."),
        ({"ask_3_key": "Guests!"}, "ask_3_key", "Small letters"),
        ({"ask_3_kind": "file"}, "ask_3_kind", "Choose what the answer is."),
        ({"asks_phone": "maybe"}, "asks_phone", "Choose whether it is asked."),
        (
            {"asks_tax_id": "optional", "home": "DE", "tax_1_countries": "EU standard", **REVERSED},
            "asks_tax_id",
            "ask for a tax id already",
        ),
        ({"asks_name": "no"}, "asks_name", "Choose whether it is asked."),
        ({"consent_1_text": ""}, "consent_1_text", "Write what the payer agrees to."),
        ({"consent_1_url": "http://x"}, "consent_1_url", "https://"),
        ({"consent_2_language": "English"}, "consent_2_language", "language tag"),
    ],
)
async def test_an_error_stands_beside_its_row(
    site: Site, changes: dict[str, str], field: str, words: str
) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    refused = await member.submit(page, "/dashboard/links", **{**CUPS, **changes})
    assert refused.status == 422
    assert f'id="{field}-error"' in refused.text
    assert words in refused.text
    assert 'value="How many guests?"' in refused.text
    assert await site.shop.services.database.read(link_lists.list_links, site.shop.id, limit=1) == []


async def test_more_rows_come_without_a_script(site: Site) -> None:
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    more = await member.submit(page, "/dashboard/links", more_rows="questions", **CUPS)
    assert more.status == 200
    assert 'name="ask_7_label"' in more.text
    assert 'name="ask_8_label"' not in more.text
    # Items have a button of their own.
    assert 'name="item_2_name"' not in more.text


async def test_the_preview_shows_what_is_asked_and_keeps_the_price(site: Site) -> None:
    member = await site.member()
    items = {"price_kind": "items", "item_1_name": "Cup", "item_1_price": "9.00", "item_1_max": "5"}
    url = "/dashboard/links/preview?" + urlencode({**CUPS, **items})
    shown = await member.get(url)
    for words in ("Name on the cup", "I agree to the terms.", "Shipping address", "How many?", "Pay $9.00"):
        assert words in shown.text
    # A question that is not finished yet takes nothing away from the price.
    unfinished = await member.get(
        "/dashboard/links/preview?" + urlencode({**CUPS, **items, "ask_2_options": ""})
    )
    assert unfinished.status == 200
    assert "How many?" in unfinished.text
    assert "Pay $9.00" in unfinished.text


async def test_the_longest_form_is_read(site: Site) -> None:
    rows = {
        f"ask_{at}_{part}": text
        for at in range(1, 51)
        for part, text in {
            "label": f"Question {at}",
            "kind": "integer",
            "hint": "x",
            "min": "1",
            "max": "9",
            "required": "yes",
        }.items()
    }
    items = {
        f"item_{at}_{part}": text
        for at in range(1, 31)
        for part, text in {
            "name": f"Item {at}",
            "price": "1.00",
            "min": "1",
            "max": "2",
            "stock": "9",
            "optional": "yes",
        }.items()
    }
    member = await site.member()
    page = await member.get("/dashboard/links/new")
    made = await member.submit(
        page,
        "/dashboard/links",
        **{"description": "All", "price_kind": "items", **rows, **items, "item_1_optional": ""},
    )
    assert made.status == 303, made.text
    link = await newest(site)
    assert len(link.terms.asking.questions) == 50
    edit = await member.get(f"/dashboard/links/{link.id}/edit")
    assert len(edit.form(f"/dashboard/links/{link.id}/edit")) > 300
    saved = await member.submit(edit, f"/dashboard/links/{link.id}/edit", ask_50_label="The last one")
    assert saved.status == 303, saved.text
