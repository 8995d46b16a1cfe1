"""UB02: kill -9 in the middle of each migration step. The next start completes it, or finds it done; nothing is half there."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from linktill.storage.migrate import VERSIONS, migrate, render_script
from tests.architecture.source import ROOT
from tests.cli.children import linktill

# A table is changed as SQLite has to do it, rows are written, an index is made: each kind of step that a release may bring.
SECOND = """
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.execute("INSERT INTO installation VALUES ('second', 'a')")
    op.execute("CREATE TABLE mail_new (LIKE_MAIL)")
    op.execute("INSERT INTO mail_new SELECT merchant_id, id FROM mail")
    op.execute("DROP TABLE mail")
    op.execute("ALTER TABLE mail_new RENAME TO mail")
    op.execute("CREATE INDEX mail_id ON mail (id)")
""".replace("LIKE_MAIL", "merchant_id TEXT NOT NULL, id TEXT NOT NULL")
THIRD = """
from alembic import op
revision = "0003"
down_revision = "0002"
def upgrade():
    op.execute("ALTER TABLE mail ADD COLUMN sent_at BIGINT")
    op.execute("UPDATE installation SET value = 'b' WHERE key = 'second'")
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """This release's migrations and two that may come."""
    folder = tmp_path / "versions"
    shutil.copytree(VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert len([*folder.iterdir()]) == 1, "the next migration is 0002: number these anew"
    (folder / "0002_second.py").write_text(SECOND)
    (folder / "0003_third.py").write_text(THIRD)
    return folder


def killed_at_each(folder: Path, versions: Path) -> tuple[int, list[int]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.operations.killing_migrations", str(folder), str(versions)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["killed"], told["wrong"]


def test_ub02_killed_at_each_statement_of_a_first_start_on_sqlite(tmp_path: Path):
    (tmp_path / "new").mkdir()
    killed, wrong = killed_at_each(tmp_path / "new", VERSIONS)
    assert killed > 50
    assert wrong == []


async def test_ub02_killed_at_each_statement_of_an_upgrade_on_sqlite(tmp_path: Path, versions: Path):
    folder = tmp_path / "upgrade"
    folder.mkdir()
    await migrate(f"sqlite:///{folder / 'before.db'}")
    killed, wrong = await asyncio.to_thread(killed_at_each, folder, versions)
    assert killed > 10
    assert wrong == []


CHILD = """
import asyncio, sys
from pathlib import Path
from linktill.storage import migrate_postgresql as module
url, versions, at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
real = module.render_script
def slow(*arguments):
    statements = real(*arguments).split(";\\n\\n")
    statements.insert(at, "SELECT pg_sleep(1)")
    return ";\\n\\n".join(statements)
module.render_script = slow
asyncio.run(module.migrate_postgresql(url, versions))
"""
_SLEEPS = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep'"
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'migration_lock'"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
async def test_ub02_killed_in_the_middle_on_postgresql(empty_database_url: str, versions: Path, share: float):
    """While a statement runs. The server goes on with it, finds nobody to answer, and takes all of it back."""
    statements = render_script("postgresql", None, versions).count(";\n\n")
    assert statements > 50
    at = round(share * statements)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, empty_database_url, str(versions), str(at)
    )
    watcher = await asyncpg.connect(empty_database_url)
    name = await watcher.fetchval("SELECT current_database()")
    async with asyncio.timeout(30):
        while not await watcher.fetchval(_SLEEPS, name):  # noqa: ASYNC110 another process makes it true
            await asyncio.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert await watcher.fetchval(_TABLES) == 0
    # At once, while the server still sleeps for the dead: it waits for the lock.
    assert await migrate(empty_database_url, versions=versions)
    assert await watcher.fetchval("SELECT version_num FROM alembic_version") == "0003"
    assert await watcher.fetchval("SELECT value FROM installation WHERE key = 'second'") == "b"
    assert await migrate(empty_database_url, versions=versions) is False
    await watcher.close()


def test_ub02_the_command_completes_what_was_killed(empty_database_url: str, tmp_path: Path):
    """With the command that operators have, killed at moments as they come."""
    settings = {"LINKTILL_DATABASE_URL": empty_database_url, "LINKTILL_DATA_DIR": str(tmp_path / "data")}
    program = str(Path(sys.executable).with_name("linktill"))
    for after_s in (0.2, 0.4, 0.6, 0.8, 1.0):
        process = subprocess.Popen([program, "migrate"], env={"HOME": str(tmp_path), **settings})
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = linktill("migrate", "--json", folder=tmp_path, **settings)
    assert (done.code, done.json["schema_version"]) == (0, "0001")
    done = linktill("verify", "--json", folder=tmp_path, **settings)
    assert (done.code, done.json["status"]) == (0, "clean")
