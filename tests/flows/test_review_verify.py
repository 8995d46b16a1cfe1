"""`linktill verify` finds what it claims to find: each check is shown one broken row, and none cries without cause."""

import pytest
from sqlalchemy import select, update

from linktill.core.pricing import Parts, Pricing
from linktill.flows.manage_links import edit_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.verify_books import verify_books
from linktill.storage.database import Database, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import (
    checkout_session,
    dispute,
    inbox,
    ledger_entry,
    ledger_transaction,
    payment_attempt,
    payment_link,
    refund,
)
from tests.flows.edits import raised_to
from tests.make import Shop, shop_on

A, E, L, R = payment_attempt.c, ledger_entry.c, payment_link.c, refund.c
REFUND_ROW = select(ledger_transaction.c.id).where(ledger_transaction.c.kind == "refund").scalar_subquery()

BREAKS = {
    "a fee that is not booked": ("I2", update(payment_attempt).where(A.fee_minor > 0).values(fee_minor=1)),
    "a sale booked as surplus": (
        "I2",
        update(ledger_entry).where(E.account == "sales").values(account="surplus_payments"),
    ),
    "a capture booked twice": (
        "I2",
        update(ledger_transaction)
        .where(ledger_transaction.c.kind == "capture")
        .values(business_key=ledger_transaction.c.business_key + "x"),
    ),
    "a dispute that is not booked": ("I2", update(dispute).values(is_withdrawn=0)),
    "refunds that a link does not count": ("I3", update(payment_link).values(refunded_minor=0)),
    "a refund booked at another amount": (
        "I7",
        update(ledger_entry)
        .where(E.ledger_transaction_id == REFUND_ROW)
        .values(amount_minor=E.amount_minor * 2),
    ),
    "an open refund that nobody will look up": (
        "I5",
        update(refund).where(R.status == "pending").values(poll_at=None),
    ),
    "an open refund that nobody has looked up": (
        "I5",
        update(refund).where(R.status == "pending").values(poll_at=1),
    ),
    "a webhook that nobody works on": (
        "I5",
        update(inbox).values(status="pending", due_at=1, received_at=1),
    ),
    "a charge that was not displayed": (
        "I8",
        update(checkout_session).values(amount_minor=checkout_session.c.amount_minor + 1),
    ),
    "a payment without its slot": (
        "I9",
        update(payment_attempt).where(A.status == "captured").values(is_slot_held=0),
    ),
    "a quarantine without a reason": (
        "I5",
        update(payment_attempt).where(A.status == "captured").values(status="needs_review"),
    ),
    "a link that is not sold out": (
        "I4",
        update(payment_link).where(L.status == "sold_out").values(status="active"),
    ),
}


async def busy_shop(shop: Shop) -> None:
    """A payment that is refunded in part, another part under way, and one that is disputed, on a link that is sold out."""
    link = await shop.link(payments_max=2)
    paid = await shop.pay(link, "1")
    await refund_payment(shop.services, shop.id, paid.id, amount_minor=1_000)
    await shop.poll()
    await shop.pay(link, "2", card="dispute_lost")
    for _ in range(4):
        await shop.running.step(30)
        await shop.deliver()
    await refund_payment(shop.services, shop.id, paid.id, amount_minor=500)


async def found(shop: Shop) -> set[str]:
    await seal_ledger(shop.services)
    problems = (await verify_books(shop.services)).problems
    return {problem.invariant for problem in problems} - {"I6"}


@pytest.mark.parametrize("name", BREAKS)
async def test_each_check_finds_what_it_claims(database: Database, name: str) -> None:
    invariant, change = BREAKS[name]
    async with shop_on(database) as shop:
        await busy_shop(shop)
        assert await found(shop) == set()

        async def tamper(tx: Tx) -> None:
            await tx.run(compiled(change))

        await database.run(tamper)
        assert invariant in await found(shop)


async def test_i3_an_edited_link_that_took_one_too_many_is_found(database: Database) -> None:
    async with shop_on(database) as shop:
        link = await shop.link(payments_max=5)
        await shop.pay(link, "1")
        edited = await edit_link(shop.services, shop.id, link.id, raised_to(2), by="test")
        await shop.pay(edited, "2")
        assert await found(shop) == set()

        async def lower(tx: Tx) -> None:
            # As if two had claimed the last slot of this version.
            await tx.run(compiled(update(payment_link).values(payments_max=1, status="completed")))

        await database.run(lower)
        assert "I3" in await found(shop)


async def test_i3_a_bill_that_was_paid_too_much_is_found(database: Database) -> None:
    async with shop_on(database) as shop:
        link = await shop.link(4_000, pricing=Pricing(parts=Parts()))
        await shop.fill_card(await shop.press_pay(link, amount=link.due))
        await shop.deliver()
        assert await found(shop) == set()

        async def lower(tx: Tx) -> None:
            # As if two had paid the same rest of it.
            await tx.run(compiled(update(payment_link).values(amount_max_minor=3_999, full_at_minor=3_999)))

        await database.run(lower)
        assert await found(shop) == {"I3"}


async def test_ll12_a_limit_below_what_was_used_is_no_fault(shop: Shop) -> None:
    link = await shop.link(payments_max=5)
    for form in ("1", "2", "3"):
        await shop.pay(link, form)
    await edit_link(shop.services, shop.id, link.id, raised_to(1), by="test")
    assert await found(shop) == set()
