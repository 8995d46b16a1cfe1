"""ST07: the files are removed, replaced or may no longer be used: nothing is served from them, and somebody is told."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from linktill.storage.errors import SettingInvalid, StorageBroken
from linktill.storage.migrate import migrate
from linktill.storage.sqlite import LOOK_S, open_sqlite
from tests.rights import as_somebody_else
from tests.storage.engine import notes
from tests.storage.faults.disk import Disk
from tests.storage.faults.world import CountingClock

NAME = "linktill.db"


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / NAME))


@pytest.mark.parametrize("method", ["read", "report"])
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("is_replaced", [False, True])
async def test_st07_who_only_reads_notices_too(
    path: Path, sqlite_template: Path, method, suffix, is_replaced
):
    clock = CountingClock()
    deaths: list[BaseException] = []
    database = await open_sqlite(f"sqlite:///{path}", clock, queue_max=10, on_fatal=deaths.append)
    await database.run(notes.put, "a")
    assert await getattr(database, method)(notes.keys) == ["a"]
    file = path.with_name(f"{NAME}{suffix}")
    if is_replaced:
        os.replace(shutil.copyfile(file, path.with_name("other")), file)  # noqa: PTH105
    else:
        os.unlink(file)  # noqa: PTH108
    clock.advance(LOOK_S)
    with pytest.raises(StorageBroken, match="replaced or removed"):
        await getattr(database, method)(notes.keys)
    assert len(deaths) == 1
    with pytest.raises(StorageBroken, match="replaced or removed"):
        await database.run(notes.put, "b")
    await database.close()
    assert len(deaths) == 1


@pytest.fixture
def open_place(sqlite_template: Path) -> Iterator[Path]:
    """A database in a folder that others may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        permit(folder, 0o777)
        yield Path(shutil.copyfile(sqlite_template, Path(folder) / NAME))
        permit(folder, 0o777)


def permit(path: Path | str, mode: int) -> None:
    os.chmod(path, mode)  # noqa: PTH101


async def test_st07_what_may_not_be_written_is_named_at_the_start(open_place: Path):
    url = f"sqlite:///{open_place}"
    for mode in (0o000, 0o444):
        permit(open_place, mode)
        with as_somebody_else():
            for attempt in (migrate(url), open_sqlite(url, CountingClock(), queue_max=10)):
                with pytest.raises(SettingInvalid, match="cannot be opened for writing: Permission denied"):
                    await attempt
    permit(open_place, 0o666)
    permit(open_place.parent, 0o555)
    with as_somebody_else():
        for attempt in (migrate(url), open_sqlite(url, CountingClock(), queue_max=10)):
            with pytest.raises(StorageBroken, match=r"CantOpenError|ReadOnly"):
                await attempt
    permit(open_place.parent, 0o777)
    with as_somebody_else():
        database = await open_sqlite(url, CountingClock(), queue_max=10)
        await database.run(notes.put, "a")
        await database.close()


async def test_st07_a_disk_that_became_read_only_refuses_writes_and_goes_on_reading(path: Path):
    disk = Disk("read-only")
    database = await open_sqlite(f"sqlite:///{path}", CountingClock(), queue_max=10, vfs=disk.name)
    await database.run(notes.put, "a")

    def refuse(kind: str, _path: str) -> None:
        if kind == "write":
            raise apsw.ReadOnlyError("read-only file system")

    disk.before = refuse
    with pytest.raises(StorageBroken, match="ReadOnlyError"):
        await database.run(notes.put, "b")
    assert await database.read(notes.keys) == ["a"]
    disk.before = None
    await database.run(notes.put, "b")
    assert await database.read(notes.keys) == ["a", "b"]
    await database.close()
    disk.unregister()
