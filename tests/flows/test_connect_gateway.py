"""Connecting, closing and ordering gateway accounts (LL17), their webhooks and secrets (GF13), and how they have been (WI12)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    GatewayTrouble,
    NotFound,
    Refusal,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.ids import GatewayAccountId
from linktill.flows import gateway_webhook
from linktill.flows.accounts import connection, kept_secrets, opened, webhook_url
from linktill.flows.connect_gateway import (
    change_keys,
    check_account,
    close_account,
    connect,
    list_accounts,
    move_account,
    reopen_account,
)
from linktill.flows.gateway_webhook import (
    OVERLAP_US,
    GatewayRefused,
    enter_secret,
    register_webhook,
    registered_urls,
    renew_secret,
    send_test_event,
)
from linktill.flows.offers import ways_to_pay
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import compare_accounts
from linktill.flows.services import ACCOUNTS_KEPT_S, Recent
from linktill.gateways.contract import SignatureRefused
from tests.flows.gateway_desk import BASE, Desk, desk_of
from tests.gateways.square_fake import sign
from tests.gateways.square_faults import Fault
from tests.gateways.square_hooks import Refused
from tests.make import Shop, asking, usd
from tests.vendors import PAYPAL_KEYS, SQUARE_KEYS, STRIPE_KEYS


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    async with desk_of(shop) as made:
        yield made


async def test_an_account_is_completed_kept_sealed_and_hears_events(desk: Desk) -> None:
    account_id = await desk.connect("square", **SQUARE_KEYS)
    stored = await desk.stored(account_id)
    assert (stored.mode, stored.label, stored.vendor_id) == ("test", "Repair shop", "MERCHANT1 LOCATION1")
    assert b"EAAAtest" not in stored.credentials
    url = webhook_url(desk.services, "square", account_id)
    [hook] = desk.at.square.square.hooks.subscriptions.values()
    assert (hook["notification_url"], stored.webhook_ref) == (url, hook["id"])
    account = opened(desk.services, stored).account
    assert account.credentials == {
        **SQUARE_KEYS,
        "location_id": "LOCATION1",
        "currency": "USD",
        "webhook_url": url,
    }
    assert account.webhook_secrets == (hook["signature_key"],)
    assert await desk.names() == ["sandbox", "square"]
    # Its events are taken as they come, with the address and the key that Square was told.
    body = b'{"merchant_id":"M","type":"payment.created","event_id":"e1","created_at":"2026-11-22T10:00:00Z","data":{}}'
    headers = {"x-square-hmacsha256-signature": sign(hook["signature_key"], url, body)}
    assert await receive_webhook(desk.services, "square", account_id, headers, body)
    assert (await desk.stored(account_id)).last_event_at is not None


async def test_wrong_keys_name_the_field_and_nothing_is_kept(desk: Desk) -> None:
    refusals: list[tuple[str, dict[str, str], str, str]] = [
        ("stripe", {"secret_key": "sk_test_wrong"}, "secret_key", "wrong, expired or revoked"),
        ("stripe", {"secret_key": "pk_test_1"}, "secret_key", "begins with sk_ or rk_"),
        ("stripe", {"secret_key": ""}, "secret_key", "Enter this: Secret key"),
        ("stripe", {"secret_key": "two words"}, "secret_key", "one word"),
        ("stripe", {**STRIPE_KEYS, "publishable": "x"}, "publishable", "no such field"),
        ("paypal", {**PAYPAL_KEYS, "client_secret": "wrong"}, "client_secret", "client id and secret"),
        ("paypal", {**PAYPAL_KEYS, "environment": "test"}, "environment", "choose sandbox or live"),
        ("paypal", {**PAYPAL_KEYS, "environment": ""}, "environment", "choose sandbox or live"),
        ("square", {**SQUARE_KEYS, "access_token": "EAAAwrong"}, "access_token", "access token"),
        ("square", {**SQUARE_KEYS, "location_id": "L9"}, "location_id", "no location"),
        ("paymill", {}, "gateway", "There are: stripe, paypal, square"),
        ("sandbox", {}, "gateway", "no gateway 'sandbox' to connect"),
    ]
    for gateway, entered, param, words in refusals:
        with pytest.raises(FieldInvalid, match=words) as refused:
            await connect(desk.services, desk.shop.id, gateway, entered)
        assert refused.value.param == param, words
        assert not any(text and text in str(refused.value) for name, text in entered.items() if "key" in name)
    with pytest.raises(FieldsInvalid) as several:
        await connect(desk.services, desk.shop.id, "paypal", {})
    assert [each.param for each in several.value.errors] == ["environment", "client_id", "client_secret"]
    assert await desk.names() == ["sandbox"]
    assert desk.at.stripe.fake.things.get("webhook_endpoint", {}) == {}


async def test_a_gateway_out_of_reach_is_said_and_nothing_is_kept(desk: Desk) -> None:
    desk.at.unplug()
    for gateway, entered in (("stripe", STRIPE_KEYS), ("square", SQUARE_KEYS)):
        with pytest.raises(
            GatewayTrouble, match=r"nothing was changed. Look whether this server reaches the internet"
        ):
            await connect(desk.services, desk.shop.id, gateway, entered)
    assert await desk.names() == ["sandbox"]


async def test_the_mode_must_be_the_merchant_s(desk: Desk) -> None:
    desk.at.square.square.api_url = "https://connect.squareup.com"
    live = {**SQUARE_KEYS, "environment": "production"}
    with pytest.raises(FieldInvalid, match=r"These are live keys.*test mode") as refused:
        await connect(desk.services, desk.shop.id, "square", live)
    assert refused.value.param == "environment"
    await desk.is_live()
    assert (await desk.stored(await desk.connect("square", **live))).mode == "live"
    with pytest.raises(FieldInvalid, match=r"These are test keys.*live mode"):
        await connect(desk.services, desk.shop.id, "stripe", STRIPE_KEYS)


async def test_the_same_account_is_connected_once(desk: Desk) -> None:
    account_id = await desk.connect("stripe", **STRIPE_KEYS)
    with pytest.raises(TransitionRefused, match="connected already"):
        await connect(desk.services, desk.shop.id, "stripe", STRIPE_KEYS)
    await close_account(desk.services, desk.shop.id, account_id)
    with pytest.raises(TransitionRefused, match="was connected before and is disconnected"):
        await connect(desk.services, desk.shop.id, "stripe", STRIPE_KEYS)
    assert len(await list_accounts(desk.services, desk.shop.id)) == 2
    assert len(desk.at.stripe.fake.things["webhook_endpoint"]) == 1


async def test_two_presses_at_once_connect_one(desk: Desk) -> None:
    asked = [connect(desk.services, desk.shop.id, "paypal", PAYPAL_KEYS) for _ in range(4)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Connected", *["TransitionRefused"] * 3]
    assert len(desk.at.paypal.company.hooks.known) == 1


async def test_ll17_a_closed_account_is_not_offered_but_still_reached(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    account_id = await desk.connect("stripe", **STRIPE_KEYS)
    await close_account(services, merchant_id, desk.shop.account.id)
    assert (await ways_to_pay(services, merchant_id, asking(4_000))).connections[0].account.id == account_id
    await close_account(services, merchant_id, account_id)
    with pytest.raises(GatewayTrouble, match="no payment gateway"):
        await ways_to_pay(services, merchant_id, asking(4_000))
    assert (await connection(services, merchant_id, account_id)).account.id == account_id
    assert await compare_accounts(services) == 2  # what was paid over it is still compared
    await reopen_account(services, merchant_id, account_id)
    assert (await ways_to_pay(services, merchant_id, asking(4_000))).connections[0].account.id == account_id
    with pytest.raises(NotFound):
        await close_account(services, merchant_id, GatewayAccountId("gwa_none"))


async def test_the_merchant_s_order_is_kept(desk: Desk) -> None:
    stripe = await desk.connect("stripe", **STRIPE_KEYS)
    paypal = await desk.connect("paypal", **PAYPAL_KEYS)
    assert await desk.names() == ["sandbox", "stripe", "paypal"]
    await move_account(desk.services, desk.shop.id, paypal, by=-1)
    assert await desk.names() == ["sandbox", "paypal", "stripe"]
    await move_account(desk.services, desk.shop.id, paypal, by=-5)
    assert await desk.names() == ["paypal", "sandbox", "stripe"]
    await move_account(desk.services, desk.shop.id, paypal, by=1)
    assert await desk.names() == ["sandbox", "paypal", "stripe"]
    await close_account(desk.services, desk.shop.id, stripe)
    with pytest.raises(NotFound):
        await move_account(desk.services, desk.shop.id, stripe, by=-1)


async def test_gf13_a_crash_after_the_vendor_registered_leaves_one_webhook_and_no_lost_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = gateway_webhook.keep

    async def crash(*_: Any) -> None:
        raise VersionConflict("crashed")

    for gateway, entered, hooks in (
        ("stripe", STRIPE_KEYS, lambda: desk.at.stripe.fake.things["webhook_endpoint"]),
        ("paypal", PAYPAL_KEYS, lambda: desk.at.paypal.company.hooks.known),
        ("square", SQUARE_KEYS, lambda: desk.at.square.square.hooks.subscriptions),
    ):
        monkeypatch.setattr(gateway_webhook, "keep", crash)
        made = await connect(desk.services, desk.shop.id, gateway, entered)
        assert made.webhook_trouble == "crashed"
        assert len(hooks()) == 1
        stored = await desk.stored(made.account_id)
        assert (stored.webhook_ref, kept_secrets(desk.services, stored)) == ("", ())
        monkeypatch.setattr(gateway_webhook, "keep", kept)
        await renew_secret(desk.services, desk.shop.id, made.account_id)
        stored = await desk.stored(made.account_id)
        assert list(hooks()) == [stored.webhook_ref]
        [secret] = kept_secrets(desk.services, stored)
        assert secret.until is None


async def test_a_secret_is_renewed_and_the_old_one_counts_for_a_day(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    account_id = await desk.connect("square", **SQUARE_KEYS)
    [before] = (await connection(services, merchant_id, account_id)).account.webhook_secrets
    await renew_secret(services, merchant_id, account_id)
    # At once in this process, though the account was remembered a moment ago.
    new, old = (await connection(services, merchant_id, account_id)).account.webhook_secrets
    assert (old, new) == (before, desk.at.square.square.hooks.subscriptions["wbhk_00001"]["signature_key"])
    desk.shop.running.clock.ahead_us += OVERLAP_US
    assert [each.text for each in kept_secrets(services, await desk.stored(account_id))] == [new]
    services.accounts.drop(account_id)  # it is remembered by a clock that tests do not move
    assert (await connection(services, merchant_id, account_id)).account.webhook_secrets == (new,)
    for _ in range(5):
        await renew_secret(services, merchant_id, account_id)
    assert len(kept_secrets(services, await desk.stored(account_id))) == 3


async def test_a_secret_that_only_the_merchant_has_is_entered(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    account_id = await desk.connect("stripe", **STRIPE_KEYS)
    with pytest.raises(TransitionRefused, match="only in its Dashboard"):
        await renew_secret(services, merchant_id, account_id)
    for bad in ("", "two words", "x" * 201, "wh\x00sec"):
        with pytest.raises(FieldInvalid) as refused:
            await enter_secret(services, merchant_id, account_id, bad)
        assert refused.value.param == "secret"
    with pytest.raises(FieldInvalid, match="begins with whsec_"):
        await enter_secret(services, merchant_id, account_id, STRIPE_KEYS["secret_key"])
    await enter_secret(services, merchant_id, account_id, " whsec_new\n")
    secrets = (await connection(services, merchant_id, account_id)).account.webhook_secrets
    assert (len(secrets), secrets[0]) == (2, "whsec_new")


async def test_the_webhook_follows_the_address(desk: Desk) -> None:
    account_id = await desk.connect("stripe", **STRIPE_KEYS)
    moved = replace(desk.services, base_url="https://new.example.com")
    await register_webhook(moved, desk.shop.id, account_id)
    stored = await desk.stored(account_id)
    new, old = registered_urls(moved, stored)
    assert (new, old) == (f"https://new.example.com/in/stripe/{account_id}", f"{BASE}/in/stripe/{account_id}")
    [endpoint] = desk.at.stripe.fake.things["webhook_endpoint"].values()
    assert (endpoint["url"], endpoint["id"]) == (new, stored.webhook_ref)
    assert len(kept_secrets(moved, stored)) == 2


async def test_an_address_that_nobody_can_call_is_said_before_the_gateway_is_asked(desk: Desk) -> None:
    for base in (
        "http://pay.example.com",
        "https://localhost:8000",
        "https://192.168.0.7",
        "http://127.0.0.1:8000",
    ):
        private = replace(desk.services, base_url=base)
        found = [each for each in await list_accounts(private, desk.shop.id) if each.gateway == "stripe"]
        if found:
            with pytest.raises(TransitionRefused, match="LINKTILL_BASE_URL"):
                await register_webhook(private, desk.shop.id, found[0].id)
        else:
            made = await connect(private, desk.shop.id, "stripe", STRIPE_KEYS)
            assert made.webhook_trouble is not None
            assert f"this server's is {base} (LINKTILL_BASE_URL)" in made.webhook_trouble
    assert desk.at.stripe.fake.things.get("webhook_endpoint", {}) == {}
    await register_webhook(
        replace(desk.services, base_url="http://127.0.0.1"), desk.shop.id, desk.shop.account.id
    )


async def test_an_address_that_the_gateway_refuses_is_named_with_its_setting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused(400, "INVALID_REQUEST_ERROR", "INVALID_VALUE", "The URL cannot be reached.")

    monkeypatch.setattr(desk.at.square.square.hooks, "posted", refuse)
    made = await connect(desk.services, desk.shop.id, "square", SQUARE_KEYS)
    stored = await desk.stored(made.account_id)
    address = f"{webhook_url(desk.services, 'square', stored.id)} : it must be open to the internet (LINKTILL_BASE_URL)"
    assert made.webhook_trouble is not None
    for words in (made.webhook_trouble, stored.last_failure):
        assert "The URL cannot be reached." in words
        assert address in words
    with pytest.raises(GatewayRefused, match="LINKTILL_BASE_URL"):
        await register_webhook(desk.services, desk.shop.id, stored.id)
    # What the gateway says of the keys has nothing to do with the address.
    desk.at.square.square.token = "EAAAother"
    with pytest.raises(GatewayRefused) as refused:
        await register_webhook(desk.services, desk.shop.id, stored.id)
    assert "LINKTILL_BASE_URL" not in str(refused.value)


async def test_other_keys_must_be_of_the_same_account(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    account_id = await desk.connect("square", **SQUARE_KEYS)
    secrets = (await connection(services, merchant_id, account_id)).account.webhook_secrets
    desk.at.square.square.token = "EAAAnew"
    with pytest.raises(FieldInvalid, match="access token"):
        await check_account(services, merchant_id, account_id)
    failed = await desk.stored(account_id)
    assert failed.last_failure_at is not None
    assert "access token" in failed.last_failure
    await change_keys(services, merchant_id, account_id, {**SQUARE_KEYS, "access_token": "EAAAnew"})
    account = (await connection(services, merchant_id, account_id)).account
    assert (account.credentials["access_token"], account.webhook_secrets) == ("EAAAnew", secrets)
    assert account.credentials["webhook_url"] == webhook_url(services, "square", account_id)
    assert (await check_account(services, merchant_id, account_id)).label == "Repair shop"
    desk.at.square.square.location_id = "LOCATION7"
    with pytest.raises(FieldInvalid, match="belong to another Square account"):
        await change_keys(services, merchant_id, account_id, {**SQUARE_KEYS, "access_token": "EAAAnew"})


async def test_a_change_elsewhere_counts_within_seconds(desk: Desk) -> None:
    """Another process renews the secret: this one uses what it remembers for a few seconds at most."""
    account_id = await desk.connect("square", **SQUARE_KEYS)
    here = replace(desk.services, accounts=Recent(kept_s=0.3, keys_max=9))
    assert len((await connection(here, desk.shop.id, account_id)).account.webhook_secrets) == 1
    await renew_secret(desk.services, desk.shop.id, account_id)
    assert len((await connection(here, desk.shop.id, account_id)).account.webhook_secrets) == 1
    await asyncio.sleep(0.4)
    assert len((await connection(here, desk.shop.id, account_id)).account.webhook_secrets) == 2
    assert ACCOUNTS_KEPT_S <= 5


async def test_one_who_changes_the_account_is_alone(desk: Desk) -> None:
    account_id = await desk.connect("square", **SQUARE_KEYS)
    async with gateway_webhook.alone(desk.services, account_id):
        with pytest.raises(TransitionRefused, match="being changed right now"):
            await renew_secret(desk.services, desk.shop.id, account_id)
    desk.at.square.square.to_do.append(Fault.NO_CONNECTION)
    with pytest.raises(GatewayTrouble, match="cannot be reached"):
        await renew_secret(desk.services, desk.shop.id, account_id)
    await renew_secret(desk.services, desk.shop.id, account_id)  # given free again by the one that failed


async def test_wi12_foreign_events_are_counted_and_a_refused_one_is_the_last_failure(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    account_id = await desk.connect("square", **SQUARE_KEYS)
    hook = desk.at.square.square.hooks.subscriptions["wbhk_00001"]
    await desk.at.square.gateway.pay_as_test(
        opened(services, await desk.stored(account_id)).account, usd(500), reference="till", key="k"
    )
    for body in desk.at.square.square.events[:1]:
        headers = {
            "x-square-hmacsha256-signature": sign(hook["signature_key"], hook["notification_url"], body)
        }
        assert await receive_webhook(services, "square", account_id, headers, body)
    assert await process_inbox(services) == 1
    stored = await desk.stored(account_id)
    assert (stored.foreign_events, stored.last_failure_at) == (1, None)
    with pytest.raises(SignatureRefused):
        await receive_webhook(services, "square", account_id, {}, b"{}")
    stored = await desk.stored(account_id)
    assert stored.last_failure_at is not None
    assert stored.last_failure.startswith("A webhook was not taken: ")
    assert (
        "If Square itself sent it, register the webhook again, or paste its secret by hand."
        in stored.last_failure
    )
    assert merchant_id == stored.merchant_id


async def test_test_events_and_where_there_are_none(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    square = await desk.connect("square", **SQUARE_KEYS)
    assert "took it" in await send_test_event(services, merchant_id, square)
    paypal = await desk.connect("paypal", **PAYPAL_KEYS)
    with pytest.raises(TransitionRefused, match="does not sign its events for your webhook"):
        await send_test_event(services, merchant_id, paypal)
    private = replace(services, base_url="http://localhost")
    stripe = (await connect(private, merchant_id, "stripe", STRIPE_KEYS)).account_id
    with pytest.raises(TransitionRefused, match="no webhook yet"):
        await send_test_event(services, merchant_id, stripe)


async def test_another_merchant_s_account_is_not_there(desk: Desk) -> None:
    stranger = type(desk.shop.id)("mer_other")
    for act in (
        check_account,
        close_account,
        reopen_account,
        register_webhook,
        renew_secret,
        send_test_event,
    ):
        with pytest.raises(Refusal):
            await act(desk.services, stranger, desk.shop.account.id)
    assert (await desk.stored(desk.shop.account.id)).closed_at is None
