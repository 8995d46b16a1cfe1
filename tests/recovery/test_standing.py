"""UB12: a copy of an installation knows that it is one, and the real one is never locked out by what may change."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from linktill.flows.adopt import adopt
from linktill.flows.standing import Standing, Why
from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.installation import put_fact
from linktill.storage.migrate import migrate
from linktill.storage.sqlite_connection import path_of
from linktill.storage.standing import HOME_FACT, RESTORED_FACT, cluster_home, file_home
from tests.postgres import Server
from tests.recovery.places import create, value_at

FOLDER = "data"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await open_database(url, SystemClock())
    try:
        yield database
    finally:
        await database.close()


async def start(url: str) -> Why | None:
    """What a server finds at its start."""
    standing = Standing(url)
    async with opened(url) as database:
        await standing.settle_in(database, SystemIds())
    return standing.why


async def rehome(url: str) -> None:
    """`linktill adopt --moved`."""
    standing = Standing(url)
    async with opened(url) as database:
        services: Any = SimpleNamespace(standing=standing, database=database)
        await adopt(services, is_moved=True)
        assert standing.is_live


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    folder = tmp_path / FOLDER
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "linktill.db")
    return f"sqlite:///{folder}/linktill.db"


def at(folder: Path) -> str:
    return f"sqlite:///{folder}/linktill.db"


async def test_the_first_start_makes_it_the_installation_and_the_next_ones_know_it(database_url: str):
    assert await start(database_url) is None
    assert await start(database_url) is None
    assert (
        await value_at(database_url, "SELECT count(*) FROM installation WHERE key LIKE 'installation%'") == 2
    )


async def test_several_processes_that_start_at_once_agree(database_url: str):
    standings = [Standing(database_url) for _ in range(3)]
    async with opened(database_url) as database:
        for standing in standings:
            await standing.settle_in(database, SystemIds())
    assert [standing.why for standing in standings] == [None] * 3


@pytest.mark.parametrize("how", ["cp -a", "file alone", "same machine, other name", "rsync over the old one"])
async def test_ub12_a_copied_file_is_a_copy(sqlite_url: str, tmp_path: Path, how: str):
    assert await start(sqlite_url) is None
    source = path_of(sqlite_url).parent
    copied = tmp_path / "staging"
    match how:
        case "cp -a":
            shutil.copytree(source, copied, copy_function=shutil.copy2)
        case "file alone":
            copied.mkdir()
            shutil.copyfile(source / "linktill.db", copied / "linktill.db")
        case "same machine, other name":
            copied.mkdir()
            shutil.copy2(source / "linktill.db", copied / "linktill.db")
            shutil.copy2(source / "linktill.db.home", copied / "linktill.db.home")
        case _:
            # A folder that an installation of its own was in before.
            copied.mkdir()
            await migrate(at(copied))
            assert await start(at(copied)) is None
            for name in ("linktill.db", "linktill.db.home"):
                (copied / f".{name}.x").write_bytes((source / name).read_bytes())
                (copied / f".{name}.x").replace(copied / name)
    assert await start(at(copied)) is Why.MOVED
    assert await start(sqlite_url) is None, "the real one goes on"
    assert await start(at(copied)) is Why.MOVED, "as often as it is started"
    await rehome(at(copied))
    assert await start(at(copied)) is None


async def test_what_may_change_locks_nobody_out(sqlite_url: str, tmp_path: Path):
    """Another mount point, changed owners and modes, a marker that is gone, another volume number: one sign is enough."""
    assert await start(sqlite_url) is None
    folder = path_of(sqlite_url).parent
    # The volume is mounted elsewhere: a rename keeps what a mount keeps.
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    assert await start(at(moved)) is None
    # An entry point changes owners and modes at each start: the marker's last change is another one.
    for path in moved.iterdir():
        os.chown(path, os.getuid(), os.getgid())
        path.chmod(0o600)
    assert await start(at(moved)) is None
    (moved / "linktill.db.home").unlink()
    assert await start(at(moved)) is None
    assert (moved / "linktill.db.home").exists(), "the sign is put up again"
    # The volume has another number now, the marker is as it was.
    home = file_home(at(moved))
    async with opened(at(moved)) as database:

        async def renumbered(tx: Tx) -> None:
            await put_fact(tx, HOME_FACT, f'{{"kind":"sqlite","database":"1/1","marker":"{home.marker}"}}')

        await database.run(renumbered)
    assert await start(at(moved)) is None
    assert await start(at(moved)) is None


async def test_ub12_a_postgresql_database_made_from_another_is_a_copy(postgres: Server):
    url = create(postgres, "standing_real")
    await migrate(url)
    assert await start(url) is None
    postgres.command(
        "createdb",
        f"--host={postgres.folder}",
        "--username=linktill",
        "--template=standing_real",
        "standing_copy",
    )
    copy = postgres.url("standing_copy")
    assert await start(copy) is Why.MOVED
    assert await start(url) is None
    # Another address of the same database is the same place, as after a fail-over.
    assert await start(f"{url}&application_name=other") is None
    await rehome(copy)
    assert await start(copy) is None


async def test_ub12_a_dump_loaded_elsewhere_is_a_copy(postgres: Server, tmp_path: Path):
    url = create(postgres, "dump_real")
    await migrate(url)
    assert await start(url) is None
    dump = postgres.command("pg_dump", f"--host={postgres.folder}", "--username=linktill", "dump_real")
    copy = create(postgres, "dump_copy")
    script = postgres.folder / "dump.sql"
    script.write_text(dump)
    script.chmod(0o644)
    # The wheel has no psql: what a dump does is run through the driver, COPY as INSERT.
    rows = [line for line in dump.splitlines() if line.startswith("installation_")]
    assert len(rows) == 2
    await migrate(copy)
    for line in rows:
        key, value = line.split("\t")
        await value_at(copy, f"INSERT INTO installation VALUES ('{key}', '{value}')")
    assert await start(copy) is Why.MOVED


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_server_that_does_not_say_where_it_is_locks_nobody_out(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """A managed PostgreSQL may refuse the function: then copies cannot be told, and the real one goes on."""
    assert await start(database_url) is None

    async def refused(tx: Tx) -> None:
        await cluster_home(tx)
        await tx.run(_wrong())

    monkeypatch.setattr("linktill.flows.standing.cluster_home", refused)
    assert await start(database_url) is None


def _wrong() -> Any:
    from sqlalchemy import text  # noqa: PLC0415

    from linktill.storage.statements import compiled  # noqa: PLC0415

    return compiled(text("SELECT no_such_function()"))


async def test_a_restored_backup_always_asks_even_in_its_old_place(database_url: str):
    assert await start(database_url) is None
    async with opened(database_url) as database:

        async def restored(tx: Tx) -> None:
            await put_fact(tx, RESTORED_FACT, "1")

        await database.run(restored)
    assert await start(database_url) is Why.RESTORED
    assert await start(database_url) is Why.RESTORED
