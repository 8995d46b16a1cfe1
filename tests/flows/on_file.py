"""A shop's customers, for tests about them."""

from typing import Any

from linktill.core.customer import Customer, CustomerFields
from linktill.core.ids import CustomerId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.manage_customers import (
    create_customer,
    find_customers,
    read_customer,
)
from linktill.flows.merge_customers import merge_customers
from linktill.flows.start_payment import PayForm, start_payment
from linktill.flows.verify_books import verify_books
from linktill.storage.events import list_events
from tests.make import Shop


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
