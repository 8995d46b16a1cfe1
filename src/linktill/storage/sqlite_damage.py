"""Finds what a disk has changed by itself, so that no figure is ever read from it.

Each page of the file ends in a checksum, written and checked by SQLite's own checksum VFS (https://sqlite.org/cksumvfs.html);
a read of a page that does not fit fails. The write-ahead log has checksums too, but SQLite checks them only when it recovers
from a crash, and then takes the log to end at the first frame that does not fit: a bit that flips in the middle would
silently take back every commit behind it. So we look behind that end at each start, and have SQLite check the log once more
before it is copied into the file, where its pages would get new checksums.
"""

import fcntl
import os
import shutil
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

import apsw
import apsw.sqlite_extra

from linktill.storage.database import SETTING
from linktill.storage.errors import SettingInvalid, StorageBroken

CHECKSUM_BYTES: Final = 8
LOOKS: Final = 3
"""So often a fault must be found: others may be writing while we look."""

_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC: Final = (0x377F0682, 0x377F0683)
_BEGINNING: Final = b"SQLite format 3\0"


def _load_checksums() -> None:
    """Makes the checksum VFS the one that every connection of this process gets."""
    with closing(apsw.Connection(":memory:")) as connection:
        apsw.sqlite_extra.load(connection, "cksumvfs")


_load_checksums()


def want_checksums(connection: apsw.Connection) -> None:
    """Before the first page of a new file is written: leave room for a checksum in each."""
    connection.reserve_bytes("main", CHECKSUM_BYTES)


def has_checksums(connection: apsw.Connection) -> bool:
    """Whether pages are checked as they are read. Reads the file's header."""
    connection.pragma("user_version")
    return bool(connection.pragma("checksum_verification") == "1")


def add_checksums(connection: apsw.Connection) -> None:
    """Writes a file of an older release anew, with checksums. In WAL mode, and when nobody else has it open."""
    connection.execute("VACUUM")
    # Page 1, which says that there are checksums, is copied first: those behind it then get theirs.
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    assert has_checksums(connection), "the file was written with room for checksums"


def check_start(connection: apsw.Connection, path: Path) -> None:
    """Just opened, in WAL mode: raises StorageBroken where the log was cut short, SettingInvalid without checksums.

    What is damaged is left as it is: closing would otherwise copy what is left of the log, and delete it.
    """
    try:
        if not has_checksums(connection):
            message = f"{SETTING} names {path}, whose pages have no checksums. Stop Linktill and run: linktill migrate"
            raise SettingInvalid(message)
        frames = commits = 0
        for _ in range(LOOKS):
            frames, _copied = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
            commits = commits_behind(Path(f"{path}-wal"), max(frames, 0))
            # One may be there: it was under way when the power went, and nobody was told of it.
            if commits < 2:
                return
        raise StorageBroken(
            f"{path}-wal is damaged after frame {frames}: {commits} commits behind it cannot be read. Nothing was changed. "
            "Keep a copy of the database, its -wal and its -shm, then restore a backup."
        )
    except BaseException:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        raise


def commits_behind(log: Path, frames: int) -> int:
    """How many commits of this log lie behind its first `frames`, of which SQLite knows.

    A frame belongs to the log when it carries the log's salt; one that ends a commit says how many pages the file then has
    (https://sqlite.org/fileformat2.html#walformat). A flush stands between any two commits, so of those that were cut off by
    a power cut there is one at most.
    """
    try:
        with log.open("rb") as file:
            header = file.read(_LOG_HEADER)
            if len(header) < _LOG_HEADER:
                return 0
            size = int.from_bytes(header[8:12])
            if not _is_header(header) or size < 512:
                return _commits_without_header(file.read(_FRAME_HEADER), log.stat().st_size)
            step, count = _FRAME_HEADER + size, 0
            file.seek(_LOG_HEADER + frames * step)
            while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
                count += frame[8:16] == header[16:24] and frame[4:8] != bytes(4)
                file.seek(size, os.SEEK_CUR)
            return count
    except FileNotFoundError:
        return 0


def _is_header(header: bytes) -> bool:
    """Whether the log's header carries its checksum."""
    magic = int.from_bytes(header[:4])
    if magic not in _MAGIC:
        return False
    order: Final = "big" if magic & 1 else "little"
    one = two = 0
    for at in range(0, 24, 8):
        one = (one + int.from_bytes(header[at : at + 4], order) + two) & 0xFFFFFFFF
        two = (two + int.from_bytes(header[at + 4 : at + 8], order) + one) & 0xFFFFFFFF
    return header[24:32] == one.to_bytes(4) + two.to_bytes(4)


def _commits_without_header(frame: bytes, length: int) -> int:
    """The header is flushed before the first frame is written, so frames without a header are damage."""
    is_empty = len(frame) < _FRAME_HEADER or frame == bytes(_FRAME_HEADER)
    return 0 if is_empty else max(2, length // (_FRAME_HEADER + 4_096))


def is_log_sound(connection: apsw.Connection, path: Path) -> bool:
    """Whether a process that recovered from a crash now would find every frame of the log. True where it cannot be told."""
    for _ in range(LOOKS):
        before, _copied = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        if before <= 0:
            return True
        found = _recovered_frames(path)
        after, _copied = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        # It became shorter: another process began it anew while we looked.
        if found is None or found >= before or after < before:
            return True
    return False


def _recovered_frames(path: Path) -> int | None:
    """Has SQLite recover the log under another name, beside a stand-in for the file. None: somebody else is doing that now, or
    the disk has no room or no hard links.

    The file itself is not opened: closing it would take away the locks that SQLite has on it in this process.
    """
    folder = path.with_name(f"{path.name}-check")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            # What a process that was killed here left behind.
            for left in folder.iterdir():
                left.unlink()
            (folder / "log").write_bytes(_stand_in())
            os.link(f"{path}-wal", folder / "log-wal")
            return _frames_of(folder / "log")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (OSError, apsw.Error):
        return None
    finally:
        os.close(descriptor)


def _frames_of(path: Path) -> int:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.pragma("user_version")
        return connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)[0]


@cache
def _stand_in() -> bytes:
    """A file of one page in WAL mode. What is in it does not matter: the log is read to its end first."""
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute("CREATE TABLE stand_in (at)")
        page = bytearray(connection.serialize("main")[:4_096])
    page[18:20] = b"\x02\x02"
    return bytes(page)


def damaged_pages(path: Path) -> list[int]:
    """The numbers of the pages that do not carry their checksum; none of a file that is something else.

    Call it before the file is opened by SQLite in this process: closing it here would take away SQLite's locks
    (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    with path.open("rb") as file, closing(apsw.Connection(":memory:")) as connection:
        header = file.read(100)
        if not _is_database(header):
            return []
        size = int.from_bytes(header[16:18])
        size = 65_536 if size == 1 else size
        if size < 512 or size & (size - 1) or header[20] != CHECKSUM_BYTES:
            return [1]
        pages = range(1, path.stat().st_size // size + 1)
        suspects = list(pages)
        for _ in range(LOOKS):
            suspects = [number for number in suspects if not _fits(connection, file.fileno(), number, size)]
        return suspects


def _is_database(header: bytes) -> bool:
    """Whether a file that begins so is, or was before a few bits of it changed, a SQLite database."""
    same = sum(one == other for one, other in zip(header, _BEGINNING, strict=False))
    return same > len(_BEGINNING) // 2


def _fits(connection: apsw.Connection, descriptor: int, number: int, size: int) -> bool:
    page = os.pread(descriptor, size, (number - 1) * size)
    return connection.execute("SELECT verify_checksum(?)", (page,)).fetchone() == (1,)
