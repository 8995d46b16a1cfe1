"""A merchant makes, edits, finds, reads and deletes customers. Those who pay are kept by flows/file_payers.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import customer as rules
from linktill.core import ids as prefixes
from linktill.core.customer import Customer, CustomerFields, check_editable, checked_fields, fields_of
from linktill.core.errors import FieldError, FieldInvalid, NotFound, TransitionRefused, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import CustomerId, MerchantId
from linktill.flows.announce import Subject, announce
from linktill.flows.customer_objects import customer_object
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.set_up import checked_email
from linktill.storage import customers
from linktill.storage.customer_payments import PaidTotal, totals_of
from linktill.storage.customers import BEFORE_ALL, EVERY_CUSTOMER, CustomerFilter
from linktill.storage.database import Tx
from linktill.storage.merchants import lock_merchant

PAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One page of a list; `next_cursor` None: there are no more."""

    customers: list[Customer]
    next_cursor: CustomerId | None


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """A customer, and what it has paid by currency."""

    customer: Customer
    totals: list[PaidTotal]


def new_customer(services: Services, merchant_id: MerchantId, fields: CustomerFields) -> Customer:
    """A customer that is not stored yet. Raises FieldsInvalid."""
    customer_id = CustomerId(services.ids.new(prefixes.CUSTOMER))
    return rules.new_customer(merchant_id, customer_id, _checked(fields), now=services.clock.now_us())


async def create_customer(services: Services, merchant_id: MerchantId, fields: CustomerFields) -> Customer:
    """A new customer. Raises FieldsInvalid, and FieldInvalid where another one has its address."""
    customer = new_customer(services, merchant_id, fields)
    stored = await services.database.run(store_customer, moment_of(services), customer)
    services.wake.now()
    return stored


async def store_customer(tx: Tx, moment: Moment, customer: Customer) -> Customer:
    """Unit: run again after a lost answer, it finds its own."""
    await lock_merchant(tx, customer.merchant_id)  # two who take one address see each other
    known = await customers.get_customer(tx, customer.merchant_id, customer.id)
    if known is not None:
        return known
    await _check_address(tx, customer)
    await customers.insert_customer(tx, customer)
    await tell_of(tx, moment, EventType.CUSTOMER_CREATED, customer)
    return customer


async def edit_customer(
    services: Services,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    edit: Callable[[CustomerFields], CustomerFields],
    *,
    seen_at: int | None = None,
) -> Customer:
    """The customer as it is then. Raises NotFound, FieldsInvalid, and TransitionRefused for one that was merged.

    `seen_at`: the `updated_at` that the editor saw; VersionConflict where somebody else has changed it since.
    """
    edited = await services.database.run(_edit, moment_of(services), merchant_id, customer_id, edit, seen_at)
    services.wake.now()
    return edited


async def read_customer(services: Services, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """The customer, also one that was merged. Raises NotFound."""
    return await services.database.read(known_customer, merchant_id, customer_id)


async def read_detail(services: Services, merchant_id: MerchantId, customer_id: CustomerId) -> CustomerDetail:
    """The customer and what it has paid. Raises NotFound."""
    return await services.database.report(_detail, merchant_id, customer_id)


async def find_customers(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: CustomerFilter = EVERY_CUSTOMER,
) -> CustomerPage:
    """Newest first; never those that were merged. `limit` is at most 100."""
    limit = max(1, min(limit, PAGE_MAX))
    # A word that most of them have takes long to look up: no payer may wait for it.
    read = services.database.report if wanted.search else services.database.read
    found = await read(customers.list_customers, merchant_id, limit=limit + 1, before=before, wanted=wanted)
    shown = found[:limit]
    return CustomerPage(shown, shown[-1].id if len(found) > limit else None)


async def delete_customer(services: Services, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    """Removes a customer on which nothing hangs. Raises NotFound and TransitionRefused."""
    await services.database.run(_delete, moment_of(services), merchant_id, customer_id)
    services.wake.now()


async def known_customer(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """Unit: the customer. Raises NotFound."""
    found = await customers.get_customer(tx, merchant_id, customer_id)
    if found is None:
        raise no_customer(customer_id)
    return found


def no_customer(customer_id: CustomerId) -> NotFound:
    """Says so, of whatever was asked for."""
    return NotFound(f"There is no customer {customer_id[:80]}.", param="id")


async def tell_of(tx: Tx, moment: Moment, event: EventType, customer: Customer) -> None:
    """Says what happened to a customer."""
    await announce(tx, moment, event, Subject(customer.merchant_id, customer.id), customer_object(customer))


def _checked(fields: CustomerFields) -> CustomerFields:
    found: list[FieldError] = []
    email = fields.email.strip()
    if email:
        email, error = checked_email("email", email)
        if error is not None:
            found.append(error)
    return checked_fields(replace(fields, email=email), found)


async def _edit(
    tx: Tx,
    moment: Moment,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    edit: Callable[[CustomerFields], CustomerFields],
    seen_at: int | None,
) -> Customer:
    await lock_merchant(tx, merchant_id)
    before = await customers.lock_customer(tx, merchant_id, customer_id)
    if before is None:
        raise no_customer(customer_id)
    check_editable(before)
    after = rules.changed(before, _checked(edit(fields_of(before))), now=moment.now)
    if after == before:
        return before
    if seen_at is not None and seen_at != before.updated_at:
        raise VersionConflict("Somebody else has changed this customer. Read it again.")
    if after.email_key != before.email_key:
        await _check_address(tx, after)
    await customers.update_customer(tx, after)
    await tell_of(tx, moment, EventType.CUSTOMER_UPDATED, after)
    return after


async def _check_address(tx: Tx, customer: Customer) -> None:
    if customer.email_key is None:
        return
    other = await customers.lock_by_email(tx, customer.merchant_id, customer.email_key)
    if other is not None:
        raise FieldInvalid(
            "email", f"Customer {other.id} has this e-mail address. Change that one, or merge the two."
        )


async def _detail(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> CustomerDetail:
    customer = await known_customer(tx, merchant_id, customer_id)
    return CustomerDetail(customer, await totals_of(tx, merchant_id, customer_id))


async def _delete(tx: Tx, moment: Moment, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    await lock_merchant(tx, merchant_id)
    found = await customers.lock_customer(tx, merchant_id, customer_id)
    if found is None:
        raise no_customer(customer_id)
    if found.merged_into is not None or await customers.has_anything(tx, merchant_id, customer_id):
        raise TransitionRefused(
            "Payments, links or merged customers hang on this customer, or it was merged itself. It stays on file."
        )
    await customers.delete_customer(tx, merchant_id, customer_id)
    await tell_of(tx, moment, EventType.CUSTOMER_DELETED, found)
