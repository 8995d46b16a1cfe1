"""A Linktill in a process of its own, to be killed and started again on the same data."""

import signal
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.children import asked, ended, environment, free_port, started


@dataclass
class Killable:
    """`linktill demo` on one database, with a worker of its own beside it where two processes may share the database."""

    folder: Path
    database_url: str
    has_worker: bool = False
    port: int = field(default_factory=free_port)
    story: dict[str, Any] = field(default_factory=dict)
    server: Process | None = None
    worker: Process | None = None

    async def start(self) -> None:
        """Starts what does not run; returns once it serves."""
        self.folder.mkdir(exist_ok=True)
        if self.server is None:
            where = ("--port", str(self.port), "--data", str(self.folder), "--database", self.database_url)
            self.server, self.story = await started(
                "demo", *where, log=self.folder / "log.txt", settings=environment(self.folder)
            )
        if self.has_worker and self.worker is None:
            settings = {
                **self._settings(),
                "LINKTILL_BASE_URL": str(self.story["base_url"]),
                "LINKTILL_ALLOW_PRIVATE_WEBHOOKS": "on",
            }
            self.worker, _ = await started("worker", log=self.folder / "worker.txt", settings=settings)

    def _settings(self) -> dict[str, str]:
        return environment(
            self.folder, LINKTILL_DATA_DIR=str(self.folder), LINKTILL_DATABASE_URL=self.database_url
        )

    async def kill(self, *, server: bool = True, worker: bool = False) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        if server and self.server is not None:
            await ended(self.server, signal.SIGKILL)
            self.server = None
        if worker and self.worker is not None:
            await ended(self.worker, signal.SIGKILL)
            self.worker = None

    def is_up(self) -> bool:
        """What was started still runs."""
        started = [process for process in (self.server, self.worker) if process is not None]
        return all(process.returncode is None for process in started)

    async def stop(self) -> None:
        """SIGTERM, and it ends by itself."""
        for process in (self.worker, self.server):
            if process is not None:
                await ended(process, signal.SIGTERM)
        self.server = self.worker = None

    async def command(self, *words: str) -> tuple[int, Any]:
        """Another `linktill` command on the same data: its exit code and its JSON."""
        return await asked(*words, folder=self.folder, settings=self._settings())
