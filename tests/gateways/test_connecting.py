"""Connecting an account at each gateway: what only this one finds out, renews or sends.

Every fake holds what is asked and answered against its vendor's published schema.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.core.ids import RefundId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    NO_CALL,
    Account,
    RefundOrder,
    Rejected,
    Unavailable,
    Webhook,
)
from linktill.gateways.testing import Break, Rig
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.sandbox_rig import SandboxRig, sandbox_rig
from tests.gateways.square_rig import SquareRig, square_rig
from tests.gateways.stripe_fake import SECRET_KEY
from tests.gateways.stripe_rig import StripeRig, stripe_rig
from tests.gateways.stripe_schema import ENDPOINTS

URL = "https://pay.example.com/in/gwa_1"
OTHER_URL = "https://old.example.com/in/gwa_1"


@pytest.fixture
async def stripe() -> AsyncIterator[StripeRig]:
    async with stripe_rig() as rig:
        yield rig


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as rig:
        yield rig


@pytest.fixture
async def square() -> AsyncIterator[SquareRig]:
    async with square_rig() as rig:
        yield rig


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxRig]:
    async with sandbox_rig() as rig:
        yield rig


def entered(rig: Rig, **credentials: str) -> Account:
    """What the merchant typed, and nothing else."""
    return replace(rig.account, credentials=credentials, webhook_secrets=())


# ----------------------------------------------------------------------------------------------------------- Stripe


async def test_stripe_tells_the_name_and_the_key_tells_the_mode(stripe: StripeRig) -> None:
    found = await stripe.gateway.complete(entered(stripe, secret_key=SECRET_KEY))
    assert (found.label, found.vendor_id, found.mode) == ("Bea's Bikes", "acct_fake", Mode.TEST)
    assert found.credentials == {"secret_key": SECRET_KEY}
    for odd in ("sk_wrong", "pk_test_1", ""):
        with pytest.raises(Rejected):
            await stripe.gateway.complete(entered(stripe, secret_key=odd))


async def test_a_restricted_key_of_stripe_may_not_see_its_account(stripe: StripeRig) -> None:
    every = {f"{verb} {path}" for verb, path in ENDPOINTS}
    stripe.fake.allowed = every - {"GET /v1/account"}
    found = await stripe.gateway.complete(stripe.account)
    assert (found.label, found.vendor_id) == ("", "")
    stripe.fake.allowed = every - {"POST /v1/webhook_endpoints"}
    with pytest.raises(Rejected, match="Webhook Endpoints: Write"):
        await stripe.gateway.register_webhook(stripe.account, URL, key="k")
    assert await stripe.webhooks_at_vendor() == {}


async def test_stripe_s_endpoint_hears_what_the_translation_knows(stripe: StripeRig) -> None:
    made = await stripe.gateway.register_webhook(stripe.account, URL, key="k")
    [endpoint] = stripe.fake.things["webhook_endpoint"].values()
    assert endpoint["api_version"] == "2026-10-28.endive"
    assert set(endpoint["enabled_events"]) >= {"checkout.session.completed", "charge.dispute.closed"}
    assert (made.ref, made.secret) == (endpoint["id"], f"whsec_of_{endpoint['id']}")
    with pytest.raises(Rejected) as none:
        await stripe.gateway.renew_webhook_secret(stripe.account, made.ref, key="k2")
    assert none.value.code == NO_CALL


async def test_stripe_s_test_event_is_a_session_of_nobody_that_was_closed(stripe: StripeRig) -> None:
    await stripe.gateway.send_test_event(stripe.account, "we_1", key="k")
    [(headers, body)] = stripe.webhooks()
    hint = stripe.gateway.verify(stripe.account, headers, body, now=stripe.now())
    assert (hint.event_type, hint.payment_ref) == ("checkout.session.expired", None)
    page = await stripe.gateway.list_attempts(stripe.account, since=0, cursor=None)
    assert page.attempts == ()


# ----------------------------------------------------------------------------------------------------------- PayPal


async def test_paypal_is_asked_only_for_events_that_it_has(paypal: PayPalRig) -> None:
    made = await paypal.gateway.register_webhook(paypal.account, URL, key="k")
    assert made == Webhook(made.ref, made.ref)
    told = {each["name"] for each in paypal.company.hooks.known[made.ref]["event_types"]}
    assert "PAYMENT.CAPTURE.DECLINED" not in told  # PayPal does not list it today
    assert told >= {"CHECKOUT.ORDER.APPROVED", "CUSTOMER.DISPUTE.RESOLVED"}
    paypal.company.hooks.known[made.ref]["event_types"] = [{"name": "CHECKOUT.ORDER.APPROVED"}]
    again = await paypal.gateway.register_webhook(paypal.account, URL, key="k2")
    assert again.ref != made.ref
    assert list(await paypal.webhooks_at_vendor()) == [again.ref]
    paypal.company.hooks.known[again.ref]["event_types"] = [{"name": "*"}]
    assert await paypal.gateway.register_webhook(paypal.account, URL, key="k3") == again


async def test_paypal_has_neither_secret_nor_test_event(paypal: PayPalRig) -> None:
    found = await paypal.gateway.complete(paypal.account)
    assert (found.vendor_id, found.label, found.mode) == ("client", "App client…", Mode.TEST)
    for asked in (
        paypal.gateway.renew_webhook_secret(paypal.account, "WH", key="k"),
        paypal.gateway.send_test_event(paypal.account, "WH", key="k"),
        paypal.gateway.pay_as_test(paypal.account, Money(1, "USD"), reference="pay_1", key="k"),
    ):
        with pytest.raises(Rejected) as none:
            await asked
        assert none.value.code == NO_CALL


async def test_a_list_of_paypal_s_webhooks_that_got_lost_may_be_asked_for_again(paypal: PayPalRig) -> None:
    paypal.break_next(Break.CUT_AFTER, on="/v1/notifications/webhooks")
    with pytest.raises(Unavailable):
        await paypal.gateway.register_webhook(paypal.account, URL, key="key-1")
    assert await paypal.webhooks_at_vendor() == {}


# ----------------------------------------------------------------------------------------------------------- Square


async def test_square_s_location_and_currency_are_found(square: SquareRig) -> None:
    token = {"access_token": square.square.token, "environment": "production"}
    found = await square.gateway.complete(entered(square, **token))
    assert found.credentials == {**token, "location_id": "LOCATION1", "currency": "USD"}
    assert (found.label, found.currencies, found.mode) == ("Repair shop", ("USD",), Mode.LIVE)
    assert found.vendor_id == "MERCHANT1 LOCATION1"
    square.square.more_locations = ("LOCATION2",)
    with pytest.raises(Rejected, match=r"There are: Repair shop \(LOCATION1\), Repair shop \(LOCATION2\)"):
        await square.gateway.complete(entered(square, **token))
    second = await square.gateway.complete(entered(square, **token, location_id="LOCATION2"))
    assert second.credentials["location_id"] == "LOCATION2"
    with pytest.raises(Rejected, match="no location 'L3'"):
        await square.gateway.complete(entered(square, **token, location_id="L3"))
    square.square.status, square.square.more_locations = "INACTIVE", ()
    with pytest.raises(Rejected, match="no active location"):
        await square.gateway.complete(entered(square, **token))


async def test_square_tells_its_key_again_and_renews_it(square: SquareRig) -> None:
    for url in ("https://a.example.com/", "https://b.example.com/"):  # the list has pages
        await square.gateway.register_webhook(square.account, url, key=f"key {url}")
    made = await square.gateway.register_webhook(square.account, URL, key="key")
    hook = square.square.hooks.subscriptions[made.ref]
    assert await square.gateway.register_webhook(square.account, URL, key="other") == made
    hook |= {"enabled": False, "event_types": ["payment.created"]}
    assert await square.gateway.register_webhook(square.account, URL, key="more") == made
    assert (hook["enabled"], len(hook["event_types"])) == (True, 6)
    renewed = await square.gateway.renew_webhook_secret(square.account, made.ref, key="new")
    assert renewed == hook["signature_key"] != made.secret
    del hook["signature_key"]
    assert (await square.gateway.register_webhook(square.account, URL, key="last")).secret == hook[
        "signature_key"
    ]


@pytest.mark.parametrize(("status", "words"), [(200, "took it"), (None, "sends")])
async def test_square_says_how_our_server_answered(square: SquareRig, status: int | None, words: str) -> None:
    made = await square.gateway.register_webhook(square.account, URL, key="k")
    square.square.hooks.test_status = status
    assert words in await square.gateway.send_test_event(square.account, made.ref, key="k")
    square.square.hooks.test_status = 502
    with pytest.raises(Rejected, match=r"answered with status 502. Look whether the webhook's address leads"):
        await square.gateway.send_test_event(square.account, made.ref, key="k")


async def test_square_s_sandbox_pays_by_itself_and_is_refunded(square: SquareRig) -> None:
    amount = Money(1_000, "USD")
    paid = await square.gateway.pay_as_test(square.account, amount, reference="pay_9", key="k")
    order = RefundOrder(RefundId("re_1"), paid, amount, "other")
    refund = await square.gateway.refund(square.account, order, key="re_1")
    assert (refund.kind, refund.amount) == (RefundFactKind.PENDING, amount)


# ---------------------------------------------------------------------------------------------------------- sandbox


async def test_the_sandbox_signs_with_its_newest_secret_and_sends_a_test_event(sandbox: SandboxRig) -> None:
    url = sandbox.running.receiver.url
    made = await sandbox.gateway.register_webhook(sandbox.account, url, key="k")
    renewed = await sandbox.gateway.renew_webhook_secret(sandbox.account, made.ref, key="k2")
    assert renewed != made.secret
    await sandbox.gateway.send_test_event(sandbox.account, made.ref, key="k3")
    await sandbox.settle()
    [(headers, body)] = sandbox.webhooks()
    account = replace(sandbox.account, webhook_secrets=(renewed,))
    hint = sandbox.gateway.verify(account, headers, body, now=sandbox.now())
    assert (hint.event_type, hint.payment_ref) == ("account.test", None)
    await sandbox.gateway.remove_webhook(sandbox.account, made.ref)
    await sandbox.gateway.send_test_event(sandbox.account, made.ref, key="k4")
    await sandbox.settle()
    assert len(sandbox.webhooks()) == 1
