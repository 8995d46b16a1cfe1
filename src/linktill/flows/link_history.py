"""What a link asked for, version by version: who set it so, when, and what was different before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from linktill.core.errors import NotFound
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkTerms
from linktill.flows.amount_objects import OpenAmountObject
from linktill.flows.asking_objects import ASKING_FIELDS, CollectsObject, ConsentObject, CustomFieldObject
from linktill.flows.currency_objects import CurrencyOptionObject
from linktill.flows.localization_objects import TranslationObject
from linktill.flows.pricing_objects import (
    PRICING_FIELDS,
    DiscountObject,
    LineItemObject,
    PartialPaymentsObject,
    ShippingRateObject,
    TaxRateObject,
    TipsObject,
)
from linktill.flows.representations import terms_fields, time_of
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.link_versions import BEFORE_ALL, LinkVersion, latest_versions
from linktill.storage.links import get_link

FIELDS: Final = tuple(field.name for field in fields(LinkTerms))
_AS_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"amount": ("amount_minor", "currency"), "pricing": PRICING_FIELDS, "asking": ASKING_FIELDS}
)
"""Terms that programs see as several fields."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A version beside the one before it; None: it is the first."""

    now: LinkVersion
    before: LinkVersion | None

    def changed(self) -> tuple[str, ...]:
        """Names of the terms that are not as they were; of the first version, none."""
        if self.before is None:
            return ()
        terms = self.before.terms
        return tuple(name for name in FIELDS if getattr(self.now.terms, name) != getattr(terms, name))


class PaymentLinkVersionObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment link asked for from one edit to the next. `changed` names the fields that the edit set anew."""

    object: Literal["payment_link_version"] = "payment_link_version"
    payment_link_id: str
    version: int
    created_at: datetime
    created_by: str
    changed: tuple[str, ...]
    amount_minor: int
    total_minor: int
    currency: str
    description: str
    note: str
    reference: str
    payments_max: int | None
    starts_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    redirect_url: str | None
    closed_message: str
    metadata: Mapping[str, str]
    allowed_gateways: Sequence[str]
    denied_gateways: Sequence[str]
    line_items: Sequence[LineItemObject]
    open_amount: OpenAmountObject | None
    tax_rates: Sequence[TaxRateObject]
    discounts: Sequence[DiscountObject]
    tips: TipsObject | None
    partial_payments: PartialPaymentsObject | None
    amount_limit_minor: int | None
    goal_minor: int | None
    takes_codes: bool
    shipping_rates: Sequence[ShippingRateObject]
    merchant_country: str | None
    currency_options: Sequence[CurrencyOptionObject]
    custom_fields: Sequence[CustomFieldObject]
    collects: CollectsObject | None
    consents: Sequence[ConsentObject]
    capture_method: str
    locale: str
    translations: Mapping[str, TranslationObject]


async def link_history(
    services: Services, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: int = BEFORE_ALL
) -> list[Edited]:
    """Newest first, older than version `before`, at most `limit`. Raises NotFound."""
    return await services.database.read(_history, merchant_id, link_id, limit=limit, before=before)


async def _history(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: int
) -> list[Edited]:
    if await get_link(tx, merchant_id, link_id) is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    found = await latest_versions(tx, merchant_id, link_id, limit=limit + 1, before=before)
    return [Edited(now, earlier) for now, earlier in zip_longest(found, found[1:])][:limit]


def version_object(link_id: LinkId, edited: Edited) -> PaymentLinkVersionObject:
    """The version as programs see it; an amount and its currency are two fields there, and pricing is several."""
    now = edited.now
    shown = terms_fields(now.terms)
    changed = edited.changed()
    if edited.before is not None and not _AS_FIELDS.keys().isdisjoint(changed):
        was = terms_fields(edited.before.terms)
        changed = tuple(
            each for name in changed for each in _AS_FIELDS.get(name, (name,)) if shown[each] != was[each]
        )
    return PaymentLinkVersionObject(
        payment_link_id=link_id,
        version=now.version,
        created_at=time_of(now.at),
        created_by=now.by,
        changed=changed,
        **shown,
    )
