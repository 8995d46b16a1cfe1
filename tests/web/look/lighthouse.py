"""Has Lighthouse look at a payer's page and at the dashboard's home, on loopback: `make lighthouse`. It comes by npx.

Exit code 1 where performance, accessibility or best practices are under 98 of 100.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.chromium import ARGS, CHROMIUM
from tests.journeys.chromium import chromium, person
from tests.journeys.installation import Installation, demo
from tests.journeys.people import Merchant, Payer

LEAST: Final = 98
LIGHTHOUSE: Final = "lighthouse@12"
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
DEVICES: Final[Mapping[str, tuple[str, ...]]] = {"phone": (), "desk": ("--preset=desktop",)}
"""A phone on a slow line, and a computer: as Lighthouse has them."""


async def main() -> int:
    """Returns the exit code."""
    if shutil.which("npx") is None or CHROMIUM is None:
        sys.stderr.write("This needs Node.js (npx) and Chromium.\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="linktill-lighthouse-") as folder:
        async with demo(Path(folder) / "data", f"sqlite:///{folder}/linktill.db") as linktill:
            link_url, home = linktill.story["payment_link_url"], f"{linktill.base_url}/dashboard"
            good = [await _looked(Path(folder), "checkout", link_url, {})]
            # It is paid now, and the home page has something to show.
            good.append(await _looked(Path(folder), "home", home, await _signed_in(link_url, linktill)))
    return 0 if all(good) else 1


async def _looked(folder: Path, name: str, url: str, headers: Mapping[str, str]) -> bool:
    """On each device."""
    good = [
        _told(f"{name}, {device}", await _report(folder / f"{name}-{device}.json", url, headers, options))
        for device, options in DEVICES.items()
    ]
    return all(good)


async def _signed_in(link_url: str, linktill: Installation) -> dict[str, str]:
    """What a member's browser sends along, on a dashboard with a payment on it."""
    async with chromium() as browser, person(browser) as somebody:
        await Payer(somebody.page).pay(link_url)
        merchant = Merchant(somebody.page, linktill.base_url)
        await merchant.open("/dashboard")
        await merchant.sign_in(linktill.story["email"], linktill.story["password"])
        await somebody.page.wait_for_url("**/dashboard")
        cookies = await somebody.context.cookies(linktill.base_url)
    return {"Cookie": "; ".join(f"{each['name']}={each['value']}" for each in cookies)}


async def _report(
    path: Path, url: str, headers: Mapping[str, str], options: tuple[str, ...]
) -> dict[str, Any]:
    words = [
        *(
            "npx",
            "--yes",
            "--loglevel=error",
            LIGHTHOUSE,
            url,
            *options,
            "--quiet",
            "--output=json",
            f"--output-path={path}",
        ),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={json.dumps(dict(headers))}",
        f"--chrome-flags=--headless {' '.join(ARGS)}",
    ]
    process = await asyncio.create_subprocess_exec(*words, env={**os.environ, "CHROME_PATH": str(CHROMIUM)})
    assert await process.wait() == 0, "Lighthouse failed"
    report: dict[str, Any] = json.loads(path.read_text())  # noqa: ASYNC240 nothing else runs
    return report


def _told(name: str, report: dict[str, Any]) -> bool:
    scores = {each: round(report["categories"][each]["score"] * 100) for each in CATEGORIES}
    weight = report["audits"]["total-byte-weight"]["numericValue"] / 1024
    paint = report["audits"]["first-contentful-paint"]["numericValue"]
    words = ", ".join(f"{each} {score}" for each, score in scores.items())
    sys.stdout.write(f"{name}: {words}; {weight:.1f} KB, first paint after {paint:.0f} ms\n")
    for audit in report["audits"].values():
        if audit["score"] is not None and audit["score"] < 0.9 and audit["scoreDisplayMode"] == "binary":
            sys.stdout.write(f"  {audit['id']}: {audit['title']}\n")
    return min(scores.values()) >= LEAST


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
