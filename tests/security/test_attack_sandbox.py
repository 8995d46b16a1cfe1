"""The sandbox company holds secrets of its own, and its page is open to everybody."""

import asyncio
from pathlib import Path

import pytest

from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.sandbox import asgi
from linktill.sandbox.database import Database
from tests.surface.knocking import scope_of


async def test_its_books_are_for_its_owner_alone(tmp_path: Path):
    """In a folder that others may look into, too: webhook secrets and payers' addresses are in them."""
    books = Database(tmp_path / "sandbox.sqlite3", SystemClock(), SystemIds())
    await books.write(lambda tx: tx.all("SELECT id FROM account"))
    modes = _modes(tmp_path)
    await books.close()
    assert set(modes) == {"sandbox.sqlite3", "sandbox.sqlite3-shm", "sandbox.sqlite3-wal"}
    assert set(modes.values()) == {"0o600"}


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asgi, "READ_MAX_S", 0.05)

    async def silent() -> asgi.Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(asgi.Refused) as refused:
        await asgi.read_request(scope_of("/pay/sbpay_1", {}, method="POST"), silent)
    assert refused.value.status == 408


def _modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
