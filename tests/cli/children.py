"""The command as people and scripts run it: in a process of its own."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINKTILL = str(Path(sys.executable).with_name("linktill"))
READY_MAX_S = 60.0
STOP_MAX_S = 45.0


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Nothing of the developer's own but what a program needs to run at all; temporary files go below `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {**kept, "HOME": str(folder), "TMPDIR": str(temporary), "COLUMNS": "200", **settings}


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


def linktill(*arguments: str, folder: Path, **settings: str) -> Done:
    """Runs a command to its end."""
    done = subprocess.run(
        [LINKTILL, *arguments],
        env=environment(folder, **settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=READY_MAX_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass
class Child:
    """A server that runs. `first` is its first line on standard output."""

    process: subprocess.Popen[str]
    first: str
    ready_s: float
    log: Path

    @property
    def story(self) -> Any:
        return json.loads(self.first)

    def get(self, url: str, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def cpu_s(self) -> float:
        """What it has computed so far: unlike the time on the wall, the same on a busy machine."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=STOP_MAX_S)


@contextmanager
def running(*arguments: str, folder: Path, **settings: str) -> Iterator[Child]:
    """Starts a server and waits for its first line; kills it at the end if it still runs."""
    log = folder / "log.txt"
    started_s = time.monotonic()
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [LINKTILL, *arguments],
            env=environment(folder, **settings),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, log.read_text()
        yield Child(process, first, time.monotonic() - started_s, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def started(*words: str, log: Path, settings: dict[str, str]) -> tuple[Process, Any]:
    """A server among tasks, with `settings` as its whole environment: the process and its first line's document."""
    with log.open("a") as stderr:
        process = await asyncio.create_subprocess_exec(
            LINKTILL, *words, "--json", env=settings, stdin=DEVNULL, stdout=PIPE, stderr=stderr
        )
    try:
        return process, json.loads(await _first_line(process, log))
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise


async def _first_line(process: Process, log: Path) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(READY_MAX_S):
        line = await process.stdout.readline()
    assert line, _end_of(log)
    return line


def _end_of(log: Path) -> str:
    return log.read_text()[-3_000:]


async def asked(*words: str, folder: Path, settings: dict[str, str]) -> tuple[int, Any]:
    """A command in this folder, among tasks, with `settings` as its whole environment: its exit code and its document."""
    process = await asyncio.create_subprocess_exec(
        LINKTILL, *words, "--json", env=settings, cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    out, errors = await process.communicate()
    assert out, errors.decode()
    return process.returncode or 0, json.loads(out)


async def ended(process: Process, how: signal.Signals) -> int:
    """Sends the signal, unless it has ended by itself; answers the exit code."""
    if process.returncode is None:
        process.send_signal(how)
    async with asyncio.timeout(STOP_MAX_S):
        return await process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
