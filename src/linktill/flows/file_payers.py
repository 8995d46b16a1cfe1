"""Notes whose payment it is, a moment after the money came: a worker step, so no payer waits for it and no payment fails by it.

The customer that the link names; else the one with the payer's e-mail address, made if there is none. Each payment is filed
once for good: what was typed at it changes nothing that the merchant wrote.
"""

from dataclasses import replace
from typing import Final

from linktill.core import customer as rules
from linktill.core import ids as prefixes
from linktill.core.customer import NAME_MAX, Customer, CustomerFields, email_key
from linktill.core.errors import FieldInvalid
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, CustomerId, MerchantId
from linktill.core.link_terms import clean_text
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.manage_customers import tell_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.platform.log import get_logger
from linktill.storage import customer_payments as payments
from linktill.storage import customers
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.errors import StorageError
from linktill.storage.merchants import lock_merchant

BATCH_MAX: Final = 100

log = get_logger(__name__)


async def file_payers(services: Services) -> int:
    """Files payments that nobody has filed yet, within bounds; answers how many."""
    filed = 0
    trouble: Exception | None = None
    for merchant_id in await services.database.read(payments.merchants_with_unfiled):
        found = await services.database.read(payments.unfiled, merchant_id, limit=BATCH_MAX)
        nobodys = [each.attempt_id for each in found if not each.has_traces]
        if nobodys:
            await services.database.run(payments.file_nobodys, merchant_id, nobodys)
            filed += len(nobodys)
        for attempt_id in (each.attempt_id for each in found if each.has_traces):
            try:
                filed += await services.database.run(file_payer, moment_of(services), merchant_id, attempt_id)
            except StorageError:
                raise
            except Exception as error:  # one that cannot be filed must not keep the others from it
                log.exception("payer.not_filed", merchant_id=merchant_id, attempt_id=attempt_id)
                trouble = error
    if filed:
        services.wake.now()
    elif trouble is not None:
        # The loop waits longer and longer before it tries again.
        raise trouble
    return filed


async def file_payer(tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId) -> bool:
    """Unit: False where the payment was filed before."""
    if not await payments.lock_unfiled(tx, merchant_id, attempt_id):
        return False
    attempt = await get_attempt(tx, merchant_id, attempt_id)
    assert attempt is not None, "it is locked"
    whose = await _of_link(tx, attempt)
    if whose is None and attempt.payer_email:
        whose = await _of_address(tx, moment, attempt, attempt.payer_email)
    return await payments.file_payment(tx, merchant_id, attempt_id, None if whose is None else whose.id)


async def _of_link(tx: Tx, attempt: PaymentAttempt) -> Customer | None:
    customer_id = await payments.customer_of_link(tx, attempt.merchant_id, attempt.link_id)
    return None if customer_id is None else await _standing(tx, attempt.merchant_id, customer_id)


async def _standing(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> Customer | None:
    """The customer, locked; or what it has become part of while we waited for it."""
    found = await customers.lock_customer(tx, merchant_id, customer_id)
    if found is not None and found.merged_into is not None:
        # Nothing is merged into what was merged itself: one step leads to the end.
        found = await customers.lock_customer(tx, merchant_id, found.merged_into)
    return found


async def _of_address(tx: Tx, moment: Moment, attempt: PaymentAttempt, email: str) -> Customer:
    merchant_id, key = attempt.merchant_id, email_key(email)
    found = await customers.lock_by_email(tx, merchant_id, key)
    if found is None:
        await lock_merchant(tx, merchant_id)  # two payments of one new address make one customer
        found = await customers.lock_by_email(tx, merchant_id, key)
    if found is None and (root := await customers.merged_by_email(tx, merchant_id, key)) is not None:
        found = await customers.lock_customer(tx, merchant_id, root)
    if found is None:
        return await _make(tx, moment, attempt, email)
    return await _named(tx, moment, found, _typed_name(attempt))


async def _make(tx: Tx, moment: Moment, attempt: PaymentAttempt, email: str) -> Customer:
    made = rules.new_customer(
        attempt.merchant_id,
        CustomerId(moment.ids.new(prefixes.CUSTOMER)),
        CustomerFields(name=_typed_name(attempt), email=email),
        now=moment.now,
    )
    await customers.insert_customer(tx, made)
    await tell_of(tx, moment, EventType.CUSTOMER_CREATED, made)
    return made


async def _named(tx: Tx, moment: Moment, found: Customer, name: str) -> Customer:
    """A name that is not there yet is taken from the payer; one that is there stays."""
    if found.name or not name:
        return found
    after = replace(found, name=name, updated_at=moment.now)
    await customers.update_customer(tx, after)
    await tell_of(tx, moment, EventType.CUSTOMER_UPDATED, after)
    return after


def _typed_name(attempt: PaymentAttempt) -> str:
    try:
        return clean_text((attempt.payer_name or "")[:NAME_MAX], "name", max_length=NAME_MAX)
    except FieldInvalid:
        return ""
