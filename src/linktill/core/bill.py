"""How an amount came about, in rows for people: on the payment page, in receipts, in the dashboard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from linktill.core.money import Money
from linktill.core.pricing import Computation
from linktill.core.pricing_terms import percent_text


@dataclass(frozen=True, slots=True)
class BillRow:
    """A line of the bill. `within`: contained in the prices, so it changes no sum."""

    kind: Literal["line", "subtotal", "less", "tax", "within", "tip"]
    label: str
    amount: Money
    count: int = 1
    unit: Money | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """How the total comes about."""

    rows: tuple[BillRow, ...]
    total: Money


def bill_of(computation: Computation) -> Bill | None:
    """The bill; None where it is one price and nothing else."""
    rows = tuple(_rows(computation))
    is_plain = len(rows) == 1 and rows[0].count == 1 and computation.total_minor == rows[0].amount.minor
    return None if is_plain else Bill(rows, computation.total)


def _rows(computation: Computation) -> Iterator[BillRow]:
    def money(minor: int) -> Money:
        return Money(minor, computation.currency)

    for line in computation.lines:
        name = f"{line.name}, {line.variant}" if line.variant else line.name
        unit = money(line.unit_minor) if line.quantity > 1 else None
        yield BillRow("line", name, money(line.amount_minor), line.quantity, unit)
    if computation.discounts and len(computation.lines) > 1:
        yield BillRow("subtotal", "Subtotal", money(computation.subtotal_minor))
    for off in computation.discounts:
        yield BillRow("less", off.name, money(-off.amount_minor))
    for tax in computation.taxes:
        if tax.taxable_minor or tax.amount_minor:
            kind: Literal["within", "tax"] = "within" if tax.is_inclusive else "tax"
            yield BillRow(kind, f"{tax.name} {percent_text(tax.rate_ppm)}%", money(tax.amount_minor))
    if computation.tip_minor:
        yield BillRow("tip", "Tip", money(computation.tip_minor))
