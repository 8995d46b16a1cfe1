"""The SQLite file that is about to be moved, opened so that nobody else has it, and what in it cannot be taken along."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.storage.database import SETTING, Database, P, Unit
from linktill.storage.errors import SettingInvalid
from linktill.storage.sqlite_connection import path_of, storage_error
from linktill.storage.sqlite_damage import check_start
from linktill.storage.sqlite_unit import SqliteTx, drive
from linktill.storage.tables import metadata

T = TypeVar("T")

WAIT_MS: Final = 2_000
"""For a short command that has the file just now. A server never lets go of it."""

FAULTS_MAX: Final = 20

_PRAGMAS: Final = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
"""
# In WAL mode every connection of Linktill keeps a shared lock on the file as long as it lives. The exclusive one is therefore
# only given while there is no other connection, and while it is held nobody else gets in; it ends with the process.


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that PostgreSQL would not take: `key` is its row's primary key as text."""

    table: str
    key: str
    column: str
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.table} ({self.key}): {self.column} {self.reason}"


class SoleDatabase(Database):
    """A SQLite file in the hands of one connection. Works in the caller's thread, also for what takes long."""

    def __init__(self, path: Path, connection: apsw.Connection, clock: Clock) -> None:
        self.path: Final = path
        self._connection: Final = connection
        self._clock: Final = clock

    @property
    @override
    def dialect(self) -> str:
        return "sqlite"

    @override
    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._once("BEGIN IMMEDIATE", unit, *args, **kwargs)

    @override
    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._once("BEGIN", unit, *args, **kwargs)

    @override
    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._once("BEGIN", unit, *args, **kwargs)

    @override
    async def close(self) -> None:
        self._connection.close()

    def faults(self, table: str) -> list[Fault]:
        """Values that PostgreSQL would not take, at most `FAULTS_MAX`: SQLite checks neither kinds nor characters."""
        try:
            rows = self._connection.execute(_faults_query(metadata.tables[table])).fetchall()
        except apsw.Error as error:
            raise storage_error(error) from error
        return [_fault(metadata.tables[table], row) for row in rows]

    def _once(self, begin: str, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        tx = SqliteTx(self._connection, self._clock)
        try:
            self._connection.execute(begin)
            try:
                result = drive(unit(tx, *args, **kwargs), tx)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        except apsw.Error as error:
            raise storage_error(error) from error
        return result


def open_alone(url: str, clock: Clock) -> SoleDatabase:
    """Open the existing file that `url` names. Raise `Busy` while another process has it, `SettingInvalid` when it is no use."""
    path = path_of(url).resolve()
    if not path.is_file():
        message = f"{SETTING} names {path}, where there is no database."
        raise SettingInvalid(message)
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error as error:
        message = f"{SETTING} names {path}, which cannot be opened for writing."
        raise SettingInvalid(message) from error
    try:
        connection.set_busy_timeout(WAIT_MS)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.create_scalar_function("is_utf8", _is_utf8, 1, deterministic=True)
        connection.execute(_PRAGMAS)
        connection.execute("BEGIN EXCLUSIVE; COMMIT")
        check_start(connection, path)
    except apsw.NotADBError as error:
        connection.close()
        message = f"{SETTING} names {path}, which is not a SQLite database."
        raise SettingInvalid(message) from error
    except apsw.Error as error:
        connection.close()
        raise storage_error(error) from error
    except BaseException:
        connection.close()
        raise
    return SoleDatabase(path, connection, clock)


def _is_utf8(*values: Any) -> int:
    try:
        str(values[0], "utf-8")
    except UnicodeDecodeError:
        return 0
    return 1


def _faults_query(table: Table) -> str:
    """One walk over the table, inside SQLite: the key, then for each column what is wrong with it or NULL."""
    key = ", ".join(f"CAST({_name(column)} AS BLOB)" for column in table.primary_key.columns)
    found = ", ".join(_fault_case(column) for column in table.columns)
    return (
        f"SELECT * FROM (SELECT {key}, coalesce({found}, NULL) AS fault FROM {_name(table)})"  # noqa: S608 our own names
        f" WHERE fault IS NOT NULL LIMIT {FAULTS_MAX}"
    )


def _kind(column: Column[Any]) -> str:
    match column.type:
        case BigInteger() | SmallInteger():
            return "integer"
        case LargeBinary():
            return "blob"
        case _:
            return "text"


def _fault_case(column: Column[Any]) -> str:
    name = _name(column)
    kind = _kind(column)
    cases = [f"WHEN typeof({name}) <> '{kind}' THEN '{column.name}:is no {kind}'"]
    if column.nullable:
        cases.insert(0, f"WHEN {name} IS NULL THEN NULL")
    if isinstance(column.type, SmallInteger):
        cases.append(f"WHEN {name} NOT BETWEEN -32768 AND 32767 THEN '{column.name}:is too large'")
    if kind == "text":
        cases.append(f"WHEN instr({name}, char(0)) THEN '{column.name}:holds a NUL character'")
        # Printable ASCII, which is most of it, need not be looked at by Python.
        is_wrong = f"{name} GLOB '*[^ -~]*' AND NOT is_utf8(CAST({name} AS BLOB))"
        cases.append(f"WHEN {is_wrong} THEN '{column.name}:is not UTF-8'")
    return f"CASE {' '.join(cases)} END"


def _fault(table: Table, row: tuple[Any, ...]) -> Fault:
    *values, found = row
    names = (column.name for column in table.primary_key.columns)
    pairs = zip(names, values, strict=True)
    key = ", ".join(f"{name}={bytes(value).decode('utf-8', 'replace')!r}" for name, value in pairs)
    column, _, reason = str(found).partition(":")
    return Fault(table.name, key, column, reason)


def _name(named: Table | Column[Any]) -> str:
    return f'"{named.name}"'
