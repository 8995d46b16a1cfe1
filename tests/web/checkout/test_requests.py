"""On a closed link's page a payer leaves an address; nobody learns from the answer who else did."""

import pytest

from linktill.core.link_filing import Filing
from linktill.flows import ask_for_link as flow
from tests.flows.wishing import asked, canceled, expired, reopened
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

ADA = {"email": "ada@example.com"}


async def send(browser: Browser, slug: str, **typed: str) -> Page:
    """Opens the link, fills in the form that is there, and sends it."""
    page = await browser.get(f"/p/{slug}")
    return await browser.submit(page, f"/p/{slug}/request", **typed)


async def test_a_payer_asks_for_a_new_link(site: Site) -> None:
    link = await expired(site.shop, description="<b>Course</b>")
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}")
    check_page(page, 410)
    assert "Ask for a new link" in page.text
    noted = await send(browser, link.slug, **ADA, name="Ada <Byron>", message="May I?")
    check_page(noted)
    assert "Bea's Bikes knows that you asked" in noted.text
    assert "Bea's Bikes can answer you at <strong>ada@example.com</strong>" in noted.text
    assert f"/p/{link.slug}/request" not in noted.text
    [request] = await asked(site.shop)
    assert (request.email, request.name, request.message) == ("ada@example.com", "Ada <Byron>", "May I?")
    assert browser.cookies == {}
    led = await browser.get(f"/p/{link.slug}/request")
    assert (led.status, led.location) == (303, f"/p/{link.slug}")


async def test_the_answer_is_the_same_for_who_asked_before(site: Site) -> None:
    link = await canceled(site.shop)
    first = await send(site.browser(), link.slug, **ADA)
    again = await send(site.browser(), link.slug, **ADA, name="Somebody else")
    assert first.status == again.status == 200
    assert first.body == again.body
    [request] = await asked(site.shop)
    assert request.name == ""


async def test_what_is_sold_out_has_a_waiting_list(site: Site) -> None:
    link = await site.shop.link(payments_max=2)
    await site.shop.pay(link, "1")
    await site.shop.pay(link, "2")
    page = await site.browser().get(f"/p/{link.slug}")
    check_page(page, 410)
    assert "Tell me when there is more" in page.text
    noted = await send(site.browser(), link.slug, **ADA)
    check_page(noted)
    assert "You are on the list" in noted.text


async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(site: Site) -> None:
    link = await canceled(site.shop)
    typed = {"email": "<nobody>", "name": "Ada", "message": "card 4242424242424242"}
    page = await send(site.browser(), link.slug, **typed)
    check_page(page, 422)
    assert 'id="email-error"' in page.text
    assert 'id="message-error"' in page.text
    assert page.form(f"/p/{link.slug}/request") == {
        "email": "<nobody>",
        "name": "Ada",
        "message": "card 4242424242424242",
    }
    assert await asked(site.shop) == []


async def test_no_form_where_nothing_is_asked(site: Site) -> None:
    shop = site.shop
    bill = await shop.link()
    await shop.pay(bill)
    switched_off = await canceled(shop, filing=Filing(takes_requests=False))
    future = await shop.link(starts_at=shop.services.clock.now_us() + 3_600_000_000)
    for link in (bill, switched_off, future, await shop.link()):
        page = await site.browser().get(f"/p/{link.slug}")
        assert f"/p/{link.slug}/request" not in page.text
        refused = await site.browser().post(f"/p/{link.slug}/request", ADA)
        assert (refused.status, refused.location) == (303, f"/p/{link.slug}")
    assert await asked(shop) == []
    check_page(await site.browser().post("/p/nothing/request", ADA), 404)
    over = await expired(shop, filing=Filing(takes_requests=False))
    assert "ask Bea's Bikes for a new link" in (await site.browser().get(f"/p/{over.slug}")).text


async def test_a_link_that_opens_meanwhile_shows_itself(site: Site) -> None:
    link = await expired(site.shop)
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}")
    await reopened(site.shop, link)
    sent = await browser.submit(page, f"/p/{link.slug}/request", **ADA)
    assert (sent.status, sent.location) == (303, f"/p/{link.slug}")
    assert "Pay $40.00" in (await browser.follow(sent)).text
    assert await asked(site.shop) == []


async def test_a_link_that_closes_while_it_is_paid_offers_to_ask_with_what_was_typed(site: Site) -> None:
    shop = site.shop
    link = await shop.link(expires_at=shop.services.clock.now_us() + 60_000_000)
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}")
    shop.running.clock.advance(61)
    pressed = await browser.submit(page, f"/p/{link.slug}/pay", email="ada@example.com", name="Ada")
    check_page(pressed, 409)
    assert pressed.form(f"/p/{link.slug}/request") == {**ADA, "name": "Ada", "message": ""}


async def test_a_form_of_a_foreign_page_notes_nothing(site: Site) -> None:
    link = await canceled(site.shop)
    refused = await Browser(site.app, headers={"origin": "https://evil.example"}).post(
        f"/p/{link.slug}/request", ADA
    )
    assert refused.status == 403
    assert await asked(site.shop) == []


async def test_too_many_from_one_place_are_stopped(site: Site) -> None:
    link = await canceled(site.shop)
    for number in range(flow.ASKS_MAX):
        await send(site.browser(), link.slug, email=f"payer{number}@example.com")
    stopped = await send(site.browser(), link.slug, **ADA)
    check_page(stopped, 429)
    assert "Wait an hour" in stopped.text
    assert len(await asked(site.shop)) == flow.ASKS_MAX


async def test_a_full_list_sends_to_the_merchant(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "OPEN_MAX", 1)
    link = await canceled(site.shop)
    await send(site.browser(), link.slug, **ADA)
    full = await send(site.browser(), link.slug, **ADA)
    check_page(full, 409)
    assert "Please write to Bea's Bikes instead" in full.text


async def test_a_page_of_a_link_that_can_be_paid_asks_no_more_than_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether requests are taken is read of closed links alone."""
    link, seen = await site.shop.link(), []
    database = type(site.services.database)
    read = database.read

    async def counted(self: object, unit: object, *given: object, **named: object) -> object:
        seen.append(getattr(unit, "__name__", ""))
        return await read(self, unit, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "read", counted)
    await site.browser().get(f"/p/{link.slug}")
    assert "page_of" in seen
    assert "filing_of" not in seen
