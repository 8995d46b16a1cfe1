"""What stands on a paper: frozen, so that the same paper can be drawn again later. Money is minor units of one currency, times
are microseconds UTC.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

A4: Final = "a4"
LETTER: Final = "letter"
Size = Literal["a4", "letter"]


class Kind(StrEnum):
    """Which paper it is."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Party:
    """Who writes the paper, or for whom it is. `lines`: an address, as it is written. `country`: two letters, or empty."""

    name: str
    lines: tuple[str, ...] = ()
    country: str = ""
    tax_id: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the table. `amount_minor` is before discounts."""

    name: str
    quantity: int
    unit_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Sum:
    """A row between the items and the total. `within`: a tax that the prices contain; `reversed`: for the payer to pay.

    `base_minor` of a tax: what it is charged on. `country` of shipping: where it goes.
    """

    kind: Literal["subtotal", "less", "ship", "tax", "within", "reversed", "tip"]
    name: str
    amount_minor: int
    rate_ppm: int = 0
    base_minor: int = 0
    country: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that counts for the total."""

    payment_id: str
    amount_minor: int
    at: int
    method: str = ""


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note takes back, whole or in part."""

    number: str
    issued_at: int
    refund_id: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt, an invoice or a credit note. `number`: of a receipt the payment's own id.

    `left_minor`: of a total of which a part is paid, what is still to pay. `url`: the page behind its code; empty: none.
    """

    kind: Kind
    number: str
    issued_at: int
    language: str
    size: Size
    is_test: bool
    merchant: Party
    payer: Party | None
    currency: str
    items: tuple[Item, ...]
    sums: tuple[Sum, ...]
    total_minor: int
    paid: tuple[Paid, ...] = ()
    left_minor: int = 0
    refunded_minor: int = 0
    part_minor: int | None = None
    """Of a receipt: what this payment pays of the total; None: all of it."""
    due_at: int | None = None
    reference: str = ""
    footer: str = ""
    url: str = ""
    credited: Credited | None = None
    voided_at: int | None = None
    """Known only when it is drawn: what was frozen is of a paper that stands."""
