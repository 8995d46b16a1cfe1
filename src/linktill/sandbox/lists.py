"""Lists for reconciliation: oldest first, in pages, each object on exactly one of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from linktill.sandbox.asgi import Refused
from linktill.sandbox.database import Row, Tx

Table = Literal["payment", "refund", "dispute", "payout"]
LIMIT_MAX: Final = 100

_CURSOR: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for. `after` is the place of the last object on the page before."""

    reference: str | None
    created_after: int
    after: tuple[int, int]
    limit: int


def wanted(query: Mapping[str, str]) -> Wanted:
    """Reads `reference`, `created_after` (microseconds UTC, inclusive), `cursor` and `limit`. Raises Refused."""
    after = (0, 0)
    if "cursor" in query:
        match = _CURSOR.fullmatch(query["cursor"])
        if match is None:
            raise Refused(422, "invalid", "Send the next_cursor of the page before.", param="cursor")
        after = (int(match[1]), int(match[2]))
    limit = _number(query, "limit", LIMIT_MAX)
    if not 1 <= limit <= LIMIT_MAX:
        raise Refused(422, "invalid", f"A page has 1 to {LIMIT_MAX} objects.", param="limit")
    return Wanted(query.get("reference"), _number(query, "created_after", 0), after, limit)


def select(
    tx: Tx, table: Table, columns: str, account_id: str, known_before: int, page: Wanted
) -> tuple[list[Row], str | None]:
    """Rows of a page, and the cursor of the next one if there is one."""
    is_by_reference = page.reference is not None
    by_reference = "AND reference = :reference" if is_by_reference else ""
    # Left to itself SQLite walks along the times, through all payments there are.
    index = f"{table}_{'reference' if is_by_reference else 'created'}"
    rows = tx.all(
        f"""
        SELECT created_at, seq, {columns} FROM {table} INDEXED BY {index}
        WHERE account_id = :account_id AND created_at >= :created_after AND created_at <= :known_before
            AND (created_at, seq) > (:after_at, :after_seq) {by_reference}
        ORDER BY created_at, seq LIMIT :limit
        """,
        account_id=account_id,
        created_after=page.created_after,
        known_before=known_before,
        after_at=page.after[0],
        after_seq=page.after[1],
        limit=page.limit + 1,
        **({} if page.reference is None else {"reference": page.reference}),
    )
    has_more = len(rows) > page.limit
    rows = rows[: page.limit]
    cursor = f"{rows[-1][0]}.{rows[-1][1]}" if has_more else None
    return [row[2:] for row in rows], cursor


def _number(query: Mapping[str, str], param: str, default: int) -> int:
    text = query.get(param, str(default))
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) is None:
        raise Refused(422, "invalid", "Send a whole number.", param=param)
    return int(text)
