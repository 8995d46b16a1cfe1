"""On a merchant's own domain its payers are served, and nothing else; the installation's host goes on as ever."""

import re
from dataclasses import replace
from typing import Any

import pytest

from linktill.core.link_terms import LinkFields
from linktill.flows.manage_domain import WELL_KNOWN, read_domain, refresh_domains, remove_domain, set_domain
from linktill.flows.manage_links import create_link
from tests.flows.leading import HOST, Names, answer, verified
from tests.flows.wishing import asked, canceled
from tests.make import BASE_URL, make_merchant
from tests.web.browsing import Browser
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page

ORIGIN = f"http://{HOST}"
DOMAIN = "/dashboard/settings/domain"


def on_domain(site: Site, **headers: str) -> Browser:
    """Somebody's browser at the merchant's own domain."""
    return Browser(site.app, headers={"origin": ORIGIN, **headers}, host=HOST)


async def test_a_link_is_opened_and_paid_on_the_domain(site: Site) -> None:
    await verified(site.shop)
    link = await site.shop.link()
    browser, url = on_domain(site), f"/p/{link.slug}"
    page = await browser.get(url)
    check_page(page)
    pressed = await browser.submit(page, f"{url}/pay", email="ada@example.com", name="Ada")
    assert pressed.status == 303, pressed.text
    await site.at_gateway(pressed)
    mine = await browser.get(url)
    assert mine.location.startswith(f"{url}/checkout/")
    paid = await browser.follow(mine)
    check_page(paid)
    assert "Paid. Thank you!" in paid.text
    # Whoever began on the one host is welcome on the other: the address itself proves whose payment it is.
    assert "Paid. Thank you!" in (await site.browser().get(mine.location)).text


async def test_only_that_merchants_payers_are_served(site: Site) -> None:
    await verified(site.shop)
    shop = site.shop
    mine = await shop.link(slug="cake-order")
    cy = await make_merchant(shop.services, "Cy")
    theirs = await create_link(shop.services, cy.id, LinkFields(100, "USD", "Theirs"), by="test")
    attempt = await shop.pay(mine)
    page_of = await shop.page_of(attempt)
    browser = on_domain(site)
    assert (await browser.get(page_of)).status == 200
    assert (await browser.get("/p/Cake-Order")).location == "/p/cake-order"
    for path in (
        "/",
        "/dashboard",
        "/sign-in",
        "/setup",
        "/v1/payment_links",
        "/v1/openapi.json",
        "/docs/api",
        f"/p/{theirs.slug}",
        f"/p/{theirs.slug}/pay",
        "/p/nothing",
        "/p/",
        "/p",
        "/in/sandbox/gwa_1",
        "/sandbox/pay",
        "/.well-known/other",
        f"//p/{mine.slug}",
        f"/p/../p/{theirs.slug}",
    ):
        page = await browser.get(path)
        assert page.status == 404, path
        assert b"Theirs" not in page.body
    for path in ("/sign-in", "/v1/payment_links", f"/p/{theirs.slug}/pay", f"/p/{theirs.slug}/request"):
        assert (await browser.post(path, {"email": "a@example.com"})).status in {404, 405}, path
    here = await site.browser().get(f"/p/{theirs.slug}")
    assert "Theirs" in here.text
    styles = re.findall(r'href="(/static/[^"]+\.css)"', (await browser.get("/p/cake-order")).body.decode())
    assert styles
    assert (await browser.get(styles[0])).status == 200


async def test_an_unknown_host_is_refused_as_ever(site: Site) -> None:
    await set_domain(site.shop.services, site.shop.id, HOST)
    link = await site.shop.link()
    for host in ("evil.example", HOST, f"x.{HOST}", f"{HOST}.evil.example", ""):
        refused = await Browser(site.app, host=host).get(f"/p/{link.slug}")
        assert refused.status == 421, host
    await verified(site.shop)
    for host in (HOST, HOST.upper(), f"{HOST}:8443"):
        assert (await Browser(site.app, host=host).get(f"/p/{link.slug}")).status == 200, host
    await remove_domain(site.shop.services, site.shop.id)
    assert (await Browser(site.app, host=HOST).get(f"/p/{link.slug}")).status == 421


@pytest.mark.parametrize(
    "origin", ["https://evil.example", BASE_URL, f"https://{HOST}", "null", f"{ORIGIN}:81"]
)
async def test_a_form_of_another_origin_does_nothing_on_the_domain(site: Site, origin: str) -> None:
    await verified(site.shop)
    link = await canceled(site.shop)
    refused = await on_domain(site, origin=origin).post(f"/p/{link.slug}/request", {"email": "a@example.com"})
    assert refused.status == 403
    assert await asked(site.shop) == []
    sent = await on_domain(site).post(f"/p/{link.slug}/request", {"email": "a@example.com"})
    assert sent.status == 200
    assert len(await asked(site.shop)) == 1
    # Nor does a form of the domain on the installation's own host.
    assert (await Browser(site.app, headers={"origin": ORIGIN}).post("/sign-in", {})).status == 403


async def test_the_well_known_address_is_answered_under_every_name(site: Site) -> None:
    domain = await set_domain(site.shop.services, site.shop.id, HOST)
    found = await Browser(site.app, host=f"{HOST.upper()}:443").get(WELL_KNOWN)
    assert (found.status, found.body, found.header("content-type")) == (
        200,
        f"{domain.token}\n".encode(),
        "text/plain; charset=utf-8",
    )
    assert found.header("x-content-type-options") == "nosniff"
    assert (await Browser(site.app, host=HOST).head(WELL_KNOWN)).body == b""
    for host in ("other.example", "linktill.test", "", "x" * 400):
        assert (await Browser(site.app, host=host).get(WELL_KNOWN)).status == 404, host
    assert (await Browser(site.app, host=HOST).post(WELL_KNOWN)).status in {403, 404, 405}
    await verified(site.shop)
    assert (await Browser(site.app, host=HOST).get(WELL_KNOWN)).status == 200


async def test_every_address_that_is_shown_is_on_the_domain(site: Site) -> None:
    await verified(site.shop)
    link = await site.shop.link(description="Cake")
    address = f"{ORIGIN}/p/{link.slug}"
    member = await site.member()
    for path in (f"/dashboard/links/{link.id}", "/dashboard", f"/dashboard/links/{link.id}/edit"):
        page = await member.get(path)
        if "/edit" not in path:
            assert address in page.text, path
        assert f"{BASE_URL}/p/{link.slug}" not in page.text, path
    assert f"{ORIGIN}/p/" in (await member.get("/dashboard/links/new")).text
    await canceled(site.shop)
    closed = await site.browser().get(f"/p/{(await canceled(site.shop)).slug}")
    assert f"{ORIGIN.replace(':', '%3A')}/p/" in closed.text or ORIGIN in closed.text


async def test_a_page_of_the_installations_host_asks_for_no_domain(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verified(site.shop)
    link, seen = await site.shop.link(), list[str]()
    database: Any = type(site.services.database)
    read = database.read

    async def counted(self: Any, unit: Any, *given: Any, **named: Any) -> Any:
        seen.append(getattr(unit, "__name__", ""))
        return await read(self, unit, *given, **named)

    monkeypatch.setattr(database, "read", counted)
    await site.browser().get(f"/p/{link.slug}")
    here = list(seen)
    await on_domain(site).get(f"/p/{link.slug}")
    assert not {"verified_hosts", "domain_of", "token_at", "_is_of"} & set(here)
    assert seen[len(here) :] == ["_is_of", *here]


async def test_a_domain_is_set_checked_and_removed_in_the_settings(site: Site) -> None:
    member = await site.member()
    assert BASE_URL in (await member.get("/dashboard/settings")).text
    empty = await member.get(DOMAIN)
    check_page(empty)
    wrong = await member.submit(empty, DOMAIN, domain="https://<b>x")
    check_page(wrong, 422)
    assert 'id="domain-error"' in wrong.text
    made = await member.submit(empty, DOMAIN, domain=f" {HOST.upper()} ")
    assert (made.status, made.location) == (303, DOMAIN)
    page = await member.follow(made)
    for words in (HOST, "CNAME", "linktill.test", "Not in use yet"):
        assert words in page.text
    failed = await member.submit(page, f"{DOMAIN}/check")
    page = await member.follow(failed)
    check_page(page)
    assert "It does not lead here yet" in page.text
    assert f"{HOST}" in page.text
    await verified(site.shop)
    page = await member.get(DOMAIN)
    assert f"{ORIGIN}/p/" in page.text
    assert ORIGIN in (await member.get("/dashboard/settings")).text
    gone = await member.submit(page, f"{DOMAIN}/remove")
    assert gone.status == 303
    assert await read_domain(site.shop.services, site.shop.id) is None
    assert BASE_URL in (await member.get("/dashboard/settings")).text


async def test_the_check_asks_through_the_one_client(database: Any) -> None:
    names = Names()
    async with site_on(database, change=lambda services: replace(services, http=names)) as site:
        member = await site.member()
        await member.submit(await member.get(DOMAIN), DOMAIN, domain=HOST)
        domain = await read_domain(site.services, site.shop.id)
        assert domain is not None
        names.answers[HOST] = answer(domain.token)
        checked = await member.submit(await member.get(DOMAIN), f"{DOMAIN}/check")
        assert "It leads here" in (await member.follow(checked)).text
        assert [each.url for each in names.asked] == [f"{ORIGIN}{WELL_KNOWN}"]
        await refresh_domains(site.services)
        assert site.services.origin_of(site.shop.id) == ORIGIN
