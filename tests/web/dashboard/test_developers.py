"""API keys and webhook endpoints: secrets are shown once, and to whoever pressed the button."""

import asyncio
import re

from linktill.core.ids import EventId
from linktill.flows.manage_endpoints import list_endpoints
from linktill.storage.api_keys import list_api_keys
from linktill.storage.mails import KEPT, Mail, insert_mail
from tests.web.browsing import Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

DEVELOPERS = "/dashboard/developers"
KEYS = f"{DEVELOPERS}/keys"
ENDPOINTS = f"{DEVELOPERS}/endpoints"


def secret_on(page: Page) -> str:
    found = re.search(r'id="new-secret" value="([^"]+)"', page.body.decode())
    assert found is not None, page.text
    return found[1]


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(DEVELOPERS)
    check_page(page)
    first, second = await asyncio.gather(
        browser.submit(page, KEYS, name="Web shop"), browser.submit(page, KEYS, name="Web shop")
    )
    check_page(first)
    secret = secret_on(first)
    assert secret.startswith("lt_test_")
    assert secret_on(second) == secret, "a double press must not lose the key that is shown"
    [key] = await site.shop.services.database.read(list_api_keys, site.shop.id)
    assert await site.options.key_ring.caller(secret) is not None
    listed = await browser.get(DEVELOPERS)
    assert secret not in listed.text
    assert "Web shop" in listed.text
    assert f"…{secret[-4:]}" in listed.text
    revoked = await browser.submit(listed, f"{KEYS}/{key.id}/revoke")
    assert "The key is revoked" in (await browser.follow(revoked)).text
    assert await site.options.key_ring.caller(secret) is None
    bad = await browser.submit(await browser.get(DEVELOPERS), KEYS, name=" ")
    check_page(bad, 422)
    assert 'id="name-error"' in bad.text
    check_page(await browser.post(f"{KEYS}/key_1/revoke", {"csrf_token": token(listed)}), 404)


def token(page: Page) -> str:
    return page.form(KEYS)["csrf_token"]


async def test_an_endpoint_is_added_shown_and_removed(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(DEVELOPERS)
    added = await browser.submit(page, ENDPOINTS, url="https://hooks.example/linktill")
    check_page(added)
    assert secret_on(added).startswith("whsec_")
    again = await browser.submit(page, ENDPOINTS, url="https://hooks.example/linktill")
    assert secret_on(again) == secret_on(added)
    [endpoint] = await list_endpoints(site.shop.services, site.shop.id)
    url = f"{ENDPOINTS}/{endpoint.id}"
    shown = await browser.get(url)
    check_page(shown)
    assert "whsec_" not in shown.text
    assert "Nothing was sent yet" in shown.text
    assert "hooks.example" in (await browser.get(DEVELOPERS)).text
    removed = await browser.submit(shown, f"{url}/remove")
    assert removed.location == DEVELOPERS
    assert "The endpoint is removed" in (await browser.follow(removed)).text
    check_page(await browser.get(url), 404)
    assert await list_endpoints(site.shop.services, site.shop.id) == []


async def test_sf01_an_address_that_cannot_be_is_refused_beside_its_field(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(DEVELOPERS)
    for url in (
        "",
        "nonsense",
        "ftp://hooks.example",
        "javascript:alert(1)",
        "https://a:b@hooks.example",
        "http://linktill.test/in",
    ):
        answer = await browser.submit(page, ENDPOINTS, url=url)
        check_page(answer, 422)
        assert 'id="url-error"' in answer.text, url
    assert await list_endpoints(site.shop.services, site.shop.id) == []
    missing = await browser.post(f"{DEVELOPERS}/deliveries/whd_1/replay", {"csrf_token": token(page)})
    check_page(missing, 404)
    assert f'class="button" href="{DEVELOPERS}"' in missing.text, (
        "a delivery has no page of its own to go back to"
    )


async def test_settings_are_saved_or_mended(site: Site) -> None:
    browser = await site.member()
    url = "/dashboard/settings"
    page = await browser.get(url)
    saved = await browser.submit(
        page, url, business_name="Studio <Nord>", contact_email="hello@nord.example", currency="EUR"
    )
    shown = await browser.follow(saved)
    assert "Saved." in shown.text
    assert shown.form(url)["business_name"] == "Studio <Nord>"
    assert (await browser.get("/dashboard/links/new")).form("/dashboard/links")["currency"] == "EUR"
    link = await site.shop.link()
    assert "Studio &lt;Nord&gt;" in (await site.browser().get(f"/p/{link.slug}")).body.decode()
    bad = await browser.submit(shown, url, business_name="\u202ex", contact_email="x", currency="usd")
    check_page(bad, 422)
    for field in ("business_name", "contact_email", "currency"):
        assert f'id="{field}-error"' in bad.text
    assert (await browser.get(url)).form(url)["business_name"] == "Studio <Nord>"


async def test_kept_mails_can_be_read(site: Site) -> None:
    shop = site.shop
    await shop.pay(await shop.link())
    mail_id = "mail_00000000000000000000000001"
    mail = Mail(
        shop.id, mail_id, EventId("evt_1"), "receipt", "ada@example.com", "Bea's Bikes", "Your <receipt>", "Thank you\n$40",
        '<p style="color:red">Thank you</p>', KEPT, None, 5, 5,
    )  # fmt: skip
    await shop.services.database.run(insert_mail, mail)
    browser = await site.member()
    listed = await browser.get("/dashboard/mails")
    check_page(listed)
    assert "Your <receipt>" in listed.text
    shown = await browser.get(f"/dashboard/mails/{mail_id}")
    check_page(shown)
    assert "Bea's Bikes <linktill@example.com>" in shown.text
    body = await browser.get(f"/dashboard/mails/{mail_id}/body")
    assert body.body.decode() == mail.html
    policy = body.header("content-security-policy")
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert body.header("cache-control") == "no-store"
    assert (await site.browser().get(f"/dashboard/mails/{mail_id}/body")).status == 303
