"""A member answers disputes on the dashboard: drafts evidence, submits it once, or gives in. Refused forms move nothing."""

from dataclasses import dataclass

import pytest

from linktill.core.dispute_answer import ARGUMENTS
from linktill.flows.send_answers import poll_answers
from linktill.gateways.contract import OutcomeUnknown
from linktill.gateways.sandbox import SandboxGateway
from tests.flows.answering import Disputed, turns
from tests.web.browsing import Browser, Page
from tests.web.dashboard.test_disputes import OPENED_S, told_later
from tests.web.site import Site
from tests.web.test_every_page import check_page


@dataclass
class Case:
    """A dispute that was just opened, and the member's browser."""

    site: Site
    browser: Browser
    at: Disputed
    url: str

    async def page(self) -> Page:
        page = await self.browser.get(self.url)
        check_page(page)
        return page

    async def save(self, page: Page, **fields: str) -> Page:
        return await self.browser.submit(page, f"{self.url}/evidence", **fields)


async def opened(site: Site, card: str = "dispute_lost") -> Case:
    payment = await site.shop.pay(await site.shop.link(), card=card)
    browser = await site.member()
    await told_later(site, OPENED_S)
    site.shop.wire.sent.clear()
    at = Disputed(site.shop, payment)
    return Case(site, browser, at, f"/dashboard/disputes/{(await at.dispute()).id}")


async def test_a_dispute_is_won_with_evidence(site: Site) -> None:
    case = await opened(site)
    home = await case.browser.get("/dashboard")
    assert "One dispute needs your answer." in home.text
    listed = await case.browser.get("/dashboard/disputes?status=waiting")
    check_page(listed)
    assert "Needs your answer" in listed.text
    assert case.url in listed.text
    page = await case.page()
    for words in (
        "The payer's bank asks for the money back.",
        "Your records know this much.",
        "ada@example.com",
    ):
        assert words in page.text.replace("&#39;", "'"), words
    assert "Submit the evidence" not in page.text
    saved = await case.save(
        page, explanation="I have winning_evidence:\r\nit was fetched.", customer_ip="192.0.2.7"
    )
    assert (saved.status, saved.location) == (303, case.url)
    page = await case.page()
    assert "I have winning_evidence:\nit was fetched." in page.text
    assert "192.0.2.7" in page.text
    sent = await case.browser.submit(page, f"{case.url}/submit", sure="yes")
    assert (sent.status, sent.location) == (303, case.url)
    page = await case.page()
    assert "Your answer is on its way to Sandbox." in page.text
    assert "Save the draft" not in page.text
    assert "Accept the dispute" not in page.text
    await turns(site.shop)
    page = await case.page()
    assert "Arrived" in page.text
    assert "owner@example.com" in page.text
    assert case.at.posts() == ["evidence"]
    assert "needs your answer" not in (await case.browser.get("/dashboard")).text
    await told_later(site, 6)
    page = await case.page()
    assert "decided for you" in page.text
    assert "Dispute given back" in page.text
    decided = await case.browser.get("/dashboard/disputes?status=decided")
    assert "Won" in decided.text
    # 40.00 less 1.46 for the payment and 15.00 for the dispute.
    assert (await site.shop.balances())["clearing"] == 4_000 - 146 - 1_500


async def test_a_dispute_is_given_in(site: Site) -> None:
    case = await opened(site)
    page = await case.page()
    refused = await case.browser.submit(page, f"{case.url}/accept")
    check_page(refused, 422)
    assert "Tick this" in refused.text
    assert await case.at.answers() == []
    done = await case.browser.submit(page, f"{case.url}/accept", sure="yes")
    assert done.status == 303
    await turns(site.shop)
    page = await case.page()
    assert "You gave in: the payer has the money." in page.text
    assert (await site.shop.balances())["disputes"] == 4_000


async def test_what_is_wrong_is_said_beside_its_field_and_typed_words_stay(site: Site) -> None:
    case = await opened(site)
    page = await case.page()
    refused = await case.save(page, explanation="Card 4242 4242 4242 4242", refund_policy="Thirty days.")
    check_page(refused, 422)
    assert 'id="explanation-error"' in refused.text
    assert "Thirty days." in refused.text
    assert await case.at.answers() == []
    await case.save(page, **dict.fromkeys(ARGUMENTS, ""))
    page = await case.page()
    empty = await case.browser.submit(page, f"{case.url}/submit", sure="yes")
    check_page(empty, 422)
    assert "Say at least why the money is yours" in empty.text
    unsure = await case.browser.submit(page, f"{case.url}/submit")
    check_page(unsure, 422)
    assert case.at.posts() == []
    assert (await case.browser.get(f"{case.url}/submit")).location == case.url


async def test_what_was_changed_elsewhere_is_not_submitted_unseen(site: Site) -> None:
    case = await opened(site)
    await case.save(await case.page(), explanation="First.")
    seen = await case.page()
    await case.save(seen, explanation="Second.")
    conflict = await case.browser.submit(seen, f"{case.url}/submit", sure="yes")
    check_page(conflict, 409)
    assert "The draft was changed since you saw it." in conflict.text
    for forged in ("", "x", "9" * 40):
        page = await case.browser.submit(seen, f"{case.url}/submit", sure="yes", seen=forged)
        check_page(page, 409)
    assert case.at.posts() == []


async def test_an_answer_in_doubt_asks_a_person_to_look(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:

    async def vanish(*_: object, **__: object) -> None:
        raise OutcomeUnknown("The sandbox did not answer.")

    case = await opened(site)
    await case.save(await case.page(), explanation="It was fetched.")
    await case.browser.submit(await case.page(), f"{case.url}/submit", sure="yes")
    monkeypatch.setattr(SandboxGateway, "answer_key_valid_s", 0)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "submit_evidence", vanish)
        await poll_answers(site.shop.services)
    await turns(site.shop, 25, apart_s=200)
    page = await case.page()
    assert "Nobody knows whether Sandbox has your answer." in page.text
    refused = await case.save(page, explanation="Again.")
    check_page(refused, 409)
    assert (await case.save(page, explanation="Again.", is_not_there="yes")).status == 303
    await case.browser.submit(await case.page(), f"{case.url}/submit", sure="yes")
    await turns(site.shop)
    assert case.at.posts() == ["evidence"]
    assert "Not taken" in (await case.page()).text


async def test_at02_another_merchant_s_dispute_is_not_there(site: Site) -> None:
    case = await opened(site)
    for path in ("dp_01kan4v0zqf7wv9h6m2s8d3r5t", "dp_", "pay_1", "x" * 90):
        assert (await case.browser.get(f"/dashboard/disputes/{path}")).status == 404
    stranger = await site.browser().get(case.url)
    assert stranger.status == 303
