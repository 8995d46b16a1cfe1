"""The dashboard of a site in a real browser, signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.chromium import ARGS, CHROMIUM
from tests.make import BASE_URL
from tests.sandbox.running import open_port, serving
from tests.web.site import EMAIL, PASSWORD, Site


@asynccontextmanager
async def desk_of(site: Site, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A tab on the home page, and what the browser complained about."""
    listening, port = open_port()
    rules = f"--host-resolver-rules=MAP linktill.test:80 127.0.0.1:{port}"
    async with serving(site.app, listening), async_playwright() as playwright:
        safe = f"--unsafely-treat-insecure-origin-as-secure={BASE_URL}"
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, rules, safe])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        context.set_default_timeout(15_000)
        said: list[str] = []
        context.on("console", lambda message: said.append(message.text))
        context.on("weberror", lambda error: said.append(str(error.error)))
        page = await context.new_page()
        await page.goto(f"{BASE_URL}/sign-in")
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/dashboard")
        try:
            yield page, said
        finally:
            await browser.close()
