"""A link names the customer that it is for."""

from linktill.core.errors import FieldInvalid
from linktill.core.ids import CustomerId, MerchantId
from linktill.storage.customers import lock_customer
from linktill.storage.database import Tx


async def check_customer(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId | None) -> None:
    """Unit: the merchant has this customer, and until it ends nobody merges or deletes it. Raises FieldInvalid."""
    if customer_id is None:
        return
    found = await lock_customer(tx, merchant_id, customer_id)
    if found is None:
        raise FieldInvalid("customer", f"There is no customer {customer_id[:80]}.")
    if found.merged_into is not None:
        raise FieldInvalid(
            "customer", f"{customer_id} was merged into {found.merged_into}. Name that customer."
        )
