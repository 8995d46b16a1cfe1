"""An installation that is set up, for commands that work on it without a server.

Commands run in this process: in one of their own each would take a second. Some are run both ways (test_processes.py).
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import apsw
import pytest
import structlog

from linktill.cli.app import run
from linktill.flows.set_up import NewInstallation, create_installation
from linktill.main import open_services
from linktill.platform.passwords import Passwords
from linktill.settings import read_settings
from tests.cli.children import Done, environment
from tests.rights import as_somebody_else

PLAIN = ("--amount-minor", "100", "--currency", "USD", "--description", "A repair")
BASE_URL = "https://pay.example.com"


Command: TypeAlias = Callable[..., Done]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Command]:
    """Runs a command with the given settings, and leaves logging as it was."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level

    def call(*arguments: str, may_do_everything: bool = True, **settings: str) -> Done:
        capfdbinary.readouterr()
        with monkeypatch.context() as patched:
            for name, value in environment(tmp_path, **settings).items():
                patched.setenv(name, value)
            with nullcontext() if may_do_everything else as_somebody_else():
                code = run([*arguments])
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    yield call
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@dataclass
class Shop:
    """An installation with one merchant."""

    folder: Path
    settings: dict[str, str]
    merchant_id: str
    command: Command

    def run(self, *arguments: str) -> Done:
        """Runs a command on it."""
        return self.command(*arguments, **self.settings)

    def spoil(self) -> None:
        """Writes into the SQLite file what no rule allows: an active link that has nothing left to be paid."""
        path = self.settings["LINKTILL_DATABASE_URL"].removeprefix("sqlite:///")
        created = self.run("links", "create", "--json", *PLAIN).json
        connection = apsw.Connection(path)
        connection.execute("UPDATE payment_link SET status = 'completed' WHERE id = ?", (created["id"],))
        connection.close()


@pytest.fixture
def small(tmp_path: Path, sqlite_template: Path, command: Command) -> Shop:
    """On SQLite alone, for what does not depend on the database: each command is a process, and takes its time."""
    path = tmp_path / "linktill.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return _shop(tmp_path, f"sqlite:///{path}", command)


@pytest.fixture
def shop(tmp_path: Path, database_url: str, command: Command) -> Shop:
    """On SQLite and on PostgreSQL."""
    return _shop(tmp_path, database_url, command)


def _shop(tmp_path: Path, database_url: str, command: Command) -> Shop:
    settings = {
        "LINKTILL_DATA_DIR": str(tmp_path / "data"),
        "LINKTILL_DATABASE_URL": database_url,
        "LINKTILL_BASE_URL": BASE_URL,
    }
    return Shop(tmp_path, settings, asyncio.run(_set_up(tmp_path, settings)), command)


async def _set_up(folder: Path, settings: dict[str, str]) -> str:
    async def no_account(_merchant_id: str) -> None:
        """No gateway is reached by these commands."""

    passwords = Passwords()
    async with open_services(read_settings(environment(folder, **settings))) as services:
        fields = NewInstallation("Bea's Bikes", "bea@example.com", "trumpet oyster velvet ladder", "USD")
        installed = await create_installation(services, passwords, fields, open_account=no_account)
    passwords.close()
    return installed.merchant.id
