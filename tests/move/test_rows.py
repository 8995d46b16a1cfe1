"""UB13: what the comparison sees, what an interrupted copy becomes, and which values cannot be taken along."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from linktill.flows.move_marks import Mark, put_mark
from linktill.flows.move_rows import MoveRefused, Pair, compare_tables, copy_tables
from linktill.platform.clock import SystemClock
from linktill.storage.copy import NAMES
from linktill.storage.copy_source import Fault, open_alone
from linktill.storage.database import open_database
from linktill.storage.migrate import migrate
from tests.make import Shop
from tests.move.places import Places, digests_of

MARK = Mark(move_id="a-move", state="arriving", other="sqlite:////x", at=1)
LARGEST, SMALLEST = 2**63 - 1, -(2**63)


@pytest_asyncio.fixture
async def pair(shop: Shop, places: Places) -> AsyncIterator[Pair]:
    """Both databases, with the shop's history in the source and nothing in the target."""
    await shop.services.database.close()
    await migrate(places.target_url)
    source = open_alone(places.source_url, SystemClock())
    target = await open_database(places.target_url, SystemClock())
    await source.run(put_mark, MARK)
    yield Pair(source, target, SystemClock(), print)
    await target.close()
    await source.close()


async def copied(pair: Pair) -> int:
    await pair.target.run(put_mark, MARK)
    return await copy_tables(pair, MARK)


async def test_ub13_what_was_copied_is_not_copied_again(pair: Pair):
    assert await copied(pair) == 0
    rows = sum(table.rows for table in await compare_tables(pair))
    assert rows > 60
    assert await copied(pair) == rows


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE payment_attempt SET captured_minor = captured_minor + 1 WHERE captured_minor = 4000",
            r"payment_attempt \(merchant_id='mer_\w+', id='pay_\w+'\) differs in captured_minor\.",
        ),
        (
            "UPDATE payment_link SET description = 'x', payments_max = 7 WHERE currency = 'JPY'",
            r"payment_link \(merchant_id='mer_\w+', id='plink_\w+'\) differs in description, payments_max\.",
        ),
        (
            "UPDATE ledger_transaction SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE seq = 1",
            r"ledger_transaction \(merchant_id='mer_\w+', id='ltx_\w+'\) differs in hash\.",
        ),
        (
            "DELETE FROM ledger_entry WHERE account = 'gateway_fees' AND currency = 'USD'",
            r"ledger_entry .* is missing",
        ),
        ("INSERT INTO installation VALUES ('zz', '')", r"installation \(key='zz'\) is in the target alone"),
        ("INSERT INTO lease VALUES ('a', '', 1, 1)", r"lease \(name='a'\) is in the target alone"),
    ],
)
async def test_ub13_a_copy_that_differs_is_named(pair: Pair, places: Places, statement: str, words: str):
    """By table, key and column, without the values."""
    await copied(pair)
    await places.change(statement)
    with pytest.raises(MoveRefused, match=words) as refused:
        await compare_tables(pair)
    assert refused.value.code == "copies_differ"
    # The next try finds out by itself, and begins again.
    assert await copied(pair) == 0
    await compare_tables(pair)


async def test_ub13_sums_are_counted_by_the_databases_themselves(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    """Were both read wrongly in the same way, the rows would be alike: the sums of the databases are not."""
    await copied(pair)

    async def other(*_: object) -> object:
        return object()

    monkeypatch.setattr(pair.target, "report", other)
    with pytest.raises(MoveRefused, match=r"allotment is Totals\(rows=0, sums=\{\}\)"):
        await compare_tables(pair)


async def test_ub13_an_interrupted_copy_goes_on_behind_its_last_row(pair: Pair, places: Places):
    await copied(pair)
    for table in ("refund", "dispute", "ledger_entry", "checkout_session"):
        statement = f"DELETE FROM {table}"
        if table in {"ledger_entry", "checkout_session"}:
            await places.change(statement)
    rows = sum(table.rows for table in await tables_of(pair))
    assert 0 < await copied(pair) < rows
    await compare_tables(pair)


async def tables_of(pair: Pair):
    return await compare_tables(Pair(pair.source, pair.source, pair.clock, pair.tell))


async def test_ub13_a_source_that_was_used_meanwhile_is_copied_anew(pair: Pair, places: Places, capsys):
    """A row that was copied has changed, one is gone, one is new: a copy that went on would be of no moment at all."""
    await copied(pair)
    await pair.source.close()
    places.change_source("UPDATE payment_link SET note = 'edited since' WHERE currency = 'JPY'")
    places.change_source("DELETE FROM link_token WHERE token = (SELECT min(token) FROM link_token)")
    places.change_source("INSERT INTO lease VALUES ('seal', 'x', 1, 1)")
    source = open_alone(places.source_url, SystemClock())
    again = Pair(source, pair.target, pair.clock, print)
    assert await copied(again) == 0
    assert "was used since the move was interrupted" in capsys.readouterr().out
    await compare_tables(again)
    await source.close()


async def test_ub13_largest_integers_and_odd_texts_arrive(pair: Pair, places: Places):
    await pair.source.close()
    text = "\x01\t\r\n\\N\\.\"'\u2028\ufeff\U0010ffff\ud7ff" + "a\u0301" * 9
    places.change_source(
        "UPDATE payment_link SET note = ?, created_at = ?, updated_at = ?", text, LARGEST, SMALLEST
    )
    statement = "INSERT INTO foreign_payment VALUES ('mer_x', 'gwa_x', ?, '', '', ?, 'USD', 0, NULL, NULL, '', '', NULL)"
    for reference, amount in enumerate((LARGEST, LARGEST, SMALLEST, None)):
        places.change_source(statement, str(reference), amount)
    source = open_alone(places.source_url, SystemClock())
    again = Pair(source, pair.target, pair.clock, print)
    await copied(again)
    found = {table.name: table for table in await compare_tables(again)}
    assert found["foreign_payment"].sums == {"amount_minor": {"USD": 2 * LARGEST + SMALLEST}}
    await source.close()


BAD_VALUES = [
    ("UPDATE payment_link SET note = 'a' || char(0) || 'b'", "note holds a NUL character"),
    ("UPDATE payment_link SET note = char(0)", "note holds a NUL character"),
    ("UPDATE payment_link SET note = CAST(x'61eda08061' AS TEXT)", "note is not UTF-8"),
    ("UPDATE payment_link SET note = CAST(x'80' AS TEXT)", "note is not UTF-8"),
    ("UPDATE payment_link SET note = CAST(x'f4908080' AS TEXT)", "note is not UTF-8"),
    ("UPDATE payment_link SET note = x'61'", "note is no text"),
    ("UPDATE payment_link SET reference = CAST(x'ff' AS TEXT), note = 'fine'", "reference is not UTF-8"),
    ("UPDATE payment_link SET amount_minor = 1.5", "amount_minor is no integer"),
    ("UPDATE payment_link SET amount_minor = 'many'", "amount_minor is no integer"),
    ("UPDATE payment_link SET due_at = x'00'", "due_at is no integer"),
    ("UPDATE payment_attempt SET is_surplus = 40000", "is_surplus is too large"),
    ("UPDATE ledger_transaction SET hash = 'text' WHERE seq = 1", "hash is no blob"),
]


async def test_ub13_values_that_postgresql_would_not_take_are_found(shop: Shop, places: Places):
    """SQLite keeps whatever it is given: NUL, halves of a surrogate pair, text where a number belongs."""
    await shop.services.database.close()
    whole = places.source
    assert await faults(places) == []
    for number, (statement, words) in enumerate(BAD_VALUES):
        places.source = whole.with_name(f"{number}.db")
        shutil.copyfile(whole, places.source)
        places.change_source(statement)
        found = await faults(places)
        assert {f"{fault.column} {fault.reason}" for fault in found} == {words}, statement
        assert all(fault.key.startswith("merchant_id='mer_") for fault in found)


async def faults(places: Places) -> list[Fault]:
    source = open_alone(places.source_url, SystemClock())
    found = [fault for name in NAMES for fault in source.faults(name)]
    await source.close()
    return found


async def test_ub13_nothing_is_copied_while_values_cannot_be_taken(shop: Shop, places: Places):
    await shop.services.database.close()
    places.change_source("UPDATE payment_link SET note = char(0) WHERE currency = 'JPY'")
    error = places.move().json["error"]
    assert error["code"] == "values_not_taken"
    assert ": payment_link (merchant_id='mer_" in error["message"]
    assert ": note holds a NUL character. Mend them" in error["message"]
    target = await open_database(places.target_url, SystemClock())
    assert (await digests_of(target))[1] == 0
    await target.close()


async def test_ub13_a_row_that_only_postgresql_refuses_is_named(pair: Pair, places: Places):
    """An index of PostgreSQL takes no key that long."""
    await pair.source.close()
    long = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(9_000))
    places.change_source("INSERT INTO installation VALUES ('a', ''), (?, ''), ('z', '')", long)
    source = open_alone(places.source_url, SystemClock())
    with pytest.raises(MoveRefused, match="does not take the row installation") as refused:
        await copied(Pair(source, pair.target, pair.clock, print))
    assert refused.value.code == "row_not_taken"
    assert long[:50] in str(refused.value)
    await source.close()
