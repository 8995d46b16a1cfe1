"""What other places are shown of a link: codes that scan to its address, cards that pay nothing, and what editors ask."""

import json
from io import BytesIO
from urllib.parse import quote

import pytest

from linktill.core.link_terms import LinkFields
from linktill.core.money import Money
from linktill.flows.publish_link import create_draft
from linktill.web.checkout.qr import qr_code
from linktill.web.dashboard.link.share import share_of
from tests.make import BASE_URL
from tests.web.site import Site

DAY_US = 24 * 3600 * 1_000_000


async def test_a_code_holds_the_address_and_nothing_else(site: Site) -> None:
    link = await site.shop.link(slug="pottery-class")
    svg = await site.browser().get("/p/pottery-class/qr.svg")
    assert svg.header("content-type") == "image/svg+xml; charset=utf-8"
    assert svg.header("content-security-policy") == "default-src 'none'; sandbox"
    assert f'd="{qr_code(f"{BASE_URL}/p/{link.slug}").path}"' in svg.text


@pytest.mark.parametrize(
    ("query", "side"),
    [("", 592), ("?size=1200", 1184), ("?size=1", 74), ("?size=9999", 1998), ("?size=x", 592)],
)
async def test_fx11_a_picture_has_whole_squares_and_a_size_within_limits(
    site: Site, query: str, side: int
) -> None:
    await site.shop.link(slug="pottery-class")
    png = await site.browser().get(f"/p/pottery-class/qr.png{query}")
    assert png.header("content-type") == "image/png"
    file = BytesIO(png.body)
    assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    file.seek(16)
    assert [int.from_bytes(file.read(4)) for _ in "xy"] == [side, side]


async def test_a_card_leads_to_the_page_and_pays_nothing(site: Site) -> None:
    await site.shop.link(slug="pottery-class", description="Fliese <b>x</b>", amount_minor=4_500)
    card = await site.browser().get("/p/pottery-class/card?prefilled_email=ada%40example.com&theme=dark")
    assert "<form" not in card.text
    assert 'data-theme="dark"' in card.text
    assert f'href="{BASE_URL}/p/pottery-class?prefilled_email=ada%40example.com"' in card.text
    assert b"&lt;b&gt;x&lt;/b&gt;" in card.body
    assert "$45.00" in card.text
    # WH07: it alone may be framed by anybody; the page with Pay on it by nobody.
    assert "frame-ancestors *" in card.header("content-security-policy")
    assert card.header("x-frame-options") == ""
    page = await site.browser().get("/p/pottery-class")
    assert "frame-ancestors 'none'" in page.header("content-security-policy")
    assert page.header("x-frame-options") == "DENY"


@pytest.mark.parametrize(
    "query", ["signed=x", "prefilled_amount=1", "prefilled_promo_code=SPRING", "currency=EUR"]
)
async def test_a_card_names_no_price_that_the_page_may_not_have(site: Site, query: str) -> None:
    await site.shop.link(slug="pottery-class", amount_minor=4_500)
    card = await site.browser().get(f"/p/pottery-class/card?{query}")
    assert "$45.00" not in card.text
    assert f"/p/pottery-class?{query}" in card.text


async def test_a_card_says_how_the_link_stands(site: Site) -> None:
    now = site.shop.services.clock.now_us()
    later = await site.shop.link(starts_at=now + 10 * DAY_US)
    closed = await site.shop.link(expires_at=now + DAY_US)
    site.shop.running.clock.advance(2 * 24 * 3600)
    assert "See when it opens</a>" in (await site.browser().get(f"/p/{later.slug}/card")).text
    assert "No longer open</a>" in (await site.browser().get(f"/p/{closed.slug}/card")).text


@pytest.mark.parametrize("what", ["qr.svg", "qr.png", "card", "oembed"])
async def test_of_a_draft_and_of_nothing_nothing_is_told(site: Site, what: str) -> None:
    shop = site.shop
    terms = LinkFields(4_000, "USD", "A bicycle repair")
    draft = await create_draft(shop.services, shop.id, terms, by="test")
    for slug in (draft.slug, "nobody-has-this", "..", "a" * 65):
        page = await site.browser().get(f"/p/{slug}/{what}?url={quote(f'{BASE_URL}/p/{slug}', safe='')}")
        assert page.status == 404, slug


async def test_an_editor_makes_a_card_of_an_address(site: Site) -> None:
    link = await site.shop.link(slug="pottery-class", description='Pottery "for two"', amount_minor=4_500)
    url = f"{BASE_URL}/p/{link.slug}"
    page = await site.browser().get("/p/pottery-class")
    assert f'href="{url}/oembed?url={quote(url, safe="/")}"' in page.text
    assert '<meta property="og:title" content="Pottery &#34;for two&#34; · $45.00">' in page.body.decode()
    asked = f"/p/pottery-class/oembed?url={quote(f'{url}?utm_source=blog&a=1', safe='')}"
    answer = await site.browser().get(asked)
    assert answer.header("access-control-allow-origin") == "*"
    found = json.loads(answer.body)
    assert (found["type"], found["version"], found["width"], found["height"]) == ("rich", "1.0", 416, 184)
    assert found["html"].startswith(
        f'<iframe src="{url}/card?utm_source=blog&amp;a=1" title="Pottery &quot;for two&quot;"'
    )
    narrow = json.loads((await site.browser().get(f"{asked}&maxwidth=300")).body)
    assert narrow["width"] == 300
    for too_small in ("maxwidth=200", "maxheight=183", "maxwidth=0"):
        assert json.loads((await site.browser().get(f"{asked}&{too_small}")).body)["type"] == "link", (
            too_small
        )
    assert (await site.browser().get(f"{asked}&format=xml")).status == 501


@pytest.mark.parametrize(
    "asked", ["", "https://evil.example/p/pottery-class", f"{BASE_URL}/p/other", "x" * 5_000]
)
async def test_an_editor_is_told_of_this_link_only(site: Site, asked: str) -> None:
    await site.shop.link(slug="pottery-class")
    page = await site.browser().get(f"/p/pottery-class/oembed?url={quote(asked, safe='')}")
    assert page.status == 404


async def test_the_script_for_other_pages_keeps_its_address(site: Site) -> None:
    script = await site.browser().get("/static/embed.js")
    assert (script.status, script.header("content-type")) == (200, "text/javascript; charset=utf-8")
    assert script.header("cross-origin-resource-policy") == "cross-origin"
    assert "max-age=3600" in script.header("cache-control")


async def test_the_dashboard_hands_out_messages_and_code(site: Site) -> None:
    link = await site.shop.link(slug="pottery-class", description="Cups & <bowls>")
    page = await (await site.member()).get(f"/dashboard/links/{link.id}")
    url = f"{BASE_URL}/p/pottery-class"
    assert f"https://wa.me/?text=Cups%20%26%20%3Cbowls%3E%3A%20%2440.00%0A{quote(url, safe='')}" in page.text
    assert f'src="{BASE_URL}/static/embed.js"' in page.text.replace("&#34;", '"')
    assert "/p/pottery-class/qr.png?size=1200" in page.text


def test_code_for_pages_says_what_was_typed_and_nothing_else() -> None:
    share = share_of("https://pay.example", "cups", 'A "cup"\n</a><script>alert(1)</script>', Money(0, "USD"))
    assert share.card_code == (
        '<linktill-card><a href="https://pay.example/p/cups">'
        "A &quot;cup&quot; &lt;/a&gt;&lt;script&gt;alert(1)&lt;/script&gt;</a></linktill-card>"
    )
    assert share.message == 'A "cup" </a><script>alert(1)</script>\nhttps://pay.example/p/cups'
    assert {channel.url.split(":")[0] for channel in share.channels} == {"mailto", "sms", "https"}
