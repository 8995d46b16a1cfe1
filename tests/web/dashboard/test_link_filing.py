"""Links kept in order by hand: put away and taken out again, tagged, with a note; and what payers see of it (nothing)."""

import re

from linktill.core.link_filing import Filing
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.archive_link import archive_link
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import find_links, read_link
from linktill.storage.link_lists import LinkFilter
from tests.web.browsing import Browser, Page
from tests.web.dashboard.test_links import GOOD, LINKS, NEW, create, links_of
from tests.web.site import Site
from tests.web.test_every_page import check_page

FILED = Filing(("Wholesale", "spring 2027"), "Called <twice>.\nPays by transfer.")


async def filing(site: Site, link: PaymentLink) -> Filing:
    return (await read_link(site.shop.services, site.shop.id, link.id)).filing


async def press(browser: Browser, link: PaymentLink, action: str) -> Page:
    here = f"{LINKS}/{link.id}"
    return await browser.follow(await browser.submit(await browser.get(here), f"{here}/{action}"))


async def test_ll14_a_link_is_archived_found_again_and_taken_out(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    link, other = await shop.link(description="Old logo"), await shop.link(description="New logo")
    put_away = await press(browser, link, "archive")
    check_page(put_away)
    assert "Archived. It is out of your lists" in put_away.text
    here = f"{LINKS}/{link.id}"
    for action in ("pause", "resume", "cancel", "edit", "archive"):
        assert f'"{here}/{action}"' not in put_away.body.decode(), "no button leads to a refusal"
    every = await browser.get(LINKS)
    assert ("New logo" in every.text, "Old logo" in every.text) == (True, False)
    assert re.search(r"All <span>1</span>", every.text)
    assert "Old logo" not in (await browser.get(f"{LINKS}?q=logo")).text
    archived = await browser.get(f"{LINKS}?status=archived")
    assert ("New logo" in archived.text, "Old logo" in archived.text) == (False, True)
    check_page(await browser.get(f"{here}/edit"), 409)
    assert "back among your links" in (await press(browser, link, "unarchive")).text
    assert (await shop.fresh(link)).status is LinkStatus.ACTIVE
    await archive_link(shop.services, shop.id, link.id)
    await archive_link(shop.services, shop.id, other.id)
    nothing = await browser.get(LINKS)
    check_page(nothing)
    assert "All of your links are archived" in nothing.text


async def test_ll14_payers_of_an_archived_link(site: Site) -> None:
    """Receipts and the payer's own page stay; strangers learn that it is paid, or closed."""
    shop, payer = site.shop, site.browser()
    paid, unpaid = await shop.link(), await shop.link()
    receipt = await site.pay(payer, paid)
    unfinished, at_gateway = site.browser(), f"/p/{unpaid.slug}"
    pressed = await unfinished.submit(await unfinished.get(at_gateway), f"{at_gateway}/pay")
    late = site.browser()
    several = await shop.link(payments_max=None)
    opened = await late.get(f"/p/{several.slug}")
    for link in (paid, unpaid, several):
        await archive_link(shop.services, shop.id, link.id)
    again = await payer.follow(await payer.get(f"/p/{paid.slug}"))
    check_page(again)
    assert again.text == receipt.text
    stranger = await site.browser().get(f"/p/{paid.slug}")
    check_page(stranger, 410)
    assert "This has been paid" in stranger.text
    closed = await site.browser().get(at_gateway)
    check_page(closed, 410)
    assert "This link is closed" in closed.text
    refused = await late.submit(opened, f"/p/{several.slug}/pay")
    assert refused.status == 409
    assert refused.header("linktill-problem") == "link_archived"
    await site.at_gateway(pressed)
    finished = await unfinished.follow(await unfinished.get(at_gateway))
    check_page(finished)
    assert (await shop.fresh(unpaid)).captured_minor == 4_000
    assert (await shop.fresh(unpaid)).status is LinkStatus.ARCHIVED


async def test_tags_and_a_note_are_typed_shown_changed_and_cleared(site: Site) -> None:
    browser = await site.member()
    made = await create(
        browser, tags=" Wholesale, spring  2027,wholesale,", internal_note=FILED.internal_note
    )
    [link] = await links_of(site)
    assert await filing(site, link) == FILED
    page = await browser.follow(made)
    check_page(page)
    assert "Called <twice>.\nPays by transfer." in page.text
    assert b"<twice>" not in page.body
    assert f'href="{LINKS}?tag=spring+2027"' in page.text
    here = f"{LINKS}/{link.id}"
    edit = await browser.get(f"{here}/edit")
    form = edit.form(f"{here}/edit")
    assert (form["tags"], form["internal_note"]) == ("Wholesale, spring 2027", FILED.internal_note)
    saved = await browser.submit(edit, f"{here}/edit", tags="new", amount="41")
    assert saved.status == 303
    assert await filing(site, link) == Filing(("new",), FILED.internal_note)
    assert (await site.shop.fresh(link)).version == 2
    page = await browser.get(here)
    filed = await browser.submit(page, f"{here}/filing", tags="", internal_note="")
    assert "for your eyes only" in (await browser.follow(filed)).text
    assert await filing(site, link) == Filing()
    assert (await site.shop.fresh(link)).version == 2
    assert (await browser.get(f"{here}/filing")).location == here


async def test_what_cannot_be_filed_is_said_beside_its_field(site: Site) -> None:
    browser = await site.member()
    link = await site.shop.link(filing=FILED)
    here = f"{LINKS}/{link.id}"
    for field, typed in (
        ("tags", "x" * 41),
        ("tags", ",".join(str(number) for number in range(21))),
        ("internal_note", "4242 4242 4242 4242"),
        ("internal_note", "x" * 2_001),
    ):
        for address, action in ((NEW, LINKS), (f"{here}/edit", f"{here}/edit"), (here, f"{here}/filing")):
            good = {} if action.endswith("/filing") else GOOD
            page = await browser.submit(await browser.get(address), action, **{**good, field: typed})
            check_page(page, 422)
            assert f'id="{field}-error"' in page.text, (field, action)
            assert page.form(action)[field] == typed, "what was typed is still there"
    assert await filing(site, link) == FILED
    assert len(await links_of(site)) == 1


async def test_closed_links_are_filed_on_their_page(site: Site) -> None:
    browser = await site.member()
    link = await site.shop.link()
    await cancel_link(site.shop.services, site.shop.id, link.id)
    page = await browser.get(f"{LINKS}/{link.id}")
    await browser.submit(page, f"{LINKS}/{link.id}/filing", tags="lost", internal_note="Moved away.")
    assert await filing(site, link) == Filing(("lost",), "Moved away.")


async def test_lists_show_tags_and_are_filtered_by_them(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    tagged = await shop.link(
        description="Old logo",
        filing=Filing(
            ("VIP", "<b>"),
        ),
    )
    await shop.link(description="New logo")
    every = await browser.get(LINKS)
    assert f'href="{LINKS}?tag=VIP"' in every.text
    assert b'<a class="tag" href="/dashboard/links?tag=%3Cb%3E">&lt;b&gt;</a>' in every.body
    only = await browser.get(f"{LINKS}?tag=vip")
    check_page(only)
    assert ("Old logo" in only.text, "New logo" in only.text) == (True, False)
    assert f'href="{LINKS}?status=active&tag=vip"' in only.text, "the tabs keep the tag"
    assert f'href="{LINKS}">Show all</a>' in only.text
    assert only.form(LINKS).get("tag") == "vip"
    for nothing in ("?tag=nobody", "?tag=a%2Cb", "?tag=%00&status=paused", "?tag=" + "x" * 300):
        page = await browser.get(LINKS + nothing)
        check_page(page)
        assert "Old logo" not in page.text or nothing.startswith("?tag=%00"), nothing
    wanted = LinkFilter(tag="vip")
    assert [link.id for link in (await find_links(shop.services, shop.id, limit=9, wanted=wanted)).links] == [
        tagged.id
    ]


async def test_payers_and_gateways_learn_nothing_of_it(site: Site) -> None:
    filed = Filing(("difficult customer",), "Never again.")
    link = await site.shop.link(filing=filed)
    payer = site.browser()
    opened = await payer.get(f"/p/{link.slug}")
    paid = await site.pay(payer, link)
    for page in (opened, paid):
        assert "difficult" not in page.text
        assert "Never again" not in page.text
    sent = [str(request.body) for request in site.shop.wire.sent]
    assert sent
    assert not any("difficult" in body or "Never again" in body for body in sent)


async def test_a_copy_keeps_the_tags(site: Site) -> None:
    browser = await site.member()
    link = await site.shop.link(filing=FILED)
    await press(browser, link, "duplicate")
    copy = next(each for each in await links_of(site) if each.id != link.id)
    assert await filing(site, copy) == Filing(FILED.tags)
