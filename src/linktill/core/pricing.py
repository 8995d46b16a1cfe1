"""What a merchant sets of a link that has more than a price, and what a payer chooses of it.

`core/computation.py` says what it comes to.
Amounts are minor units of the link's currency, rates are millionths: 19 % is 190,000.
"""

from dataclasses import dataclass
from typing import Final

from linktill.core.money import AMOUNT_MAX_MINOR

WHOLE_PPM: Final = 1_000_000
"""A hundred percent."""
QUANTITY_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several forms of an item, at its own price."""

    name: str
    unit_minor: int
    stock: int | None = None
    """How many are sold in all; None: as many as are asked for."""
    key: str = ""
    """What its sales are counted under (`core/stock.py`); empty where they are not."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a link sells. `taxes`: the names of those that fall on it; None: all that the link has.

    The payer may change the quantity where `quantity_max` is more than `quantity_min`.
    """

    name: str
    unit_minor: int
    quantity: int = 1
    """What the form is filled with."""
    quantity_min: int = 1
    quantity_max: int = 1
    is_optional: bool = False
    """An add-on: not part of it unless the payer says so."""
    variants: tuple[Variant, ...] = ()
    """Where there are any, the payer takes one of them, and its price counts."""
    taxes: tuple[str, ...] | None = None
    stock: int | None = None
    """How many are sold in all, whatever the variant; None: as many as are asked for."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """The payer says how much."""

    minimum_minor: int = 1
    maximum_minor: int = AMOUNT_MAX_MINOR
    suggested_minor: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """`is_inclusive`: the prices contain it; otherwise it is added to them."""

    name: str
    rate_ppm: int
    is_inclusive: bool = False
    rates: tuple[tuple[str, int], ...] = ()
    """Country → its rate. Where there are any the payer's country is asked, and `rate_ppm`, maybe zero, is for all others."""
    is_reversible: bool = False
    """Is it for businesses to pay themselves that give a tax id of a country of `rates` in which the merchant does not sit?"""


@dataclass(frozen=True, slots=True)
class Discount:
    """Taken off without the payer's doing. Either a rate or an amount; never more than there is."""

    name: str
    rate_ppm: int = 0
    amount_minor: int = 0
    coupon_id: str = ""


@dataclass(frozen=True, slots=True)
class Tips:
    """Rates that the payer may add for the people who served them. Always without a tax."""

    suggested_ppm: tuple[int, ...] = ()
    is_open: bool = True
    """May the payer name an amount of their own?"""


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """A way to send what is sold, and what that costs. Discounts are not taken off of it."""

    name: str
    amount_minor: int
    countries: tuple[str, ...] = ()
    """Where to; empty: anywhere."""
    free_from_minor: int | None = None
    """It costs nothing where what is bought comes to this after discounts; None: it always costs."""
    taxes: tuple[str, ...] | None = None
    """The names of those that fall on it; None: all that the link has."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The total may be paid in several payments. A rest that is smaller than the least is paid at once."""

    first_minor: int = 1
    """The first payment is at least so much."""
    least_minor: int = 1
    """Every other is at least so much, and so is what it leaves to be paid."""


@dataclass(frozen=True, slots=True)
class NamedPrice:
    """What a variant, a discount or a way to send costs in another currency. `name`: of what it is the price."""

    name: str
    minor: int
    free_from_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ItemPrice:
    """What an item costs in another currency, and each of its variants."""

    name: str
    unit_minor: int
    variants: tuple[NamedPrice, ...] = ()


@dataclass(frozen=True, slots=True)
class CurrencyPrices:
    """All amounts of a link in another currency, as the merchant has set them: nothing is converted, and nothing else differs.

    Each in the order of what it is the price of. Empty where the link has none of it.
    """

    currency: str
    amount_minor: int = 0
    """As the amount of the link is, in this currency."""
    items: tuple[ItemPrice, ...] = ()
    open_amount: OpenAmount | None = None
    discounts: tuple[NamedPrice, ...] = ()
    """Zero of a discount by a rate; empty where all are."""
    shipping: tuple[NamedPrice, ...] = ()


@dataclass(frozen=True, slots=True)
class Pricing:
    """What makes the amount of a link more than a price. Without items or an open amount the link's price is the only line."""

    items: tuple[Item, ...] = ()
    open_amount: OpenAmount | None = None
    taxes: tuple[Tax, ...] = ()
    discounts: tuple[Discount, ...] = ()
    tips: Tips | None = None
    parts: Parts | None = None
    """None: whatever it comes to is paid at once."""
    limit_minor: int | None = None
    """All payments together come to no more than this. Never with `parts`: there the total is the limit."""
    goal_minor: int | None = None
    """What is to be raised, shown with how much of it there is. It limits nothing."""
    takes_codes: bool = False
    """May the payer enter the code of a coupon?"""
    shipping: tuple[ShippingRate, ...] = ()
    """What the payer may choose from; none: nothing is sent."""
    home: str = ""
    """The country that the merchant sells from: what the page begins with where it is offered."""
    currencies: tuple[CurrencyPrices, ...] = ()
    """What else it can be paid in. Where there are any, the rest of the pricing is in the link's own currency."""

    @property
    def asks_country(self) -> bool:
        """Does the total depend on where the payer is?"""
        return bool(self.shipping) or any(tax.rates for tax in self.taxes)

    @property
    def takes_tax_ids(self) -> bool:
        """Does a tax depend on whether the payer is a business?"""
        return any(tax.is_reversible for tax in self.taxes)

    @property
    def asks(self) -> bool:
        """Is there anything for the payer to choose?"""
        return self.is_open or self.parts is not None or self.takes_codes

    @property
    def is_open(self) -> bool:
        """Does the total depend on the payer?"""
        is_asked = any(
            item.is_optional or item.variants or item.quantity_max > item.quantity_min for item in self.items
        )
        return is_asked or self.open_amount is not None or self.tips is not None or self.asks_country


@dataclass(frozen=True, slots=True)
class Choices:
    """What the payer chose. As here: whatever the form is filled with.

    `quantities` and `variants` go by the place of the item; None: as the form is filled.
    """

    amount_minor: int | None = None
    quantities: tuple[int | None, ...] = ()
    variants: tuple[int | None, ...] = ()
    tip_ppm: int = 0
    tip_minor: int = 0
    part_minor: int | None = None
    """Of what is paid in parts; None: all that is left."""
    code: str = ""
    """Of a coupon, as it was entered."""
    country: str = ""
    """Where the payer is, and where to send it; empty: as the form is filled."""
    shipping: int | None = None
    """The place of the way to send it; None: the first that there is to their country."""
    tax_id: str = ""
    """Of a business."""


AS_FILLED: Final = Choices()
"""A payer who changes nothing."""
