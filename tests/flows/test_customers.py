"""Customers: kept by themselves when somebody pays, once each; merged with what hangs on them; never in a payment's way."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from linktill.core.customer import Customer, CustomerFields
from linktill.core.errors import FieldInvalid, NotFound, Refusal, TransitionRefused, VersionConflict
from linktill.core.ids import CustomerId
from linktill.core.link_filing import Filing, Refiling
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows import file_payers as filing
from linktill.flows.customer_exports import customers_csv, export_customer
from linktill.flows.customer_objects import customer_object
from linktill.flows.file_payers import file_payer, file_payers
from linktill.flows.manage_customers import (
    create_customer,
    delete_customer,
    edit_customer,
    find_customers,
    new_customer,
    read_customer,
    read_detail,
    store_customer,
)
from linktill.flows.manage_links import LinkChange, change_link, read_link
from linktill.flows.merge_customers import merge_customers
from linktill.flows.refund_payment import refund_payment
from linktill.flows.representations import json_text
from linktill.flows.services import moment_of
from linktill.flows.start_payment import PayForm, start_payment
from linktill.flows.verify_books import verify_books
from linktill.storage.customer_payments import PaidTotal
from linktill.storage.customers import CustomerFilter
from linktill.storage.events import list_events
from linktill.storage.statements import compiled
from linktill.storage.tables import customer as customer_table
from linktill.storage.tables import payment_attempt
from linktill.worker.schedule import steps
from tests.flows.telling import Telling
from tests.make import Shop, make_merchant
from tests.offline import Counter, counter

__all__ = ["counter"]

_REFILE = compiled(
    update(payment_attempt)
    .where(payment_attempt.c.merchant_id == bindparam("merchant_id"))
    .values(customer_id=None)
)
_SET_PAYER = compiled(
    update(payment_attempt)
    .where(
        payment_attempt.c.merchant_id == bindparam("whose"), payment_attempt.c.id == bindparam("attempt_id")
    )
    .values(payer_email=bindparam("email"), payer_name=bindparam("name"))
)


async def made(shop: Shop, name: str = "Ada Byron", email: str = "ada@example.com", **more: Any) -> Customer:
    return await create_customer(shop.services, shop.id, CustomerFields(name, email, **more))


async def everybody(shop: Shop) -> list[Customer]:
    return (await find_customers(shop.services, shop.id, limit=100)).customers


async def paid(
    shop: Shop,
    form: str = "1",
    *,
    email: str | None = "ada@example.com",
    name: str | None = "Ada",
    **more: Any,
) -> PaymentAttempt:
    """A payment of that payer, captured and not filed yet."""
    link = more.pop("link", None) or await shop.link(**more)
    pay_form = PayForm(f"submit-token-{form:>08}", link.version, link.terms.due, email, name)
    result = await start_payment(shop.services, link.slug, pay_form)
    await shop.fill_card(result)
    await shop.deliver()
    return await shop.attempt(result.session.attempt_id)


async def whose(shop: Shop, attempt: PaymentAttempt) -> CustomerId | None:
    return (await shop.attempt(attempt.id)).customer_id


async def told(shop: Shop) -> list[tuple[str, str]]:
    """Type and data of each event of a customer, oldest first."""
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    return [
        (event.type.value, event.data)
        for event in reversed(events)
        if event.type.value.startswith("customer")
    ]


async def merged(shop: Shop, gone: Customer, into: Customer) -> Customer:
    return await merge_customers(shop.services, shop.id, gone.id, into.id)


async def fresh(shop: Shop, customer: Customer) -> Customer:
    return await read_customer(shop.services, shop.id, customer.id)


async def in_order(shop: Shop) -> None:
    assert (await verify_books(shop.services)).problems == []


async def test_who_pays_is_kept_once_and_told_of(shop: Shop) -> None:
    attempt = await paid(shop)
    assert (await everybody(shop), attempt.customer_id) == ([], None), "nothing happens in the payer's path"
    assert await file_payers(shop.services) == 1
    [ada] = await everybody(shop)
    assert (ada.name, ada.email, ada.merged_into) == ("Ada", "ada@example.com", None)
    assert await whose(shop, attempt) == ada.id
    assert await told(shop) == [("customer.created", json_text(customer_object(ada)))]
    again = await paid(shop, "2", email="ADA@EXAMPLE.COM", name="Somebody else")
    assert await file_payers(shop.services) == 1
    assert await everybody(shop) == [ada], "a second payment makes nobody, and changes no name"
    assert await whose(shop, again) == ada.id
    assert await file_payers(shop.services) == 0
    detail = await read_detail(shop.services, shop.id, ada.id)
    assert detail.totals == [PaidTotal("USD", 2, 8_000, 0)]
    await in_order(shop)


async def test_the_worker_does_it(shop: Shop, telling: Telling) -> None:
    [step] = [step for step in steps(telling.channels) if step.run is file_payers]
    assert step.is_woken
    assert await step.run(shop.services) == 0


async def test_a_payment_without_an_address_is_nobodys_and_done(shop: Shop) -> None:
    attempt = await paid(shop, email=None, name="Ada")
    assert await file_payers(shop.services) == 1
    assert (await everybody(shop), await whose(shop, attempt)) == ([], None)
    assert await file_payers(shop.services) == 0, "it is not looked at again"


async def test_what_is_not_paid_makes_nobody(shop: Shop) -> None:
    link = await shop.link()
    await shop.press_pay(link)
    [waiting] = await shop.attempts(link)
    assert waiting.status is AttemptStatus.REQUIRES_ACTION
    assert await file_payers(shop.services) == 0
    assert await everybody(shop) == []


async def test_what_the_merchant_wrote_stays(shop: Shop) -> None:
    ada = await made(shop, "Countess Lovelace", "Ada@Example.com", note="Pays late.")
    attempt = await paid(shop)
    await file_payers(shop.services)
    assert await everybody(shop) == [ada]
    assert await whose(shop, attempt) == ada.id
    bare = await edit_customer(
        shop.services, shop.id, ada.id, lambda fields: replace(fields, name="", company="Engines")
    )
    await paid(shop, "2", name="Ada\u202e Byron ")
    await file_payers(shop.services)
    named = await fresh(shop, ada)
    assert named == replace(bare, name="Ada Byron", updated_at=named.updated_at), (
        "only what was empty is filled"
    )
    assert (await told(shop))[-1] == ("customer.updated", json_text(customer_object(named)))


async def test_a_name_that_cannot_be_kept_hinders_nothing(shop: Shop) -> None:
    attempt = await paid(shop)
    for number, name in enumerate(("4242 4242 4242 4242", "x" * 500, "\x00\u200b")):
        email = f"payer{number}@example.com"

        async def set_payer(tx: Any, email: str = email, name: str = name) -> None:
            await tx.run(
                _SET_PAYER, whose=shop.id, attempt_id=attempt.id, email=email, name=name.strip("\x00")
            )
            await tx.run(_REFILE, merchant_id=shop.id)

        await shop.services.database.run(set_payer)
        assert await file_payers(shop.services) == 1
    assert [customer.name for customer in await everybody(shop)] == ["", "x" * 200, ""]


async def test_twenty_payments_of_one_address_make_one_customer(shop: Shop) -> None:
    link = await shop.link(payments_max=None)
    spellings = ("ada@example.com", "ADA@example.com", "Ada@Example.Com")
    attempts = [await paid(shop, str(at), link=link, email=spellings[at % 3]) for at in range(20)]

    async def file(attempt: PaymentAttempt) -> bool:
        return await shop.services.database.run(file_payer, moment_of(shop.services), shop.id, attempt.id)

    # Two workers come upon all of them at once.
    filed = await asyncio.gather(*(file(attempt) for attempt in [*attempts, *reversed(attempts)]))
    assert sorted(filed) == [False] * 20 + [True] * 20
    [ada] = await everybody(shop)
    assert {await whose(shop, attempt) for attempt in attempts} == {ada.id}
    assert [kind for kind, _ in await told(shop)] == ["customer.created"]
    assert (await read_detail(shop.services, shop.id, ada.id)).totals == [PaidTotal("USD", 20, 80_000, 0)]
    await in_order(shop)


async def test_made_by_hand_and_by_paying_at_once_it_is_one(shop: Shop) -> None:
    for number in range(5):
        email = f"ada{number}@example.com"
        attempt = await paid(shop, str(number), email=email)
        results = await asyncio.gather(
            made(shop, "By hand", email), file_payers(shop.services), return_exceptions=True
        )
        page = await find_customers(shop.services, shop.id, limit=9, wanted=CustomerFilter(email_key=email))
        [ada] = page.customers
        assert isinstance(results[0], FieldInvalid) == (ada.name == "Ada")
        await file_payers(shop.services)
        assert await whose(shop, attempt) == ada.id


async def test_one_that_cannot_be_filed_holds_nobody_up_and_fails_no_payment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, other = await paid(shop, "1", email="poison@example.com"), await paid(shop, "2")
    make = filing._make

    async def broken(tx: Any, moment: Any, attempt: PaymentAttempt, email: str) -> Customer:
        if email == "poison@example.com":
            raise RuntimeError("a defect")
        return await make(tx, moment, attempt, email)

    monkeypatch.setattr(filing, "_make", broken)
    assert await file_payers(shop.services) == 1
    assert await whose(shop, other) is not None
    with pytest.raises(RuntimeError):
        await file_payers(shop.services)
    stands = await shop.attempt(poison.id)
    assert (stands.status.value, stands.captured_minor, stands.customer_id) == ("captured", 4_000, None)
    monkeypatch.undo()
    assert await file_payers(shop.services) == 1
    assert len(await everybody(shop)) == 2
    await in_order(shop)


async def test_a_link_says_whose_its_payments_are(shop: Shop) -> None:
    bo = await made(shop, "Bo", "bo@example.com")
    link = await shop.link(filing=Filing(customer_id=bo.id), payments_max=None)
    typed, silent = await paid(shop, "1", link=link), await paid(shop, "2", link=link, email=None, name=None)
    await file_payers(shop.services)
    assert {await whose(shop, typed), await whose(shop, silent)} == {bo.id}
    assert await everybody(shop) == [bo], "neither changed nor joined by anybody"


async def test_money_without_a_gateway_is_filed_too(counter: Counter) -> None:
    services = counter.services
    bo = await create_customer(services, counter.id, CustomerFields("Bo"))
    link = await counter.link()
    change = LinkChange(None, "test", refiling=Refiling(customer_id=bo.id))
    await change_link(services, counter.id, link.id, change)
    attempt = await counter.mark(await counter.chosen(link))
    assert await file_payers(services) == 1
    assert (await counter.attempt(attempt.id)).customer_id == bo.id
    export = await export_customer(services, counter.id, bo.id)
    assert [(each.payment_id, each.amount_minor) for each in export.receipts] == [(attempt.id, 4_000)]


async def test_an_address_leads_to_what_its_customer_has_become(shop: Shop) -> None:
    ada, bo, cy = await made(shop), await made(shop, "Bo", "bo@example.com"), await made(shop, "Cy", "")
    await merged(shop, ada, bo)
    await merged(shop, bo, cy)
    assert (await fresh(shop, cy)).email == "bo@example.com", "it had none"
    attempt = await paid(shop)
    await file_payers(shop.services)
    assert await whose(shop, attempt) == cy.id
    assert [each.id for each in await everybody(shop)] == [cy.id]
    again = await made(shop, "Ada again")
    later = await paid(shop, "2")
    await file_payers(shop.services)
    assert await whose(shop, later) == again.id, "one that stands comes first"
    await in_order(shop)


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


async def test_test_and_live_books_and_merchants_are_apart(shop: Shop) -> None:
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
    text = (await customers_csv(shop.services, shop.id)).decode("utf-8-sig")
    ada, formula = await everybody(shop)
    assert text.splitlines()[0] == "id,name,email,company,phone,note,paid,created_at,updated_at"
    assert text.splitlines()[1].startswith(f"{ada.id},Ada,ada@example.com,,,,40.00 USD,")
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
