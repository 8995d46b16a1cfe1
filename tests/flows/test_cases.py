"""Cases that cross several flows: links whose times and limits change around a payment, and what the books keep of it."""

from collections import Counter

import pytest

from linktill.core.errors import LinkNotPayable
from linktill.core.ids import LedgerTransactionId
from linktill.core.ledger import Entry, LedgerTransaction
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.flows.manage_links import edit_link
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.verify_books import verify_chain
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from linktill.storage import attempts, events, ledger
from linktill.storage.database import Tx
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import ledger_transaction
from tests.flows.edits import raised_to
from tests.make import Shop

SECOND_US = 1_000_000


async def types_of(shop: Shop) -> Counter[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    return Counter(event.type.value for event in found)


async def test_ll02_a_link_that_expires_while_the_page_is_open_takes_no_payment(shop: Shop) -> None:
    link = await shop.link(expires_at=shop.services.clock.now_us() + 60 * SECOND_US)
    await shop.running.step(61)
    with pytest.raises(LinkNotPayable) as refused:
        await shop.press_pay(link)
    assert refused.value.reason == "link_expired"
    assert shop.wire.sent == []
    assert await shop.attempts(link) == []


async def test_ll13_a_raised_limit_reopens_a_paid_link_once(shop: Shop) -> None:
    link = await shop.link()
    await shop.pay(link)
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED
    await edit_link(shop.services, shop.id, link.id, raised_to(2), by="test")
    raised = await edit_link(shop.services, shop.id, link.id, raised_to(2), by="test")
    assert raised.status is LinkStatus.ACTIVE
    assert (await types_of(shop))["payment_link.reopened"] == 1
    await shop.pay(raised, form="2")
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT


async def test_gf03_a_request_that_arrives_after_we_gave_up_is_one_charge_and_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    send, late = shop.wire.send, list[HttpRequest]()

    async def gives_up(request: HttpRequest) -> HttpResponse:
        late.append(request)
        raise NoAnswer("timeout")

    monkeypatch.setattr(shop.wire, "send", gives_up)
    result = await shop.press_pay(link)
    assert result.redirect_url is None
    monkeypatch.setattr(shop.wire, "send", send)
    await shop.later(20)
    attempt = await shop.attempt(result.session.attempt_id)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    (request,) = late
    await send(request)
    payments, _ = shop.running.app.books()
    assert [payment[0] for payment in payments] == [attempt.id]


async def test_gf14_what_dies_before_its_intent_is_kept_never_calls_the_gateway(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()

    async def dies(*_: object) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as patched:
        patched.setattr(attempts, "insert_attempt", dies)
        with pytest.raises(RuntimeError):
            await shop.press_pay(link)
    assert shop.wire.sent == []
    assert (await shop.fresh(link)).slots_taken == 0
    await shop.pay(link)


async def test_mc20_the_chain_goes_by_the_order_of_writing_not_by_the_date_of_effect(shop: Shop) -> None:
    await shop.pay(await shop.link())
    await seal_ledger(shop.services)
    now = shop.services.clock.now_us()
    backdated = LedgerTransaction(
        shop.id,
        LedgerTransactionId("ltx_00000000000000000000000000"),
        "correction",
        "correction:1",
        "USD",
        (Entry("sales", 100), Entry("corrections", -100)),
        effective_at=now - 40 * 86_400 * SECOND_US,
        created_at=now,
        link_id=None,
        attempt_id=None,
    )
    await shop.services.database.run(ledger.post, backdated)
    await shop.running.step(1)
    await seal_ledger(shop.services)
    chain = await shop.services.database.read(ledger.chain, shop.id, after=0, limit=10)
    assert [row.transaction.kind for row in chain] == ["capture", "correction"]
    assert await verify_chain(shop.services, shop.id) == (2, None)


async def test_ub05_a_row_of_a_version_that_nobody_knows_does_not_verify(shop: Shop) -> None:
    await shop.pay(await shop.link())
    await seal_ledger(shop.services)
    later = compiled(
        ledger_transaction.update().where(ledger_transaction.c.merchant_id == shop.id).values(seal_version=2)
    )
    known = compiled(
        ledger_transaction.update().where(ledger_transaction.c.merchant_id == shop.id).values(seal_version=1)
    )

    async def change(tx: Tx, statement: Statement) -> None:
        await tx.run(statement)

    await shop.services.database.run(change, later)
    _, problem = await verify_chain(shop.services, shop.id)
    assert problem is not None
    assert problem.invariant == "I10"
    await shop.services.database.run(change, known)
    assert await verify_chain(shop.services, shop.id) == (1, None)


async def test_mc19_what_is_counted_is_what_the_entries_say_at_any_time(shop: Shop) -> None:
    link = await shop.link(payments_max=None)
    for form in ("1", "2", "3"):
        await shop.pay(link, form=form)
        balances = await shop.balances()
        fresh = await shop.fresh(link)
        assert fresh.captured_minor == -balances["sales"]
        assert sum(balances.values()) == 0
