"""Takes a picture of every page: `make screenshots`, or with a folder and parts of names behind it."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.chromium import ARGS, CHROMIUM
from tests.web.look.gallery import extras
from tests.web.look.samples import CARDS, CHECKOUT, DASHBOARD
from tests.web.look.serve import answer_for_stripe, serving


def main(folder: str = "/tmp/shots", *parts: str) -> None:
    """Three widths, light and dark; says where a page scrolls sideways or the policy was broken."""
    Path(folder).mkdir(exist_ok=True)
    with serving(CHECKOUT, DASHBOARD, extras()) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        for scheme in ("light", "dark"):
            for width, height in ((390, 844), (768, 1024), (1280, 800)):
                context = browser.new_context(
                    color_scheme=scheme, viewport={"width": width, "height": height}
                )
                answer_for_stripe(context)
                tab = context.new_page()
                tab.on("console", lambda message: print("console:", message.text))
                for area, samples in (("checkout", CHECKOUT), ("share", CARDS), ("merchant", DASHBOARD)):
                    for name in samples:
                        if parts and not any(part in f"{area}-{name}" for part in parts):
                            continue
                        tab.goto(f"{base}/{area}/{name}")
                        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                        if wide > 0:
                            print(f"{area}/{name} at {width} scrolls sideways by {wide} px")
                        tab.screenshot(path=f"{folder}/{area}-{name}-{width}-{scheme}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
