"""SQL that is written once with SQLAlchemy Core and compiled once per dialect to plain text for the drivers.

A statement is a constant of its module. Its parameters are `bindparam("name")`, all of which a caller must give; any
other value in it is fixed when it is compiled. PostgreSQL infers a parameter's type from its column; where there is no
column beside it (`bindparam("after") IS NULL`, a select list), give it a type: `bindparam("after", BigInteger)`.
"""

import importlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import ARRAY, BindParameter, Boolean, ClauseElement, ColumnElement, Select, Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictClause
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.functions import FunctionElement
from typing_extensions import override

Value: TypeAlias = str | int | bytes | Sequence[str] | Sequence[int] | None
"""What a parameter may be. A sequence only where the statement says `any_of`."""

Row: TypeAlias = tuple[Any, ...]
"""Column values in the order of the select list."""


class Text(NamedTuple):
    """A statement in one dialect: its text, and how named parameters become the driver's positional ones."""

    sql: str
    names: Sequence[str]
    bind: Callable[[Mapping[str, Value]], tuple[Value, ...]]


class Statement:
    """A statement for both databases. Compiled when first used, then kept for good."""

    __slots__ = ("_postgresql", "_sqlite", "element")

    def __init__(self, element: Executable) -> None:
        self.element: Final = element
        self._sqlite: Text | None = None
        self._postgresql: Text | None = None

    @property
    def sqlite(self) -> Text:
        """The text for apsw, with `?`."""
        text = self._sqlite
        if text is None:
            text = self._sqlite = _compile(self.element, _sqlite_dialect())
        return text

    @property
    def postgresql(self) -> Text:
        """The text for asyncpg, with `$1`."""
        text = self._postgresql
        if text is None:
            text = self._postgresql = _compile(self.element, _postgresql_dialect())
        return text

    @override
    def __repr__(self) -> str:
        return f"compiled({self.element})"


def compiled(element: Executable) -> Statement:
    """Return `element` as a statement that the databases can run."""
    return Statement(element)


class AnyOf(FunctionElement[bool]):
    """See `any_of`."""

    inherit_cache = True
    type = Boolean()
    # Without these SQLite's compiler appends `= 1`, which keeps SQLite from using an index.
    _is_implicitly_boolean = True

    @override
    def self_group(self, against: Any = None) -> Any:
        return self


def any_of(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Return the condition that `column` is in the list given as `parameter`: one text for lists of each length.

    Lists hold `str` or `int`; an empty one matches nothing.
    """
    return AnyOf(column, bindparam(parameter, type_=ARRAY(column.type)))


@compiles(AnyOf, "postgresql")
def _any_of_postgresql(element: AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"({compiler.process(column, **options)} = ANY({compiler.process(values, **options)}))"


@compiles(AnyOf, "sqlite")
def _any_of_sqlite(element: AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    left, right = compiler.process(column, **options), compiler.process(values, **options)
    return f"({left} IN (SELECT value FROM json_each({right})))"  # noqa: S608 a compiler writes SQL


# PostgreSQL's compiler asks which constraint was named, for which SQLite's construct has no word.
OnConflictClause.constraint_target = None  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] none yet


def insert(table: Table) -> sqlite.Insert:
    """Return an INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` that both databases understand."""
    return sqlite.insert(table)


def insert_ignore(
    table: Table, conflict: Iterable[ColumnElement[Any] | str] | None = None
) -> ReturningInsert[Any]:
    """Return an INSERT of all columns that does nothing when the row exists, and RETURNS its first key column when it wrote.

    `conflict` names the columns of the unique key; None means any unique key of the table.
    """
    keys = None if conflict is None else list(conflict)
    statement = insert(table).on_conflict_do_nothing(index_elements=keys)
    return statement.returning(next(iter(table.primary_key.columns)))


def skip_locked(statement: Select[Any]) -> Select[Any]:
    """Return `statement` taking row locks and passing over rows that others hold. SQLite has one writer and no row locks."""
    return statement.with_for_update(skip_locked=True)


@cache
def _sqlite_dialect() -> Dialect:
    return sqlite.dialect(paramstyle="qmark")


@cache
def _postgresql_dialect() -> Dialect:
    # Two megabytes that an installation on SQLite never needs.
    dialect: Dialect = importlib.import_module("sqlalchemy.dialects.postgresql.asyncpg").PGDialect_asyncpg()
    return dialect


def _compile(element: Executable, dialect: Dialect) -> Text:
    assert isinstance(element, ClauseElement)
    result = element.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(result, SQLCompiler)
    names: Sequence[str] = result.positiontup or ()
    binds: Mapping[str, BindParameter[Any]] = result.binds
    wanted = frozenset(name for name in names if name in binds and binds[name].required)
    fixed = {name: result.params[name] for name in names if name not in wanted}
    lists = frozenset(name for name in wanted if isinstance(binds[name].type, ARRAY))
    as_json = lists if dialect.name == "sqlite" else frozenset[str]()
    return Text(result.string, names, _binder(names, wanted, fixed, as_json))


def _binder(
    names: Sequence[str], wanted: frozenset[str], fixed: Mapping[str, Value], as_json: frozenset[str]
) -> Callable[[Mapping[str, Value]], tuple[Value, ...]]:
    pick: Callable[[Mapping[str, Value]], tuple[Value, ...]]
    if len(names) > 1:
        pick = itemgetter(*names)
    elif names:
        pick = _pick_one(names[0])
    else:
        pick = _pick_none

    def bind(parameters: Mapping[str, Value]) -> tuple[Value, ...]:
        if parameters.keys() != wanted:
            message = f"parameters missing: {sorted(wanted - parameters.keys())}, unknown: {sorted(parameters.keys() - wanted)}"
            raise TypeError(message)
        if fixed:
            parameters = {**fixed, **parameters}
        if as_json:
            parameters = {**parameters, **{name: json.dumps(parameters[name]) for name in as_json}}
        return pick(parameters)

    return bind


def _pick_one(name: str) -> Callable[[Mapping[str, Value]], tuple[Value, ...]]:
    return lambda parameters: (parameters[name],)


def _pick_none(_parameters: Mapping[str, Value]) -> tuple[Value, ...]:
    return ()
