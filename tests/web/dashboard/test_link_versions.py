"""What each edit of a link changed, as its merchant reads it."""

import re

from tests.web.dashboard.test_links import GOOD, create, links_of
from tests.web.site import Site
from tests.web.test_every_page import check_page


async def test_a_link_tells_who_changed_what(site: Site) -> None:
    browser = await site.member()
    await create(browser, note="Thank <you>", reference="INV-7")
    [link] = await links_of(site)
    here = f"/dashboard/links/{link.id}"
    assert "/versions" not in (await browser.get(here)).body.decode(), "nothing was changed yet"
    edit = await browser.get(f"{here}/edit")
    await browser.submit(
        edit,
        f"{here}/edit",
        **{**GOOD, "amount": "45", "note": "Thank <you>", "reference": "", "use": "unlimited"},
    )
    assert f'href="{here}/versions"' in (await browser.get(here)).body.decode()
    page = await browser.get(f"{here}/versions")
    check_page(page)
    words = " ".join(re.sub("<[^>]*>", " ", page.body.decode()).split())
    newer, older = words.split("Version 1")
    for told in ("Price Before: $40.50 Now: $45.00", "Can be paid Before: once Now: any number of times",
                 "Your reference Before: INV-7 Now: nothing", "owner@example.com"):  # fmt: skip
        assert told in newer
    assert "Message" not in newer
    for told in (
        "Price $40.50",
        "Message to the payer Thank &lt;you&gt;",
        "Can be paid once",
        "Your reference INV-7",
    ):
        assert told in older
    assert (await browser.get("/dashboard/links/plink_00000000000000000000000000/versions")).status == 404
    assert (await browser.get(f"{here}/versions?cursor=nonsense")).status == 200
    assert "Version 1" not in (await browser.get(f"{here}/versions?cursor=1")).text
    assert "Version 2" not in (await browser.get(f"{here}/versions?cursor=2")).text
