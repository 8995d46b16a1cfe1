"""The processes that are measured, and what they cost."""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import psutil

READY_MAX_S = 30.0
IDLE_S = 3.0
# A developer's settings. Without bytecode on disk every start compiles whatever it loads, which no operator's does.
_NOT_OURS = ("LINKTILL_", "PYTHONDONTWRITEBYTECODE")
ROOT = Path(__file__).parent.parent


class Process:
    """A child process with its CPU time and memory. Its standard error is shown when it fails."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 closed with the process
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        self.said = ""
        self._arguments = " ".join(arguments)
        self.started_s = time.monotonic()
        self._child = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**clean, **environment},
            cwd=ROOT,
            text=True,
        )
        self._process = psutil.Process(self._child.pid)

    def line(self) -> str:
        """Its next line of output. Raises RuntimeError when it ends instead."""
        assert self._child.stdout is not None, "it is piped"
        ready, _, _ = select.select([self._child.stdout], [], [], READY_MAX_S)
        line = self._child.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise RuntimeError(f"{self._arguments} did not start:\n{self.said}")
        return line.strip()

    def cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        """Resident memory, in the megabytes of `ps` and `top`: 2^20 bytes."""
        return float(self._process.memory_info().rss) / 2**20

    def settled_rss_mb(self) -> float:
        """Memory when nothing has been asked of it for a moment."""
        time.sleep(IDLE_S)
        return self.rss_mb()

    def stop(self) -> None:
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
        if not self._errors.closed:
            self._errors.seek(0)
            self.said = self._errors.read().decode(errors="replace")[-4_000:]
            self._errors.close()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def first_answer_s(process: Process, url: str) -> float:
    """Seconds from the process's start to its first good answer."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1) as response:
                assert response.status == 200
                return time.monotonic() - process.started_s
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() - process.started_s > READY_MAX_S:
                raise
            time.sleep(0.005)
