"""Reads which customer somebody means who types an e-mail address or a number."""

from linktill.core import ids as prefixes
from linktill.core.customer import email_key
from linktill.core.ids import CustomerId, MerchantId
from linktill.flows.services import Services
from linktill.storage.customers import CustomerFilter, get_customer, list_customers
from linktill.storage.database import Tx

TYPED_MAX = 254
_UNKNOWN = "No customer has this e-mail address or number. Put them on file first."


async def read_customer_field(
    services: Services, merchant_id: MerchantId, text: str, errors: dict[str, str]
) -> CustomerId | None:
    """The customer that is meant; None: nobody. What cannot be found is told under `customer`."""
    text = text.strip()
    if not text:
        return None
    found = await services.database.read(_find, merchant_id, text) if text.isprintable() else None
    if found is None:
        errors["customer"] = _UNKNOWN
    return found


async def _find(tx: Tx, merchant_id: MerchantId, text: str) -> CustomerId | None:
    if text.startswith(prefixes.CUSTOMER) and text.isascii():
        found = await get_customer(tx, merchant_id, CustomerId(text))
        return None if found is None else found.merged_into or found.id
    wanted = CustomerFilter(email_key=email_key(text[:TYPED_MAX]))
    several = await list_customers(tx, merchant_id, limit=1, wanted=wanted)
    return several[0].id if several else None


async def customer_text(services: Services, merchant_id: MerchantId, customer_id: CustomerId | None) -> str:
    """What a form shows of the customer: the address where there is one, else the number."""
    if customer_id is None:
        return ""
    found = await services.database.read(get_customer, merchant_id, customer_id)
    return "" if found is None else found.email or found.id
