"""The page of the search."""

from linktill.flows.enter_search import fill_search
from tests.web.site import Site


async def test_the_page_finds_each_kind_and_leads_there(site: Site) -> None:
    shop = site.shop
    link = await shop.link(123_450, description="<b>Bicycle</b>", reference="R-7")
    paid = await shop.pay(link)
    await fill_search(shop.services)
    browser = await site.member()
    page = await browser.get("/dashboard/search?q=1%2C234.50")
    assert f'href="/dashboard/payments/{paid.id}"' in page.text
    assert f'href="/dashboard/links/{link.id}"' in page.text
    assert "<b>Bicycle" not in page.body.decode()
    assert "Nothing found" in (await browser.get("/dashboard/search?q=bicycle+zebra")).text
