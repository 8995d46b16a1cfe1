"""Everything is found by words, amounts and ids, and nothing of anybody else's."""

from typing import Any

from sqlalchemy import bindparam, delete, func, select

from linktill.core.customer import CustomerFields
from linktill.core.link_terms import LinkFields
from linktill.flows.enter_search import BATCH_MAX, fill_search
from linktill.flows.file_payers import file_payers
from linktill.flows.manage_customers import create_customer, delete_customer
from linktill.flows.manage_links import edit_link
from linktill.flows.merge_customers import merge_customers
from linktill.flows.search import search
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import customer_token, search_state, search_token
from tests.flows.on_file import paid
from tests.flows.telling import Telling
from tests.make import Shop, make_merchant

_TOKENS = compiled(
    select(search_token.c.token, search_token.c.object_id).where(
        search_token.c.merchant_id == bindparam("merchant_id")
    )
)
_FORGET = [
    compiled(delete(table).where(table.c.merchant_id == bindparam("merchant_id")))
    for table in (search_token, search_state)
]
_CUSTOMER_TOKENS = compiled(
    select(func.count()).where(
        customer_token.c.merchant_id == bindparam("merchant_id"),
        customer_token.c.customer_id == bindparam("customer_id"),
    )
)


async def found(shop: Shop, text: str, limit: int = 5) -> dict[str, list[str]]:
    """Kind → titles, in order."""
    hits = await search(shop.services, shop.id, text, limit=limit)
    return {each.kind: [hit.title for hit in each.hits] for each in hits}


async def tokens(shop: Shop) -> list[Any]:
    async def unit(tx: Tx) -> list[Any]:
        return await tx.all(_TOKENS, merchant_id=shop.id)

    return sorted(await shop.services.database.read(unit))


async def test_a_payment_is_found_by_all_that_is_known_of_it(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link(123_450, description="Crème brûlée, großer Topf", reference="INV-7")
    attempt = await shop.pay(link)
    assert await tokens(shop) == [], "nothing is written in the payer's path"
    await telling.deliver()
    by = {"payment": ["Crème brûlée, großer Topf"], "link": ["Crème brûlée, großer Topf"]}
    for text in ("creme brulee", "BRULEE grosser to", "1,234.50", "1234.5", "$1,234.50", "inv-7"):
        assert await found(shop, text) == by, text
    for text in ("ada@example.com", "Ada", "example ad", attempt.id, attempt.gateway_ref or ""):
        assert await found(shop, text) == {"payment": by["payment"]}, text
    assert await found(shop, link.id) == {"link": by["link"]}
    for text in (
        "brul creme",
        "creme tea",
        "1234.51",
        "",
        " ",
        "%",
        "!",
        "pay_nonsense",
        "\x00",
        "a" * 3_000,
    ):
        assert await found(shop, text) == {}, text


async def test_the_newest_come_first_and_one_more_is_said(telling: Telling) -> None:
    shop = telling.shop
    for number in range(4):
        await shop.link(description=f"Guitar lesson {number}")
    [hits] = await search(shop.services, shop.id, "gui", limit=3)
    assert [hit.title[-1] for hit in hits.hits] == ["3", "2", "1"]
    assert hits.has_more
    assert await found(shop, "lesson 2") == {"link": ["Guitar lesson 2"]}
    assert await found(shop, "2 lesson") == {"link": ["Guitar lesson 2"]}


async def test_what_was_edited_is_found_as_it_is_now(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link(4_000, description="Tea")
    await telling.deliver()
    edited = LinkFields(5_000, "USD", "Coffee")
    await edit_link(shop.services, shop.id, link.id, lambda _terms: edited, by="test")
    await telling.deliver()
    assert await found(shop, "40.00") == {}
    assert await found(shop, "tea") == {}
    assert await found(shop, "50") == {"link": ["Coffee"]}


async def test_nobody_finds_what_is_anothers(telling: Telling) -> None:
    shop = telling.shop
    attempt = await shop.pay(await shop.link(description="Secret"))
    await telling.deliver()
    other = await make_merchant(shop.services, "Other")
    for text in ("secret", "ada", "40", attempt.id, attempt.link_id):
        assert await search(shop.services, other.id, text, limit=5) == (), text


async def test_what_was_there_before_is_entered_batch_by_batch(telling: Telling) -> None:
    shop = telling.shop
    await shop.pay(await shop.link(description="Bicycle"))
    for number in range(3):
        await shop.link(1_000 + number, description="Tea")
    await telling.deliver()
    before = await tokens(shop)

    async def forget(tx: Tx) -> None:
        for statement in _FORGET:
            await tx.run(statement, merchant_id=shop.id)

    await telling.database.run(forget)
    assert await found(shop, "ada") == {}
    assert await fill_search(shop.services) == 5 <= BATCH_MAX
    assert await tokens(shop) == before != []
    assert await fill_search(shop.services) == 0


async def test_filling_stops_and_goes_on(telling: Telling, monkeypatch: Any) -> None:
    shop = telling.shop
    await shop.pay(await shop.link(description="Bicycle"))
    for number in range(4):
        await shop.link(1_000 + number, description="Tea")
    monkeypatch.setattr("linktill.flows.enter_search.BATCH_MAX", 2)
    worked = [await fill_search(shop.services) for _ in range(5)]
    assert worked == [2, 2, 2, 0, 0]
    assert await found(shop, "10.03") == {"link": ["Tea"]}
    assert await found(shop, "ada") == {"payment": ["Bicycle"]}


async def test_nothing_of_a_customer_who_is_gone_is_kept(telling: Telling) -> None:
    shop = telling.shop
    await paid(shop, email="grace@example.com", name="Grace")
    await file_payers(shop.services)
    made = await create_customer(
        shop.services, shop.id, CustomerFields(name="Grace H", email="gh@example.com")
    )
    alone = await create_customer(shop.services, shop.id, CustomerFields(name="Zuse", email="z@example.com"))
    [hits] = await search(shop.services, shop.id, "grace", limit=5)
    assert [hit.title for hit in hits.hits] == ["Grace H", "Grace"]
    into = hits.hits[1].id
    await merge_customers(shop.services, shop.id, made.id, into)  # type: ignore[arg-type]
    await delete_customer(shop.services, shop.id, alone.id)
    assert await found(shop, "zuse") == {}
    assert await found(shop, "grace") == {"customer": ["Grace"]}
    for gone in (made.id, alone.id):

        async def unit(tx: Tx, gone: str = gone) -> Any:
            return await tx.one(_CUSTOMER_TOKENS, merchant_id=shop.id, customer_id=gone)

        assert await telling.database.read(unit) == (0,)
