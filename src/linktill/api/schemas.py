"""What may be sent, and the shapes that only the API answers with. All other shapes: flows/representations.py.

Types are checked here, values by `core`, so that every door refuses the same values with the same words; the limits in the
schema are those of `core`, for readers and generators.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linktill.api.queries import id_pattern
from linktill.core import link_filing
from linktill.core import link_terms as limits
from linktill.core import pricing_terms as pricing
from linktill.core.capture import CaptureMethod
from linktill.core.currencies import EXPONENTS
from linktill.core.currency_prices import CURRENCIES_MAX
from linktill.core.events import EventType
from linktill.core.ids import CUSTOMER
from linktill.core.invoice import REASON_MAX
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.payers_language import AUTO
from linktill.core.slug import PATTERN, SLUG_MAX
from linktill.flows.amount_objects import OpenAmountObject
from linktill.flows.asking_objects import CollectsOrNone, Consents, CustomFields
from linktill.flows.currency_objects import CurrencyOptionObject
from linktill.flows.localization_objects import Locale, Translations
from linktill.flows.manage_endpoints import DESCRIPTION_MAX
from linktill.flows.pricing_objects import (
    AmountLimit,
    DiscountObject,
    Goal,
    LineItemObject,
    MerchantCountry,
    PartialPaymentsObject,
    ShippingRateObject,
    TaxRateObject,
    TipsObject,
)

NOTE_MAX: Final = 500


def text_meta(words: str, max_length: int, **more: Any) -> Meta:
    """What a text means, and how long it may be."""
    return Meta(description=words, extra_json_schema={"maxLength": max_length, **more})


Amount = Annotated[
    int,
    Meta(
        description="Integer minor units: 4000 is 40.00 USD or 4000 JPY.",
        extra_json_schema={"minimum": 1, "maximum": AMOUNT_MAX_MINOR},
    ),
]
Currency = Annotated[
    str, Meta(description="ISO 4217 code in capitals.", extra_json_schema={"enum": sorted(EXPONENTS)})
]
Description = Annotated[
    str, text_meta("What the payment is for; shown to the payer.", limits.DESCRIPTION_MAX, minLength=1)
]
Note = Annotated[str, text_meta("A message to the payer, shown on the page.", limits.NOTE_MAX)]
Reference = Annotated[str, text_meta("Your own reference, such as an invoice number.", limits.REFERENCE_MAX)]
ClosedMessage = Annotated[
    str, text_meta("Shown instead of the standard words when the link is closed.", limits.CLOSED_MESSAGE_MAX)
]
PaymentsMax = Annotated[
    int,
    Meta(
        description="How many payments the link takes: 1 is a bill that is paid once, null is any number.",
        extra_json_schema={"minimum": 1, "maximum": limits.PAYMENTS_MAX},
    ),
]
StartsAt = Annotated[datetime, Meta(tz=True, description="Takes no payments before.")]
DueAt = Annotated[datetime, Meta(tz=True, description="When it should be paid. Only shown.")]
ExpiresAt = Annotated[
    datetime, Meta(tz=True, description="Takes no payments after. Must be to come when it is set.")
]
RedirectUrl = Annotated[
    str,
    text_meta(
        "An https address where the payer may go on after paying.",
        limits.URL_MAX,
        format="uri",
        pattern="^https?://",
    ),
]
_PAIR_KEY: Final = {
    "propertyNames": {"minLength": 1, "maxLength": limits.METADATA_KEY_MAX},
    "maxProperties": limits.METADATA_MAX,
}
Pair = Annotated[str, Meta(extra_json_schema={"maxLength": limits.METADATA_VALUE_MAX})]
_METADATA: Final = Meta(
    description="Up to 50 pairs of your own, copied to nothing else and shown to nobody but you.",
    extra_json_schema=_PAIR_KEY,
)
Metadata = Annotated[dict[str, Pair], _METADATA]
MetadataPatch = Annotated[
    dict[str, Pair | None],
    Meta(description="Pairs to add or change; null removes one.", extra_json_schema=_PAIR_KEY),
]

GatewayName = Annotated[
    str, Meta(extra_json_schema={"maxLength": limits.GATEWAY_NAME_MAX, "pattern": "^[a-z][a-z0-9_]*$"})
]
_NAMES: Final = {"maxItems": limits.GATEWAYS_MAX}
AllowedGateways = Annotated[
    list[GatewayName],
    Meta(
        description="The only gateways that it may be paid through, such as `stripe`; each must take the price. "
        "Empty: all that are connected and take it.",
        extra_json_schema=_NAMES,
    ),
]
DeniedGateways = Annotated[
    list[GatewayName],
    Meta(description="Gateways that it may not be paid through.", extra_json_schema=_NAMES),
]


Slug = Annotated[
    str,
    Meta(
        description="The last part of its URL, such as `cake-order`, for good; drawn at random if left out. Capitals become "
        "small letters. Whoever guesses it sees the page.",
        extra_json_schema={"maxLength": SLUG_MAX, "pattern": f"^({PATTERN})?$"},
    ),
]


Price = Annotated[
    int,
    Meta(
        description="The price in minor units: 4000 is 40.00 USD or 4000 JPY. Left out where there are `line_items`, from "
        "which it follows; of an open amount it is what the form is filled with, 0 for nothing.",
        extra_json_schema={"minimum": 0, "maximum": AMOUNT_MAX_MINOR},
    ),
]
LineItems = Annotated[
    list[LineItemObject],
    Meta(description="What it sells.", extra_json_schema={"maxItems": pricing.ITEMS_MAX}),
]
OpenAmountOrNone = Annotated[OpenAmountObject | None, Meta(description="Set: the payer says how much.")]
TaxRates = Annotated[
    list[TaxRateObject],
    Meta(description="Taxes on it.", extra_json_schema={"maxItems": pricing.TAXES_MAX}),
]
Discounts = Annotated[
    list[DiscountObject],
    Meta(
        description="Taken off, one after the other.", extra_json_schema={"maxItems": pricing.DISCOUNTS_MAX}
    ),
]
TipsOrNone = Annotated[TipsObject | None, Meta(description="Set: the payer may add a tip.")]
PartialPaymentsOrNone = Annotated[
    PartialPaymentsObject | None, Meta(description="Set: the total may be paid in several payments.")
]
ShippingRates = Annotated[
    list[ShippingRateObject],
    Meta(
        description="Ways to send it; the payer chooses.",
        extra_json_schema={"maxItems": pricing.SHIPPING_MAX},
    ),
]
CurrencyOptions = Annotated[
    list[CurrencyOptionObject],
    Meta(
        description="What else it can be paid in, each with prices of your own: nothing is ever converted.",
        extra_json_schema={"maxItems": CURRENCIES_MAX},
    ),
]
TakesCodes = Annotated[bool, Meta(description="May the payer enter the code of a coupon?")]


IsDraft = Annotated[bool, Meta(description="Keep it closed until it is published.")]
Tags = Annotated[
    list[Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": link_filing.TAG_MAX})]],
    Meta(
        description="Short words of your own to find it by, each once; capitals are kept and do not matter. Payers never "
        "see them.",
        extra_json_schema={"maxItems": link_filing.TAGS_MAX},
    ),
]
TakesRequests = Annotated[
    bool, Meta(description="May who comes too late leave an address and ask for another link?")
]
InternalNote = Annotated[
    str, text_meta("For you and whoever works with you; payers never see it.", link_filing.INTERNAL_NOTE_MAX)
]


CustomerName = Annotated[
    str,
    Meta(
        description="The id of the customer that it is for: payments through it are theirs.",
        pattern=id_pattern(CUSTOMER),
    ),
]


CaptureMethodName = Annotated[
    str,
    Meta(
        description="`automatic`: the money is taken when the payer pays. `manual`: it is authorized then, and taken when you "
        "capture the payment.",
        extra_json_schema={"enum": [each.value for each in CaptureMethod]},
    ),
]


class PaymentLinkTermsCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a payment link asks for, and what a template of one keeps."""

    amount_minor: Price | UnsetType = UNSET
    currency: Currency
    description: Description
    note: Note = ""
    reference: Reference = ""
    payments_max: PaymentsMax | None = 1
    starts_at: StartsAt | None = None
    due_at: DueAt | None = None
    expires_at: ExpiresAt | None = None
    redirect_url: RedirectUrl | None = None
    closed_message: ClosedMessage = ""
    metadata: Metadata = {}
    allowed_gateways: AllowedGateways = []
    denied_gateways: DeniedGateways = []
    line_items: LineItems = []
    open_amount: OpenAmountOrNone = None
    tax_rates: TaxRates = []
    discounts: Discounts = []
    tips: TipsOrNone = None
    partial_payments: PartialPaymentsOrNone = None
    amount_limit_minor: AmountLimit | None = None
    goal_minor: Goal | None = None
    takes_codes: TakesCodes = False
    shipping_rates: ShippingRates = []
    merchant_country: MerchantCountry | None = None
    currency_options: CurrencyOptions = []
    custom_fields: CustomFields = []
    collects: CollectsOrNone = None
    consents: Consents = []
    capture_method: CaptureMethodName = "automatic"
    locale: Locale = AUTO
    translations: Translations = {}
    tags: Tags = []
    internal_note: InternalNote = ""
    takes_requests: TakesRequests = True


class PaymentLinkCreate(PaymentLinkTermsCreate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment link to make."""

    slug: Slug = ""
    is_draft: IsDraft = False
    customer: CustomerName | None = None


class PaymentLinkTermsPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of what a payment link asks for. What is left out stays; null clears."""

    amount_minor: Price | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    note: Note | UnsetType | None = UNSET
    reference: Reference | UnsetType | None = UNSET
    payments_max: PaymentsMax | UnsetType | None = UNSET
    starts_at: StartsAt | UnsetType | None = UNSET
    due_at: DueAt | UnsetType | None = UNSET
    expires_at: ExpiresAt | UnsetType | None = UNSET
    redirect_url: RedirectUrl | UnsetType | None = UNSET
    closed_message: ClosedMessage | UnsetType | None = UNSET
    metadata: MetadataPatch | UnsetType | None = UNSET
    allowed_gateways: AllowedGateways | UnsetType | None = UNSET
    denied_gateways: DeniedGateways | UnsetType | None = UNSET
    line_items: LineItems | UnsetType | None = UNSET
    open_amount: OpenAmountOrNone | UnsetType = UNSET
    tax_rates: TaxRates | UnsetType | None = UNSET
    discounts: Discounts | UnsetType | None = UNSET
    tips: TipsOrNone | UnsetType = UNSET
    partial_payments: PartialPaymentsOrNone | UnsetType = UNSET
    amount_limit_minor: AmountLimit | UnsetType | None = UNSET
    goal_minor: Goal | UnsetType | None = UNSET
    takes_codes: TakesCodes | UnsetType | None = UNSET
    shipping_rates: ShippingRates | UnsetType | None = UNSET
    merchant_country: MerchantCountry | UnsetType | None = UNSET
    currency_options: CurrencyOptions | UnsetType | None = UNSET
    custom_fields: CustomFields | UnsetType | None = UNSET
    collects: CollectsOrNone | UnsetType = UNSET
    consents: Consents | UnsetType | None = UNSET
    capture_method: CaptureMethodName | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    translations: Translations | UnsetType | None = UNSET
    tags: Tags | UnsetType | None = UNSET
    internal_note: InternalNote | UnsetType | None = UNSET
    takes_requests: TakesRequests | UnsetType | None = UNSET


class PaymentLinkPatch(PaymentLinkTermsPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a payment link. What is left out stays; null clears."""

    customer: CustomerName | UnsetType | None = UNSET


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action without fields: an empty body or an empty object."""


class InvoiceVoid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an invoice or a credit note is voided."""

    reason: Annotated[
        str, Meta(max_length=REASON_MAX, description="Why, for your own records. It is not on the document.")
    ] = ""


class CaptureAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to capture of an authorized payment: all of it."""

    amount_minor: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=AMOUNT_MAX_MINOR,
                description="Only the whole amount is captured. Leave it out, or send that.",
            ),
        ]
        | None
    ) = None


Types = Annotated[
    list[Annotated[str, Meta(extra_json_schema={"enum": [event_type.value for event_type in EventType]})]],
    Meta(description="What it is told of; empty: everything."),
]
EndpointUrl = Annotated[
    str,
    text_meta("An https address of your own program.", limits.URL_MAX, format="uri", pattern="^https?://"),
]
EndpointDescription = Annotated[str, text_meta("For you.", DESCRIPTION_MAX)]


class WebhookEndpointCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook endpoint to make."""

    url: EndpointUrl
    description: EndpointDescription = ""
    event_types: Types = []


class WebhookEndpointPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a webhook endpoint. What is left out stays; null clears."""

    url: EndpointUrl | UnsetType = UNSET
    description: EndpointDescription | UnsetType | None = UNSET
    event_types: Types | UnsetType | None = UNSET
    status: (
        Annotated[Literal["enabled", "disabled"], Meta(description="Disabled: nothing is sent there.")]
        | UnsetType
    ) = UNSET


class BalanceObject(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of a ledger account's entries in one currency: positive is a debit balance."""

    object: Literal["ledger_balance"] = "ledger_balance"
    account: str
    currency: str
    amount_minor: int


class BalanceList(msgspec.Struct, frozen=True, kw_only=True):
    """Every account's balance."""

    object: Literal["list"] = "list"
    data: list[BalanceObject]
    next_cursor: None = None
