"""A merchant brings a file of links: sees what every row comes to, lets them be made, and takes the report along."""

import csv
import io

from linktill.core.link_import import FILE_MAX_BYTES
from linktill.flows.import_links import import_links
from linktill.flows.manage_links import find_links
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

PATH = "/dashboard/links/import"
GOOD = b"key,amount,currency,description\nA,40.00,USD,Guitar lesson\nB,41.00,USD,<b>Piano</b>\n"
BAD = GOOD + b'C,"4,00",USD,Drums\n'
BOUNDARY = "----WebKitFormBoundaryx0"


def part(name: str, data: bytes, file_name: str | None = None) -> bytes:
    named = f'name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
    kind = "Content-Type: text/csv\r\n" if file_name is not None else ""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {named}\r\n{kind}\r\n"
    return head.encode() + data + b"\r\n"


async def sent(browser: Browser, data: bytes, file_name: str = "lessons.csv", **more: str) -> Page:
    """The form with this file chosen."""
    token = (await browser.get(PATH)).form(PATH)["csrf_token"]
    fields = {"csrf_token": token, **more}
    body = b"".join(part(name, value.encode()) for name, value in fields.items())
    body += part("file", data, file_name) + f"--{BOUNDARY}--\r\n".encode()
    return await browser.request("POST", PATH, body, content_type=f"multipart/form-data; boundary={BOUNDARY}")


async def links_of(site: Site) -> list[str]:
    found = (await find_links(site.shop.services, site.shop.id, limit=100)).links
    return [link.terms.description for link in found]


async def work(site: Site) -> None:
    while await import_links(site.shop.services, gives_way=False):
        pass


async def test_a_file_becomes_links(site: Site) -> None:
    browser = await site.member()
    start = await browser.get("/dashboard/links")
    assert f'href="{PATH}"' in start.text
    check_page(await browser.get(PATH))
    here = (await sent(browser, BAD)).location
    page = await browser.get(here)
    check_page(page)
    assert page.header("refresh") == f"3;url={here}"
    assert "Every row is being checked" in page.text
    await work(site)
    page = await browser.get(here)
    check_page(page)
    assert page.header("refresh") == ""
    for told in ("Ready to make 2 links", "40.00 USD, Guitar lesson", "amount: Write the amount with digits"):
        assert told in page.text
    assert b"<b>Piano" not in page.body
    failed = await browser.get(f"{here}?rows=failed")
    assert "Guitar" not in failed.text
    assert "Row 4" in failed.text
    assert await links_of(site) == []
    started = await browser.submit(page, f"{here}/start")
    assert started.location == here
    assert "The links are being made" in (await browser.follow(started)).text
    await work(site)
    done = await browser.get(here)
    check_page(done)
    assert "2 links made" in done.text
    assert await links_of(site) == ["<b>Piano</b>", "Guitar lesson"]
    report = await browser.get(f"{here}/report.csv")
    assert report.header("content-type") == "text/csv; charset=utf-8"
    assert (
        report.header("content-disposition")
        == f'attachment; filename="links-report-{here.rsplit("/")[-1]}.csv"'
    )
    lines = list(csv.DictReader(io.StringIO(report.body.decode("utf-8-sig"))))
    assert [(line["row"], line["key"], line["status"]) for line in lines] == [
        ("2", "A", "created"),
        ("3", "B", "created"),
        ("4", "C", "failed"),
    ]
    again = (await sent(browser, BAD)).location
    await work(site)
    assert "No link would be made" in (await browser.get(again)).text
    listed = await browser.get(PATH)
    assert listed.text.count("lessons.csv") == 2
    assert len(await links_of(site)) == 2


async def test_it_can_be_left_and_stopped(site: Site) -> None:
    browser = await site.member()
    here = (await sent(browser, GOOD)).location
    page = await browser.get(here)
    stopped = await browser.follow(await browser.submit(page, f"{here}/stop"))
    assert "Stopped" in stopped.text
    await work(site)
    assert await links_of(site) == []
    assert (
        await browser.post(f"{here}/start", {"csrf_token": page.form(f"{here}/stop")["csrf_token"]})
    ).status == 409


async def test_a_file_that_cannot_be_read_is_refused_on_its_page(site: Site) -> None:
    browser = await site.member()
    for data, told in (
        (b"amount,currency,description,due\n1,USD,x,y\n", "no column due. Did you mean due_at?"),
        ("amount,currency,description\n1,USD,café\n".encode("latin-1"), "Line 2 is not UTF-8"),
        (b"PK\x03\x04xx", "workbook"),
        (b"", "empty"),
    ):
        page = await sent(browser, data)
        check_page(page, 422)
        assert told in page.text
    check_page(await sent(browser, b"", ""), 422)
    assert "Sent before" not in (await browser.get(PATH)).text


async def test_fx05_the_name_of_a_file_is_only_a_name(site: Site) -> None:
    browser = await site.member()
    for name in ("../../etc/passwd", "<script>alert(1)</script>.csv", "a\u202egnp.csv", "x" * 300 + ".csv"):
        page = await browser.get((await sent(browser, GOOD, name)).location)
        check_page(page)
        assert b"<script>alert" not in page.body
        assert "\u202e" not in page.text
    check_page(await sent(browser, GOOD, "4242 4242 4242 4242.csv"), 422)


async def test_what_is_no_such_form_is_refused(site: Site) -> None:
    browser = await site.member()
    token = (await browser.get(PATH)).form(PATH)["csrf_token"]
    multipart = f"multipart/form-data; boundary={BOUNDARY}"
    whole = part("csrf_token", token.encode()) + part("file", GOOD, "x.csv")
    for body, kind, status in (
        (b"csrf_token=" + token.encode(), "application/x-www-form-urlencoded", 415),
        (whole, multipart, 400),
        (whole, "multipart/form-data", 400),
        (b"nonsense", multipart, 400),
        (part("a", b"x" * 5_000) + f"--{BOUNDARY}--\r\n".encode(), multipart, 413),
        (part("a", b"\xff") + f"--{BOUNDARY}--\r\n".encode(), multipart, 400),
        (
            part("csrf_token", b"another") + part("file", GOOD, "x.csv") + f"--{BOUNDARY}--\r\n".encode(),
            multipart,
            403,
        ),
        (b"x" * (FILE_MAX_BYTES + 100 * 1024), multipart, 413),
    ):
        answer = await browser.request("POST", PATH, body, content_type=kind)
        assert answer.status == status, (kind, body[:80], answer.text)
    assert "Sent before" not in (await browser.get(PATH)).text


async def test_a_stranger_is_led_to_sign_in_and_others_files_are_not_there(site: Site) -> None:
    assert (await site.browser().get(PATH)).status == 303
    stranger = await site.browser().request("POST", PATH, b"", content_type="multipart/form-data; boundary=x")
    assert (stranger.status, stranger.location[:8]) == (303, "/sign-in")
    browser = await site.member()
    for path in ("", "/report.csv"):
        check_page(await browser.get(f"/dashboard/links/imports/lim_00000000000000000000000000{path}"), 404)
    check_page(await browser.get("/dashboard/links/imports/nonsense"), 404)


async def test_the_example_is_a_file_that_can_be_sent(site: Site) -> None:
    browser = await site.member()
    example = await browser.get(f"{PATH}/example.csv")
    here = (await sent(browser, example.body)).location
    await work(site)
    assert "Ready to make 2 links" in (await browser.get(here)).text
