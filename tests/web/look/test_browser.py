"""Every page in Chromium under its real policy: axe finds nothing, nothing scrolls sideways, nothing is refused."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from linktill.web.look.look import View
from tests.chromium import ARGS, CHROMIUM, needs_chromium
from tests.web.look.samples import CARDS, CHECKOUT, DASHBOARD, EXTRA
from tests.web.look.serve import answer_for_stripe, serving

AREAS: dict[str, dict[str, View]] = {"checkout": CHECKOUT, "share": CARDS, "merchant": DASHBOARD}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    needs_chromium,
]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(CHECKOUT, DASHBOARD, EXTRA) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield browser
        browser.close()


def _tab(browser: Browser, scheme: Literal["light", "dark"], width: int) -> tuple[Page, list[str]]:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    answer_for_stripe(context)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    return tab, said


# Dark differs from light in its colors only, so there axe looks at those alone.
LIGHT = {"resultTypes": ["violations"]}
DARK = {
    "resultTypes": ["violations"],
    "runOnly": ["color-contrast", "target-size", "scrollable-region-focusable"],
}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("scheme", "width", "options"), [("light", 1280, LIGHT), ("dark", 390, DARK)])
def test_axe_finds_nothing(browser, base, area, scheme, width, options):
    tab, said = _tab(browser, scheme, width)
    axe = Axe()
    troubles = {}
    for name in AREAS[area]:
        tab.goto(f"{base}/{area}/{name}")
        results = axe.run(tab, options=options)
        if results.violations_count:
            troubles[name] = results.generate_report()
        if too_wide := tab.evaluate(TOO_WIDE):
            troubles[f"{name} scrolls sideways"] = too_wide
    tab.context.close()
    assert troubles == {}
    assert said == []


TOO_WIDE = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
TOO_SMALL = """() => [...document.querySelectorAll('.button, .input, .choice, .tick, .menu a, .tabs a, summary')]
    .filter(each => each.offsetParent && (!each.closest('.choice') || each.matches('.choice')))
    .filter(each => each.getBoundingClientRect().height < (each.closest('.table') ? 36 : 44))
    .map(each => each.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("area", AREAS)
def test_small_phone_needs_no_sideways_scrolling_and_no_thin_fingers(browser, base, area):
    """At 320 px. Targets are 44 px high, those in tables 36; links in running text are as high as it is."""
    tab, _ = _tab(browser, "light", 320)
    troubles = {}
    for name in AREAS[area]:
        tab.goto(f"{base}/{area}/{name}")
        found = (tab.evaluate(TOO_WIDE), tab.evaluate(TOO_SMALL))
        if found != (0, []):
            troubles[name] = found
    tab.context.close()
    assert troubles == {}


CUT_OFF = """() => [...document.querySelectorAll('.panel.flush')]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => `${each.getAttribute('aria-labelledby')}: ${each.scrollWidth} in ${each.clientWidth}`)"""


@pytest.mark.parametrize("width", [768, 1120])
def test_no_table_is_cut_off(browser, base, width):
    """A panel hides what is too wide for it, and the amount is what stands last."""
    tab, _ = _tab(browser, "light", width)
    troubles = {}
    for name in DASHBOARD:
        tab.goto(f"{base}/merchant/{name}")
        if found := tab.evaluate(CUT_OFF):
            troubles[name] = found
    tab.context.close()
    assert troubles == {}


def test_menu_opens_on_a_phone_without_script(browser, base):
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{base}/merchant/home")
    assert not tab.get_by_role("link", name="Settings").is_visible()
    tab.get_by_role("button", name="Menu").click()
    assert tab.get_by_role("link", name="Settings").is_visible()
    context.close()


def test_copy_button_copies(browser, base):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(f"{base}/merchant/link")
    tab.get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == "https://pay.studio-nord.example/p/9f3ka2m8"
    context.close()


def test_copy_button_is_not_there_without_script(browser, base):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{base}/merchant/link")
    assert tab.get_by_label("Share this address").is_visible()
    assert tab.locator("[data-copy]:visible").count() == 0
    context.close()


def test_preview_follows_typing_and_leaves_the_back_button_alone(browser, base):
    tab, said = _tab(browser, "light", 1280)
    tab.goto(f"{base}/merchant/links")
    tab.goto(f"{base}/merchant/link-new")
    with tab.expect_request(lambda request: "description=Pottery" in request.url) as asked:
        tab.get_by_label("What is it for?").fill("Pottery")
    assert asked.value.method == "GET"
    assert "csrf_token" not in asked.value.url
    assert "submit_token" not in asked.value.url
    tab.frame_locator("iframe[name=preview]").get_by_role("button", name="Pay $40.00").wait_for()
    tab.go_back()
    assert tab.url.endswith("/merchant/links")
    tab.context.close()
    assert said == []


def test_times_are_shown_in_the_readers_zone(browser, base):
    context = browser.new_context(timezone_id="Asia/Tokyo")
    tab = context.new_page()
    tab.goto(f"{base}/merchant/link")
    assert "7:25" in tab.locator(".timeline time").first.inner_text()
    context.close()
