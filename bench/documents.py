"""`python -m bench.documents`: what a document costs, in milliseconds, and what the first one adds to the process's memory."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from linktill.core.money import Money
from linktill.documents.printer import Printer
from linktill.documents.sheets import Layout, Sheet
from linktill.documents.views import Item, Kind, Paid, Paper, Party, Sum

ROUNDS = 50
AT = 1_795_400_000_000_000
RECEIPT = Paper(
    Kind.RECEIPT,
    "pay_01k9w3n8x2e7v5t4r6q1z0y8ab",
    AT,
    "en",
    "a4",
    is_test=False,
    merchant=Party("Studio Nord GmbH", ("Hafenstraße 12", "20457 Hamburg"), "DE", "DE123456789"),
    payer=Party("Ada Byron", email="ada@example.com"),
    currency="EUR",
    items=(Item("Logo design", 1, 100_000, 100_000), Item("Business cards", 2, 10_000, 20_000)),
    sums=(Sum("subtotal", "", 120_000), Sum("tax", "VAT", 22_800, 190_000, 120_000)),
    total_minor=142_800,
    paid=(Paid("pay_01k9w3n8x2e7v5t4r6q1z0y8ab", 142_800, AT, "Visa"),),
    url="https://pay.example.com/p/9f3ka2m8/checkout/cs_1?k=secret",
)
LONG = tuple(Item(f"Row {each}", 1, 100, 100) for each in range(100))
SHEET = Sheet(
    Layout.CARDS,
    "Studio Nord",
    "A cake",
    Money(3_500, "EUR"),
    "https://x.example/p/1",
    "en",
    "a4",
    is_test=False,
    made_at=AT,
)


def resident_mib() -> float:
    """What this process holds, from `/proc`."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1_024


async def main() -> None:
    press, before = Printer(), resident_mib()
    began = time.perf_counter()
    await press.paper(RECEIPT)
    first_ms = (time.perf_counter() - began) * 1_000
    print(f"the first document: {first_ms:.0f} ms, {resident_mib() - before:.0f} MiB")
    # Each has a number of its own: what was laid out before is not found again.
    kinds: dict[str, Callable[[int], Awaitable[bytes]]] = {
        "receipt": lambda each: press.paper(replace(RECEIPT, number=f"pay_{each}", total_minor=each)),
        "receipt, Arabic": lambda each: press.paper(replace(RECEIPT, language="ar", number=f"pay_{each}")),
        "receipt, Japanese": lambda each: press.paper(replace(RECEIPT, language="ja", number=f"pay_{each}")),
        "invoice of 100 rows": lambda each: press.paper(
            replace(RECEIPT, kind=Kind.INVOICE, number=f"INV-{each}", items=LONG)
        ),
        "sheet of 12 cards": lambda each: press.sheet(replace(SHEET, url=f"https://x.example/p/{each}")),
    }
    for name, make in kinds.items():
        took: list[float] = []
        made = b""
        for each in range(ROUNDS):
            began = time.perf_counter()
            made = await make(each)
            took.append((time.perf_counter() - began) * 1_000)
        print(
            f"{name}: {statistics.median(took):.1f} ms, at most {max(took):.1f} ms, {len(made) / 1_024:.0f} KiB"
        )
    print(f"afterwards: {resident_mib() - before:.0f} MiB more than before")


if __name__ == "__main__":
    asyncio.run(main())
