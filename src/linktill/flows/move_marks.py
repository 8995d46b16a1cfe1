"""What a move leaves in both databases, so that at no moment two of them can be used as the same installation."""

from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, assert_never
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import msgspec

from linktill.storage.database import SETTING, Database, Tx
from linktill.storage.errors import SettingInvalid, StatementWrong
from linktill.storage.installation import get_fact, put_fact

FACT: Final = "move"
"""Where the mark stands among the installation's facts. Each database has its own: it is never copied."""

State: TypeAlias = Literal["leaving", "left", "arriving", "arrived"]
"""Leaving: still the installation; the move may be given up. Left and arriving: not to be used. Arrived: the installation."""

_SHOWN: Final = frozenset({"host", "port"})


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a database stands in which move. `other` is the other database's address without its password."""

    move_id: str
    state: State
    other: str
    at: int


async def read_mark(tx: Tx) -> Mark | None:
    """The database's mark, if it was ever part of a move."""
    text = await get_fact(tx, FACT)
    return None if text is None else msgspec.json.decode(text, type=Mark)


async def put_mark(tx: Tx, mark: Mark) -> None:
    """Writes the mark over what was there."""
    await put_fact(tx, FACT, msgspec.json.encode(mark).decode())


async def check_not_moved(database: Database) -> None:
    """Called before anything uses a database: raises SettingInvalid for one that is not, or not yet, the installation."""
    try:
        mark = await database.read(read_mark)
    except StatementWrong:
        return  # nobody has migrated it yet, so nothing was moved
    if mark is None:
        return
    match mark.state:
        case "left":
            day = datetime.fromtimestamp(mark.at // 1_000_000, UTC).date()
            raise SettingInvalid(
                f"{SETTING} names a database that was moved to {mark.other} on {day}. Give {SETTING} that address."
            )
        case "arriving":
            raise SettingInvalid(
                f"{SETTING} names a database into which {mark.other} is being moved. Run `linktill move` again until it is "
                f"through; until then, only {mark.other} may be used."
            )
        case "leaving" | "arrived":
            return
        case _:
            assert_never(mark.state)


def shown_address(url: str) -> str:
    """The address of a PostgreSQL database as it may be shown and kept: without its password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items() if name in _SHOWN}
    netloc = f"{user.partition(':')[0]}{at}{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query, safe="/:,"), ""))
