"""The page with Stripe's fields in a real browser, under its real policy (WH02, WH03, WH17, DA06).

Stripe's script itself is not met here: a stand-in is served for it, which takes only the calls that Stripe documents.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect

from linktill.core.payment_attempt import AttemptStatus
from linktill.storage.database import Database
from tests.chromium import ARGS, CHROMIUM, needs_chromium
from tests.gateways.stripe_objects import VISA
from tests.journeys.chromium import faults
from tests.make import BASE_URL
from tests.sandbox.running import open_port, serving
from tests.web.elements import Elements, elements_on

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), needs_chromium]

STAND_IN = (Path(__file__).parent / "stand_in.js").read_text()
GOOD, DECLINED, CHALLENGE = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"
FIELDS = """<!doctype html><title>Fields</title><label>Card number <input id="number" autocomplete="off"></label><script>
document.getElementById("number").addEventListener("input", (event) => parent.postMessage({ number: event.target.value }, "*"));
parent.postMessage("%s", "*");
</script>"""
BANK = """<!doctype html><title>Your bank</title><button>Approve</button><script>
document.querySelector("button").addEventListener("click", () => parent.postMessage("approved", "*"));
</script>"""
WATCH = """window.refused = [];
addEventListener("securitypolicyviolation", (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));"""


@dataclass
class Stripe:
    """What answers at Stripe's hosts. `asked`: every address outside of ours that the browser asked for."""

    shop: Elements
    asked: list[str] = field(default_factory=list)
    fields: str = "ready"
    has_script: bool = True
    has_actions: bool = True
    status: str = "open"
    confirms: int = 0
    is_lost: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.netloc == "linktill.test":
            await route.continue_()
            return
        self.asked.append(f"{parts.scheme}://{parts.netloc}{parts.path}")
        match parts.netloc, parts.path:
            case "js.stripe.com", "/endive/stripe.js" if self.has_script:
                await route.fulfill(body=STAND_IN, content_type="text/javascript")
            case "js.stripe.com", "/stand_in/fields.html":
                await route.fulfill(body=FIELDS % self.fields, content_type="text/html")
            case "hooks.stripe.com", "/stand_in/challenge.html":
                await route.fulfill(body=BANK, content_type="text/html")
            case "b.js.stripe.com", "/stand_in/part.js":
                await route.fulfill(body="window.hasPart = true;", content_type="text/javascript")
            case "api.stripe.com", "/stand_in/session" | "/stand_in/confirm":
                body = json.loads(route.request.post_data or "{}")
                told = await self._told(parts.path, body)
                if told is None:
                    await route.abort()
                    return
                headers = {"access-control-allow-origin": BASE_URL}
                await route.fulfill(json=told, headers=headers)
            case _:
                await route.abort()

    async def _told(self, path: str, body: dict[str, str]) -> dict[str, Any] | None:
        session = self.shop.session()
        assert body["secret"] == session["client_secret"]
        shown = {"email": session["customer_email"], "status": {"type": self.status}}
        if path.endswith("session"):
            wrong = {"type": "error", "error": {"message": "No.", "code": None}}
            return {"type": "success", "session": shown} if self.has_actions else wrong
        self.confirms += 1
        await self.gate.wait()
        if body["number"] == CHALLENGE:
            return {"challenge": True}
        if body["number"] == DECLINED:
            self.shop.rig.fake.attempt(session, VISA, "failed")
            self.shop.rig.fake.decline(session, "card_declined", "stolen_card")
            failed = {"code": "paymentFailed", "paymentFailed": {"declineCode": "stolen_card"}}
            return {"type": "error", "error": {"message": "Your card was reported stolen.", **failed}}
        if body["number"] not in {GOOD, "approved"}:
            return {"type": "error", "error": {"code": None, "message": "Your card number is incomplete."}}
        self.shop.rig.fake.attempt(session, VISA, "succeeded")
        self.shop.rig.fake.capture(session)
        return None if self.is_lost else {"type": "success", "session": shown}


@dataclass
class Payer:
    """Somebody at the page."""

    shop: Elements
    stripe: Stripe
    context: BrowserContext
    page: Page
    said: list[str]

    async def press_pay(self, email: str = "ada@example.com") -> None:
        await self.page.goto(f"{BASE_URL}{self.shop.url}")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_role("button", name="Pay $40.00").click()
        await self.page.wait_for_url("**/pay?k=*")

    @property
    def button(self) -> Any:
        return self.page.get_by_role("button", name="Pay $40.00")

    @property
    def stop(self) -> Any:
        return self.page.get_by_role("button", name="Stop, or pay in another way")

    async def type_card(self, number: str) -> None:
        await expect(self.button).to_be_enabled()
        frame = self.page.frame_locator("iframe[title='Secure payment input frame']")
        await frame.get_by_label("Card number").fill(number)

    async def is_paid(self) -> None:
        await expect(self.page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
        [attempt] = await self.shop.attempts()
        assert attempt.status is AttemptStatus.CAPTURED

    async def told(self) -> list[Any]:
        found: list[Any] = await self.page.evaluate("window.told")
        return found

    async def refused(self) -> list[str]:
        """What the page's policy has refused so far, on the page that is shown now."""
        found: list[str] = await self.page.evaluate("window.refused")
        return found


@pytest.fixture
def dialect() -> str:
    """One will do: what the server says is tried on both in test_own_page.py."""
    return "sqlite"


@pytest_asyncio.fixture
async def shop(database: Database) -> AsyncIterator[Elements]:
    async with elements_on(database) as made:
        yield made


@pytest_asyncio.fixture
async def browser(shop: Elements) -> AsyncIterator[Browser]:
    """Linktill is served on loopback; the browser finds it under its own name."""
    listening, port = open_port()
    rules = f"--host-resolver-rules=MAP linktill.test:80 127.0.0.1:{port}"
    async with serving(shop.site.app, listening), async_playwright() as playwright:
        safe = f"--unsafely-treat-insecure-origin-as-secure={BASE_URL}"
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, rules, safe])
        yield made
        await made.close()


async def payer_in(
    browser: Browser,
    shop: Elements,
    *,
    script: bool = True,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
) -> Payer:
    context = await browser.new_context(
        java_script_enabled=script, color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    context.set_default_timeout(20_000)
    stripe = Stripe(shop)
    stripe.gate.set()
    said: list[str] = []
    await context.add_init_script(WATCH)
    await context.route("**/*", stripe.answer)
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: said.append(str(error.error)))
    return Payer(shop, stripe, context, await context.new_page(), said)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_wh02_paid_with_stripe_s_fields_and_nothing_is_refused(
    browser: Browser, shop: Elements, scheme: Literal["light", "dark"], width: int
) -> None:
    payer = await payer_in(browser, shop, scheme=scheme, width=width)
    await payer.press_pay()
    await payer.type_card(GOOD)
    theme = "night" if scheme == "dark" else "stripe"
    key = "pk_test_51LinktillFake"
    assert await payer.told() == [["Stripe", key, "en"], ["initCheckoutElementsSdk", theme]]
    assert await payer.page.evaluate("window.hasPart") is True
    assert await payer.page.evaluate("crossOriginIsolated") is False
    # WH03: these scripts, and no other.
    scripts = await payer.page.evaluate(
        "[...document.scripts].map((each) => new URL(each.src).pathname.split('/').pop())"
    )
    assert scripts == ["stripe_elements.js", "stripe.js", "part.js"]
    assert await faults(payer.page) == []
    assert await payer.refused() == []
    await payer.button.click()
    await payer.is_paid()
    assert payer.said == []
    hosts = {urlsplit(each).netloc for each in payer.stripe.asked}
    assert hosts == {"js.stripe.com", "b.js.stripe.com", "api.stripe.com"}
    await payer.page.go_back()
    await payer.is_paid()
    assert payer.stripe.confirms == 1


async def until(page: Page, said: str) -> None:
    """Playwright's own waiting evaluates text inside the page, which the policy refuses."""
    for _ in range(200):
        if await page.evaluate(said):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"It never came to this: {said}")


async def test_wh02_what_the_policy_does_not_name_is_refused(browser: Browser, shop: Elements) -> None:
    """The control: the browser does enforce it."""
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await expect(payer.button).to_be_enabled()
    add = "(url) => { const each = document.createElement('script'); each.src = url; document.head.append(each); }"
    await payer.page.evaluate(add, "https://evil.example/x.js")
    await payer.page.evaluate("fetch('/p/x').catch(() => 0)")
    await until(payer.page, "window.refused.length === 2")
    assert sorted(each.split(" ")[0] for each in await payer.refused()) == ["connect-src", "script-src-elem"]
    assert not [each for each in payer.stripe.asked if "evil" in each]


async def test_the_bank_s_question_is_answered_in_a_frame(browser: Browser, shop: Elements) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await payer.type_card(CHALLENGE)
    await payer.button.click()
    await payer.page.frame_locator("iframe[title='3D Secure']").get_by_role("button", name="Approve").click()
    await payer.is_paid()
    assert payer.said == []


async def test_da06_a_decline_says_no_more_than_that_and_another_card_works(
    browser: Browser, shop: Elements
) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await payer.type_card(DECLINED)
    await payer.button.click()
    problem = payer.page.get_by_role("alert")
    await expect(problem).to_have_text(
        "Your bank or card issuer did not approve this. Nothing was charged. Another card or another way to pay often works."
    )
    assert "stolen" not in await payer.page.content()
    await expect(payer.button).to_be_enabled()
    assert await faults(payer.page) == []
    await payer.type_card("4242")
    await payer.button.click()
    await expect(problem).to_have_text("Your card number is incomplete.")
    await payer.type_card(GOOD)
    await payer.button.click()
    await payer.is_paid()
    assert payer.stripe.confirms == 3


async def test_pressed_twice_it_is_asked_once(browser: Browser, shop: Elements) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await payer.type_card(GOOD)
    payer.stripe.gate.clear()
    await payer.button.dblclick(no_wait_after=True)
    await expect(payer.button).to_be_disabled()
    await payer.page.evaluate("document.getElementById('own-fields').requestSubmit()")
    await payer.page.evaluate("document.getElementById('own-fields').requestSubmit()")
    assert await payer.page.evaluate("window.asked") == 1
    payer.stripe.gate.set()
    await payer.is_paid()
    assert payer.stripe.confirms == 1


async def test_without_an_address_it_is_asked_for_and_checked(browser: Browser, shop: Elements) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay(email="")
    await payer.type_card(GOOD)
    await payer.button.click()
    assert payer.stripe.confirms == 0, "the browser asks for it first"
    email = payer.page.get_by_label("Your e-mail")
    await email.fill("ada@example")
    await payer.button.click()
    await expect(payer.page.get_by_role("alert")).to_have_text("Your email is invalid.")
    await email.fill(" ada@example.com ")
    await payer.button.click()
    await payer.is_paid()
    assert payer.stripe.confirms == 1


async def test_an_answer_that_got_lost_is_looked_for_on_the_next_page(
    browser: Browser, shop: Elements
) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await payer.type_card(GOOD)
    payer.stripe.is_lost = True
    await payer.button.click()
    await payer.is_paid()


async def test_what_was_paid_in_another_tab_leads_on(browser: Browser, shop: Elements) -> None:
    payer = await payer_in(browser, shop)
    payer.stripe.status = "complete"
    await payer.press_pay()
    await expect(payer.page.get_by_role("heading", name="Not finished yet")).to_be_visible()


@pytest.mark.parametrize("what", ["script", "fields", "actions"])
async def test_wh17_no_form_that_does_nothing(browser: Browser, shop: Elements, what: str) -> None:
    payer = await payer_in(browser, shop)
    payer.stripe.has_script = what != "script"
    payer.stripe.has_actions = what != "actions"
    payer.stripe.fields = "loaderror" if what == "fields" else "ready"
    await payer.press_pay()
    trouble = payer.page.get_by_role("alert")
    await expect(trouble).to_contain_text(
        "The payment form of Stripe could not be loaded. Nothing was charged by this step."
    )
    await expect(payer.button).to_be_hidden()
    assert await faults(payer.page) == []
    payer.stripe.has_script = payer.stripe.has_actions = True
    payer.stripe.fields = "ready"
    await trouble.get_by_role("link", name="Try again").click()
    await payer.type_card(GOOD)
    await payer.stop.click()
    await expect(payer.page.get_by_role("heading", name="You turned back")).to_be_visible()
    assert [attempt.status for attempt in await shop.attempts()] == [AttemptStatus.CANCELED]


async def test_wh17_without_javascript_it_says_so_and_there_is_a_way_back(
    browser: Browser, shop: Elements
) -> None:
    payer = await payer_in(browser, shop, script=False)
    await payer.press_pay()
    await expect(
        payer.page.get_by_text("It needs JavaScript. If your browser does not run it here")
    ).to_be_visible()
    await expect(payer.button).to_be_hidden()
    assert payer.stripe.asked == []
    await payer.stop.click()
    await expect(payer.page.get_by_role("heading", name="You turned back")).to_be_visible()
    assert payer.said == []


async def test_the_fields_follow_the_colors_of_the_page(browser: Browser, shop: Elements) -> None:
    payer = await payer_in(browser, shop)
    await payer.press_pay()
    await expect(payer.button).to_be_enabled()
    await payer.page.emulate_media(color_scheme="dark")
    await until(payer.page, "window.told.length === 3")
    assert (await payer.told())[-1] == ["changeAppearance", "night"]
