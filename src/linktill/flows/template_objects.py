"""Templates of payment links as programs see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.link_template import LinkTemplate
from linktill.flows.amount_objects import OpenAmountObject
from linktill.flows.asking_objects import CollectsObject, ConsentObject, CustomFieldObject
from linktill.flows.currency_objects import CurrencyOptionObject
from linktill.flows.localization_objects import TranslationObject
from linktill.flows.pricing_objects import (
    DiscountObject,
    LineItemObject,
    PartialPaymentsObject,
    ShippingRateObject,
    TaxRateObject,
    TipsObject,
)
from linktill.flows.representations import terms_fields, time_of


class PaymentLinkTemplateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment link that is filled in and has a name."""

    object: Literal["payment_link_template"] = "payment_link_template"
    id: str
    name: str
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
    tags: tuple[str, ...]
    internal_note: str
    takes_requests: bool
    created_at: datetime
    updated_at: datetime


def template_object(template: LinkTemplate) -> PaymentLinkTemplateObject:
    """The template as stored."""
    return PaymentLinkTemplateObject(
        id=template.id,
        name=template.name,
        **terms_fields(template.terms),
        tags=template.filing.tags,
        internal_note=template.filing.internal_note,
        takes_requests=template.filing.takes_requests,
        created_at=time_of(template.created_at),
        updated_at=time_of(template.updated_at),
    )
