"""The books show what stands beside them: money at the gateway that no link started (WI12)."""

from linktill.core.money import Money
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.services import moment_of
from tests.make import usd
from tests.web.site import Site
from tests.web.test_every_page import check_page

BOOKS = "/dashboard/books"
WORDS = "Money that Linktill does not know"


async def test_wi12_money_that_is_not_ours_is_listed_beside_the_books(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    assert WORDS not in (await browser.get(BOOKS)).text
    paid = await shop.running.paid(reference="pay_elsewhere")
    await shop.deliver()
    for found in (
        Foreign("refund:sbre_1", "unknown", usd(1_234), "re_lost"),
        Foreign("dispute:sbdis_1", "unknown", None),
        Foreign("sbpay_odd:1", "captured", Money(5, "ZZZ")),
    ):
        await shop.services.database.run(park, moment_of(shop.services), shop.id, shop.account.id, found)
    page = await browser.get(BOOKS)
    check_page(page)
    for words in (WORDS, "4 payments", "They are not in these books", "Nothing in the books yet"):
        assert words in page.text, words
    assert 'href="/dashboard/reconcile"' in page.body.decode()
    assert paid["id"] not in page.text
    await shop.pay(await shop.link())
    assert WORDS in (await browser.get(BOOKS)).text
    assert WORDS not in (await browser.get(f"{BOOKS}?account=sales")).text
