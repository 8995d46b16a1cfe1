"""A COMMIT whose answer was lost: PostgreSQL runs the unit again although it landed. Nothing may happen twice."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from linktill.core.dispute import DisputeStatus
from linktill.core.errors import PaymentInProgress, VersionConflict
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus, LinkTerms
from linktill.core.refund import RefundStatus
from linktill.flows.cancel_link import cancel_link
from linktill.flows.expire import wake_links
from linktill.flows.manage_links import edit_link, pause_link, resume_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.storage import disputes, events, refunds
from linktill.storage.database import Database, P, T, Unit
from tests.make import Shop, shop_on

FEE = 146


TURNS = frozenset({"_take_attempt", "take_poll", "_lease"})
"""Whose turn it is. Taken twice it is nobody's until the next: that delays, and is left out here."""


@dataclass
class AnswersLost(Database):
    """Every unit lands, its answer is lost, and it is run again."""

    inner: Database

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if getattr(unit, "__name__", "") not in TURNS:
            await self.inner.run(unit, *args, **kwargs)
        return await self.inner.run(unit, *args, **kwargs)

    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.inner.read(unit, *args, **kwargs)

    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.inner.report(unit, *args, **kwargs)

    async def close(self) -> None:
        await self.inner.close()


@pytest_asyncio.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    async with shop_on(database) as made:
        made.services = replace(made.services, database=AnswersLost(database))
        yield made
        made.services = replace(made.services, database=database)
        await made.check()


def described(text: str) -> Callable[[LinkTerms], LinkFields]:
    return lambda terms: replace(fields_of(terms), description=text)


async def types(shop: Shop) -> list[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    return sorted(event.type.value for event in found)


async def test_st11_a_payment_is_made_and_told_once(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    assert len(await shop.attempts(link)) == 1
    await shop.fill_card(result)
    await shop.later(16)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert await shop.balances() == {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}
    assert await types(shop) == [
        "payment.captured",
        "payment.started",
        "payment_link.completed",
        "payment_link.created",
    ]
    await seal_ledger(shop.services)


async def test_st11_a_decline_and_another_try(shop: Shop) -> None:
    link = await shop.link()
    for form in ("1", "1"):
        result = await shop.press_pay(link, form)
        await shop.fill_card(result, "declined" if result.session.attempts == 1 else "success")
        await shop.later(16)
    assert [attempt.status for attempt in await shop.attempts(link)] == [
        AttemptStatus.CAPTURED,
        AttemptStatus.FAILED,
    ]
    with pytest.raises(Exception, match="does not take payments"):
        await shop.press_pay(await shop.fresh(link), "2")


async def test_st11_a_refund_is_reserved_and_sent_once(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    await shop.later(16)
    payment_id = result.session.attempt_id
    refund = await refund_payment(shop.services, shop.id, payment_id, amount_minor=1_000)
    assert (await shop.attempt(payment_id)).refund_requested_minor == 1_000
    assert [one.id for one in await shop.services.database.read(refunds.refunds_of, shop.id, payment_id)] == [
        refund.id
    ]
    await shop.poll()
    found = await shop.services.database.read(refunds.get_refund, shop.id, refund.id)
    assert found is not None
    assert found.status is RefundStatus.SUCCEEDED
    after = await shop.attempt(payment_id)
    assert (after.refund_requested_minor, after.refunded_minor) == (1_000, 1_000)
    assert (await shop.balances())["refunds"] == 1_000
    assert (await types(shop)).count("refund.created") == 1


async def test_st11_an_edit_that_landed_is_no_conflict(shop: Shop) -> None:
    link = await shop.link()
    edited = await edit_link(
        shop.services, shop.id, link.id, described("Brakes"), by="test", version=link.version
    )
    assert (edited.version, edited.terms.description) == (2, "Brakes")
    with pytest.raises(VersionConflict):
        await edit_link(shop.services, shop.id, link.id, described("Bell"), by="test", version=1)
    assert (await types(shop)).count("payment_link.updated") == 1


async def test_st11_links_move_once(shop: Shop) -> None:
    link = await shop.link()
    await pause_link(shop.services, shop.id, link.id)
    await resume_link(shop.services, shop.id, link.id)
    await cancel_link(shop.services, shop.id, link.id)
    expiring = await shop.link(expires_at=shop.services.clock.now_us() + 60_000_000)
    shop.running.clock.advance(61)
    await wake_links(shop.services)
    assert (await shop.fresh(expiring)).status is LinkStatus.EXPIRED
    found = await types(shop)
    for event in ("paused", "resumed", "canceled", "expired"):
        assert found.count(f"payment_link.{event}") == 1


async def test_st11_a_dispute_is_opened_and_booked_once(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "dispute_lost")
    for _ in range(6):
        await shop.running.step(30)
        await shop.deliver()
    [dispute] = await shop.services.database.read(disputes.disputes_of, shop.id, result.session.attempt_id)
    assert dispute.status is DisputeStatus.LOST
    assert (await shop.balances())["disputes"] == 4_000


async def test_st11_a_slot_that_somebody_else_has_is_refused(shop: Shop) -> None:
    link = await shop.link()
    await shop.press_pay(link)
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2")
    assert (await shop.fresh(link)).slots_taken == 1
