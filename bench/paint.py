"""What a payer's browser loads of a link's page, and when it first shows something: a new browser each time, nothing kept."""

from contextlib import ExitStack
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from bench.compare import PAGE
from bench.shop import found, link_rows, slug
from bench.sides import World, product
from tests.chromium import ARGS, CHROMIUM

OPENED: Final = 9
_LOOKED: Final = """async () => {
  const first = performance.getEntriesByName('first-contentful-paint')[0]
    ?? await new Promise((resolve) => new PerformanceObserver((list) => {
      const entry = list.getEntriesByName('first-contentful-paint')[0];
      if (entry) resolve(entry);
    }).observe({ type: 'paint', buffered: true }));
  const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return { paint: first.startTime, bytes: loaded.reduce((sum, each) => sum + each.transferSize, 0), requests: loaded.length };
}"""


def paint(world: World, records: list[dict[str, Any]]) -> None:
    """Adds to the record of the page what it weighs and when it is seen; nothing where there is no Chromium."""
    if CHROMIUM is None:
        return
    database = "paint"
    world.databases.create(database)
    shop = found(world.databases.url(database), world.folder)
    world.databases.fill(database, link_rows(shop, 0, 1))
    with ExitStack() as stack:
        side = product(world, database)
        stack.callback(side.process.stop)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=list(ARGS)
        )
        looks = [_looked(browser, f"{side.url}/p/{slug(0)}") for _ in range(OPENED)]
        browser.close()
    record = next(each for each in records if each["path"] == PAGE)
    record.update(
        {
            "page_kb": round(looks[-1]["bytes"] / 1024, 1),
            "page_requests": looks[-1]["requests"],
            "first_paint_ms": round(median(look["paint"] for look in looks[1:]), 1),
        }
    )


def _looked(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        tab = context.new_page()
        tab.goto(url)
        found: dict[str, float] = tab.evaluate(_LOOKED)
        return found
    finally:
        context.close()
