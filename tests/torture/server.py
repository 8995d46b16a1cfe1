"""A Linktill in a process of its own, to be killed and started again on the same data."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_MAX_S = 30.0
LINKTILL = str(Path(sys.executable).with_name("linktill"))


def _environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKTILL_")}
    return {**kept, **changes}


@dataclass
class Killable:
    """`linktill demo` on one database, with a worker of its own beside it where two processes may share the database."""

    folder: Path
    database_url: str
    port: int
    has_worker: bool
    story: dict[str, Any] = field(default_factory=dict)
    server: Process | None = None
    worker: Process | None = None

    async def start(self) -> None:
        """Starts what does not run; returns once it serves."""
        if self.server is None:
            await self._start_server()
        if self.has_worker and self.worker is None:
            environment = _environment(
                LINKTILL_DATA_DIR=str(self.folder),
                LINKTILL_DATABASE_URL=self.database_url,
                LINKTILL_BASE_URL=str(self.story["base_url"]),
                LINKTILL_ALLOW_PRIVATE_WEBHOOKS="on",
            )
            with (self.folder / "worker.txt").open("a") as log:
                self.worker = await asyncio.create_subprocess_exec(
                    LINKTILL, "worker", "--json", env=environment, stdout=PIPE, stderr=log
                )
            await self._says(self.worker, "worker.txt")

    async def _start_server(self) -> None:
        with (self.folder / "log.txt").open("a") as log:
            self.server = await asyncio.create_subprocess_exec(
                LINKTILL,
                "demo",
                "--json",
                "--port",
                str(self.port),
                "--data",
                str(self.folder),
                "--database",
                self.database_url,
                env=_environment(),
                stdout=PIPE,
                stderr=log,
            )
        self.story = json.loads(await self._says(self.server, "log.txt"))

    async def _says(self, process: Process, log: str) -> bytes:
        """The line that it prints once it is ready."""
        assert process.stdout is not None
        async with asyncio.timeout(READY_MAX_S):
            line = await process.stdout.readline()
        assert line, (self.folder / log).read_text()[-2_000:]
        return line

    async def kill(self, *, server: bool = True, worker: bool = False) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        if server and self.server is not None:
            await _end(self.server, signal.SIGKILL)
            self.server = None
        if worker and self.worker is not None:
            await _end(self.worker, signal.SIGKILL)
            self.worker = None

    def is_up(self) -> bool:
        """What was started still runs."""
        started = [process for process in (self.server, self.worker) if process is not None]
        return all(process.returncode is None for process in started)

    async def stop(self) -> None:
        """SIGTERM, and it ends by itself."""
        for process in (self.worker, self.server):
            if process is not None:
                await _end(process, signal.SIGTERM)
        self.server = self.worker = None

    async def command(self, *words: str) -> tuple[int, Any]:
        """Another `linktill` command on the same data: its exit code and its JSON."""
        environment = _environment(
            LINKTILL_DATA_DIR=str(self.folder), LINKTILL_DATABASE_URL=self.database_url
        )
        process = await asyncio.create_subprocess_exec(
            LINKTILL, *words, "--json", env=environment, stdout=PIPE, stderr=PIPE
        )
        out, errors = await process.communicate()
        assert out, errors.decode()
        return process.returncode or 0, json.loads(out)


async def _end(process: Process, how: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(how)
    async with asyncio.timeout(40):
        await process.wait()
