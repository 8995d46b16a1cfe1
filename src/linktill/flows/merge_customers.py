"""Two customers turn out to be one: what hangs on the first hangs on the second from now on."""

from linktill.core.customer import Customer, merged
from linktill.core.errors import FieldInvalid, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import CustomerId, MerchantId
from linktill.flows.manage_customers import no_customer, tell_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import customers
from linktill.storage.database import Tx
from linktill.storage.merchants import lock_merchant


async def merge_customers(
    services: Services, merchant_id: MerchantId, gone_id: CustomerId, into_id: CustomerId
) -> Customer:
    """Merges the first into the second, for good; answers the first as it is then. Again, it changes nothing.

    Raises NotFound, FieldInvalid naming `into`, and TransitionRefused where the first was merged into another one.
    """
    gone = await services.database.run(merge_unit, moment_of(services), merchant_id, gone_id, into_id)
    services.wake.now()
    return gone


async def merge_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, gone_id: CustomerId, into_id: CustomerId
) -> Customer:
    """Unit of `merge_customers`."""
    await lock_merchant(tx, merchant_id)
    both = {each: await customers.lock_customer(tx, merchant_id, each) for each in sorted({gone_id, into_id})}
    gone, into = both[gone_id], both[into_id]
    if gone is None:
        raise no_customer(gone_id)
    if into is None:
        raise FieldInvalid("into", f"There is no customer {into_id[:80]}.")
    if gone.id == into.id:
        raise FieldInvalid("into", "A customer is not merged into itself. Name another one.")
    if gone.merged_into is not None:
        if gone.merged_into == (into.merged_into or into.id):
            return gone
        raise TransitionRefused(f"This customer was merged into {gone.merged_into} already.")
    if into.merged_into == gone.id:
        raise FieldInvalid("into", f"{into.id} was merged into this very customer. Nothing is left to merge.")
    if into.merged_into is not None:
        raise FieldInvalid("into", f"{into.id} was merged into {into.merged_into}. Name that customer.")
    left, stays = merged(gone, into, now=moment.now)
    # In this order: the one that stays may take the address of the other.
    await customers.update_customer(tx, left)
    if stays != into:
        await customers.update_customer(tx, stays)
    await customers.move_everything(tx, merchant_id, left.id, stays.id)
    await tell_of(tx, moment, EventType.CUSTOMER_MERGED, left)
    if stays != into:
        await tell_of(tx, moment, EventType.CUSTOMER_UPDATED, stays)
    return left
