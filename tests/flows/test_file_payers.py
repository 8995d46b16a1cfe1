"""Who pays is kept on file, once each, a moment later; never in a payment's way."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from linktill.core.customer import Customer, CustomerFields
from linktill.core.errors import FieldInvalid
from linktill.core.link_filing import Filing, Refiling
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows import file_payers as filing
from linktill.flows.customer_exports import export_customer
from linktill.flows.customer_objects import customer_object
from linktill.flows.file_payers import file_payer, file_payers
from linktill.flows.go_live import go_live
from linktill.flows.manage_customers import (
    create_customer,
    edit_customer,
    find_customers,
    read_detail,
)
from linktill.flows.manage_links import LinkChange, change_link
from linktill.flows.representations import json_text
from linktill.flows.services import moment_of
from linktill.storage.customer_payments import PaidTotal, file_nobodys
from linktill.storage.customers import CustomerFilter
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_attempt
from linktill.worker.schedule import steps
from tests.flows.on_file import everybody, fresh, in_order, made, merged, paid, told, whose
from tests.flows.telling import Telling
from tests.make import Shop
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
    assert step.every_s <= 2
    assert await step.run(shop.services) == 0


async def test_a_payment_without_an_address_is_nobodys_and_done(shop: Shop) -> None:
    attempt = await paid(shop, email=None, name="Ada")
    assert await file_payers(shop.services) == 1
    assert (await everybody(shop), await whose(shop, attempt)) == ([], None)
    assert await file_payers(shop.services) == 0, "it is not looked at again"


async def test_what_somebody_else_filed_meanwhile_stays_theirs(shop: Shop) -> None:
    attempt = await paid(shop)
    await file_payers(shop.services)
    mine = await whose(shop, attempt)
    await shop.services.database.run(file_nobodys, shop.id, [attempt.id])
    assert await whose(shop, attempt) == mine is not None


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


async def test_test_and_live_books_keep_customers_of_their_own(shop: Shop) -> None:
    live = await go_live(shop.services, shop.id)
    theirs = await create_customer(shop.services, live.id, CustomerFields("Ada", "ada@example.com"))
    attempt = await paid(shop)
    assert await file_payers(shop.services) == 1
    [mine] = await everybody(shop)
    assert await whose(shop, attempt) == mine.id != theirs.id
    assert (await find_customers(shop.services, live.id, limit=9)).customers == [theirs]


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
