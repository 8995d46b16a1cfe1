"""The home page: one list of what needs doing, the most urgent first, and the money of thirty days."""

import re
from datetime import date

from linktill.core.money import Money
from linktill.flows.expire import wake_links
from linktill.storage.needs import Need, count_links, links_in_need
from linktill.web.dashboard.home.chart import chart_of, main_currency, totals
from tests.make import Shop
from tests.web.site import Site
from tests.web.test_every_page import check_page

DAY_US = 24 * 3600 * 1_000_000


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def reasons(text: str) -> list[str]:
    """What the list says, in order."""
    found = re.search(r'<ol class="tasks">(.*?)</ol>', text, re.DOTALL)
    return re.findall(r"<b>(.*?)</b>", found[1]) if found else []


async def needed(shop: Shop, need: Need, now: int) -> list[str]:
    found = await shop.services.database.read(links_in_need, shop.id, need, now=now, limit=10)
    assert await shop.services.database.read(count_links, shop.id, need, now=now) == len(found)
    return [link.id for link in found]


async def test_overdue_and_closing_bills_are_listed_until_they_are_paid(site: Site) -> None:
    shop, now = site.shop, site.services.clock.now_us()
    owed = await shop.link(description="Owed", due_at=now + DAY_US)
    sold = await shop.link(description="Sold to many", due_at=now + DAY_US, payments_max=None)
    closing = await shop.link(description="Closing", expires_at=now + DAY_US)
    far = await shop.link(description="Far", expires_at=now + 5 * DAY_US, due_at=now + 4 * DAY_US)
    later = now + 2 * DAY_US
    assert await needed(shop, Need.OVERDUE, now) == []
    assert await needed(shop, Need.OVERDUE, later) == [owed.id], f"not {sold.id}, which anybody may buy"
    assert await needed(shop, Need.EXPIRING, now) == [closing.id], f"not {far.id}"
    browser = await site.member()
    home = await browser.get("/dashboard")
    check_page(home)
    await shop.pay(closing)
    await shop.pay(owed)
    assert await needed(shop, Need.OVERDUE, later) == []
    assert await needed(shop, Need.EXPIRING, now) == []


async def test_each_line_leads_to_the_list_of_what_it_counts(site: Site) -> None:
    shop, now = site.shop, site.services.clock.now_us()
    closing = await shop.link(description="Closing", expires_at=now + DAY_US)
    await shop.pay(await shop.link(description="Paid"))
    failed = await shop.pay(await shop.link(payments_max=None, description="Tea"), "9", "declined")
    browser = await site.member()
    home = await browser.get("/dashboard")
    assert reasons(home.text) == [
        "One unpaid link closes within two days.",
        "One payment failed in the last seven days.",
    ]
    listed = await browser.get("/dashboard/links?status=expiring")
    check_page(listed)
    assert closing.id in listed.text
    assert "Paid</span>" not in re.sub(r"<nav.*?</nav>", "", listed.text, flags=re.DOTALL)
    assert failed.id in (await browser.get("/dashboard/payments?status=failed")).text
    overdue = await browser.get("/dashboard/links?status=overdue")
    check_page(overdue)
    assert "No link fits" in overdue.text


async def test_a_failed_payment_needs_nobody_once_its_payer_has_paid(site: Site) -> None:
    shop = site.shop
    link = await shop.link(payments_max=None)
    await shop.pay(link, "1", "declined")
    browser = await site.member()
    assert reasons((await browser.get("/dashboard")).text) == ["One payment failed in the last seven days."]
    await shop.pay(link, "2")
    home = await browser.get("/dashboard")
    assert reasons(home.text) == []
    assert "Nothing. All is well." in home.text


async def test_live_books_without_a_gateway_say_so(site: Site) -> None:
    browser = await site.member()
    await browser.submit(await browser.get("/dashboard/go-live"), "/dashboard/go-live")
    home = await browser.get("/dashboard")
    assert "Nobody can pay yet." in home.text


def test_the_chart_is_thirty_days_of_one_currency() -> None:
    sums = {
        (100, "USD"): 5_000,
        (93, "USD"): 2_000,
        (95, "USD"): -1_000,
        (71, "USD"): 1,
        (70, "USD"): 99,
        (100, "EUR"): 7,
    }
    chart = chart_of(sums, 100, "USD")
    assert chart is not None
    assert len(chart.bars) == 30
    assert (chart.today, chart.same_day, chart.same_day_on) == (usd(5_000), usd(2_000), date(1970, 4, 4))
    assert chart.average == usd((2_000 - 1_000) // 7)
    assert chart.total == usd(6_001)
    assert chart.best.amount == usd(5_000)
    assert (chart.bars[-1].y, chart.bars[-1].height) == (0, 83)
    minus = chart.bars[24]
    assert (minus.amount, minus.y, minus.height) == (usd(-1_000), 83, 16)
    assert chart_of({}, 100, "USD") is None
    assert main_currency(sums, "EUR") == "EUR"
    assert main_currency(sums, "JPY") == "USD"
    assert main_currency({}, "JPY") == "JPY"
    assert totals(sums, [100]) == (Money(7, "EUR"), usd(5_000))


async def test_days_that_are_over_are_summed_with_today(site: Site) -> None:
    shop = site.shop
    link = await shop.link(payments_max=None)
    await shop.pay(link, "1")
    browser = await site.member()
    assert (await browser.get("/dashboard")).text.count("$40.00") >= 3
    await shop.pay(link, "2")
    home = (await browser.get("/dashboard")).text
    assert re.search(r"Received today</p>\s*<p class=\"value money\">\$80.00<", home)
    assert re.search(r"Received in 30 days</p>\s*<p class=\"value money\">\$80.00<", home)
    await wake_links(site.services)
