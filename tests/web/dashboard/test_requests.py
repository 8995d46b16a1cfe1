"""Who asks for a new link, at the dashboard: on the home page, on the link's page and in a list; answered in three ways."""

import pytest

from linktill.core.ids import LinkId
from linktill.core.link_filing import Filing
from linktill.core.link_request import LinkRequest, RequestStatus
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.answer_requests import dismiss_request, read_request
from linktill.flows.manage_links import find_links, read_link
from tests.flows.on_file import made
from tests.flows.wishing import ask, asked, canceled, expired, reopened
from tests.make import BASE_URL, make_merchant
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

LINKS = "/dashboard/links"
REQUESTS = "/dashboard/requests"


async def wish(site: Site, link: PaymentLink, email: str = "ada@example.com", **more: str) -> LinkRequest:
    await ask(site.shop, link, email, **more)
    return (await asked(site.shop, link.id))[0]


async def fresh(site: Site, request: LinkRequest) -> LinkRequest:
    return await read_request(site.shop.services, site.shop.id, request.id)


async def new_link_for(browser: Browser, request: LinkRequest, **typed: str) -> Page:
    page = await browser.get(f"{LINKS}/new?request={request.id}")
    check_page(page)
    return await browser.submit(page, LINKS, **typed)


async def made_link(site: Site, made_page: Page) -> PaymentLink:
    link_id = LinkId(made_page.location.rsplit("/", 1)[1])
    return (await read_link(site.shop.services, site.shop.id, link_id)).link


async def test_a_new_link_is_filled_in_and_answers_who_asked(site: Site) -> None:
    ada = await made(site.shop)
    link = await expired(site.shop, description="Course <b>", note="Bring a pen", filing=Filing(("courses",)))
    request = await wish(site, link, name="Ada <Byron>", message="I was <away>")
    browser = await site.member()
    home = await browser.get("/dashboard")
    assert "One payer asks for a new link" in home.text
    listed = await browser.get(REQUESTS)
    for words in ("Ada <Byron>", "ada@example.com", "I was <away>", "Course <b>"):
        assert words in listed.text
    form = (await browser.get(f"{LINKS}/new?request={request.id}")).form(LINKS)
    assert (form["description"], form["note"], form["tags"]) == ("Course <b>", "Bring a pen", "courses")
    assert (form["customer"], form["request"], form["expires_on"]) == ("ada@example.com", request.id, "")
    assert "Ada <Byron> (ada@example.com)" in (await browser.get(f"{LINKS}/new?request={request.id}")).text
    created = await new_link_for(browser, request, amount="45")
    assert created.status == 303, created.text
    new = await made_link(site, created)
    detail = await read_link(site.shop.services, site.shop.id, new.id)
    assert (new.terms.amount.minor, detail.filing.customer_id) == (4_500, ada.id)
    answered = await fresh(site, request)
    assert (answered.status, answered.answer_link_id) == (RequestStatus.ANSWERED, new.id)
    # Nobody has set a mail server here, so the page does not promise a mail.
    assert "send the address yourself" in (await browser.follow(created)).text
    assert "asks for a new link" not in (await browser.get("/dashboard")).text
    assert "Nobody waits" in (await browser.get(REQUESTS)).text
    check_page(page := await browser.get(f"{REQUESTS}?status=answered"))
    assert f"{LINKS}/{new.id}" in page.text


async def test_a_form_that_is_sent_twice_makes_one_link_and_one_answer(site: Site) -> None:
    request = await wish(site, await canceled(site.shop))
    browser = await site.member()
    form = (await browser.get(f"{LINKS}/new?request={request.id}")).form(LINKS)
    first, again = await browser.post(LINKS, form), await browser.post(LINKS, form)
    assert first.location == again.location
    assert (await fresh(site, request)).answer_link_id == first.location.rsplit("/", 1)[1]


async def test_a_draft_answers_nobody_yet_and_is_sent_by_its_address(site: Site) -> None:
    request = await wish(site, await canceled(site.shop))
    browser = await site.member()
    draft = await made_link(site, await new_link_for(browser, request, draft="yes"))
    assert draft.status is LinkStatus.DRAFT
    assert (await fresh(site, request)).status is RequestStatus.OPEN
    await browser.submit(await browser.get(f"{LINKS}/{draft.id}"), f"{LINKS}/{draft.id}/publish")
    sent = await browser.submit(
        await browser.get(REQUESTS),
        f"{REQUESTS}/{request.id}/answer",
        payment_link=f"{BASE_URL}/p/{draft.slug}?utm_source=x",
    )
    assert sent.status == 303, sent.text
    assert (await fresh(site, request)).answer_link_id == draft.id


async def test_a_link_is_extended_and_all_are_told(site: Site) -> None:
    link = await expired(site.shop)
    requests = [await wish(site, link, email) for email in ("ada@example.com", "bo@example.com")]
    browser, here = await site.member(), f"{LINKS}/{link.id}"
    page = await browser.get(here)
    check_page(page)
    assert "2 payers ask for a new link" in page.text
    assert f'href="{here}/edit"' in page.text
    assert f"{here}/tell" not in page.text
    await reopened(site.shop, link)
    page = await browser.get(here)
    assert "Tell all 2" in page.text
    told = await browser.submit(page, f"{here}/tell")
    assert (told.status, told.location) == (303, here)
    assert [(await fresh(site, each)).answer_link_id for each in requests] == [link.id, link.id]
    assert "payers ask" not in (await browser.get(here)).text


async def test_who_asks_can_be_dismissed(site: Site) -> None:
    link = await canceled(site.shop)
    request, browser = await wish(site, link), await site.member()
    gone = await browser.submit(await browser.get(f"{LINKS}/{link.id}"), f"{REQUESTS}/{request.id}/dismiss")
    assert (gone.status, gone.location) == (303, REQUESTS)
    assert (await fresh(site, request)).status is RequestStatus.DISMISSED
    assert "ada@example.com" in (await browser.get(f"{REQUESTS}?status=dismissed&link={link.id}")).text


@pytest.mark.parametrize(
    "typed", ["nonsense", "https://x/p/", "plink_00000000000000000000000000", "", "\x00"]
)
async def test_what_is_no_link_is_said_beside_its_field(site: Site, typed: str) -> None:
    request, browser = await wish(site, await canceled(site.shop)), await site.member()
    action = f"{REQUESTS}/{request.id}/answer"
    page = await browser.submit(await browser.get(REQUESTS), action, payment_link=typed)
    check_page(page, 422)
    assert f'id="payment_link_{request.id}-error"' in page.text
    assert (await fresh(site, request)).status is RequestStatus.OPEN


async def test_a_link_that_nobody_could_pay_is_not_sent(site: Site) -> None:
    link = await canceled(site.shop)
    request, browser = await wish(site, link), await site.member()
    action = f"{REQUESTS}/{request.id}/answer"
    page = await browser.submit(await browser.get(REQUESTS), action, payment_link=link.id)
    check_page(page, 409)
    assert (await fresh(site, request)).status is RequestStatus.OPEN


async def test_a_request_that_was_closed_meanwhile_does_not_hinder_the_link(site: Site) -> None:
    request, browser = await wish(site, await canceled(site.shop)), await site.member()
    page = await browser.get(f"{LINKS}/new?request={request.id}")
    await dismiss_request(site.shop.services, site.shop.id, request.id)
    created = await browser.submit(page, LINKS)
    assert created.status == 303
    assert (await fresh(site, request)).status is RequestStatus.DISMISSED


async def test_forms_of_other_merchants_and_of_nothing_are_not_there(site: Site) -> None:
    cy = await make_merchant(site.shop.services, "Cy")
    browser = await site.member()
    for asked_for in ("lrq_00000000000000000000000000", "nonsense", "lrq_ä", cy.id):
        assert (await browser.get(f"{LINKS}/new?request={asked_for}")).status == 404, asked_for
    form = (await browser.get(f"{LINKS}/new")).form(LINKS)
    refused = await browser.post(LINKS, {**form, "description": "x", "amount": "1", "request": "lrq_none"})
    assert refused.status == 404
    assert (await find_links(site.shop.services, site.shop.id, limit=10)).links == []


async def test_a_link_is_switched_off_and_on(site: Site) -> None:
    browser = await site.member()
    form = (await browser.get(f"{LINKS}/new")).form(LINKS)
    assert form["takes_requests"] == "yes"
    given = {**form, "description": "Cake", "amount": "5", "takes_requests": "no"}
    link = await made_link(site, await browser.post(LINKS, given))

    async def takes() -> bool:
        return (await read_link(site.shop.services, site.shop.id, link.id)).filing.takes_requests

    assert not await takes()
    edit = f"{LINKS}/{link.id}/edit"
    page = await browser.get(edit)
    assert page.form(edit)["takes_requests"] == "no"
    await browser.submit(page, edit, note="Hello")
    assert not await takes()
    await browser.submit(await browser.get(edit), edit, takes_requests="yes")
    assert await takes()
    here = f"{LINKS}/{link.id}"
    await browser.submit(await browser.get(here), f"{here}/filing", takes_requests="no")
    assert not await takes()
    bare = {"csrf_token": (await browser.get(here)).form(f"{here}/filing")["csrf_token"], "tags": "a"}
    assert (await browser.post(f"{here}/filing", bare)).status == 303
    assert not await takes()
