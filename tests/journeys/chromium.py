"""A real browser, and what it complains of: scripts that fail, policies that refuse, requests that leave the machine."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    async_playwright,
    expect,
)

from tests.chromium import ARGS, CHROMIUM
from tests.conftest import leaves_the_machine

WAIT_MS = 20_000
"""Two busy cores: what takes this long will not come."""

# A page that tells of a refusal by its status is no trouble; a style sheet or a script that is not there is.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d)")
_PARTS = re.compile(r"/static/|/sandbox/assets/|\.(css|js|svg)\b")
_TOO_WIDE = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"

expect.set_options(timeout=WAIT_MS)


@dataclass
class Person:
    """Somebody with a browser of their own. `troubles`: everything that it complained of."""

    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)

    def _hear(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type not in {"error", "warning"}:
            return
        if _ANSWERED.match(message.text) and not _PARTS.search(url):
            return
        self.troubles.append(f"{message.type} at {url}: {message.text}")

    def _fail(self, error: WebError) -> None:
        self.troubles.append(f"script: {error.error}")

    def _ask(self, request: Request) -> None:
        host = re.sub(r"^\w+://([^/:]*).*$", r"\1", request.url)
        if request.url.startswith("http") and leaves_the_machine(host):
            self.troubles.append(f"asked {request.url}")

    def listen(self) -> None:
        """From now on."""
        self.context.on("console", self._hear)
        self.context.on("weberror", self._fail)
        self.context.on("request", self._ask)

    async def tab(self) -> Page:
        """One more tab of the same browser."""
        return await self.context.new_page()


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """Chromium without a window. `more`: of its own options."""
    assert CHROMIUM is not None, "tests that need it are marked"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person(
    browser: Browser,
    *,
    width: int = 1280,
    script: bool = True,
    scheme: Literal["light", "dark"] = "light",
    **options: Any,
) -> AsyncIterator[Person]:
    """Somebody's browser. At the end it must have had nothing to complain of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 844},
        java_script_enabled=script,
        color_scheme=scheme,
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(WAIT_MS)
    try:
        made = Person(context, await context.new_page())
        made.listen()
        yield made
    finally:
        await context.close()
    assert made.troubles == [], "\n".join(made.troubles)


async def faults(page: Page, *, colors_of: str | None = None) -> list[str]:
    """What axe finds on the page as it is now, and whether it scrolls sideways.

    `colors_of`: of a very long page, the parts whose colors are looked at. Colors are most of what axe has to do.
    """
    rules = {"color-contrast": {"enabled": colors_of is None}}
    found = await _axe(page, {"rules": rules}, None)
    if colors_of is not None:
        found += await _axe(page, {"runOnly": ["color-contrast"]}, colors_of)
    if await page.evaluate(_TOO_WIDE) > 0:
        found.append(f"{page.url} scrolls sideways")
    return found


async def _axe(page: Page, options: dict[str, Any], part: str | None) -> list[str]:
    results = await Axe().run(page, context=part, options={"resultTypes": ["violations"], **options})
    return [f"{page.url}\n{results.generate_report()}"] * bool(results.violations_count)
