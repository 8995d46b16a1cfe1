"""The few kinds of column and key that both databases share: see the schema rules in DESIGN."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    text,
)

metadata = MetaData()

CONDITION: Final = "condition"
"""The key of an index's `info` under which the condition of a partial one stands."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared byte by byte on every server: cursors and search ranges must not depend on the locale of a cluster."""


def text_column(name: str, *, is_nullable: bool = False) -> Column[str]:
    return Column(name, TEXT, nullable=is_nullable)


def int_column(name: str, *, is_nullable: bool = False, default: int | None = None) -> Column[int]:
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=is_nullable, server_default=server_default)


def flag_column(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))


def blob_column(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def belongs_to(table: str, *columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["merchant_id", *columns], [f"{table}.merchant_id", f"{table}.id"])


def work_index(name: str, *columns: Column[int] | Column[str], condition: str) -> Index:
    """An index over the few rows that somebody still has to work on.

    It starts with the merchant, as the queries do: else SQLite walks over all that the merchant ever had.
    """
    return partial_index(name, *columns, condition=condition)


def partial_index(
    name: str, *columns: Column[int] | Column[str] | str, condition: str, is_unique: bool = False
) -> Index:
    """An index over the rows for which `condition` holds. Migrations read it from `info`.

    SQLAlchemy's own way, an option per dialect, loads both dialects whenever the tables are loaded.
    """
    return Index(name, *columns, unique=is_unique, info={CONDITION: condition})
