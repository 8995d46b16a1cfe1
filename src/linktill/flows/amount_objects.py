"""What the parts of a link's pricing have in common as programs see and send them: names, amounts, an amount that is open."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from linktill.core import pricing_terms as limits
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.pricing import OpenAmount

AMOUNT: Final = {"minimum": 0, "maximum": AMOUNT_MAX_MINOR}
MORE: Final = {"minimum": 1, "maximum": AMOUNT_MAX_MINOR}
NAME: Final = {"minLength": 1, "maxLength": limits.NAME_MAX}


def told(words: str, **more: Any) -> Meta:
    """What a field means, and more of its JSON schema."""
    return Meta(description=words, extra_json_schema=more)


Unit = Annotated[int, told("What one costs, in minor units.", **AMOUNT)]


class OpenAmountObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payer says how much; `amount_minor` beside it, if any, is filled in."""

    minimum_minor: Annotated[int, told("At least so much.", **MORE)] = 1
    maximum_minor: Annotated[int | None, told("At most so much; null: any amount.", **MORE)] = None
    suggested_minor: Annotated[
        Sequence[int], told("Amounts to choose from.", maxItems=limits.SUGGESTED_MAX)
    ] = ()


def open_amount_of(sent: OpenAmountObject | None) -> OpenAmount | None:
    """As core has it, not checked yet."""
    if sent is None:
        return None
    most = AMOUNT_MAX_MINOR if sent.maximum_minor is None else sent.maximum_minor
    return OpenAmount(sent.minimum_minor, most, tuple(sent.suggested_minor))


def open_amount_object(rule: OpenAmount | None) -> OpenAmountObject | None:
    """As programs see it."""
    if rule is None:
        return None
    return OpenAmountObject(
        minimum_minor=rule.minimum_minor,
        maximum_minor=None if rule.maximum_minor == AMOUNT_MAX_MINOR else rule.maximum_minor,
        suggested_minor=rule.suggested_minor,
    )
