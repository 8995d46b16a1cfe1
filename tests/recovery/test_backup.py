"""Backups: sealed, whole or refused, of one moment, and back on either database. UB08."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from linktill.flows.back_up import Wanted, back_up, read_backup
from linktill.flows.last_backup import is_overdue, last_backup
from linktill.flows.restore_backup import Order, Restored, restore_backup
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage.backup_file import BackupUnreadable, BackupWriter, Opener, read_head, read_records
from linktill.storage.backup_load import Load, PlaceTaken, load_backup
from linktill.storage.backup_rows import shapes, sum_rows
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.installation import get_fact, put_fact
from linktill.storage.migrate import VERSIONS, migrate
from linktill.storage.standing import RESTORED_FACT
from tests.make import KEY, Shop, shop_on
from tests.recovery.places import is_migrated, new_place, value_at

OPENER = Opener(KEY, None)


@dataclass
class Kept:
    """A shop with money in its books, and a backup of it."""

    shop: Shop
    url: str
    path: Path
    folder: Path

    @property
    def database(self) -> Database:
        return self.shop.services.database

    def order(self, url: str, **changes: Any) -> Order:
        place = self.folder / "place"
        place.mkdir(exist_ok=True)
        fields = {
            "path": self.path,
            "opener": OPENER,
            "database_url": url,
            "sandbox": place / "sandbox.sqlite3",
            "key_file": place / "secret.key",
            "may_replace": False,
        }
        return Order(**{**fields, **changes})

    async def restore(self, url: str, **changes: Any) -> Restored:
        return await restore_backup(SystemClock(), SystemRandomness(), self.order(url, **changes))


def nobody(_table: str, _rows: int) -> None:
    """Progress that nobody watches."""


def wanted(path: Path, opener: Opener = OPENER, sandbox: Path | None = None) -> Wanted:
    return Wanted(path, opener, "0.1.0", sandbox)


@pytest_asyncio.fixture
async def kept(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Kept]:
    async with shop_on(database) as shop:
        link = await shop.link(payments_max=None)
        await shop.pay(link, "1")
        await shop.pay(link, "2", card="declined")
        await shop.check()
        path = tmp_path / "one.backup"
        await back_up(shop.services, wanted(path), nobody)
        yield Kept(shop, database_url, path, tmp_path)


async def rows_at(url: str) -> Any:
    opened = await open_database(url, SystemClock())
    try:
        wanted_shapes = [shape for shape in shapes() if shape.name != "installation"]
        return await opened.report(sum_rows, wanted_shapes)
    finally:
        await opened.close()


async def fact_at(url: str, key: str) -> str | None:
    opened = await open_database(url, SystemClock())
    try:
        return await opened.read(get_fact, key)
    finally:
        await opened.close()


@pytest.mark.parametrize("is_other", [False, True], ids=["same kind", "other kind"])
async def test_ub08_every_row_comes_back_on_either_database(
    kept: Kept, request: pytest.FixtureRequest, is_other: bool
):
    url = new_place(request, kept.folder, kept.url, is_other=is_other)
    restored = await kept.restore(url)
    assert restored.kept_aside == ()
    assert await rows_at(url) == await rows_at(kept.url)
    assert restored.contents.sums["payment_attempt"].rows == 2
    assert await fact_at(url, RESTORED_FACT) == str(restored.contents.head.made_at)


async def test_a_backup_is_of_one_moment_though_payments_go_on(kept: Kept):
    """Sums of the file's own rows are those of a moment: every ledger transaction has its entries, every session its link."""
    link = await kept.shop.link(payments_max=None)
    stop = asyncio.Event()

    async def payers() -> int:
        count = 0
        while not stop.is_set():
            await kept.shop.press_pay(link, f"p{count}")
            count += 1
            await asyncio.sleep(0)
        return count

    paying = asyncio.create_task(payers())
    try:
        for number in range(5):
            path = kept.folder / f"busy-{number}.backup"
            await back_up(kept.shop.services, wanted(path), nobody)
            counts = {
                name: [
                    row
                    for record in read_records(path, OPENER)
                    if record[:2] == ["rows", name]
                    for row in record[2]
                ]
                for name in ("checkout_session", "payment_attempt", "event")
            }
            assert len(counts["checkout_session"]) == len(counts["payment_attempt"])
            started = [row for row in counts["event"] if "payment.started" in row]
            assert len(started) == len(counts["payment_attempt"])
    finally:
        stop.set()
        made = await paying
    assert made > 5


async def test_ub08_nothing_in_the_file_can_be_read_without_the_key(kept: Kept):
    raw = kept.path.read_bytes()
    assert b"ada@example.com" not in raw
    assert b"Bea's Bikes" not in raw
    assert KEY.hex().encode() not in raw
    # Sealed once more inside: a backup that somebody opened still shows no gateway's keys.
    secret = kept.shop.account.credentials["secret_key"]
    plain = b"".join(msgspec.msgpack.encode(record) for record in read_records(kept.path, OPENER))
    assert b"Bea's Bikes" in plain
    assert secret.encode() not in plain
    assert kept.path.stat().st_mode & 0o077 == 0


async def test_ub08_another_key_is_refused_before_anything_is_touched(
    kept: Kept, request: pytest.FixtureRequest
):
    url = new_place(request, kept.folder, kept.url, is_other=False)
    with pytest.raises(BackupUnreadable, match=r"another secret key.*secret\.key"):
        await kept.restore(url, opener=Opener(bytes(31) + b"1", None))
    # With the first guard off, the cipher itself refuses.
    with pytest.raises(BackupUnreadable, match="damaged"):
        read_backup(kept.path, Opener(bytes(31) + b"1", None))
    assert not await is_migrated(url)


async def test_any_change_to_the_file_is_found(kept: Kept):
    raw = kept.path.read_bytes()
    whole = raw.index(b"\n") + 1
    damaged = kept.folder / "damaged.backup"
    for at in [*range(0, whole, 17), *range(whole, len(raw), max(1, len(raw) // 200))]:
        damaged.write_bytes(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :])
        with pytest.raises(BackupUnreadable):
            read_backup(damaged, OPENER)
    for end in [0, 1, whole - 1, whole, whole + 3, whole + 50, *range(whole, len(raw), len(raw) // 50)]:
        damaged.write_bytes(raw[:end])
        with pytest.raises(BackupUnreadable):
            read_backup(damaged, OPENER)
    damaged.write_bytes(raw + raw[-40:])
    with pytest.raises(BackupUnreadable):
        read_backup(damaged, OPENER)
    frames = _frames(raw, whole)
    swapped = raw[:whole] + b"".join([frames[1], frames[0], *frames[2:]])
    damaged.write_bytes(swapped)
    with pytest.raises(BackupUnreadable):
        read_backup(damaged, OPENER)
    damaged.write_bytes(raw[:whole] + b"".join([*frames[:2], *frames[3:]]))
    with pytest.raises(BackupUnreadable):
        read_backup(damaged, OPENER)


def _frames(raw: bytes, at: int) -> list[bytes]:
    frames = []
    while at < len(raw):
        end = at + 4 + int.from_bytes(raw[at : at + 4], "big")
        frames.append(raw[at:end])
        at = end
    return frames


async def test_a_file_is_never_overwritten_and_a_failure_leaves_none(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
):
    before = kept.path.read_bytes()
    with pytest.raises(FileExistsError):
        await back_up(kept.shop.services, wanted(kept.path), nobody)
    assert kept.path.read_bytes() == before
    at = await kept.database.read(last_backup)

    def full(self: BackupWriter) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BackupWriter, "finish", full)
    other = kept.folder / "other"
    other.mkdir()
    with pytest.raises(OSError, match="No space"):
        await back_up(kept.shop.services, wanted(other / "x.backup"), nobody)
    assert [*other.iterdir()] == []
    assert await kept.database.read(last_backup) == at


async def test_a_full_place_is_refused_or_kept_aside(kept: Kept):
    await kept.database.close()
    before = await rows_at(kept.url)
    with pytest.raises(PlaceTaken, match="not empty"):
        await kept.restore(kept.url)
    assert await rows_at(kept.url) == before
    restored = await kept.restore(kept.url, may_replace=True)
    assert await rows_at(kept.url) == before
    [aside] = restored.kept_aside
    if kept.url.startswith("sqlite"):
        assert await rows_at(f"sqlite:///{aside}") == before
    else:
        assert aside.startswith("schema linktill_before_")
        schema = aside.removeprefix("schema ")
        assert await value_at(kept.url, f"SELECT count(*) FROM {schema}.payment_attempt") == 2
        await value_at(kept.url, f"DROP SCHEMA {schema} CASCADE")


async def test_a_place_that_somebody_has_open_is_refused(kept: Kept):
    before = await rows_at(kept.url)
    with pytest.raises(PlaceTaken, match=r"in use|connected"):
        await kept.restore(kept.url, may_replace=True)
    assert await rows_at(kept.url) == before


async def test_what_was_restored_is_compared_before_it_counts(
    kept: Kept, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    """A database that keeps something else than what it was given: found, and nothing is left behind."""
    url = new_place(request, kept.folder, kept.url, is_other=False)

    def one_less(records: Any) -> Any:
        for record in records:
            if record[0] == "rows":
                yield record[1], record[2][:-1] if record[1] == "link_token" else record[2]

    for module in ("backup_load", "backup_load_postgresql"):
        monkeypatch.setattr(f"linktill.storage.{module}.rows_of", one_less)
    with pytest.raises(BackupUnreadable, match="link_token"):
        await kept.restore(url)
    monkeypatch.undo()
    assert (await kept.restore(url)).contents.rows > 0


async def test_an_older_backup_is_brought_to_todays_schema(kept: Kept, request: pytest.FixtureRequest):
    """Rows go into the schema that they came from; the later migrations then run on them, as they would have."""
    url = new_place(request, kept.folder, kept.url, is_other=False)
    versions = kept.folder / "versions"
    shutil.copytree(VERSIONS, versions)
    newest = max(path.name for path in versions.glob("*.py"))[:4]
    later = f"{int(newest) + 1:04}"
    (versions / f"{later}_later.py").write_text(
        f'"""Later."""\n\nfrom alembic import op\n\nrevision = "{later}"\ndown_revision = "{newest}"\n\n\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE merchant ADD COLUMN nickname TEXT")\n'
        "    op.execute(\"UPDATE merchant SET nickname = 'was ' || name\")\n"
    )
    order = kept.order(url)
    contents = read_backup(order.path, OPENER)
    load = Load(
        contents.head, contents.shapes, contents.sums, lambda: read_records(order.path, OPENER), {}, None
    )
    await load_backup(url, load, SystemClock(), versions=versions)
    assert await value_at(url, "SELECT nickname FROM merchant") == "was Bea's Bikes"
    newer = msgspec.structs.replace(contents.head, schema_version="9999", release="9.9.9")
    with pytest.raises(BackupUnreadable, match=r"newer Linktill \(9\.9\.9\)"):
        await load_backup(
            url, Load(newer, (), {}, lambda: iter(()), {}, None), SystemClock(), versions=versions
        )


async def test_a_passphrase_brings_the_key_along(kept: Kept, request: pytest.FixtureRequest):
    sealed = Opener(KEY, b"correct horse battery")
    path = kept.folder / "phrase.backup"
    made = await back_up(kept.shop.services, wanted(path, sealed), nobody)
    assert made.contents.secret_key == KEY
    assert read_head(path).key == "passphrase"
    with pytest.raises(BackupUnreadable, match="--passphrase-file"):
        read_backup(path, OPENER)
    with pytest.raises(BackupUnreadable, match="passphrase is another one"):
        read_backup(path, Opener(KEY, b"another phrase altogether"))
    # A new machine has made a key of its own by then.
    url = new_place(request, kept.folder, kept.url, is_other=False)
    fresh = bytes(31) + b"2"
    order = kept.order(url, path=path, opener=Opener(fresh, b"correct horse battery"))
    order.key_file.write_text(fresh.hex())
    restored = await restore_backup(SystemClock(), SystemRandomness(), order)
    assert order.key_file.read_text().strip() == KEY.hex()
    [aside] = restored.kept_aside
    assert (order.key_file.parent / aside).read_text() == fresh.hex()


async def test_the_sandboxs_books_come_back_only_where_there_are_none(
    kept: Kept, request: pytest.FixtureRequest
):
    books = kept.folder / "sandbox.sqlite3"
    with sqlite3.connect(books) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE payment (id TEXT)")
        connection.execute("INSERT INTO payment VALUES ('sbpay_1')")
    path = kept.folder / "with.backup"
    await back_up(kept.shop.services, wanted(path, sandbox=books), nobody)
    url = new_place(request, kept.folder, kept.url, is_other=False)
    order = kept.order(url, path=path)
    assert (await restore_backup(SystemClock(), SystemRandomness(), order)).sandbox == "restored"
    with sqlite3.connect(order.sandbox) as connection:
        assert connection.execute("SELECT id FROM payment").fetchall() == [("sbpay_1",)]
        connection.execute("INSERT INTO payment VALUES ('sbpay_2')")
    again = kept.order(new_place(request, kept.folder, kept.url, is_other=False), path=path)
    assert (await restore_backup(SystemClock(), SystemRandomness(), again)).sandbox == "left alone"
    with sqlite3.connect(order.sandbox) as connection:
        assert len(connection.execute("SELECT id FROM payment").fetchall()) == 2


async def test_a_server_that_nobody_set_up_is_in_nobodys_way(kept: Kept, request: pytest.FixtureRequest):
    url = new_place(request, kept.folder, kept.url, is_other=False)
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    await migrate(url)
    opened = await open_database(url, SystemClock())

    async def token(tx: Tx) -> None:
        await put_fact(tx, "set_up_token", "hash")

    await opened.run(token)
    await opened.close()
    assert (await kept.restore(url)).kept_aside == ()
    assert await fact_at(url, "set_up_token") is None


@pytest.mark.parametrize(("hours", "late"), [(0, False), (25, False), (26, False), (27, True)])
async def test_ub09_a_job_that_fails_in_silence_is_noticed_within_26_hours(
    kept: Kept, hours: int, late: bool
):
    made_at = await kept.database.read(last_backup)
    assert made_at is not None
    assert is_overdue(made_at, made_at + hours * 3_600_000_000) is late
    assert is_overdue(None, made_at) is False
