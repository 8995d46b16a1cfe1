"""What one payment pays of a total that is paid in parts, and the least that a payment can come to."""

from collections.abc import Sequence
from dataclasses import replace

from linktill.core.computation import Computation, Part
from linktill.core.errors import FieldInvalid
from linktill.core.pricing import AS_FILLED, Choices, Parts, Pricing, Variant


def with_part(
    computation: Computation, parts: Parts, before_minor: int, choices: Choices = AS_FILLED
) -> Computation:
    """The same with what this payment pays of it. Raises FieldInvalid, naming `part_minor`."""
    left = max(0, computation.total_minor - before_minor)
    part = left if choices.part_minor is None else choices.part_minor
    least = min(left, parts.least_minor if before_minor else max(parts.first_minor, parts.least_minor))
    if not least <= part <= left:
        words = f"From {least} to {left} minor units." if least < left else f"Pay all that is left: {left}."
        raise FieldInvalid("part_minor", words)
    if 0 < left - part < parts.least_minor:
        raise FieldInvalid(
            "part_minor",
            f"That leaves {left - part} minor units, too little for a payment. Pay {left}, or leave {parts.least_minor}.",
        )
    return replace(computation, part=Part(before_minor, part))


def least_choices(pricing: Pricing) -> Choices:
    """The choices that come to the least there is to pay, add-ons aside."""
    return Choices(
        None if pricing.open_amount is None else pricing.open_amount.minimum_minor,
        tuple(0 if item.is_optional else item.quantity_min for item in pricing.items),
        tuple(_cheapest(item.variants) for item in pricing.items),
    )


def _cheapest(variants: Sequence[Variant]) -> int | None:
    return min(range(len(variants)), key=lambda at: variants[at].unit_minor) if variants else None
