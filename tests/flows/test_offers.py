"""Several gateways on one link: which are offered, what the payer chooses, and where a payment goes when one is down."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.core.errors import GatewayTrouble, PaymentInProgress, WayNotOffered
from linktill.core.payment_attempt import AttemptStatus, Failover
from linktill.flows.offers import offers_of, ways_to_pay
from linktill.flows.open_checkout import open_checkout
from linktill.flows.return_to_checkout import turn_back
from linktill.flows.services import DOWN_S
from linktill.flows.start_payment import ATTEMPTS_MAX
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.sandbox import SandboxGateway
from linktill.sandbox.faults import FaultKind
from linktill.storage.database import Database
from tests.flows.people import MovableClock
from tests.make import OtherGateway, Shop, asking, shop_on

START = "POST /v1/payments"


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    async with shop_on(database, has_other=True) as found:
        yield found


async def offered(shop: Shop) -> list[str]:
    return [offer.gateway for offer in await offers_of(shop.services, shop.id, asking(4_000))]


async def test_each_gateway_that_takes_the_amount_is_offered_in_the_merchants_order(shop: Shop):
    page = await open_checkout(shop.services, (await shop.link()).slug)
    assert page is not None
    assert [(offer.gateway, offer.label) for offer in page.offers] == [
        ("sandbox", shop.services.gateways.label("sandbox")),
        ("other", "Other"),
    ]


async def test_mc_a_gateway_that_refuses_the_currency_is_not_offered(shop: Shop, monkeypatch):
    link = await shop.link()
    monkeypatch.setattr(SandboxGateway, "accepts", lambda self, amount, account=None: self.name == "other")
    assert await offered(shop) == ["other"]
    monkeypatch.setattr(SandboxGateway, "accepts", lambda *_: False)
    assert await offered(shop) == []
    with pytest.raises(GatewayTrouble, match="amount and currency"):
        await shop.press_pay(link)


@pytest.mark.parametrize("gateway", ["sandbox", "other"])
async def test_the_payer_chooses(shop: Shop, gateway: str):
    result = await shop.press_pay(await shop.link(), gateway=gateway)
    attempt = await shop.attempt(result.session.attempt_id)
    assert (attempt.gateway, attempt.failover) == (gateway, None)
    await shop.fill_card(result)
    await shop.later(16)
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED
    await shop.check()


async def test_what_is_not_offered_is_refused_before_anything_is_kept(shop: Shop):
    link = await shop.link()
    for gateway in ("stripe", "nonsense"):
        with pytest.raises(WayNotOffered) as refusal:
            await shop.press_pay(link, gateway=gateway)
        assert refusal.value.param == "gateway"
    assert await shop.attempts(link) == []
    assert shop.wire.sent + shop.other_wire.sent == []


async def test_a_payer_who_was_not_asked_is_led_to_the_next_gateway_and_the_merchant_is_told_why(
    shop: Shop,
):
    shop.wire.is_plugged = False
    link = await shop.link()
    result = await shop.press_pay(link)
    assert result.redirect_url is not None
    new, old = await shop.attempts(link)
    assert (old.gateway, old.status, old.is_slot_held) == ("sandbox", AttemptStatus.FAILED, False)
    assert (new.gateway, new.status, new.session_id) == (
        "other",
        AttemptStatus.REQUIRES_ACTION,
        old.session_id,
    )
    assert new.failover == Failover("sandbox", "gateway_unavailable")
    await shop.fill_card(result)
    await shop.later(16)
    fresh = await shop.fresh(link)
    assert (fresh.captured_count, fresh.slots_taken) == (1, 1)
    await shop.check()


async def test_who_has_chosen_is_asked_again_and_not_led_elsewhere(shop: Shop):
    shop.wire.is_plugged = False
    link = await shop.link()
    with pytest.raises(GatewayTrouble):
        await shop.press_pay(link, gateway="sandbox")
    assert shop.other_wire.sent == []
    assert await offered(shop) == ["other"], (
        "what was just found to be down is not offered while another is up"
    )
    result = await shop.press_pay(link, gateway="other")
    attempt = await shop.attempt(result.session.attempt_id)
    assert (attempt.gateway, attempt.failover) == ("other", Failover("sandbox", "gateway_unavailable"))


async def test_a_gateway_that_was_down_is_tried_again_after_a_minute(shop: Shop):
    shop.wire.is_plugged = False
    await shop.press_pay(await shop.link())
    shop.wire.is_plugged = True
    skipped = await shop.press_pay(await shop.link(), "2")
    assert (await shop.attempt(skipped.session.attempt_id)).failover == Failover(
        "sandbox", "gateway_unavailable"
    )
    clock = MovableClock()
    clock.ahead_s = DOWN_S
    shop.services = replace(shop.services, clock=clock)
    back = await shop.press_pay(await shop.link(), "3")
    attempt = await shop.attempt(back.session.attempt_id)
    assert (attempt.gateway, attempt.failover) == ("sandbox", None)


async def test_when_all_are_down_all_are_offered_and_nothing_is_charged(shop: Shop):
    shop.wire.is_plugged = shop.other_wire.is_plugged = False
    link = await shop.link()
    with pytest.raises(GatewayTrouble):
        await shop.press_pay(link)
    assert await offered(shop) == ["sandbox", "other"]
    assert [attempt.status for attempt in await shop.attempts(link)] == [AttemptStatus.FAILED] * 2
    assert (await shop.fresh(link)).slots_taken == 0
    await shop.check()


async def test_an_answer_that_was_lost_never_leads_to_another_gateway(shop: Shop):
    """A second gateway is blocked while the first attempt may still succeed."""
    link = await shop.link()
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    lost = await shop.press_pay(link)
    assert lost.redirect_url is None
    again = await shop.press_pay(link, gateway="other")
    assert again.session.attempt_id == lost.session.attempt_id
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2", gateway="other")
    assert shop.other_wire.sent == []
    [attempt] = await shop.attempts(link)
    assert attempt.gateway == "sandbox"


async def test_two_clicks_while_the_first_gateway_is_down_make_one_payment(shop: Shop):
    shop.wire.is_plugged = False
    link = await shop.link()
    results = await asyncio.gather(*(shop.press_pay(link) for _ in range(2)), return_exceptions=True)
    started = [each for each in results if not isinstance(each, BaseException)]
    assert started, results
    open_now = [each for each in await shop.attempts(link) if each.status is not AttemptStatus.FAILED]
    assert len(open_now) == 1
    assert (await shop.fresh(link)).slots_taken == 1
    assert len(await shop.attempts(link)) <= ATTEMPTS_MAX


async def test_a_payer_turns_back_and_pays_through_the_other_gateway(shop: Shop):
    link = await shop.link()
    first = await shop.press_pay(link, gateway="sandbox")
    visit = await turn_back(shop.services, link.slug, first.session.id, first.session.token)
    assert visit is not None
    assert (visit.attempt.status, visit.attempt.is_slot_held) == (AttemptStatus.CANCELED, False)
    second = await shop.press_pay(link, gateway="other")
    assert second.session.id == first.session.id
    await shop.fill_card(second)
    await shop.later(16)
    assert [each.status for each in await shop.attempts(link)] == [
        AttemptStatus.CAPTURED,
        AttemptStatus.CANCELED,
    ]
    await shop.check()


async def test_ll04_who_turns_back_after_paying_has_paid(shop: Shop):
    link = await shop.link()
    first = await shop.press_pay(link, gateway="sandbox")
    await shop.fill_card(first)
    visit = await turn_back(shop.services, link.slug, first.session.id, first.session.token)
    assert visit is not None
    assert visit.attempt.status is AttemptStatus.CAPTURED
    assert await turn_back(shop.services, link.slug, first.session.id, "another-token-of-18") is None


async def test_turning_back_while_the_gateway_is_silent_changes_nothing(shop: Shop):
    link = await shop.link()
    first = await shop.press_pay(link, gateway="sandbox")
    shop.wire.is_plugged = False
    with pytest.raises(GatewayTrouble):
        await turn_back(shop.services, link.slug, first.session.id, first.session.token)
    attempt = await shop.attempt(first.session.attempt_id)
    assert (attempt.status, attempt.is_slot_held) == (AttemptStatus.REQUIRES_ACTION, True)


async def test_an_account_of_a_gateway_that_is_not_installed_is_left_out(shop: Shop):
    shop.services = replace(
        shop.services, gateways=Gateways(loaded(OtherGateway(shop.other_wire, shop.running.url)))
    )
    shop.services.connected.drop(shop.id)
    ways = await ways_to_pay(shop.services, shop.id, asking(4_000))
    assert [found.gateway.name for found in ways.connections] == ["other"]
