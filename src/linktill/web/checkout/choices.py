"""What a payer may choose of a link with more than a price, as the form shows it and what it sends."""

from dataclasses import dataclass
from typing import Literal

from linktill.core.money import Money


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """A form of an item; `place` is sent."""

    place: int
    name: str
    unit: Money
    is_chosen: bool
    left: int | None
    """How many there still are; None: as many as are asked for."""


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """An item. Sends `quantities.N` where `is_adjustable` or `is_optional`, and `variants.N` where there are any."""

    place: int
    name: str
    unit: Money
    variants: tuple[VariantChoice, ...]
    quantity: str
    """As typed; `0` and a box that is not ticked for an add-on that is left out."""
    quantity_min: int
    quantity_max: int
    is_adjustable: bool
    is_optional: bool
    left: int | None
    """How many there still are, whatever the variant; None: as many as are asked for."""


@dataclass(frozen=True, slots=True)
class SuggestedAmount:
    """An amount to choose; `minor` is sent as `amount_choice`."""

    minor: int
    amount: Money
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AmountChoice:
    """The payer says how much: sends `amount`, and `amount_choice` where amounts are suggested."""

    text: str
    suggested: tuple[SuggestedAmount, ...]
    is_other: bool
    """Is it an amount of the payer's own?"""
    hint: str


@dataclass(frozen=True, slots=True)
class TipRate:
    """A tip to choose; `ppm` is sent as `tip`."""

    ppm: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TipChoice:
    """Sends `tip` (`0`, a rate or `other`) and `tip_amount`."""

    rates: tuple[TipRate, ...]
    is_open: bool
    text: str
    chosen: Literal["none", "rate", "other"]


@dataclass(frozen=True, slots=True)
class PartChoice:
    """How much of the total is paid now: sends `part` (`all` or `other`) and `part_amount`."""

    left: Money
    text: str
    is_other: bool
    hint: str


@dataclass(frozen=True, slots=True)
class WayChoice:
    """A way to send it; `place` is sent as `shipping`."""

    place: int
    name: str
    amount: Money
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SendingChoice:
    """Where the payer is: sends `country`, and `shipping` where there are several ways."""

    countries: frozenset[str]
    country: str
    ways: tuple[WayChoice, ...]
    is_sent: bool
    """Is anything sent there? Otherwise only taxes depend on it."""
    tax_id: str | None
    """As it was typed; None: it does not matter. Sends `tax_id`."""


@dataclass(frozen=True, slots=True, eq=False)
class Choosing:
    """What the form asks, beside what every form asks. It equals only itself."""

    items: tuple[ItemChoice, ...]
    amount: AmountChoice | None
    tip: TipChoice | None
    part: PartChoice | None
    code: str | None
    """As it was entered; None: the link takes none. Sends `code`."""
    sending: SendingChoice | None = None
    """None: it does not matter where the payer is."""
