"""Linktill in a process of its own, started as a person starts it, with what it says on its console."""

import asyncio
import json
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.children import LINKTILL, READY_MAX_S, STOP_MAX_S, asked

_TOKEN = re.compile(r"^\s*Token\s+(\S+)$", re.MULTILINE)


@dataclass
class Installation:
    """A running server and its data. `story`: what a demo tells of itself."""

    folder: Path
    environment: dict[str, str]
    process: Process
    base_url: str
    story: dict[str, str]

    @property
    def console(self) -> str:
        """Everything that was printed for people so far."""
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        return self.folder / "console.txt"

    async def token(self) -> str:
        """The one-time token, as it stands on the console."""
        found = _TOKEN.findall(await self.said("Token"))
        assert len(found) == 1, self.console
        return str(found[0])

    async def said(self, words: str) -> str:
        """The console, once these words are on it."""
        async with asyncio.timeout(READY_MAX_S):
            while words not in self.console:
                assert self.process.returncode is None, self.console
                await asyncio.sleep(0.02)
        return self.console

    async def command(self, *words: str) -> tuple[int, Any]:
        """Another `linktill` command on the same data: its exit code and its JSON."""
        return await asked(*words, folder=self.folder, settings=self.environment)

    async def verified(self) -> dict[str, Any]:
        """What `linktill verify` says, which must be: clean."""
        code, document = await self.command("verify")
        assert (code, document["status"], document["problems"]) == (0, "clean", []), document
        return dict(document)

    async def stop(self) -> None:
        """SIGTERM, and it ends by itself, without a word of trouble in its log."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_MAX_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise
        assert self.process.returncode == 0, self.console
        assert not re.search(r"Traceback|\[(error|critical) ", self.console), self.console


def _environment(folder: Path, database_url: str, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKTILL_")}
    own = {
        "LINKTILL_DATA_DIR": str(folder),
        "LINKTILL_DATABASE_URL": database_url,
        **{f"LINKTILL_{name}": value for name, value in settings.items()},
    }
    return {**kept, **own, "NO_COLOR": "1"}


async def _started(
    folder: Path, environment: dict[str, str], *words: str, has_story: bool
) -> tuple[Process, str]:
    with (folder / "console.txt").open("w") as console:
        process = await asyncio.create_subprocess_exec(
            LINKTILL,
            *words,
            cwd=folder,
            env=environment,
            stdin=DEVNULL,
            stdout=PIPE if has_story else console,
            stderr=console,
        )
    line = b""
    if process.stdout is not None:
        async with asyncio.timeout(READY_MAX_S):
            line = await process.stdout.readline()
        assert line, (folder / "console.txt").read_text()
    return process, line.decode()


@asynccontextmanager
async def serving(folder: Path, database_url: str, port: int, **settings: str) -> AsyncIterator[Installation]:
    """`linktill serve` on whatever the database holds; `SMTP_URL="smtp://…"` sets `LINKTILL_SMTP_URL`."""
    folder.mkdir()  # noqa: ASYNC240 once, and at once
    environment = _environment(folder, database_url, PORT=str(port), **settings)
    process, _ = await _started(folder, environment, "serve", has_story=False)
    made = Installation(folder, environment, process, f"http://127.0.0.1:{port}", {})
    try:
        await made.said(f"Linktill serves {made.base_url}")
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def demo(folder: Path, database_url: str, **settings: str) -> AsyncIterator[Installation]:
    """`linktill demo`: a merchant, a member and a key are there."""
    folder.mkdir()  # noqa: ASYNC240 as above
    environment = _environment(folder, database_url, **settings)
    words = ("demo", "--port", "0", "--data", str(folder), "--database", database_url, "--json")
    process, line = await _started(folder, environment, *words, has_story=True)
    story = json.loads(line)
    made = Installation(folder, environment, process, story["base_url"], story)
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def told_demo(folder: Path, *words: str) -> AsyncIterator[Installation]:
    """`linktill demo` in this folder as a person starts it: what it tells is on the console."""
    environment = {
        name: value
        for name, value in _environment(folder, "").items()
        if name not in {"LINKTILL_DATA_DIR", "LINKTILL_DATABASE_URL"}
    }
    process, _ = await _started(folder, environment, "demo", "--port", "0", *words, has_story=False)
    made = Installation(folder, environment, process, "", {})
    try:
        console = await made.said("Try this:")
        made.base_url = re.findall(r"http://127\.0\.0\.1:\d+", console)[0]
        yield made
    finally:
        await made.stop()
