"""The one writer of a SQLite file: a thread that takes many units into one durable commit.

A commit costs a disk flush. While one flush is under way, the units that arrive wait in a queue; all of them share the
next. Each runs in a savepoint of its own, and each hears of its result, a refusal too, only after the commit that made
durable everything it saw.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias

import apsw
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.storage.errors import Busy, StorageBroken
from linktill.storage.sqlite_connection import WRITE_BUSY_MS, Files, is_fatal, storage_error
from linktill.storage.sqlite_damage import is_log_sound
from linktill.storage.sqlite_unit import SqliteTx, drive

GROUP_MAX: Final = 256
"""Units in one commit."""

GROUP_S: Final = 0.05
"""After this long a group takes no more units: those at its head wait for those at its tail."""

CHECKPOINT_PAGES: Final = 1_000
"""Pages in the WAL after which it is copied into the file, between groups rather than inside a commit."""

TRUNCATE_PAGES: Final = 16_000
"""Pages (64 MB) after which the WAL is emptied even if that means waiting for readers."""

TRUNCATE_BUSY_MS: Final = 200
"""How long everybody who writes may be kept waiting for a report that still needs the WAL."""

Start: TypeAlias = Callable[[SqliteTx], Coroutine[Any, Any, Any]]


class Job:
    """A unit that waits for its turn, and the future of who waits for it."""

    __slots__ = ("context", "error", "future", "loop", "result", "start")

    def __init__(self, start: Start) -> None:
        self.start: Final = start
        self.context: Final[Context] = copy_context()
        self.loop: Final = asyncio.get_running_loop()
        self.future: Final[asyncio.Future[Any]] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Tell who waits. On the loop's own thread."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer(threading.Thread):
    """Owns the writing connection."""

    def __init__(
        self,
        connection: apsw.Connection,
        files: Files,
        clock: Clock,
        *,
        queue_max: int,
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        super().__init__(name="linktill-sqlite-writer", daemon=True)
        self._connection: Final = connection
        self._files: Final = files
        self._clock: Final = clock
        self._queue: Final[SimpleQueue[Job | None]] = SimpleQueue()
        self._queue_max: Final = queue_max
        self._on_fatal: Final = on_fatal
        self._closing = threading.Lock()
        self._is_closed = False
        self._broken: str | None = None
        self._wal_pages = 0
        self._checkpoint_at_pages = CHECKPOINT_PAGES
        connection.set_wal_hook(self._note_wal)

    def submit(self, start: Start) -> asyncio.Future[Any]:
        """Queue a unit; the future is done after the commit that contains it. Raise `Busy` when too many wait."""
        if self._broken is not None:
            raise StorageBroken(self._broken)
        if self._queue.qsize() >= self._queue_max:
            raise Busy("Too many writes wait for the database.")
        job = Job(start)
        with self._closing:
            if self._is_closed:
                raise Busy("The database is closed.")
            self._queue.put(job)
        return job.future

    def condemn(self) -> StorageBroken:
        """The files were found replaced or removed: refuse everything from now on. Returns what to raise."""
        lost = self._lost()
        if self._broken is None:
            self._break(lost, [])
        return lost

    def stop(self) -> None:
        """Finish what is queued, then end. Blocks; call it from another thread than the event loop's."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self.join()

    @override
    def run(self) -> None:
        while (job := self._queue.get()) is not None:
            if self._broken is None:
                self._write_group(job)
                self._checkpoint()
            else:
                job.error = StorageBroken(self._broken)
                _answer([job])

    def _write_group(self, first: Job) -> None:
        jobs: list[Job] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            self._fail([first], error, during_commit=False)
            return
        ends_at = self._clock.monotonic_s() + GROUP_S
        job: Job | None = first
        while job is not None:
            jobs.append(job)
            self._run_in_savepoint(job)
            if not self._connection.in_transaction:
                self._run_singly(jobs)
                return
            job = self._next(jobs, ends_at)
        self._commit(jobs)

    def _next(self, jobs: list[Job], ends_at: float) -> Job | None:
        if len(jobs) >= GROUP_MAX or self._clock.monotonic_s() >= ends_at:
            return None
        try:
            job = self._queue.get_nowait()
        except Empty:
            return None
        if job is None:  # the sign to stop: finish this group, then see it again
            self._queue.put(None)
        return job

    def _run_in_savepoint(self, job: Job) -> None:
        if job.future.cancelled():  # nobody waits: leave it undone
            return
        execute = self._connection.execute
        try:
            execute("SAVEPOINT unit")
            try:
                tx = SqliteTx(self._connection, self._clock)
                job.result = job.context.run(drive, job.start(tx), tx)
            except BaseException:
                if self._connection.in_transaction:
                    execute("ROLLBACK TO unit")
                raise
            finally:
                if self._connection.in_transaction:
                    execute("RELEASE unit")
        except apsw.Error as error:
            job.error = storage_error(error)
            job.error.__cause__ = error
        except BaseException as error:  # noqa: BLE001 every outcome, SystemExit too, belongs to who asked
            job.error = error

    def _run_singly(self, jobs: list[Job]) -> None:
        """Run each unit in a commit of its own, so that only those that cannot be written fail.

        SQLite rolled the whole group back; a full disk does that.
        """
        for job in jobs:
            job.result, job.error = None, None
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except apsw.Error as error:
                self._fail([job], error, during_commit=False)
                continue
            self._run_in_savepoint(job)
            if self._connection.in_transaction:
                self._commit([job])
            else:
                if job.error is None:
                    job.error = StorageBroken("The database dropped the transaction.")
                _answer([job])

    def _commit(self, jobs: list[Job]) -> None:
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            with contextlib.suppress(apsw.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            self._fail(jobs, error, during_commit=True)
            return
        if self._files.are_in_place():
            _answer(jobs)
            return
        # What was just committed went to a file that no other process will ever find.
        lost = self._lost()
        for job in jobs:
            job.error = lost
        self._break(lost, jobs)

    def _lost(self) -> StorageBroken:
        return StorageBroken(f"{self._files.path} or its -wal was replaced or removed while in use.")

    def _fail(self, jobs: list[Job], error: apsw.Error, *, during_commit: bool) -> None:
        for job in jobs:
            job.error = storage_error(error)
        if is_fatal(error, during_commit=during_commit):
            self._break(error, jobs)
        else:
            _answer(jobs)

    def _break(self, error: BaseException, jobs: list[Job]) -> None:
        """Refuse everything from now on, and let the process end."""
        self._broken = str(error)
        _answer(jobs)
        self._on_fatal(error)

    def _note_wal(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        if self._wal_pages < self._checkpoint_at_pages:
            return
        try:
            if not is_log_sound(self._connection, self._files.path):
                self._break(
                    StorageBroken(f"{self._files.path}-wal is damaged: it was changed on the disk."), []
                )
                return
            if self._wal_pages < TRUNCATE_PAGES:
                left, copied = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            else:
                left, copied = self._truncate()
        except apsw.BusyError:
            left, copied = self._wal_pages, 0
        except apsw.Error as error:
            # Nothing is lost: the WAL still holds it. Only a failed fsync ends the process.
            if is_fatal(error, during_commit=False):
                self._break(error, [])
            left, copied = self._wal_pages, 0
        # Where a reader held pages back, try again after as many new pages, not after each commit.
        self._checkpoint_at_pages = CHECKPOINT_PAGES if copied >= left else self._wal_pages + CHECKPOINT_PAGES
        if copied >= left:
            self._wal_pages = 0

    def _truncate(self) -> tuple[int, int]:
        self._connection.set_busy_timeout(TRUNCATE_BUSY_MS)
        try:
            return self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            self._connection.set_busy_timeout(WRITE_BUSY_MS)


def _answer(jobs: list[Job]) -> None:
    """Wake each event loop once for all of its units."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        loops.setdefault(job.loop, []).append(job)
    for loop, its_jobs in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop closed: nobody is left to hear
            loop.call_soon_threadsafe(_settle, its_jobs)


def _settle(jobs: list[Job]) -> None:
    for job in jobs:
        job.settle()
