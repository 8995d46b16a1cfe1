"""Several links at once from the list: each says what happened, and one that cannot be keeps none of the others from it."""

import csv
import io

from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import find_links
from tests.flows.test_counted import BILL, pay_part
from tests.make import make_merchant
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

LINKS = "/dashboard/links"
SELECTED = f"{LINKS}/selected"


async def pressed(browser: Browser, control: str, *ids: str, **more: str) -> Page:
    page = await browser.get(LINKS)
    return await browser.submit(
        page, SELECTED, control=control, **{f"pick_{each}": "on" for each in ids}, **more
    )


async def statuses(site: Site) -> list[str]:
    """Oldest first."""
    found = (await find_links(site.shop.services, site.shop.id, limit=100)).links
    return [link.status.value for link in reversed(found)]


async def test_ticked_links_are_paused_and_opened_again(site: Site) -> None:
    first, second, third = [
        await site.shop.link(description=f"<i>{name}</i>") for name in ("Tea", "Cake", "Milk")
    ]
    await cancel_link(site.shop.services, site.shop.id, third.id)
    browser = await site.member()
    page = await pressed(browser, "pause", first.id, third.id)
    check_page(page)
    assert "One link is paused" in page.text
    assert "canceled" in page.text.lower()
    assert b"<i>Tea" not in page.body
    assert await statuses(site) == ["paused", "active", "canceled"]
    opened = await pressed(browser, "resume", first.id, second.id)
    assert "2 links are open" in opened.text
    assert await statuses(site) == ["active", "active", "canceled"]


async def test_all_on_the_page_are_canceled_after_a_question(site: Site) -> None:
    for _ in range(3):
        await site.shop.link()
    browser = await site.member()
    asked = await pressed(browser, "cancel", every="on")
    check_page(asked)
    assert "Cancel these 3 links for good?" in asked.text
    assert await statuses(site) == ["active"] * 3
    done = await browser.submit(asked, SELECTED, control="cancel")
    assert "3 links are canceled" in done.text
    assert await statuses(site) == ["canceled"] * 3


async def test_ticked_links_are_put_away_and_taken_out_and_drafts_published(site: Site) -> None:
    first = await site.shop.link()
    browser = await site.member()
    form = await browser.get(f"{LINKS}/new")
    await browser.submit(form, LINKS, description="Guitar lesson", amount="40", draft="yes")
    assert "One link is archived" in (await pressed(browser, "archive", first.id)).text
    archived = await browser.get(f"{LINKS}?status=archived")
    check_page(archived)
    back = await browser.submit(archived, SELECTED, control="unarchive", every="on")
    assert "One link is out of the archive" in back.text
    drafts = await browser.get(f"{LINKS}?status=draft")
    check_page(drafts)
    done = await browser.submit(drafts, SELECTED, control="publish", every="on")
    assert "One link is published" in done.text
    assert await statuses(site) == ["active", "active"]


async def test_a_bill_that_is_partly_paid_is_asked_about(site: Site) -> None:
    bill = await site.shop.link(5_000, pricing=BILL)
    assert "part is paid" not in (await pressed(await site.member(), "cancel", bill.id)).text
    await pay_part(site.shop, bill, "1", 2_000)
    browser = await site.member()
    asked = await pressed(browser, "cancel", bill.id)
    check_page(asked)
    assert "part is paid" in asked.text
    refused = await browser.submit(asked, SELECTED, control="cancel")
    assert "keep or refund" in refused.text
    assert await statuses(site) == ["active"]
    done = await browser.submit(asked, SELECTED, control="cancel", keep="on")
    assert "One link is canceled" in done.text
    assert await statuses(site) == ["canceled"]


async def test_ticked_links_are_taken_along(site: Site) -> None:
    first, _, third = [await site.shop.link(description=name) for name in ("=1+1", "Cake", "Milk")]
    browser = await site.member()
    file = await pressed(browser, "download", first.id, third.id)
    assert file.header("content-disposition") == 'attachment; filename="links.csv"'
    lines = list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert [(line["id"], line["description"]) for line in lines] == [(third.id, "Milk"), (first.id, "'=1+1")]
    assert (lines[0]["amount"], lines[0]["status"]) == ("40.00", "active")
    assert len(await statuses(site)) == 3


async def test_what_was_not_chosen_is_refused(site: Site) -> None:
    link = await site.shop.link()
    browser = await site.member()
    for action, ids in (("pause", ()), ("nonsense", (link.id,)), ("", (link.id,))):
        check_page(await pressed(browser, action, *ids), 422)
    assert await statuses(site) == ["active"]
    assert (await browser.get(SELECTED)).location == LINKS
    forged = await browser.post(
        SELECTED, {"shown": link.id, "every": "1", "control": "pause", "csrf_token": "x"}
    )
    assert forged.status == 403
    assert await statuses(site) == ["active"]


async def test_links_of_another_merchant_are_not_there(site: Site) -> None:
    shop = site.shop
    stranger = await make_merchant(shop.services, "Stranger")
    mine, shop.merchant = shop.merchant, stranger
    theirs = await shop.link(description="Secret")
    shop.merchant = mine
    own = await shop.link()
    browser = await site.member()
    page = await pressed(browser, "pause", shown=f"{theirs.id} {own.id}", every="1")
    assert "One link is paused" in page.text
    assert f"There is no payment link {theirs.id}" in page.text
    assert "Secret" not in page.text
    assert "Secret" not in (await pressed(browser, "download", shown=theirs.id, every="1")).text
    shop.merchant = stranger
    assert await statuses(site) == ["active"]
    shop.merchant = mine
