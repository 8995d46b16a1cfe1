"""Prints what was measured, and keeps it."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

FLOOR_RATIO_MIN = 0.6
MEMORY_MAX_MB = 100
START_MAX_S = 2.5
MILLION_RATIO_MAX = 1.3
CART_RATIO_MAX = 2
PAGE_MAX_KB = 50

_HEAD = ("database", "path", "req/s", "floor", "ratio", "p50 ms", "p99 ms", "CPU ms", "floor", "ratio", "")


def print_table(records: list[Record]) -> None:
    """A line for each record, then what is measured once for each database. `!`: the target is missed."""
    rows = [_HEAD, *(_row(record) for record in records)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    for row in rows:
        left = [row[at].ljust(widths[at]) for at in range(2)]
        _line("  ".join([*left, *(row[at].rjust(widths[at]) for at in range(2, len(row)))]).rstrip())
    for record in {record["database"]: record for record in records}.values():
        _once(record)
    for record in records:
        if "cart_ratio" in record:
            mark = _mark(missed=record["cart_ratio"] > CART_RATIO_MAX)
            _line(
                f"{record['database']}: {record['path']} of a link with 20 items, taxes and a coupon takes "
                f"{record['cart_ratio']} times what a price takes ({record['p50_ms_of_a_cart']} ms){mark}"
            )
        if "page_kb" in record:
            mark = _mark(missed=record["page_kb"] > PAGE_MAX_KB)
            _line(
                f"{record['database']}: a browser with nothing kept loads {record['page_kb']} KB of it in "
                f"{record['page_requests']} requests, and shows it after {record['first_paint_ms']} ms{mark}"
            )
        if "million_ratio" in record:
            mark = _mark(missed=record["million_ratio"] > MILLION_RATIO_MAX)
            _line(
                f"{record['database']}: {record['path']} with 1,000,000 links takes {record['million_ratio']} times "
                f"what it takes with 10,000 ({record['p50_ms_of_1000000']} ms){mark}"
            )


def write_results(path: Path, records: list[Record]) -> None:
    """One record for each database and path."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    path.write_text(json.dumps([{**record, "measured_at": at} for record in records], indent=2) + "\n")


def _row(record: Record) -> tuple[str, ...]:
    return (
        record["database"],
        record["path"],
        f"{record['rps']:,.0f}",
        f"{record['floor_rps']:,.0f}",
        f"{record['floor_ratio']:.2f}",
        f"{record['p50_ms']:.1f}",
        f"{record['p99_ms']:.1f}",
        f"{record['cpu_ms']:.2f}",
        f"{record['floor_cpu_ms']:.2f}",
        f"{record['cpu_ratio']:.2f}",
        "!" if record["floor_ratio"] < FLOOR_RATIO_MIN else "",
    )


def _once(record: Record) -> None:
    memory, seconds = record["idle_memory_mb"], record["start_s"]
    _line(
        f"{record['database']}: first answer after {seconds} s{_mark(missed=seconds > START_MAX_S)}, "
        f"idle memory {memory} MB{_mark(missed=memory > MEMORY_MAX_MB)}"
    )


def _mark(*, missed: bool) -> str:
    return " !" if missed else ""


def _line(words: str) -> None:
    sys.stdout.write(f"{words}\n")
