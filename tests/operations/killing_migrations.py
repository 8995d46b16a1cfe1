"""A program: kills a migration with SIGKILL at one statement after the other, and looks what the next start makes of it.

`python -m tests.operations.killing_migrations FOLDER VERSIONS` on SQLite. Prints one JSON line: how often it was killed, and
at which statements the next start did not leave what a start that nobody killed leaves.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from linktill.storage import migrate as module

# Loaded once, before the forks: it takes most of a second.
import linktill.storage.migration_script  # noqa: F401  # isort: skip


def dying(at: int) -> Callable[..., apsw.Connection]:
    """Opens connections that die before the statement of this number, counted over all of them."""
    real, seen = module.connect, 0  # type: ignore[attr-defined]

    def trace(*_: Any) -> bool:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def connect(*arguments: Any, **options: Any) -> apsw.Connection:
        connection = real(*arguments, **options)
        connection.exec_trace = trace
        return connection

    return connect


def is_killed(url: str, versions: Path, at: int) -> bool:
    """Migrates in a process that dies before its statement `at`. False: it came to its end before."""
    pid = os.fork()
    if pid == 0:
        module.connect = dying(at)  # type: ignore[attr-defined]
        asyncio.run(module.migrate(url, versions=versions))
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGKILL}
    return os.waitstatus_to_exitcode(status) != 0


def contents(path: Path) -> Any:
    """The whole schema, the version, and every row of the tables that migrations write to."""
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        schema = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        rows = connection.execute("SELECT * FROM installation ORDER BY key").fetchall()
        return schema, rows, connection.execute(module.READ).fetchall()


def main(folder: Path, versions: Path) -> None:
    """Each attempt starts from the folder's `before.db`, if there is one."""
    before = folder / "before.db"

    def fresh(name: str) -> str:
        if before.exists():
            (folder / name).write_bytes(before.read_bytes())
        return f"sqlite:///{folder / name}"

    assert asyncio.run(module.migrate(fresh("whole.db"), versions=versions))
    whole, wrong, at = contents(folder / "whole.db"), [], 1
    while is_killed(fresh(f"{at}.db"), versions, at):
        asyncio.run(module.migrate(f"sqlite:///{folder / f'{at}.db'}", versions=versions))
        if contents(folder / f"{at}.db") != whole:
            wrong.append(at)
        at += 1
    print(json.dumps({"killed": at - 1, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
