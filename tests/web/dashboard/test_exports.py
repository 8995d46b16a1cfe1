"""Lists to take along: as CSV and as spreadsheets, as the page is filtered, harmless to whoever opens them."""

import csv
import io
import zipfile
from typing import Any

import pytest
from litestar.exceptions import LitestarException

from linktill.flows.enter_search import fill_search
from linktill.flows.file_payers import file_payers
from linktill.flows.sheets import CUT_OFF
from tests.make import make_merchant
from tests.web.browsing import Browser
from tests.web.site import Site

HARM = '=HYPERLINK("http://evil.example","Click")'


async def rows(browser: Browser, name: str, query: str = "") -> list[dict[str, str]]:
    page = await browser.get(f"/dashboard/exports/{name}?format=csv{query}")
    assert page.status == 200, page.text
    assert page.header("content-type") == "text/csv; charset=utf-8"
    assert page.header("content-disposition") == f'attachment; filename="{name}.csv"'
    assert page.header("cache-control") == "no-store"
    assert page.body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(page.body.decode("utf-8-sig"))))


async def spreadsheet(browser: Browser, name: str) -> str:
    page = await browser.get(f"/dashboard/exports/{name}?format=xlsx")
    assert page.status == 200
    assert page.header("content-disposition") == f'attachment; filename="{name}.xlsx"'
    with zipfile.ZipFile(io.BytesIO(page.body)) as book:
        assert book.testzip() is None
        return book.read("xl/worksheets/sheet1.xml").decode()


async def test_each_list_is_taken_along_as_it_is_filtered(site: Site) -> None:
    shop = site.shop
    paid = await shop.pay(await shop.link(123_450, description=HARM, reference="@R"))
    failed = await shop.pay(
        await shop.link(900, "JPY", description="Tea", payments_max=None), "2", "declined"
    )
    await file_payers(site.services)
    await fill_search(site.services)
    browser = await site.member()
    payments = await rows(browser, "payments")
    assert [row["id"] for row in payments] == [failed.id, paid.id]
    assert (payments[1]["amount"], payments[1]["currency"], payments[1]["description"]) == (
        "1234.50",
        "USD",
        f"'{HARM}",
    )
    assert (payments[0]["amount"], payments[0]["captured"]) == ("900", "0")
    assert [row["id"] for row in await rows(browser, "payments", "&status=failed")] == [failed.id]
    assert [row["id"] for row in await rows(browser, "payments", "&q=1%2C234.50")] == [paid.id]
    links = await rows(browser, "links")
    assert [row["description"] for row in links] == ["Tea", f"'{HARM}"]
    assert (links[1]["reference"], links[1]["received"], links[1]["status"]) == (
        "'@R",
        "1234.50",
        "completed",
    )
    assert [row["id"] for row in await rows(browser, "links", "&status=active")] == [failed.link_id]
    assert await rows(browser, "links", "&status=overdue") == []
    assert await rows(browser, "links", "&tag=nobody") == []
    [ada] = await rows(browser, "customers")
    assert (ada["email"], ada["payments"], ada["paid"], ada["currency"]) == (
        "ada@example.com",
        "1",
        "1234.50",
        "USD",
    )
    assert await rows(browser, "payouts") == []
    captured = await rows(browser, "events", "&type=payment.captured")
    assert [row["object_id"] for row in captured] == [paid.id]
    assert {row["link_id"] for row in await rows(browser, "events", f"&of={paid.link_id}")} == {paid.link_id}
    ledger = await rows(browser, "ledger")
    sums = {
        side: sum(int(row[side].replace(".", "") or "0") for row in ledger) for side in ("debit", "credit")
    }
    assert sums["debit"] == sums["credit"] > 0
    for name in ("links", "payments", "customers", "payouts", "events", "ledger"):
        assert "<f>" not in await spreadsheet(browser, name)
    sheet = await spreadsheet(browser, "payments")
    assert "<v>1234.50</v>" in sheet
    assert HARM.replace('"', "&quot;") in sheet or HARM in sheet


async def test_more_than_a_page_of_rows_is_whole_and_in_order(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linktill.web.dashboard.exports.sheets.ROWS_AT_ONCE", 3)
    ids = [(await site.shop.link(description=f"Link {number}")).id for number in range(7)]
    browser = await site.member()
    assert [row["id"] for row in await rows(browser, "links")] == ids[::-1]
    # Whoever has more than fits is told so, instead of taking a part for the whole.
    monkeypatch.setattr("linktill.flows.sheets.ROWS_MAX", 500)
    assert [row["id"] for row in await rows(browser, "links")] == [*ids[:3:-1], CUT_OFF]


async def test_nobody_takes_along_what_is_anothers(site: Site) -> None:
    mine, other = site.shop.merchant, await make_merchant(site.services, "Other")
    site.shop.merchant = other
    await site.shop.link(description="Theirs")
    site.shop.merchant = mine
    browser = await site.member()
    assert await rows(browser, "links") == []
    assert await rows(browser, "events") == []
    assert (await site.browser().get("/dashboard/exports/links")).status == 303
    assert (await browser.get("/dashboard/exports/nonsense")).status == 404


async def test_at08_who_signs_out_gets_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.shop.link()
    browser = await site.member()

    async def is_over(*_: Any) -> bool:
        return False

    monkeypatch.setattr("linktill.web.dashboard.exports.routes.is_still_shown", is_over)
    with pytest.raises(LitestarException) as broken:
        await browser.get("/dashboard/exports/links")
    assert isinstance(broken.value.__cause__, ConnectionAbortedError), "a broken download, not a short one"
    monkeypatch.undo()
    assert (await browser.get("/dashboard/exports/links")).status == 200, "its place is free again"
