"""The pages on which a merchant connects gateways (LL17, WH01): tried keys, webhook, order, and nothing secret shown."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from linktill.flows.accounts import credentials_of
from linktill.flows.connect_gateway import list_accounts
from linktill.flows.manage_links import find_links
from linktill.flows.services import Services
from linktill.storage.database import Database
from linktill.storage.gateway_accounts import StoredAccount
from tests.gateways.stripe_rig import OWN_PAGE_KEYS, PUBLISHABLE_KEY
from tests.vendors import PAYPAL_KEYS, SQUARE_KEYS, STRIPE_KEYS, Vendors, vendors
from tests.web.browsing import Browser, Page
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page

GATEWAYS = "/dashboard/gateways"


@dataclass
class Desk:
    site: Site
    services: Services
    at: Vendors
    browser: Browser

    async def connect(self, gateway: str, **fields: str) -> Page:
        url = f"{GATEWAYS}/connect/{gateway}"
        return await self.browser.submit(await self.browser.get(url), url, **fields)

    async def account(self, gateway: str) -> StoredAccount:
        [found] = [each for each in await self.accounts() if each.gateway == gateway]
        return found

    async def accounts(self) -> list[StoredAccount]:
        return await list_accounts(self.services, self.site.shop.id)

    async def press(self, gateway: str, action: str, **fields: str) -> Page:
        url = f"{GATEWAYS}/{(await self.account(gateway)).id}"
        return await self.browser.submit(await self.browser.get(url), f"{url}/{action}", **fields)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with vendors() as at, site_on(database, change=at.offered) as site:
        yield Desk(site, site.services, at, await site.member())


async def test_a_merchant_connects_each_gateway_and_sees_how_it_is(desk: Desk) -> None:
    page = await desk.browser.get(GATEWAYS)
    check_page(page)
    assert "Sandbox" in page.text
    for gateway, keys in (("stripe", STRIPE_KEYS), ("paypal", PAYPAL_KEYS), ("square", SQUARE_KEYS)):
        made = await desk.connect(gateway, **keys)
        account = await desk.account(gateway)
        assert (made.status, made.location) == (303, f"{GATEWAYS}/{account.id}")
        shown = await desk.browser.follow(made)
        check_page(shown)
        assert "Connected: your links can be paid through it." in shown.text
        assert f"/in/{gateway}/{account.id}" in shown.body.decode()
        assert "none yet" in shown.text
        for secret in ("sk_test_51", "very-secret", "EAAAtest", "whsec_"):
            assert secret not in shown.body.decode().replace("Signing secret (whsec_…)", "")
    listed = await desk.browser.get(GATEWAYS)
    check_page(listed)
    for words in (
        "Stripe",
        "Bea's Bikes",
        "PayPal",
        "App client…",
        "Square",
        "Repair shop",
        "Webhook missing",
    ):
        assert words in listed.text, words
    settings = await desk.browser.get("/dashboard/settings")
    assert "Sandbox, Stripe, PayPal, Square" in settings.text


async def test_wrong_keys_are_said_beside_the_field_and_never_shown_again(desk: Desk) -> None:
    refused = await desk.connect(
        "square", **{**SQUARE_KEYS, "access_token": "EAAAwrong", "location_id": "L9"}
    )
    check_page(refused, 422)
    assert "does not accept the access token" in refused.text
    assert 'id="access_token-error"' in refused.body.decode()
    assert "EAAAwrong" not in refused.body.decode()
    assert 'value="L9"' in refused.body.decode()
    empty = await desk.connect("paypal", environment="sandbox")
    check_page(empty, 422)
    assert "Enter this: Client ID" in empty.text
    desk.at.unplug()
    silent = await desk.connect("stripe", **STRIPE_KEYS)
    check_page(silent, 503)
    assert "Look whether this server reaches the internet" in silent.text
    assert [each.gateway for each in await desk.accounts()] == ["sandbox"]


async def test_a_page_of_our_own_is_chosen_and_stays_chosen_with_new_keys(desk: Desk) -> None:
    made = await desk.connect("stripe", **OWN_PAGE_KEYS)
    assert made.status == 303, made.text
    shown = await desk.browser.follow(made)
    check_page(shown)
    url = made.location
    assert shown.form(f"{url}/keys")["payment_page"] == "linktill"
    assert shown.form(f"{url}/keys")["publishable_key"] == PUBLISHABLE_KEY, "it is no secret"
    assert OWN_PAGE_KEYS["secret_key"] not in shown.text
    # Only the secret key is typed: the choice comes along.
    changed = await desk.browser.submit(shown, f"{url}/keys", secret_key=OWN_PAGE_KEYS["secret_key"])
    assert "The new keys work and are saved." in changed.text
    kept = credentials_of(desk.services, await desk.account("stripe"))
    assert {name: kept[name] for name in OWN_PAGE_KEYS} == OWN_PAGE_KEYS
    back = {"secret_key": OWN_PAGE_KEYS["secret_key"], "payment_page": "stripe", "publishable_key": ""}
    changed = await desk.browser.submit(changed, f"{url}/keys", **back)
    assert "The new keys work and are saved." in changed.text
    kept = credentials_of(desk.services, await desk.account("stripe"))
    assert not {"payment_page", "publishable_key"} & set(kept)


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("sk_test_51LinktillFake", "it begins with pk_test_ or pk_live_. What was entered is something else"),
        ("rk_live_secret", "it begins with pk_test_ or pk_live_. What was entered is something else"),
        ("pk_live_51Other", "The secret key is for test mode and the publishable key for live mode"),
        ("", "enter the publishable key, too"),
    ],
)
async def test_a_key_in_the_wrong_field_is_refused_not_kept_and_not_shown_again(
    desk: Desk, entered: str, words: str
) -> None:
    made = await desk.connect("stripe", **{**OWN_PAGE_KEYS, "publishable_key": entered})
    check_page(made, 422)
    assert words in made.text
    assert 'href="#publishable_key"' in made.text
    assert "sk_test_51" not in made.text
    assert "rk_live_secret" not in made.text
    form = made.form(f"{GATEWAYS}/connect/stripe")
    assert form["payment_page"] == "linktill", "what else was chosen stays"
    assert form["publishable_key"] == (entered if entered.startswith("pk_") else "")
    assert [each.gateway for each in await desk.accounts()] == ["sandbox"]
    assert desk.at.stripe.wire.sent == [], "nothing was tried with it"


async def test_a_key_in_the_wrong_field_changes_nothing_of_an_account(desk: Desk) -> None:
    await desk.connect("stripe", **STRIPE_KEYS)
    before = await desk.account("stripe")
    wrong = {**OWN_PAGE_KEYS, "publishable_key": "sk_live_51Pasted"}
    told = await desk.press("stripe", "keys", **wrong)
    check_page(told, 422)
    assert "sk_live_51Pasted" not in told.text
    assert await desk.account("stripe") == before


async def test_twice_is_refused_and_a_forged_form_changes_nothing(desk: Desk) -> None:
    url = f"{GATEWAYS}/connect/stripe"
    forged = await desk.browser.submit(await desk.browser.get(url), url, csrf_token="x", **STRIPE_KEYS)
    check_page(forged, 403)
    assert len(await desk.accounts()) == 1
    await desk.connect("stripe", **STRIPE_KEYS)
    twice = await desk.connect("stripe", **STRIPE_KEYS)
    check_page(twice, 409)
    assert "This Stripe account is connected already" in twice.text
    account = await desk.account("stripe")
    page = await desk.browser.get(f"{GATEWAYS}/{account.id}")
    for action in ("check", "test", "webhook", "renew", "secret", "keys", "close", "reopen", "up", "down"):
        at = f"{GATEWAYS}/{account.id}/{action}"
        form = {"csrf_token": "x", "secret": "y"}
        check_page(await desk.browser.post(at, form), 403)
        assert (await desk.browser.get(at)).status == 303
        assert (await desk.site.browser().post(at, form)).location.startswith("/sign-in")
    assert (await desk.account("stripe")) == account
    check_page(page)


async def test_check_test_event_webhook_and_secret(desk: Desk) -> None:
    await desk.connect("stripe", **STRIPE_KEYS)
    checked = await desk.press("stripe", "check")
    check_page(checked)
    assert "The keys work. It answers for Bea's Bikes." in checked.text
    # The shop's address is not open to the internet, and the page says so.
    blocked = await desk.press("stripe", "webhook")
    check_page(blocked, 409)
    assert "LINKTILL_BASE_URL" in blocked.text
    saved = await desk.press("stripe", "secret", secret="whsec_by_hand")
    check_page(saved)
    assert "Events are checked with it from now on" in saved.text
    bad = await desk.press("stripe", "secret", secret="two words")
    check_page(bad, 422)
    assert 'id="secret-error"' in bad.body.decode()
    tested = await desk.press("stripe", "test")
    check_page(tested)
    assert "Stripe has closed a page to pay on" in tested.text
    desk.at.stripe.fake.may_charge = False
    failed = await desk.press("stripe", "check")
    check_page(failed, 422)
    assert "does not let this account take payments yet" in failed.text
    again = await desk.browser.get(f"{GATEWAYS}/{(await desk.account('stripe')).id}")
    assert again.text.count("does not let this account take payments yet") == 1
    sandbox = await desk.press("sandbox", "webhook")
    check_page(sandbox)
    assert "The webhook is registered." in sandbox.text
    renewed = await desk.press("sandbox", "renew")
    assert "The webhook has a new secret." in renewed.text


async def test_other_keys(desk: Desk) -> None:
    await desk.connect("square", **SQUARE_KEYS)
    desk.at.square.square.token = "EAAAnew"
    wrong = await desk.press("square", "keys", **SQUARE_KEYS)
    check_page(wrong, 422)
    assert 'id="access_token-error"' in wrong.body.decode()
    right = await desk.press("square", "keys", **{**SQUARE_KEYS, "access_token": "EAAAnew"})
    check_page(right)
    assert "The new keys work and are saved." in right.text
    sandbox = await desk.account("sandbox")
    token = right.form("/sign-out")["csrf_token"]
    nothing = await desk.browser.post(f"{GATEWAYS}/{sandbox.id}/keys", {"csrf_token": token})
    check_page(nothing, 404)


async def test_ll17_order_and_disconnecting(desk: Desk) -> None:
    await desk.connect("stripe", **STRIPE_KEYS)
    stripe = await desk.account("stripe")
    page = await desk.browser.get(GATEWAYS)
    moved = await desk.browser.submit(page, f"{GATEWAYS}/{stripe.id}/up")
    assert "The order is changed." in (await desk.browser.follow(moved)).text
    assert [each.gateway for each in await desk.accounts()] == ["stripe", "sandbox"]
    preview = await desk.browser.get("/dashboard/links/preview?amount=40&description=Tea")
    assert "Stripe" in preview.text
    closed = await desk.browser.follow(await desk.press("stripe", "close"))
    check_page(closed)
    assert "Payers are not offered it any more." in closed.text
    preview = await desk.browser.get("/dashboard/links/preview?amount=40&description=Tea")
    assert "Stripe" not in preview.text
    shown = await desk.browser.get(f"{GATEWAYS}/{stripe.id}")
    check_page(shown)
    assert "Disconnected" in shown.text
    opened = await desk.browser.follow(await desk.press("stripe", "reopen"))
    assert "Connected again." in opened.text
    check_page(await desk.browser.get(f"{GATEWAYS}/gwa_none"), 404)
    for action in ("check", "close"):
        form = {"csrf_token": shown.form("/sign-out")["csrf_token"]}
        check_page(await desk.browser.post(f"{GATEWAYS}/gwa_none/{action}", form), 404)


async def test_an_account_is_offered_by_rules_and_a_link_through_what_is_ticked(desk: Desk) -> None:
    await desk.connect("stripe", **STRIPE_KEYS)
    url = f"{GATEWAYS}/{(await desk.account('stripe')).id}"
    page = await desk.browser.get(url)
    assert "for whatever it takes" in page.text
    rules = {"currency_1": "usd", "from_1": "5", "to_1": "1000.50", "others": "no"}
    refused = await desk.browser.submit(page, f"{url}/offering", **{**rules, "from_1": "5.001"})
    assert refused.status == 422
    assert "USD: " in refused.text
    twice = await desk.browser.submit(page, f"{url}/offering", **rules, currency_2="USD")
    assert "two rules for USD" in twice.text
    saved = await desk.browser.submit(page, f"{url}/offering", **rules)
    assert saved.location == url
    assert json.loads((await desk.account("stripe")).offering) == {
        "rules": [["USD", 500, 100_050]],
        "others": False,
    }
    shown = await desk.browser.follow(saved)
    check_page(shown)
    assert 'value="1000.50"' in shown.body.decode()
    new = await desk.browser.get("/dashboard/links/new")
    check_page(new)
    assert "Ways to pay" in new.text
    typed = {"description": "A lesson", "amount": "4", "currency": "USD", "ways": "only"}
    nothing = await desk.browser.submit(new, "/dashboard/links", **typed)
    assert "Tick at least one gateway" in nothing.text
    small = await desk.browser.submit(new, "/dashboard/links", **typed, gateway_stripe="yes")
    assert small.status == 422
    assert "By your rules Stripe is not offered for $4.00" in small.text
    made = await desk.browser.submit(
        new, "/dashboard/links", **{**typed, "amount": "40"}, gateway_stripe="yes"
    )
    assert made.status == 303
    edit = await desk.browser.get(f"{made.location}/edit")
    check_page(edit)
    changed = await desk.browser.submit(edit, f"{made.location}/edit", ways="but")
    assert changed.status == 303
    [link] = (await find_links(desk.services, desk.site.shop.id, limit=1)).links
    assert (link.terms.allowed_gateways, link.terms.denied_gateways) == ((), ("stripe",))
