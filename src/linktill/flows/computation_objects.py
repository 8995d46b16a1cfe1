"""What payers choose and what it comes to, as programs send and see it."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from linktill.core import pricing_terms as limits
from linktill.core.computation import Computation
from linktill.core.pricing import Choices
from linktill.core.tax_id import TAX_ID_MAX
from linktill.flows.amount_objects import told
from linktill.flows.pricing_objects import CODE_MAX, Percent, TaxNames


class ChoicesObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a payer chooses; what is left out is as the form is filled in."""

    amount_minor: Annotated[int | None, told("Of an open amount.")] = None
    quantities: Annotated[
        Sequence[int | None],
        told("By the place of the item; 0 leaves out an add-on.", maxItems=limits.ITEMS_MAX),
    ] = ()
    variants: Annotated[
        Sequence[int | None],
        told("By the place of the item: the place of its variant, from 0.", maxItems=limits.ITEMS_MAX),
    ] = ()
    tip_percent: Annotated[Percent | None, told("One of the suggested percentages.")] = None
    tip_minor: Annotated[int | None, told("A tip of the payer's own choice.")] = None
    part_minor: Annotated[int | None, told("Of what is paid in parts; null: all that is left.")] = None
    code: Annotated[str, told("Of a coupon.", maxLength=CODE_MAX)] = ""
    country: Annotated[str | None, told("Where the payer is (ISO 3166); null: as the form begins.")] = None
    shipping: Annotated[
        int | None, told("The place of the shipping rate, from 0; null: the first there is to the country.")
    ] = None
    tax_id: Annotated[str, told("Of a business.", maxLength=TAX_ID_MAX)] = ""
    currency: Annotated[
        str | None, told("One of those that the link can be paid in; null: the link's own.")
    ] = None


class LineObject(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what is charged."""

    name: Annotated[str, told("What it is.")]
    variant: Annotated[str, told("Which one; empty where there is nothing to choose.")]
    quantity: Annotated[int, told("How many.")]
    unit_amount_minor: Annotated[int, told("What one costs.")]
    amount_minor: Annotated[int, told("What they cost, before discounts.")]
    discount_minor: Annotated[int, told("Its share of the discounts.")]
    tax_rates: TaxNames


class DiscountPartObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a discount takes off."""

    name: Annotated[str, told("Its name.")]
    amount_minor: Annotated[int, told("What it takes off.")]
    coupon_id: Annotated[str | None, told("Of the coupon that it is of; null: it is the link's own.")] = None


class PartObject(msgspec.Struct, frozen=True, kw_only=True):
    """One payment of a total that is paid in several."""

    before_minor: Annotated[int, told("Paid before, or being paid by others.")]
    amount_minor: Annotated[int, told("What this payment pays.")]
    left_minor: Annotated[int, told("What is left then.")]


class TaxPartObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a tax comes to."""

    name: Annotated[str, told("Its name.")]
    percent: Annotated[str, told("Its rate.")]
    is_inclusive: Annotated[bool, told("Do the prices contain it?")]
    taxable_minor: Annotated[int, told("Of how much: discounted prices without any tax.")]
    amount_minor: Annotated[int, told("What it comes to.")]
    is_reverse_charge: Annotated[bool, told("Does the payer, a business, pay it itself?")]


class ShippingPartObject(msgspec.Struct, frozen=True, kw_only=True):
    """How it is sent."""

    name: Annotated[str, told("Its name.")]
    amount_minor: Annotated[int, told("What it costs.")]
    tax_rates: TaxNames


class ComputationObject(msgspec.Struct, frozen=True, kw_only=True):
    """How an amount comes about, in the order in which it is computed."""

    object: Literal["computation"] = "computation"
    currency: str
    lines: Annotated[Sequence[LineObject], told("What is paid for.")]
    subtotal_minor: Annotated[int, told("The sum of the lines.")]
    discounts: Annotated[Sequence[DiscountPartObject], told("In the order in which they are taken off.")]
    shipping: Annotated[ShippingPartObject | None, told("Null: nothing is sent.")]
    country: Annotated[str | None, told("Where the payer is; null: it does not matter.")]
    tax_id: Annotated[str | None, told("Of the payer, a business.")]
    taxes: Annotated[Sequence[TaxPartObject], told("Those that the prices contain change no sum.")]
    tip_minor: Annotated[int, told("What the payer adds.")]
    total_minor: Annotated[int, told("What it all comes to.")]
    part: Annotated[PartObject | None, told("Of what is paid in parts; null: all of it is paid.")]
    charged_minor: Annotated[int, told("What is charged: the total, or the part of it.")]


def choices_of(asked: ChoicesObject) -> Choices:
    """What was sent; the link says what may be chosen. Raises FieldInvalid."""
    percent = asked.tip_percent
    return Choices(
        asked.amount_minor,
        tuple(asked.quantities),
        tuple(asked.variants),
        0 if percent is None else limits.parse_percent(percent, "tip_percent"),
        asked.tip_minor or 0,
        asked.part_minor,
        asked.code,
        (asked.country or "").upper(),
        asked.shipping,
        asked.tax_id.strip(),
    )


def computation_object(computation: Computation) -> ComputationObject:
    """Line by line."""
    part, sent = computation.part, computation.shipping
    return ComputationObject(
        currency=computation.currency,
        lines=[
            LineObject(
                name=line.name,
                variant=line.variant,
                quantity=line.quantity,
                unit_amount_minor=line.unit_minor,
                amount_minor=line.amount_minor,
                discount_minor=line.discount_minor,
                tax_rates=line.taxes,
            )
            for line in computation.lines
        ],
        subtotal_minor=computation.subtotal_minor,
        discounts=[
            DiscountPartObject(
                name=part.name, amount_minor=part.amount_minor, coupon_id=part.coupon_id or None
            )
            for part in computation.discounts
        ],
        taxes=[
            TaxPartObject(
                name=part.name,
                percent=limits.percent_text(part.rate_ppm),
                is_inclusive=part.is_inclusive,
                taxable_minor=part.taxable_minor,
                amount_minor=part.amount_minor,
                is_reverse_charge=part.is_reversed,
            )
            for part in computation.taxes
        ],
        shipping=None
        if sent is None
        else ShippingPartObject(name=sent.name, amount_minor=sent.amount_minor, tax_rates=sent.taxes),
        country=computation.country or None,
        tax_id=computation.tax_id or None,
        tip_minor=computation.tip_minor,
        total_minor=computation.total_minor,
        part=None
        if part is None
        else PartObject(
            before_minor=part.before_minor,
            amount_minor=part.amount_minor,
            left_minor=max(0, computation.total_minor - part.before_minor - part.amount_minor),
        ),
        charged_minor=computation.charged.minor,
    )
