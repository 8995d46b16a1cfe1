"""A gateway account tried from end to end: each step is said to have worked or not, and live keys are left alone."""

from collections.abc import AsyncIterator

import pytest

from linktill.core.errors import TransitionRefused
from linktill.flows.connect_gateway import connect
from linktill.flows.smoke_gateway import smoke
from tests.flows.gateway_desk import Desk, desk_of
from tests.gateways.stripe_rig import OWN_PAGE_KEYS
from tests.gateways.stripe_schema import ENDPOINTS
from tests.make import Shop
from tests.vendors import PAYPAL_KEYS, SQUARE_KEYS, STRIPE_KEYS


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    async with desk_of(shop) as made:
        yield made


async def test_smoke_says_of_each_step_what_worked(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    stripe = await desk.connect("stripe", **STRIPE_KEYS)
    desk.at.stripe.fake.now_s = services.clock.now_us() // 1_000_000
    steps = {each.name: each.is_ok for each in await smoke(services, merchant_id, stripe)}
    good = {"keys": True, "test event": True, "payment page": True, "look-up": True, "closing": True}
    assert steps == {**good, "payment and refund": None}
    square = await desk.connect("square", **SQUARE_KEYS)
    assert {each.name: each.is_ok for each in await smoke(services, merchant_id, square)} == {
        **good,
        "payment and refund": True,
    }
    sandbox = await smoke(services, merchant_id, desk.shop.account.id)
    assert [(each.name, each.is_ok) for each in sandbox] == [*good.items(), ("payment and refund", None)]
    paypal = await desk.connect("paypal", **PAYPAL_KEYS)
    found = {each.name: each for each in await smoke(services, merchant_id, paypal)}
    assert (found["test event"].is_ok, found["closing"].is_ok) == (None, True)
    desk.at.square.square.hooks.test_status = 502
    lost = {each.name: each for each in await smoke(services, merchant_id, square)}["test event"]
    assert lost.is_ok is False
    assert "status 502" in lost.words
    desk.at.stripe.fake.may_charge = False
    [only] = await smoke(services, merchant_id, stripe)
    assert (only.name, only.is_ok) == ("keys", False)
    assert "does not let this account take payments yet" in only.words


async def test_smoke_tries_the_page_that_payers_get(desk: Desk) -> None:
    services, merchant_id = desk.services, desk.shop.id
    stripe = await desk.connect("stripe", **OWN_PAGE_KEYS)
    desk.at.stripe.fake.now_s = services.clock.now_us() // 1_000_000
    steps = {each.name: each for each in await smoke(services, merchant_id, stripe)}
    assert [steps[name].is_ok for name in ("payment page", "look-up", "closing")] == [True, True, True]
    assert steps["payment page"].words.endswith("could be paid on a page of this Linktill")
    [_, session] = desk.at.stripe.fake.things["checkout.session"].values()
    assert (session["ui_mode"], session["status"]) == ("elements", "expired")


async def test_smoke_refuses_live_keys_unless_told(desk: Desk) -> None:
    await desk.is_live()
    desk.at.square.square.api_url = "https://connect.squareup.com"
    square = await desk.connect("square", **{**SQUARE_KEYS, "environment": "production"})
    with pytest.raises(TransitionRefused, match="--live"):
        await smoke(desk.services, desk.shop.id, square)
    steps = await smoke(desk.services, desk.shop.id, square, may_be_live=True)
    assert [each.name for each in steps] == ["keys", "test event", "payment page", "look-up", "closing"]
    assert desk.at.square.square.payments == {}


async def test_the_same_restricted_key_is_connected_once_whatever_page_is_chosen(desk: Desk) -> None:
    """Stripe does not show such a key its account: the key itself is known again."""
    desk.at.stripe.fake.allowed = {f"{verb} {path}" for verb, path in ENDPOINTS} - {"GET /v1/account"}
    await desk.connect("stripe", **STRIPE_KEYS)
    with pytest.raises(TransitionRefused, match="connected already"):
        await connect(desk.services, desk.shop.id, "stripe", OWN_PAGE_KEYS)
