"""The page of components is whole: what `ui.html` and the icons have is on it, and axe finds nothing in either theme."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from linktill.web.look import look
from tests.chromium import ARGS, CHROMIUM, needs_chromium
from tests.web.look.gallery import HERE, ICONS, extras, gallery
from tests.web.look.samples import CHECKOUT, DASHBOARD
from tests.web.look.serve import serving

PARTS = {"csrf": "shows nothing", "described": "of a field", "under": "of a field", "when": "of a table",
         "timeline": "of the history", "entries": "of the books"}  # fmt: skip
"""Macros that the page has through others."""


def test_every_component_is_shown() -> None:
    loader = look.environment().loader
    assert loader is not None
    source = loader.get_source(look.environment(), "look/ui.html")[0]
    macros = set(re.findall(r"{% macro (\w+)\(", source))
    shown = set(re.findall(r"ui\.(\w+)\(", (HERE / "gallery.html").read_text("utf-8")))
    assert macros - shown == set(PARTS)
    assert all(f"#{name}" in gallery("dashboard.css") for name in ICONS)


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_a_component(scheme: Literal["light", "dark"], width: int) -> None:
    with serving(CHECKOUT, DASHBOARD, extras()) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        tab = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
        for side in ("dashboard", "checkout"):
            tab.goto(f"{base}/components/{side}")
            found = Axe().run(tab, options={"resultTypes": ["violations"]})
            assert not found.violations_count, found.generate_report()
            assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (side, width)
        browser.close()
