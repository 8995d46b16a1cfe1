"""Drives wrk. It makes the load in C, so that the two cores are left to the server and its database."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

LUA = Path(__file__).parent / "lua"
CONNECTIONS = 32
WEBHOOKS_MAX_S = 120
POLL_S = 0.005


class WrkMissing(Exception):
    """wrk is not installed."""


class Told(msgspec.Struct):
    """What wrk printed at its end."""

    requests: int
    duration_us: int
    p50_us: int
    p99_us: int
    refused: int
    broken: int


@dataclass(frozen=True, slots=True)
class Load:
    """A script and its arguments."""

    script: str
    arguments: tuple[str, ...]

    def start(self, url: str, seconds: int, connections: int = CONNECTIONS) -> subprocess.Popen[str]:
        """wrk with one thread: more would take the cores that it measures."""
        command = [
            find_wrk(),
            "--threads=1",
            f"--connections={connections}",
            f"--duration={seconds}s",
            "--timeout=10s",
            f"--script={LUA / self.script}",
            url,
            "--",
            *self.arguments,
        ]
        environment = {"LUA_PATH": f"{LUA}/?.lua;;", "PATH": "/usr/bin:/bin"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def run(self, url: str, seconds: int, connections: int = CONNECTIONS) -> Told:
        """Load for so long; every answer must be a good one."""
        with self.start(url, seconds, connections) as wrk:
            output, _ = wrk.communicate(timeout=seconds + 60)
        return told(output)


def told(output: str) -> Told:
    """The last line of wrk's output. A request that was refused makes the measurement worthless."""
    found = msgspec.json.decode(output.strip().splitlines()[-1], type=Told)
    if found.refused or found.broken or not found.requests:
        raise RuntimeError(
            f"{found.refused} requests refused, {found.broken} broken, {found.requests} answered"
        )
    return found


def send_webhooks(url: str, file: Path, path: str, has_all: Callable[[], bool]) -> Told:
    """Sends each line of the file once, as fast as they are answered; `has_all`: has the server stored them all?"""
    lines = ""
    with Load("webhooks.lua", (str(file), path)).start(url, WEBHOOKS_MAX_S) as wrk:
        assert wrk.stdout is not None, "it is piped"
        for line in wrk.stdout:
            lines += line
            if line == "sent\n":
                # The answers that were counted may be those of repeated ones: a slow first one may still be under way.
                gives_up_s = time.monotonic() + WEBHOOKS_MAX_S
                while not has_all() and time.monotonic() < gives_up_s:
                    time.sleep(POLL_S)
                wrk.send_signal(signal.SIGINT)
    return told(lines)


def is_installed() -> bool:
    """Is wrk there?"""
    return shutil.which("wrk") is not None


def find_wrk() -> str:
    """Where wrk is. Raises WrkMissing."""
    found = shutil.which("wrk")
    if found is None:
        raise WrkMissing(
            "wrk makes the load and is not installed: apt-get install wrk (Debian, Ubuntu) or brew install wrk."
        )
    return found
