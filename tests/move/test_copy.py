"""Tables as plain rows: read in the order of their keys, written once, and alike from both databases."""

import shutil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from linktill.platform.clock import SystemClock
from linktill.storage import copy
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.statements import compiled
from linktill.storage.tables import metadata

LARGEST, SMALLEST = 2**63 - 1, -(2**63)
ODD_TEXTS = ("", "a", "Z", "é", "\x01", "\x7f", "𝄞", "ß", "a\U0010ffff", "~")


def row(table: str, **values: object) -> tuple[Any, ...]:
    """A row with a value of the right kind in each column that is not given."""
    columns = metadata.tables[table].columns
    plain = {"TEXT": "x", "BIGINT": 1, "SMALLINT": 0, "BLOB": b"\0\xff"}
    return tuple(values.get(c.name, None if c.nullable else plain[str(c.type)]) for c in columns)


async def every_row(database: Database, table: str, limit: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    after: copy.Key | None = None
    while True:
        batch = await database.read(copy.read_rows, table, after=after, limit=limit)
        if not batch:
            return rows
        rows += batch
        after = copy.key_of(table, batch[-1])


async def digest(database: Database, table: str) -> str:
    made = copy.Digest(table)
    made.add(await every_row(database, table, 3))
    return made.hexdigest()


def test_every_table_is_copied_and_parents_come_first():
    assert set(copy.NAMES) == set(metadata.tables)
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            assert copy.NAMES.index(key.column.table.name) < copy.NAMES.index(table.name)


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_rows_come_in_the_order_of_their_keys(database: Database, limit: int):
    rows = [
        row("link_version", merchant_id=m, link_id=k, version=n) for m in "ba" for k in "ba" for n in (9, 10)
    ]
    links = [row("payment_link", merchant_id=m, id=k) for m in "ab" for k in "ab"]
    await database.run(copy.write_rows, "payment_link", links)
    await database.run(copy.write_rows, "link_version", rows)
    assert await every_row(database, "link_version", limit) == sorted(rows, key=lambda r: r[:3])


async def test_text_is_in_the_same_order_everywhere(database: Database):
    await database.run(copy.write_rows, "installation", [(text, text) for text in ODD_TEXTS])
    found = [key for key, _ in await every_row(database, "installation", 2)]
    assert found == sorted(ODD_TEXTS, key=str.encode)


async def test_a_row_that_is_there_stays_as_it_is(database: Database):
    await database.run(copy.write_rows, "installation", [("a", "1"), ("b", "1")])
    await database.run(copy.write_rows, "installation", [("b", "2"), ("c", "2")])
    await database.run(copy.write_rows, "installation", [])
    assert await every_row(database, "installation", 9) == [("a", "1"), ("b", "1"), ("c", "2")]


async def test_empty_tables_have_totals_and_digests(database: Database):
    for name in copy.NAMES:
        assert await database.read(copy.is_empty, name)
        assert (await database.report(copy.totals, name)).rows == 0
    assert len({await digest(database, name) for name in copy.NAMES}) == len(copy.NAMES)


async def test_sums_are_exact_however_large(database: Database):
    """SQLite's own sum overflows at these, and a sum over currencies would mean nothing."""
    amounts = [LARGEST, LARGEST, LARGEST, 1, SMALLEST, SMALLEST, SMALLEST, SMALLEST, -1, -(2**32), 2**32 - 1]
    dollars = [
        row("foreign_payment", gateway_ref=str(n), amount_minor=a, currency="USD")
        for n, a in enumerate(amounts)
    ]
    others = [
        row("foreign_payment", gateway_ref="y", amount_minor=5, currency="JPY"),
        row("foreign_payment", gateway_ref="n", amount_minor=None, currency=None),
    ]
    await database.run(copy.write_rows, "foreign_payment", [*dollars, *others])
    found = await database.report(copy.totals, "foreign_payment")
    assert found == copy.Totals(13, {"amount_minor": {"USD": sum(amounts), "JPY": 5, None: 0}})


async def test_each_money_column_is_summed(database: Database):
    await database.run(
        copy.write_rows,
        "payment_link",
        [row("payment_link", amount_minor=7, captured_minor=3, currency="EUR")],
    )
    found = await database.report(copy.totals, "payment_link")
    assert found.sums == {
        "amount_minor": {"EUR": 7}, "captured_minor": {"EUR": 3}, "refunded_minor": {"EUR": 1},
        "amount_max_minor": {"EUR": 0}, "full_at_minor": {"EUR": 0}, "taken_minor": {"EUR": 1},
    }  # fmt: skip


async def test_both_databases_have_the_same_digest(sqlite_template, postgres_migrated, tmp_path):
    shutil.copyfile(sqlite_template, tmp_path / "x.db")
    rows: dict[str, list[tuple[Any, ...]]] = {
        "idempotency": [row("idempotency", key="a"), row("idempotency", key="b", status=200, body=b"")],
        "foreign_payment": [
            row("foreign_payment", amount_minor=LARGEST),
            row("foreign_payment", gateway_ref=ODD_TEXTS[5]),
        ],
        "installation": [(text, text * 3) for text in ODD_TEXTS],
    }

    async def fill(tx: Tx) -> None:
        for name, its_rows in rows.items():
            await copy.write_rows(tx, name, its_rows)

    found = []
    for url in (f"sqlite:///{tmp_path}/x.db", postgres_migrated):
        opened = await open_database(url, SystemClock())
        await opened.run(fill)
        found.append([await digest(opened, name) for name in copy.NAMES])
        if opened.dialect == "postgresql":
            for name in rows:
                await opened.run(empty, name)
        await opened.close()
    assert found[0] == found[1]


async def empty(tx: Tx, name: str) -> None:
    await tx.run(compiled(delete(metadata.tables[name])))


VALUES = st.none() | st.integers(SMALLEST, LARGEST) | st.text(st.characters(codec="utf-8")) | st.binary()


@given(st.lists(st.tuples(VALUES, VALUES)), st.lists(st.tuples(VALUES, VALUES)))
def test_different_rows_never_look_alike(ours, theirs):
    """1 and "1", "" and nothing, a value that ends in one row and begins in the next."""
    assert (copy.encoded(ours) == copy.encoded(theirs)) is (repr(ours) == repr(theirs))


def test_a_digest_does_not_depend_on_the_batches():
    rows = [(str(n), "v") for n in range(10)]
    whole, pieces = copy.Digest("installation"), copy.Digest("installation")
    whole.add(rows)
    for at in range(0, 10, 3):
        pieces.add(rows[at : at + 3])
    assert whole.hexdigest() == pieces.hexdigest()
    assert whole.rows == pieces.rows == 10


def test_batches_follow_the_length_of_rows():
    assert copy.next_limit(0, 0) == copy.ROWS_FIRST
    assert copy.next_limit(100, 100 * 50) == 400
    assert copy.next_limit(2_000, 2_000 * 50) == copy.ROWS_MAX
    assert copy.next_limit(100, 100 * 256 * 1024) == 8
    assert copy.next_limit(1, 1 << 30) == 1
