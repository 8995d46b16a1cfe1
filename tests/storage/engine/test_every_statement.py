"""Each statement of `linktill.storage` is accepted by both databases on the migrated schema."""

import pkgutil
from importlib import import_module

import apsw
import asyncpg

import linktill.storage
from linktill.storage.statements import Statement

POSTGRESQL_ONLY = {"copy._REMOVE_ALL.0", "standing._CLUSTER.0"}
"""What is asked only where it is known that PostgreSQL answers."""


def statements():
    """Every statement that is a module's constant, also within its tuples and mappings, with its name."""
    for module_info in pkgutil.iter_modules(linktill.storage.__path__, "linktill.storage."):
        if module_info.ispkg:
            continue
        for name, value in vars(import_module(module_info.name)).items():
            values = (
                value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            )
            for number, statement in enumerate(values):
                if isinstance(statement, Statement):
                    yield f"{module_info.name.rpartition('.')[2]}.{name}.{number}", statement


def test_sqlite_accepts(sqlite_template, subtests):
    connection = apsw.Connection(str(sqlite_template))
    for name, statement in statements():
        if name in POSTGRESQL_ONLY:
            continue
        with subtests.test(name):
            text = statement.sqlite
            connection.execute(f"EXPLAIN {text.sql}", (None,) * len(text.names))
    connection.close()


async def test_postgresql_accepts(postgres_migrated, subtests):
    connection = await asyncpg.connect(postgres_migrated)
    for name, statement in statements():
        with subtests.test(name):
            await connection.prepare(statement.postgresql.sql)
    await connection.close()


def test_there_are_statements_to_check():
    assert {"leases._ACQUIRE.0", *POSTGRESQL_ONLY} <= dict(statements()).keys()
