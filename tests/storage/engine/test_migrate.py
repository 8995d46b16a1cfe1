"""Migrations: once, by one, all or nothing."""

import asyncio
import sys

import apsw
import pytest

from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.errors import SchemaNewer, SettingInvalid, StorageError
from linktill.storage.migrate import VERSIONS, known_versions, migrate
from tests.storage.engine import notes

FIRST = """
from alembic import op
from sqlalchemy import Column, Text
revision = "0001"
down_revision = None
def upgrade():
    op.create_table("installation", Column("key", Text, primary_key=True), Column("value", Text))
    op.execute("INSERT INTO installation VALUES ('from', '100% of 0001: it''s')")
"""
SECOND = """
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.execute("INSERT INTO installation VALUES ('second', '')")
    {more}
"""


@pytest.fixture
def versions(tmp_path):
    folder = tmp_path / "100% versions"
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST)
    return folder


async def found(url, unit, *args):
    database = await open_database(url, SystemClock())
    try:
        return await database.run(unit, *args)
    finally:
        await database.close()


async def test_cc21_instances_that_start_together_migrate_once(empty_database_url):
    results = await asyncio.gather(*[migrate(empty_database_url) for _ in range(6)])
    assert sorted(results) == [False] * 5 + [True]
    assert await found(empty_database_url, notes.put_new, "works")
    assert await migrate(empty_database_url) is False


async def test_cc21_from_other_processes_too(empty_database_url):
    program = "import asyncio, sys; from linktill.storage.migrate import migrate; print(asyncio.run(migrate(sys.argv[1])))"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_database_url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    printed = [(await process.communicate())[0].decode().strip() for process in processes]
    assert sorted(printed) == ["False", "False", "True"]


async def test_cc21_a_first_start_waits_for_whoever_writes_at_that_moment(tmp_path):
    path = tmp_path / "new.sqlite3"
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    starting = asyncio.create_task(migrate(f"sqlite:///{path}"))
    await asyncio.sleep(0.2)
    assert not starting.done()
    other.execute("COMMIT")
    assert await starting


async def test_a_start_with_nothing_to_do_does_not_load_alembic(database_url):
    program = (
        "import asyncio, sys; from linktill.storage.migrate import migrate;"
        "print(asyncio.run(migrate(sys.argv[1])), 'alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0].decode().strip() == "False False"


async def test_step_by_step(empty_database_url, versions):
    assert await migrate(empty_database_url, versions=versions)
    assert await found(empty_database_url, notes.get, "from") == "100% of 0001: it's"
    (versions / "0002_second.py").write_text(SECOND.format(more=""))
    assert await migrate(empty_database_url, versions=versions)
    assert await migrate(empty_database_url, versions=versions) is False
    assert await found(empty_database_url, notes.keys) == ["from", "second"]


async def test_a_migration_that_fails_half_way_leaves_nothing(empty_database_url, versions):
    await migrate(empty_database_url, versions=versions)
    (versions / "0002_second.py").write_text(SECOND.format(more="op.execute('SELECT missing FROM nowhere')"))
    with pytest.raises(StorageError, match="nowhere"):
        await migrate(empty_database_url, versions=versions)
    assert await found(empty_database_url, notes.keys) == ["from"]
    (versions / "0002_second.py").write_text(SECOND.format(more=""))
    assert await migrate(empty_database_url, versions=versions)


async def test_a_database_that_is_newer_is_refused_untouched(empty_database_url, versions):
    (versions / "0002_second.py").write_text(SECOND.format(more=""))
    await migrate(empty_database_url, versions=versions)
    (versions / "0002_second.py").unlink()
    with pytest.raises(SchemaNewer, match=r"version 0002; this Linktill knows versions up to 0001"):
        await migrate(empty_database_url, versions=versions)
    assert await found(empty_database_url, notes.keys) == ["from", "second"]


def test_versions_are_one_line_of_history():
    known = known_versions()
    assert known == tuple(f"{number:04}" for number in range(1, len(known) + 1))
    for number in known:
        text = next(VERSIONS.glob(f"{number}_*.py")).read_text()
        assert f'revision = "{number}"' in text
        before = f'"{int(number) - 1:04}"' if number != "0001" else "None"
        assert f"down_revision = {before}" in text


async def test_a_server_that_cannot_be_reached_is_named(tmp_path):
    url = f"postgresql://linktill@/linktill?host={tmp_path}"
    with pytest.raises(SettingInvalid, match="LINKTILL_DATABASE_URL"):
        await migrate(url)
    with pytest.raises(SettingInvalid, match="LINKTILL_DATABASE_URL"):
        await open_database(url, SystemClock())
