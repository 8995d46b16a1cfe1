"""How an amount came about, in rows for people: on the payment page, in receipts, in the dashboard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from linktill.core.computation import Computation
from linktill.core.money import Money
from linktill.core.sentence import Percent, sentence


@dataclass(frozen=True, slots=True)
class BillRow:
    """A line of the bill. `within`: contained in the prices, so it changes no sum. `before`, `part`, `left`: of a total that is
    paid in parts.
    """

    kind: Literal["line", "subtotal", "less", "ship", "tax", "within", "tip", "before", "part", "left"]
    label: str
    amount: Money
    count: int = 1
    unit: Money | None = None
    country: str = ""
    """Where it goes: two letters, for the page to name."""


@dataclass(frozen=True, slots=True, eq=False)
class Bill:
    """A bill equals only itself. How the total comes about, and what of it is paid now where that is a part."""

    rows: tuple[BillRow, ...]
    total: Money
    parts: tuple[BillRow, ...] = ()


def bill_of(computation: Computation) -> Bill | None:
    """The bill; None where it is one price and nothing else."""
    rows, parts = tuple(_rows(computation)), tuple(_parts(computation))
    is_plain = len(rows) == 1 and rows[0].count == 1 and computation.total_minor == rows[0].amount.minor
    return None if is_plain and not parts else Bill(rows, computation.total, parts)


def _parts(computation: Computation) -> Iterator[BillRow]:
    part, currency = computation.part, computation.currency
    if part is None or (part.before_minor == 0 and part.amount_minor == computation.total_minor):
        return
    if part.before_minor:
        yield BillRow("before", sentence("Paid before"), Money(-part.before_minor, currency))
    yield BillRow("part", sentence("This payment"), Money(part.amount_minor, currency))
    left = computation.total_minor - part.before_minor - part.amount_minor
    if left > 0:
        yield BillRow("left", sentence("Left to pay"), Money(left, currency))


def _rows(computation: Computation) -> Iterator[BillRow]:
    def money(minor: int) -> Money:
        return Money(minor, computation.currency)

    for line in computation.lines:
        name = f"{line.name}, {line.variant}" if line.variant else line.name
        unit = money(line.unit_minor) if line.quantity > 1 else None
        yield BillRow("line", name, money(line.amount_minor), line.quantity, unit)
    if computation.discounts and len(computation.lines) > 1:
        yield BillRow("subtotal", sentence("Subtotal"), money(computation.subtotal_minor))
    for off in computation.discounts:
        yield BillRow("less", off.name, money(-off.amount_minor))
    if computation.shipping is not None:
        sent = computation.shipping
        yield BillRow("ship", sent.name, money(sent.amount_minor), country=computation.country)
    for tax in computation.taxes:
        if tax.is_reversed:
            label = sentence("%(tax)s, reverse charge: %(number)s", tax=tax.name, number=computation.tax_id)
            yield BillRow("tax", label, money(0))
        elif tax.taxable_minor or tax.amount_minor:
            label = sentence("%(tax)s %(rate)s", tax=tax.name, rate=Percent(tax.rate_ppm))
            if tax.is_inclusive:
                yield BillRow("within", sentence("includes %(tax)s", tax=label), money(tax.amount_minor))
            else:
                yield BillRow("tax", label, money(tax.amount_minor))
    if computation.tip_minor:
        yield BillRow("tip", sentence("Tip"), money(computation.tip_minor))
