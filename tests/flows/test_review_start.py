"""Pay, pressed twice or answered late: nothing is failed by a guess, and nobody is led to a page of a payment that is over."""

import asyncio
from collections.abc import Callable

import pytest

from linktill.core.errors import GatewayTrouble
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.flows.apply_fact import apply_fact
from linktill.flows.services import moment_of
from linktill.flows.start_payment import PayResult, record_started
from linktill.gateways.contract import Started
from linktill.platform.http import HttpRequest, HttpResponse, NotSent
from linktill.sandbox.faults import FaultKind
from linktill.storage import sessions
from tests.flows.crashing import press_pay_and_crash
from tests.make import Shop, usd

START = "POST /v1/payments"
DAY_S = 24 * 3_600


class Held:
    """The first start waits on the wire until it is let go."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch, *, is_sent: bool) -> None:
        self.waits, self.may_go = asyncio.Event(), asyncio.Event()
        self._send: Callable[[HttpRequest], object] = shop.wire.send
        self._is_sent = is_sent
        monkeypatch.setattr(shop.wire, "send", self.send)

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.waits.is_set() or not request.url.endswith("/v1/payments"):
            return await self._send(request)  # type: ignore[misc]
        self.waits.set()
        if not self._is_sent:
            await self.may_go.wait()
            raise NotSent("connection refused")
        response: HttpResponse = await self._send(request)  # type: ignore[misc]
        await self.may_go.wait()
        return response

    async def press(self, shop: Shop, link: object) -> "asyncio.Task[PayResult]":
        pressed = asyncio.create_task(shop.press_pay(link))  # type: ignore[arg-type]
        await self.waits.wait()
        return pressed


async def test_cc01_a_start_that_was_not_sent_does_not_fail_what_its_twin_has_started(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=False)
    first = await held.press(shop, link)
    twin = await shop.press_pay(link)
    assert twin.redirect_url is not None
    held.may_go.set()
    await first
    attempt = await shop.attempt(twin.session.attempt_id)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    assert (await shop.fresh(link)).slots_taken == 1
    await shop.fill_card(twin)
    await shop.deliver()
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED


async def test_a_start_that_was_not_sent_does_not_fail_what_a_twin_may_have_started(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=False)
    first = await held.press(shop, link)
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    twin = await shop.press_pay(link)
    assert twin.redirect_url is None
    held.may_go.set()
    await first
    assert (await shop.attempt(twin.session.attempt_id)).status is AttemptStatus.UNKNOWN
    assert (await shop.fresh(link)).slots_taken == 1
    await shop.later(61)
    assert (await shop.attempt(twin.session.attempt_id)).status is AttemptStatus.REQUIRES_ACTION


async def test_a_start_that_was_not_sent_does_not_fail_what_the_reconciler_has_started(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=False)
    first = await held.press(shop, link)
    await shop.later(61)
    held.may_go.set()
    await first
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    assert (await shop.fresh(link)).slots_taken == 1


async def test_gf26_alone_it_fails_and_frees_the_slot(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=False)
    first = await held.press(shop, link)
    held.may_go.set()
    with pytest.raises(GatewayTrouble):
        await first
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.FAILED
    assert (await shop.fresh(link)).slots_taken == 0


async def test_nobody_is_led_to_the_page_of_a_payment_that_is_paid_already(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=True)
    first = await held.press(shop, link)
    twin = await shop.press_pay(link)
    await shop.fill_card(twin)
    await shop.deliver()
    held.may_go.set()
    assert (await first).redirect_url is None
    assert (await shop.attempt(twin.session.attempt_id)).status is AttemptStatus.CAPTURED


async def test_a_late_answer_does_not_rename_a_payment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await shop.link()
    held = Held(shop, monkeypatch, is_sent=False)
    first = await held.press(shop, link)
    [attempt] = await shop.attempts(link)
    fact = AttemptFact(FactKind.CAPTURED, "sbpay_first", attempt.id, usd(4_000), usd(146))
    moment, database = moment_of(shop.services), shop.services.database
    await database.run(apply_fact, moment, shop.id, attempt.id, fact)
    session = await database.read(sessions.get_session, shop.id, attempt.session_id)
    assert session is not None
    started = Started("sbpay_second", "http://sandbox.test/pay/sbpay_second")
    assert await database.run(record_started, moment, session, attempt, started) is None
    assert (await shop.attempt(attempt.id)).gateway_ref == "sbpay_first"
    held.may_go.set()
    assert (await first).redirect_url is None
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED


async def test_gf13_a_crash_before_the_call_frees_the_slot_however_late_the_server_is_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    await press_pay_and_crash(shop, link, monkeypatch)
    await shop.later(2 * 3_600)
    await shop.later(16)
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.CANCELED
    assert (await shop.fresh(link)).slots_taken == 0
    assert len([one for one in shop.wire.sent if one.url.endswith("/v1/payments")]) == 1
