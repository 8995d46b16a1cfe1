"""Payers whose way is not straight: declined, checked by their bank, in two tabs, too late, gone back. No scripts, 390 px."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.journeys.chromium import faults, person
from tests.journeys.people import Merchant, Payer, eventually
from tests.journeys.shop import Shop

SUCCESS = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
CHALLENGE = "4000 0027 6000 3184"
DEBIT_SETTLES = "4000 0000 0002 0018"
NOTHING_CHARGED = "Nothing was charged."


@pytest.fixture(scope="module", params=["postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """PostgreSQL alone: the story runs on both, and the dashboard's journeys on SQLite. A browser is dear."""
    return str(request.param)


Looker: TypeAlias = Callable[[str], Awaitable[list[str]]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looker(browser: Browser) -> AsyncIterator[Looker]:
    """Looks at a payer's page with axe, which is a script and needs a browser that runs it."""
    async with person(browser, width=390, scheme="dark") as somebody:

        async def look(url: str) -> list[str]:
            await somebody.page.goto(url)
            return await faults(somebody.page)

        # A page that asks again by itself would be gone before axe is through.
        await somebody.page.route("**/checkout/**", without_refresh)
        yield look


async def without_refresh(route: Route) -> None:
    answer = await route.fetch()
    kept = {name: value for name, value in answer.headers.items() if name != "refresh"}
    await route.fulfill(response=answer, headers=kept)


@pytest_asyncio.fixture(loop_scope="module")
async def payer(browser: Browser) -> AsyncIterator[Payer]:
    async with person(browser, width=390, script=False) as somebody:
        yield Payer(somebody.page)


async def test_declined_and_then_paid_with_another_card(shop: Shop, looker: Looker, payer: Payer) -> None:
    link = await shop.link()
    await payer.pay(link["url"], DECLINED)
    await payer.reads("The payment did not go through")
    await expect(payer.page.get_by_text(NOTHING_CHARGED)).to_be_visible()
    # Why is the merchant's business: whoever tries stolen cards would learn from it (DA06).
    assert "declined" not in (await payer.page.content()).lower()
    assert await looker(payer.page.url) == []
    await payer.page.get_by_role("button", name="Try again · $42.00").click()
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("failed", 4200), ("captured", 4200)]


async def test_the_bank_asks_and_the_payer_passes(shop: Shop, payer: Payer) -> None:
    link = await shop.link()
    await payer.pay(link["url"], CHALLENGE)
    await payer.page.get_by_role("button", name="Pass the check").click()
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("captured", 4200)]


async def test_the_bank_asks_and_the_payer_fails(shop: Shop, payer: Payer) -> None:
    link = await shop.link()
    await payer.pay(link["url"], CHALLENGE)
    await payer.page.get_by_role("button", name="Fail the check").click()
    await payer.reads("The payment did not go through")
    assert await shop.payments(link) == [("failed", 4200)]


async def test_a_bank_debit_settles_while_the_payer_looks_on(
    shop: Shop, looker: Looker, payer: Payer
) -> None:
    link = await shop.link()
    await payer.pay(link["url"], DEBIT_SETTLES)
    await payer.reads("Your payment is under way")
    # No mail server is set here, so no mail is promised.
    await expect(payer.page.get_by_text("its address always shows how things stand")).to_be_visible()
    assert await looker(payer.page.url) == []
    # Nobody touches anything: the page asks again by itself, without a script.
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("captured", 4200)]


async def test_two_tabs_pay_once(shop: Shop, payer: Payer) -> None:
    link = await shop.link()
    second = Payer(await payer.page.context.new_page())
    for tab in (payer, second):
        await tab.page.goto(link["url"])
    await payer.press_pay()
    await second.press_pay()
    await second.reads("Someone is paying this right now")
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    await second.page.get_by_role("button", name="Try again").click()
    await second.reads("This has been paid")
    assert await shop.payments(link) == [("captured", 4200)]


async def test_expired_while_the_page_was_open(shop: Shop, looker: Looker, payer: Payer) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=4)
    link = await shop.link(expires_at=ends.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    await payer.page.goto(link["url"])
    await payer.reads("Bicycle service")
    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds() + 0.2)
    await payer.press_pay()
    await payer.reads("This link has expired")
    await payer.page.goto(link["url"])
    await payer.reads("This link has expired")
    assert await looker(link["url"]) == []
    assert await shop.payments(link) == []


async def test_a_changed_price_asks_for_a_second_yes(shop: Shop, payer: Payer) -> None:
    link = await shop.link()
    await payer.page.goto(link["url"])
    await shop.call("PATCH", f"/payment_links/{link['id']}", {"amount_minor": 4900})
    await payer.press_pay()
    changed = payer.page.get_by_role("alert")
    await expect(changed).to_contain_text("The price has changed.")
    await expect(changed).to_contain_text("$42.00")
    await expect(changed).to_contain_text("$49.00")
    assert await shop.payments(link) == []
    # Without the tick the browser itself does not send the form; what was typed is still there.
    await payer.page.get_by_role("button", name="Pay $49.00").click()
    await expect(payer.page.get_by_label("E-mail for your receipt")).to_have_value("ada@example.com")
    await payer.page.get_by_label("I agree to pay $49.00").check()
    await payer.page.get_by_role("button", name="Pay $49.00").click()
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    await expect(payer.page.locator(".total")).to_have_text("$49.00")
    assert await shop.payments(link) == [("captured", 4900)]


async def test_paused_canceled_and_unknown_links_say_so(shop: Shop, looker: Looker, payer: Payer) -> None:
    link = await shop.link()
    await payer.page.goto(link["url"])
    await shop.call("POST", f"/payment_links/{link['id']}/pause")
    await payer.press_pay()
    await payer.reads("Payments are paused")
    assert await looker(link["url"]) == []
    await shop.call("POST", f"/payment_links/{link['id']}/resume")
    await payer.page.get_by_role("button", name="Try again").click()
    await expect(payer.page.get_by_text("Sandbox: no real money.")).to_be_visible()
    other = await shop.link()
    await shop.call("POST", f"/payment_links/{other['id']}/cancel")
    await payer.page.goto(other["url"])
    await payer.reads("This link was canceled")
    assert await looker(other["url"]) == []
    unknown = other["url"][:-1]
    await payer.page.goto(unknown)
    await payer.reads("There is no payment link here")
    assert await looker(unknown) == []


ONE_OF_TWO = [
    {
        "type": "choice",
        "label": "How do you get it?",
        "key": "way",
        "options": [{"label": "Fetched"}, {"label": "Sent by “mail”"}],
    },
    {"type": "checkbox", "label": "It is a gift", "shown_if": {"key": "way", "values": ["Sent by “mail”"]}},
    {
        "type": "text",
        "label": "Words on the card",
        "is_required": True,
        "shown_if": {"key": "#2", "values": ["true"]},
    },
]


async def test_a_question_comes_and_goes_with_the_answer_it_hangs_on(
    shop: Shop, browser: Browser, payer: Payer
) -> None:
    link = await shop.link(custom_fields=ONE_OF_TWO, payments_max=None)
    async with person(browser, width=390) as somebody:
        page = somebody.page
        await page.goto(link["url"])
        gift, words = page.get_by_label("It is a gift"), page.get_by_label("Words on the card")
        await expect(gift).to_be_hidden()
        await page.get_by_label("How do you get it?").select_option("Sent by “mail”")
        await gift.check()
        await words.fill("Hello")
        assert await faults(page) == []
        await page.get_by_label("How do you get it?").select_option("Fetched")
        await expect(gift).to_be_hidden()
        await expect(words).to_be_hidden()
        with_script = Payer(page)
        await with_script.press_pay()
        await with_script.card(SUCCESS)
        await with_script.reads("Paid. Thank you!")
    # Without a script everything stands there, and says when it is asked.
    await payer.page.goto(link["url"])
    await expect(payer.page.get_by_text("If “It is a gift” is ticked")).to_be_visible()
    await payer.page.get_by_label("How do you get it?").select_option("Sent by “mail”")
    await payer.page.get_by_label("It is a gift").check()
    await payer.press_pay()
    await expect(payer.page.get_by_text("Fill this in.")).to_be_visible()
    await payer.page.get_by_label("Words on the card").fill("Hello")
    await payer.press_pay()
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    told = [
        {each["key"]: each["value"] for each in (await shop.call("GET", f"/payments/{one['id']}"))["answers"]}
        for one in (await shop.call("GET", f"/payments?payment_link_id={link['id']}"))["data"]
    ]
    assert told == [
        {"way": "Sent by “mail”", "it_is_a_gift": "true", "words_on_the_card": "Hello"},
        {"way": "Fetched"},
    ]


async def test_back_from_the_gateway_and_on_again(shop: Shop, looker: Looker, payer: Payer) -> None:
    link = await shop.link()
    await payer.page.goto(link["url"])
    await payer.press_pay()
    await expect(payer.page.get_by_text("Sandbox: no real money.")).to_be_visible()
    gateway_url = payer.page.url
    # The Back button leads to the payment that is under way, and on to the same page of the gateway.
    await payer.page.go_back()
    await payer.reads("Not finished yet")
    await payer.page.get_by_role("button", name="Go on to pay $42.00").click()
    await expect(payer.page.get_by_text("Sandbox: no real money.")).to_be_visible()
    assert payer.page.url == gateway_url
    # The link from the message once more: it knows this payer, and leads on.
    await payer.page.goto(link["url"])
    await payer.reads("Not finished yet")
    assert await looker(payer.page.url) == []
    await payer.page.get_by_role("button", name="Go on to pay $42.00").click()
    assert payer.page.url == gateway_url
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("captured", 4200)]


async def test_turned_back_at_the_gateway(shop: Shop, looker: Looker, payer: Payer) -> None:
    link = await shop.link()
    await payer.page.goto(link["url"])
    await payer.press_pay()
    await payer.page.get_by_role("button", name="Cancel and go back").click()
    await payer.reads("You turned back")
    assert await looker(payer.page.url) == []
    await payer.page.get_by_role("button", name="Pay · $42.00").click()
    await payer.card(SUCCESS)
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("canceled", 4200), ("captured", 4200)]


async def test_a_paid_page_shows_what_came_back(shop: Shop, looker: Looker, payer: Payer) -> None:
    link = await shop.link()
    await payer.pay(link["url"])
    await payer.reads("Paid. Thank you!")
    [payment] = (await shop.call("GET", f"/payments?payment_link_id={link['id']}"))["data"]
    await shop.call("POST", "/refunds", {"payment_id": payment["id"]})
    given_back = payer.page.get_by_text("Given back")

    async def look() -> bool:
        await payer.page.reload()
        return bool(await given_back.count())

    await eventually(look, "the refund on the payer's page")
    assert await looker(payer.page.url) == []
    assert await looker(link["url"]) == []


async def test_without_a_mail_server_the_receipt_is_in_the_dashboard(
    shop: Shop, browser: Browser, payer: Payer
) -> None:
    link = await shop.link(description="Saddle, brown")
    await payer.pay(link["url"])
    await payer.reads("Paid. Thank you!")
    await expect(payer.page.get_by_text("Print or bookmark this page: it is your receipt.")).to_be_visible()
    own_url = payer.page.url
    async with person(browser) as owner:
        merchant = Merchant(owner.page, shop.linktill.base_url)
        await merchant.open("/dashboard/mails")
        await merchant.sign_in(shop.linktill.story["email"], shop.linktill.story["password"])
        await open_mail(owner.page, "Paid: $42.00 for Saddle, brown")
        await merchant.go("Mails")
        await open_mail(owner.page, "Receipt from Corner Bicycle Workshop: $42.00")
        body = owner.page.frame_locator("iframe.mail")
        await expect(body.get_by_role("heading", level=1)).to_have_text("Corner Bicycle Workshop")
        await expect(body.get_by_text("Saddle, brown", exact=True)).to_be_visible()
        await expect(body.get_by_role("link", name="See your receipt")).to_have_attribute("href", own_url)


async def open_mail(page: Page, subject: str) -> None:
    """The newest with this subject, once it is there."""
    found = page.get_by_role("link", name=subject, exact=True).first
    ends_at = time.monotonic() + 20
    while not await found.count():
        assert time.monotonic() < ends_at, f"no mail {subject}"
        await page.reload()
    await found.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(subject)
