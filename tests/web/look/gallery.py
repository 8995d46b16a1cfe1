"""The page of all components, which only developers see: `make look` serves it beside every sample page."""

import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final, get_args

from linktill.core.money import Money
from linktill.web.dashboard.links.view import TagLink
from linktill.web.dashboard.shell import Currency, EntryRow, LedgerRow, Pager, PaymentRow, Tab, TimelineEntry
from linktill.web.look import look
from linktill.web.look.assets import asset_body
from linktill.web.look.look import View
from linktill.web.look.words import Tone, Word
from tests.web.look.dashboard_samples import CURRENCIES, PAYMENTS, TIMELINE
from tests.web.look.samples import CARDS, CHECKOUT, DASHBOARD, EXTRA
from tests.web.look.serve import serving

HERE: Final = Path(__file__).parent
PAGER: Final = Pager("#rows", "#lists")
AMOUNT: Final = Money(123_456_789, "USD")
ICONS: Final = tuple(re.findall(r'<symbol id="(\w+)"', asset_body("icons.svg").decode()))


@dataclass(frozen=True, slots=True)
class Gallery:
    """What the page shows. `sheet`: whose looks."""

    sheet: str
    amount: Money = AMOUNT
    words: tuple[Word, ...] = tuple(Word(tone.capitalize(), tone) for tone in get_args(Tone))
    tags: tuple[TagLink, ...] = (TagLink("spring", "#lists"), TagLink("wholesale 2027", "#lists"))
    currencies: tuple[Currency, ...] = CURRENCIES
    choices: tuple[Tab, ...] = (
        Tab("All", "#lists", is_current=True, count=12),
        Tab("Open", "#rows", is_current=False),
    )
    pager: Pager = PAGER
    payments: tuple[PaymentRow, ...] = PAYMENTS
    timeline: tuple[TimelineEntry, ...] = TIMELINE
    books: tuple[LedgerRow, ...] = (
        LedgerRow(
            "ltx_1",
            PAYMENTS[0].at,
            "capture",
            (EntryRow("clearing:gwa_1", AMOUNT, None), EntryRow("sales", None, AMOUNT)),
        ),
    )
    icon_names: tuple[str, ...] = ICONS


def gallery(sheet: str) -> str:
    """The page as HTML, with the looks of `dashboard.css` or `checkout.css`."""
    text = (HERE / "gallery.html").read_text("utf-8")
    return look.environment().from_string(text).render(view=Gallery(sheet))


def extras() -> dict[str, bytes]:
    """The pages of components and the list of all that there is to look at: path → HTML."""
    areas: Mapping[str, Mapping[str, View]] = {"checkout": CHECKOUT, "share": CARDS, "merchant": DASHBOARD}
    listed = "".join(
        f'<li><a href="/{area}/{escape(name)}">{area}/{escape(name)}</a></li>'
        for area, samples in areas.items()
        for name in samples
    )
    index = (
        '<!doctype html><html lang="en"><title>Look</title><h1>Look</h1><ul>'
        '<li><a href="/components/dashboard">Components: dashboard</a></li>'
        f'<li><a href="/components/checkout">Components: checkout</a></li>{listed}</ul></html>'
    )
    pages = {f"/components/{side}": gallery(f"{side}.css").encode() for side in ("dashboard", "checkout")}
    return {**EXTRA, "/": index.encode(), **pages}


if __name__ == "__main__":
    with serving(CHECKOUT, DASHBOARD, extras()) as base:
        sys.stdout.write(f"All components and sample pages: {base}/\nStop with Ctrl-C.\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
