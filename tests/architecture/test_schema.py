"""DESIGN's portable schema rules, read off the tables themselves."""

import importlib
import pkgutil

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import linktill.storage
from linktill.storage.tables import metadata

# What belongs to the installation and to no merchant. `directory` is the one place of what must be unique everywhere.
INSTALLATION_TABLES = {"directory", "installation", "lease"}

TYPES = {Text, BigInteger, SmallInteger, LargeBinary}


def tables() -> list[Table]:
    found: dict[str, Table] = {}
    for module in pkgutil.walk_packages(linktill.storage.__path__, "linktill.storage."):
        if ".migrations" in module.name:
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, MetaData):
                found |= value.tables
    return list(found.values())


def keys(table: Table) -> list[tuple[str, list[str]]]:
    """Everything that must start with merchant_id: primary key, unique keys, foreign keys."""
    constraints = [
        (type(constraint).__name__, [column.name for column in constraint.columns])
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint)
    ]
    indexes = [
        (f"unique index {index.name}", [column.name for column in index.columns])
        for index in table.indexes
        if index.unique
    ]
    return constraints + indexes


def broken_rules(table: Table) -> list[str]:
    broken = []
    if table.name not in INSTALLATION_TABLES:
        broken += [
            f"{table.name}: {kind} {columns}"
            for kind, columns in keys(table)
            if columns[:1] != ["merchant_id"]
        ]
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if type(column.type) not in TYPES:
            broken.append(f"{name}: {column.type!r} is not portable")
        if column.name.endswith(("_at", "_minor")) and not isinstance(column.type, BigInteger):
            broken.append(f"{name}: times and money are bigint")
        if column.name.endswith("_minor") and "currency" not in table.columns:
            broken.append(f"{name}: money without a currency")
        if column.server_default is not None and "(" in str(getattr(column.server_default, "arg", "")):
            broken.append(f"{name}: a default that the database computes")
        if column.identity is not None or column.autoincrement is True or column.default is not None:
            broken.append(f"{name}: ids and defaults are made in the app")
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and (constraint.ondelete or constraint.deferrable):
            broken.append(f"{table.name}: {constraint.column_keys} has ON DELETE or is deferrable")
    return broken


def test_there_are_tables():
    assert len(tables()) > 10


def test_the_tables_keep_the_rules():
    assert [broken for table in tables() for broken in broken_rules(table)] == []


@pytest.mark.parametrize(
    "parts",
    [
        [Column("id", Text, primary_key=True)],
        [Column("merchant_id", Text, primary_key=True), Column("slug", Text, unique=True)],
        [
            Column("merchant_id", Text, primary_key=True),
            Column("slug", Text),
            Index("by_slug", "slug", unique=True),
        ],
        [Column("merchant_id", Text, primary_key=True), Column("made", DateTime)],
        [Column("merchant_id", Text, primary_key=True), Column("is_open", Boolean)],
        [Column("merchant_id", Text, primary_key=True), Column("made_at", Text)],
        [
            Column("merchant_id", Text, primary_key=True),
            Column("made_at", BigInteger, server_default=func.now()),
        ],
        [Column("merchant_id", Text, primary_key=True), Column("fee_minor", BigInteger)],
        [
            Column("merchant_id", Text, primary_key=True),
            ForeignKeyConstraint(["merchant_id"], ["other.merchant_id"], ondelete="CASCADE"),
        ],
    ],
)
def test_a_planted_table_is_seen(parts):
    assert len(broken_rules(Table("planted", MetaData(), *parts))) == 1


def test_text_is_compared_byte_by_byte_whatever_the_locale_of_the_cluster():
    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert ddl.count(" TEXT") == ddl.count(' TEXT COLLATE "C"'), table.name
