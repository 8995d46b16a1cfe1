"""By what an installation knows its own place, so that a copy of it started elsewhere can be told from it.

PostgreSQL: the cluster's own number and the database's. They stay through restarts, failovers and new containers, whatever
address leads there; a dump that was loaded elsewhere has others. A physical copy of a cluster has the same: that cannot be
told. SQLite: the file's number in its file system, and a small file beside it that no copy has the same (its inode and
its last change, which the system sets and no program can). Either is enough: one changes when a volume is attached
elsewhere, the other when somebody changes owners. A copy of a whole disk has the same: that cannot be told.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import text

from linktill.storage.database import Tx, kind_of
from linktill.storage.installation import claim_fact, get_fact, put_fact, remove_fact
from linktill.storage.sqlite_connection import path_of
from linktill.storage.statements import compiled

ID_FACT: Final = "installation_id"
HOME_FACT: Final = "installation_home"
RESTORED_FACT: Final = "restored_from"
"""Here stands, from `linktill restore` until `linktill adopt`, when the backup was made (microseconds UTC)."""
MARKER: Final = ".home"
_WORDS: Final = (
    "Shows that {name} is the installation itself and not a copy of it. If it is gone or copied, payments may stop until\n"
    "somebody runs `linktill adopt`. Installation {id}.\n"
)
_CLUSTER: Final = compiled(
    text(
        "SELECT CAST(s.system_identifier AS text), CAST(d.oid AS text)"
        " FROM pg_control_system() AS s, pg_database AS d WHERE d.datname = current_database()"
    )
)


class Home(msgspec.Struct, frozen=True):
    """What shows where a database of this kind is. Empty: nothing does."""

    kind: str = ""
    database: str = ""
    marker: str = ""

    def is_same_place(self, now: "Home") -> bool:
        """Whether a database that was here before is now where `now` says: one sign is enough."""
        return self.kind == now.kind and self._shows(now)

    def _shows(self, now: "Home") -> bool:
        return ("" != now.database == self.database) or ("" != now.marker == self.marker)


def file_home(url: str) -> Home:
    """Where the SQLite file at `url` is."""
    path = path_of(url).resolve()
    return Home("sqlite", _place_of(path), _change_of(_marker_of(path)))


async def cluster_home(tx: Tx) -> Home:
    """Unit: where a PostgreSQL database is. Raises StorageError where the server does not say."""
    row = await tx.one(_CLUSTER)
    assert row is not None, "a database is in its own catalog"
    return Home("postgresql", f"{row[0]}/{row[1]}")


def mark(url: str, installation_id: str) -> None:
    """Puts the small file beside the SQLite file, unless there is one. Nothing on PostgreSQL."""
    if kind_of(url) != "sqlite":
        return
    path = path_of(url).resolve()
    words = _WORDS.format(name=path.name, id=installation_id)
    try:
        descriptor = os.open(_marker_of(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return  # it is there, or cannot be made: then the other sign has to do
    with os.fdopen(descriptor, "w") as file:
        file.write(words)


async def claim_home(tx: Tx, installation_id: str, home: Home) -> None:
    """Unit: names a database that has no name yet, and says where it is. Whoever is first counts."""
    await claim_fact(tx, ID_FACT, installation_id)
    await claim_fact(tx, HOME_FACT, _text(home))


async def keep_home(tx: Tx, home: Home) -> None:
    """Unit: where it is, as far as it shows today: one of the signs may have changed."""
    await put_fact(tx, HOME_FACT, _text(home))


async def read_home(tx: Tx) -> tuple[str, Home] | None:
    """Unit: the installation's id and where it belongs; None: no server was ever started on this database."""
    found = await get_fact(tx, ID_FACT)
    home = await get_fact(tx, HOME_FACT)
    if found is None or home is None:
        return None
    return found, msgspec.json.decode(home, type=Home)


async def restored_from(tx: Tx) -> int | None:
    """Unit: when the backup was made that this database was restored from and nobody has adopted yet."""
    found = await get_fact(tx, RESTORED_FACT)
    return None if found is None else int(found)


async def settle_here(tx: Tx, home: Home) -> None:
    """Unit: this is the real one, and it is here."""
    await put_fact(tx, HOME_FACT, _text(home))
    await remove_fact(tx, RESTORED_FACT)


def _text(home: Home) -> str:
    return msgspec.json.encode(home).decode()


def _marker_of(path: Path) -> Path:
    return path.with_name(path.name + MARKER)


def _place_of(path: Path) -> str:
    """Empty where the file system has no number of its own (some network ones)."""
    try:
        volume, number = os.statvfs(path).f_fsid, path.stat().st_ino
    except OSError:
        return ""
    return f"{volume:x}/{number}" if volume else ""


def _change_of(marker: Path) -> str:
    try:
        found = marker.stat()
    except OSError:
        return ""
    return f"{found.st_ino}/{found.st_ctime_ns}"
