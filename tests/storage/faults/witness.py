"""Watches what the product promises: which commit was made when, what it left, and when somebody was told of it."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

from linktill.storage import sqlite_writer
from linktill.storage.database import Database
from linktill.storage.sqlite import SqliteDatabase
from linktill.storage.sqlite_damage import CHECKSUM_BYTES

PAGE: Final = 4_096


@dataclass(frozen=True)
class Seen:
    """A unit's result, and the commit with which it was true."""

    witness: "Witness"
    commit: int
    result: Any


class Witness(Database):
    """The product's database, and a note of what was promised when."""

    def __init__(self, database: SqliteDatabase, path: Path) -> None:
        self.inner = database
        self.history: list[bytes] = []
        """A digest of the whole content after each commit."""
        self.told = 0
        """Index of the last commit that somebody was told of."""
        self._reader = apsw.Connection(str(path))
        self._writer = database._writer
        self._checkpoint = database._writer._checkpoint
        self._writer._checkpoint = self._note_rest  # type: ignore[method-assign]
        self._rests = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        database._write_connection.set_wal_hook(self._note_commit)
        self.history.append(digest(self._reader))

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    async def run(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        async def watched(tx: Any) -> Seen:
            connection = tx._execute.__self__
            before = connection.total_changes()
            result = await unit(tx, *args, **kwargs)
            # What it wrote goes into the commit that comes next; what it only read was there before.
            has_written = connection.total_changes() != before
            return Seen(self, len(self.history) - (0 if has_written else 1), result)

        self._rests.clear()
        try:
            seen: Seen = await self.inner.run(watched)
        finally:
            # The writer may still be copying the log: two threads at the disk would draw lots in no certain order.
            await self._rests.wait()
        return seen.result

    async def read(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.inner.read(unit, *args, **kwargs)

    async def report(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.inner.report(unit, *args, **kwargs)

    async def close(self) -> None:
        self._reader.close()
        await self.inner.close()

    def _note_rest(self) -> None:
        self._checkpoint()
        self._loop.call_soon_threadsafe(self._rests.set)

    def _note_commit(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self.history.append(digest(self._reader))
        return self._writer._note_wal(connection, name, pages)


def answer(jobs: list[sqlite_writer.Job]) -> None:
    """In the product's place: notes what is told at the moment at which it is told."""
    for job in jobs:
        if job.error is None and isinstance(job.result, Seen):
            job.result.witness.told = max(job.result.witness.told, job.result.commit)
    _real_answer(jobs)


_real_answer: Final = sqlite_writer._answer


def digest(connection: apsw.Connection) -> bytes:
    """Of every page, as somebody who reads now sees them; without its checksum, which is written where it leaves the log."""
    content = connection.serialize("main")
    used = PAGE - CHECKSUM_BYTES
    whole = b"".join([content[at : at + used] for at in range(0, len(content), PAGE)])
    return hashlib.blake2b(whole, digest_size=16).digest()
