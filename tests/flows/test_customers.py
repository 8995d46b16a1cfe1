"""Customers as a merchant manages them: unique by address, merged with what hangs on them, taken along."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from linktill.core.customer import Customer, CustomerFields
from linktill.core.errors import FieldInvalid, NotFound, Refusal, TransitionRefused, VersionConflict
from linktill.core.link_filing import Filing, Refiling
from linktill.flows.customer_exports import customers_csv, export_customer
from linktill.flows.file_payers import file_payers
from linktill.flows.manage_customers import (
    create_customer,
    delete_customer,
    edit_customer,
    new_customer,
    read_customer,
    store_customer,
)
from linktill.flows.manage_links import LinkChange, change_link, read_link
from linktill.flows.merge_customers import merge_customers
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import moment_of
from linktill.flows.verify_books import verify_books
from linktill.storage.customers import CustomerFilter
from linktill.storage.statements import compiled
from linktill.storage.tables import customer as customer_table
from tests.flows.on_file import everybody, fresh, in_order, made, merged, paid, told, whose
from tests.make import Shop, make_merchant


async def test_what_hangs_on_it_moves_with_a_merge(shop: Shop) -> None:
    ada, bo = await made(shop), await made(shop, "Bo", "bo@example.com")
    link = await shop.link(filing=Filing(("a",), customer_id=ada.id))
    attempt, other = await paid(shop, "1", link=link), await paid(shop, "2", email="bo@example.com")
    await file_payers(shop.services)
    await refund_payment(shop.services, shop.id, attempt.id, amount_minor=500)
    await merged(shop, ada, bo)
    assert {await whose(shop, attempt), await whose(shop, other)} == {bo.id}
    assert (await read_link(shop.services, shop.id, link.id)).filing == Filing(("a",), "", bo.id)
    export = await export_customer(shop.services, shop.id, bo.id)
    assert [payment.id for payment in export.payments] == [other.id, attempt.id]
    assert [each.id for each in export.payment_links] == [link.id]
    assert [refund.amount_minor for refund in export.refunds] == [500]
    left = await export_customer(shop.services, shop.id, ada.id)
    assert (left.payments, left.payment_links, left.refunds, left.totals) == ([], [], [], [])
    await in_order(shop)


async def test_merges_at_once_end_in_one_that_stands(shop: Shop) -> None:
    for _ in range(4):
        four = [await made(shop, str(number), "") for number in range(4)]
        links = [await shop.link(filing=Filing(customer_id=each.id)) for each in four]
        pairs = [(a, b) for a in four for b in four if a is not b]
        done = await asyncio.gather(*(merged(shop, a, b) for a, b in pairs), return_exceptions=True)
        assert all(isinstance(each, Customer | Refusal) for each in done), done
        after = [await fresh(shop, each) for each in four]
        [root] = [each for each in after if each.merged_into is None]
        assert {each.merged_into for each in after} == {None, root.id}, "no chains and no circles"
        for link in links:
            assert (await read_link(shop.services, shop.id, link.id)).filing.customer_id == root.id
    await in_order(shop)


async def test_a_merge_beside_payments_links_and_deletion_loses_nothing(shop: Shop) -> None:
    for number in range(5):
        email = f"ada{number}@example.com"
        ada, bo = await made(shop, "Ada", email), await made(shop, "Bo", "")
        link = await shop.link()
        attempt = await paid(shop, str(number), email=email)
        change = LinkChange(None, "test", refiling=Refiling(customer_id=ada.id))
        done = await asyncio.gather(
            merged(shop, ada, bo),
            file_payers(shop.services),
            change_link(shop.services, shop.id, link.id, change),
            delete_customer(shop.services, shop.id, bo.id),
            return_exceptions=True,
        )
        assert all(not isinstance(each, Exception) or isinstance(each, Refusal) for each in done), done
        await file_payers(shop.services)
        owner = await whose(shop, attempt)
        assert owner == (ada.id if isinstance(done[0], Exception) else bo.id)
        await in_order(shop)


async def test_of_those_who_take_an_address_at_once_one_has_it(shop: Shop) -> None:
    done = await asyncio.gather(*(made(shop, str(at)) for at in range(6)), return_exceptions=True)
    assert sorted(isinstance(each, FieldInvalid) for each in done) == [False] + [True] * 5
    [ada] = await everybody(shop)
    others = [await made(shop, str(at), f"other{at}@example.com") for at in range(4)]

    async def take(customer: Customer) -> Customer:
        return await edit_customer(
            shop.services, shop.id, customer.id, lambda fields: replace(fields, email="new@example.com")
        )

    done = await asyncio.gather(*(take(each) for each in [ada, *others]), return_exceptions=True)
    assert sorted(isinstance(each, FieldInvalid) for each in done) == [False] + [True] * 4


async def test_run_again_it_finds_its_own(shop: Shop) -> None:
    customer = new_customer(shop.services, shop.id, CustomerFields("Ada", "ada@example.com"))
    for _ in range(2):
        stored = await shop.services.database.run(store_customer, moment_of(shop.services), customer)
        assert stored == customer
    assert len(await told(shop)) == 1


async def test_an_edit_of_what_somebody_else_changed_is_refused(shop: Shop) -> None:
    ada = await made(shop)
    await shop.running.step(1)

    async def edit(note: str) -> Customer:
        return await edit_customer(
            shop.services, shop.id, ada.id, lambda fields: replace(fields, note=note), seen_at=ada.updated_at
        )

    first = await edit("First.")
    assert await edit("First.") == first, "the same edit has landed already"
    with pytest.raises(VersionConflict):
        await edit("Second.")
    assert await fresh(shop, ada) == first
    await merged(shop, ada, await made(shop, "Bo", ""))
    with pytest.raises(TransitionRefused, match="was merged into"):
        await edit("Third.")


async def test_merchants_are_apart(shop: Shop) -> None:
    other = await make_merchant(shop.services, "Cy's Cycles")
    ada = await made(shop)
    theirs = await create_customer(shop.services, other.id, CustomerFields("Ada", "ada@example.com"))
    for work in (
        read_customer(shop.services, shop.id, theirs.id),
        export_customer(shop.services, shop.id, theirs.id),
        delete_customer(shop.services, shop.id, theirs.id),
        merge_customers(shop.services, shop.id, theirs.id, ada.id),
    ):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(FieldInvalid) as refused:
        await merge_customers(shop.services, shop.id, ada.id, theirs.id)
    assert refused.value.param == "into"
    attempt = await paid(shop)
    await file_payers(shop.services)
    assert await whose(shop, attempt) == ada.id
    assert await read_customer(shop.services, other.id, theirs.id) == theirs


async def test_the_list_as_csv_holds_no_formula(shop: Shop) -> None:
    await made(shop, '=HYPERLINK("x")', "plus@example.com", phone="+1 555 0100", note="Two\nlines")
    attempt = await paid(shop)
    await file_payers(shop.services)
    await refund_payment(shop.services, shop.id, attempt.id, amount_minor=500)
    await shop.poll()
    assert (await shop.attempt(attempt.id)).refunded_minor == 500
    text = (await customers_csv(shop.services, shop.id)).decode("utf-8-sig")
    ada, formula = await everybody(shop)
    assert text.splitlines()[0] == "id,name,email,company,phone,note,paid,created_at,updated_at"
    assert text.splitlines()[1].startswith(f"{ada.id},Ada,ada@example.com,,,,35.00 USD,")
    assert f"""{formula.id},"'=HYPERLINK(""x"")",plus@example.com,,'+1 555 0100,"Two\nlines",,""" in text
    found = await customers_csv(shop.services, shop.id, CustomerFilter("nobody"))
    assert found.decode("utf-8-sig").count("\r\n") == 1


async def test_long_lists_are_taken_along_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linktill.flows.customer_exports._ROWS_AT_ONCE", 2)
    monkeypatch.setattr("linktill.flows.customer_exports.ROWS_MAX", 3)
    four = [await made(shop, str(number), "") for number in range(4)]
    lines = (await customers_csv(shop.services, shop.id)).decode("utf-8-sig").splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [each.id for each in reversed(four)]
    links = [await shop.link(filing=Filing(customer_id=four[0].id)) for _ in range(4)]
    export = await export_customer(shop.services, shop.id, four[0].id)
    assert [each.id for each in export.payment_links] == [link.id for link in reversed(links)][:3]
    assert [each.customer for each in export.payment_links] == [four[0].id] * 3
    assert export.is_complete is False
    assert (await export_customer(shop.services, shop.id, four[1].id)).is_complete is True


async def test_verify_finds_what_hangs_on_nobody(shop: Shop) -> None:
    ada, bo = await made(shop), await made(shop, "Bo", "")
    await shop.link(filing=Filing(customer_id=bo.id))
    await paid(shop)
    await file_payers(shop.services)
    broken = compiled(
        update(customer_table)
        .where(customer_table.c.merchant_id == bindparam("whose"))
        .values(merged_into=bindparam("into"))
    )

    async def spoil(tx: Any) -> None:
        await tx.run(broken, whose=shop.id, into="cus_none")

    await shop.services.database.run(spoil)
    problems = [each for each in (await verify_books(shop.services)).problems if each.invariant == "I11"]
    assert [len(problem.ids) for problem in problems] == [1, 1, 2]
    assert set(problems[2].ids) == {ada.id, bo.id}

    async def mend(tx: Any) -> None:
        await tx.run(broken, whose=shop.id, into=None)

    await shop.services.database.run(mend)
    await in_order(shop)
