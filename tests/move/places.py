"""Where a move starts and leads, for tests that look into both."""

import json
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from linktill.flows.move_marks import Mark, read_mark
from linktill.platform.clock import SystemClock
from linktill.storage import copy
from linktill.storage.database import Database, open_database
from linktill.storage.errors import StatementWrong
from tests.cli.children import LINKTILL, Done, environment, linktill


@dataclass
class Places:
    """`source` is the SQLite file, `target_url` an empty PostgreSQL database."""

    folder: Path
    source: Path
    target_url: str

    @property
    def source_url(self) -> str:
        return f"sqlite:///{self.source}"

    @property
    def settings(self) -> dict[str, str]:
        return {"LINKTILL_DATA_DIR": str(self.folder / "data"), "LINKTILL_DATABASE_URL": self.source_url}

    def command(self, *arguments: str, **settings: str) -> Done:
        """A command on the source, in a process of its own."""
        return linktill(*arguments, folder=self.folder, **{**self.settings, **settings})

    def move(self, **settings: str) -> Done:
        return self.command("move", "--to", self.target_url, "--json", **settings)

    def on_target(self, *arguments: str) -> Done:
        return self.command(*arguments, LINKTILL_DATABASE_URL=self.target_url)

    def move_until_killed(self, after_s: float) -> Done | None:
        """Starts a move and kills it with SIGKILL so much later. None: it was killed."""
        arguments = [LINKTILL, "move", "--to", self.target_url, "--json"]
        process = subprocess.Popen(
            arguments,
            env=environment(self.folder, **self.settings),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            out, _ = process.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return None
        return Done(process.returncode, out, "")

    def move_measured(self) -> tuple[Any, float, int]:
        """A move in a process of its own: its answer, its seconds, and the most memory it had, in KiB."""
        arguments = [LINKTILL, "move", "--to", self.target_url, "--json"]
        started_s = time.monotonic()
        with (self.folder / "answer.json").open("w+") as answer:
            process = subprocess.Popen(
                arguments,
                env=environment(self.folder, **self.settings),
                cwd=self.folder,
                stdout=answer,
                stderr=subprocess.DEVNULL,
            )
            # Not getrusage: what it tells of a child includes what the parent had when it forked.
            peak_kib = 0
            while process.poll() is None:
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
                peak_kib = peak_kib if found is None else int(found[1])
                time.sleep(0.02)
            answer.seek(0)
            return json.loads(answer.read()), time.monotonic() - started_s, peak_kib

    async def marks(self) -> tuple[Mark | None, Mark | None]:
        """What the source and the target say of themselves."""
        source = await open_database(self.source_url, SystemClock())
        ours = await source.read(read_mark)
        await source.close()
        target = await open_database(self.target_url, SystemClock())
        try:
            theirs = await target.read(read_mark)
        except StatementWrong:
            theirs = None  # not migrated yet
        await target.close()
        return ours, theirs

    async def digests(self) -> list[tuple[dict[str, str], int]]:
        """For both: the digest of every table, but for the marks, and how many rows there are."""
        found = []
        for url in (self.source_url, self.target_url):
            database = await open_database(url, SystemClock())
            found.append(await digests_of(database))
            await database.close()
        return found

    async def change(self, statement: str) -> None:
        """Somebody writes into the target, past Linktill."""
        connection = await asyncpg.connect(self.target_url)
        assert not (await connection.execute(statement)).endswith(" 0")
        await connection.close()

    def change_source(self, statement: str, *values: object) -> None:
        connection = apsw.Connection(str(self.source))
        connection.execute(statement, values)
        assert connection.changes() > 0
        connection.close()

    def fill(self, rows: int) -> None:
        """So many events more: rows that no rule counts."""
        data = json.dumps({"object": "event", "text": "ö" * 200})
        chance = random.Random(7)
        connection = apsw.Connection(str(self.source))
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO event (merchant_id, id, type, at, object_id, data) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (f"mer_{n % 3}", f"evt_{n:026}", "link.created", chance.getrandbits(60), f"plink_{n}", data)
                for n in range(rows)
            ),
        )
        connection.execute("COMMIT")
        connection.close()


async def digests_of(database: Database) -> tuple[dict[str, str], int]:
    digests, count = {}, 0
    for name in copy.NAMES:
        made, after = copy.Digest(name), None
        while rows := await database.read(copy.read_rows, name, after=after, limit=1_000):
            made.add([row for row in rows if (name, row[0]) != ("installation", "move")])
            after = copy.key_of(name, rows[-1])
        digests[name], count = made.hexdigest(), count + made.rows
    return digests, count
