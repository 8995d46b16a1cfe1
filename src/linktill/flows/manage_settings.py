"""A member changes what their merchant is called, where it is reached and which currency it mostly uses."""

from dataclasses import dataclass, replace

from linktill.core.errors import FieldError, FieldsInvalid, NotFound
from linktill.core.ids import MerchantId
from linktill.core.merchant import Merchant, OnSurplus, name_error
from linktill.flows.services import Services
from linktill.flows.set_up import checked_email, currency_error
from linktill.platform.translation import ENGLISH, LANGUAGES
from linktill.storage.database import Tx
from linktill.storage.merchants import get_merchant, update_merchant


@dataclass(frozen=True, slots=True)
class MerchantSettings:
    """What may be changed. `alert_email` None: alerts go to the contact address."""

    business_name: str
    contact_email: str
    currency: str
    alert_email: str | None = None
    on_surplus: str = OnSurplus.REFUND
    """An `OnSurplus`."""
    language: str = ENGLISH
    """For payers whose browser reads nothing that pages are written in."""


async def change_settings(services: Services, merchant_id: MerchantId, asked: MerchantSettings) -> Merchant:
    """The merchant as changed. Existing links keep their currency. Raises FieldsInvalid and NotFound."""
    contact, contact_error = checked_email("contact_email", asked.contact_email)
    alert, alert_error = contact, None
    if asked.alert_email is not None:
        alert, alert_error = checked_email("alert_email", asked.alert_email)
    errors = (
        name_error("business_name", asked.business_name),
        contact_error,
        alert_error,
        currency_error("currency", asked.currency),
        _surplus_error(asked.on_surplus),
        _language_error(asked.language),
    )
    found = tuple(error for error in errors if error is not None)
    if found:
        raise FieldsInvalid(found)
    clean = replace(
        asked, business_name=asked.business_name.strip(), contact_email=contact, alert_email=alert
    )
    return await services.database.run(_change, merchant_id, clean, alert)


def _surplus_error(text: str) -> FieldError | None:
    if text in set(OnSurplus):
        return None
    return FieldError("on_surplus", "Choose what becomes of a payment that a link had no room for.")


def _language_error(text: str) -> FieldError | None:
    if text in LANGUAGES:
        return None
    return FieldError("language", f"Choose one of these languages: {', '.join(LANGUAGES)}.")


async def _change(tx: Tx, merchant_id: MerchantId, clean: MerchantSettings, alert_email: str) -> Merchant:
    before = await get_merchant(tx, merchant_id)
    if before is None:
        raise NotFound("There is no such merchant.")
    after = replace(
        before,
        name=clean.business_name,
        contact_email=clean.contact_email,
        currency=clean.currency,
        alert_email=alert_email,
        on_surplus=OnSurplus(clean.on_surplus),
        language=clean.language,
    )
    await update_merchant(tx, after)
    return after
