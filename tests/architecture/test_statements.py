"""Every statement on a merchant's table says whose rows it means: a forgotten merchant_id shows one company's
payments to another, or refunds them."""

import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Delete,
    MetaData,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    delete,
    exists,
    select,
    text,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import Alias, FromClause, Join

import linktill.storage
from linktill.storage.statements import AnyOf, Statement, any_of, compiled
from tests.architecture.test_schema import INSTALLATION_TABLES, tables

# module.NAME → why it may look at the rows of all merchants.
DUE = "asks only which merchants have work due; the work itself is then taken per merchant"
WHOLE = "the whole installation is copied, with every merchant in it"
ACROSS_MERCHANTS: dict[str, str] = {
    "attempts._DUE_MERCHANTS": DUE,
    "copy._ANALYZE": "statistics for the planner have no merchant",
    "copy._FIRST": WHOLE,
    "copy._REMOVE_ALL": "what an interrupted move left in the new database is all removed, before anybody uses it",
    "copy._TOTALS": WHOLE,
    "customer_payments._MERCHANTS": DUE,
    "dispute_answers._DUE_MERCHANTS": DUE,
    "domains._EVERY": "the operator's check-up looks at every domain, whoever it belongs to",
    "domains._VERIFIED": "every process keeps in memory which host is whose",
    "gateway_accounts._TO_LIST": "the gateway accounts whose daily comparison is due, whoever they belong to",
    "idempotency._PURGE": "forgets answers that are past their time, whoever they were given to",
    "inbox._DUE_MERCHANTS": DUE,
    "invariants._MERCHANTS": "every merchant in turn is checked",
    "ledger._UNSEALED_MERCHANTS": DUE,
    "link_imports._DUE_MERCHANTS": DUE,
    "link_imports._OLD": "the import that nobody has touched for longest is removed, whoever sent it",
    "link_clock._DUE_MERCHANTS": DUE,
    "link_requests._UNTOLD_MERCHANTS": DUE,
    "outbox._DUE_MERCHANTS": DUE,
    "refunds._DUE_MERCHANTS": DUE,
}


@compiles(AnyOf)
def _any_of(element: AnyOf, compiler: object, **options: object) -> str:
    """Storage compiles for its two databases; SQLAlchemy asks for a text of no dialect to find a query's tables."""
    return "any_of"


def storage_modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.walk_packages(linktill.storage.__path__, "linktill.storage.")]
    return [importlib.import_module(name) for name in names if ".migrations" not in name]


def held(value: object) -> Iterator[Statement]:
    """Statements in a module's constant: itself, or in a table of them."""
    match value:
        case Statement():
            yield value
        case Mapping():
            for inner in value.values():
                yield from held(inner)
        case tuple() | list():
            for inner in value:
                yield from held(inner)
        case _:
            pass


def choices(annotation: object) -> list[object]:
    """What to try for a parameter of a function that makes statements, one for each shape of a filter."""
    if annotation is bool:
        return [False, True]
    if annotation is int:
        return [0, 1, 2]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)
    raise AssertionError(
        f"shapes of statements are chosen by bool, int or enum, not {annotation}: name them as constants"
    )


def shaped(function: Callable[..., Statement]) -> Iterator[Statement]:
    """The statement for every combination of arguments."""
    given = inspect.signature(function).parameters
    for values in itertools.product(*(choices(parameter.annotation) for parameter in given.values())):
        arguments = dict(zip(given, values, strict=True))
        positional = [
            arguments.pop(name) for name, p in given.items() if p.kind is not inspect.Parameter.KEYWORD_ONLY
        ]
        yield function(*positional, **arguments)


def makes_statements(value: object, module: ModuleType) -> bool:
    plain = inspect.unwrap(value) if callable(value) else value
    return (
        inspect.isfunction(plain)
        and plain.__module__ == module.__name__
        and plain is not compiled
        and inspect.signature(plain).return_annotation is Statement
    )


def statements() -> Iterator[tuple[str, Any]]:
    """Each statement of storage with its name."""
    for module in storage_modules():
        for name, value in vars(module).items():
            found = shaped(value) if makes_statements(value, module) else held(value)
            for statement in found:
                yield f"{module.__name__.removeprefix('linktill.storage.')}.{name}", statement.element


def flat(source: Any) -> Iterator[FromClause]:
    """The tables and aliases of a FROM, joins taken apart."""
    if isinstance(source, Join):
        yield from flat(source.left)
        yield from flat(source.right)
    else:
        yield source


def is_a_merchants(source: FromClause) -> bool:
    table = source.element if isinstance(source, Alias) else source
    return isinstance(table, Table) and "merchant_id" in table.c and table.name not in INSTALLATION_TABLES


def conditions(node: Any) -> Iterator[Any]:
    """The nodes of a condition, without those of queries inside it: they answer for themselves."""
    yield node
    for child in node.get_children():
        if not isinstance(child, Select):
            yield from conditions(child)


def scopes(element: Any) -> Iterator[tuple[list[FromClause], list[Any]]]:
    """Each SELECT, UPDATE and DELETE in a statement: its tables and its conditions."""
    for node in visitors.iterate(element):
        match node:
            case Select():
                roots = node.get_final_froms()
                ons = [
                    inner.onclause
                    for root in roots
                    for inner in visitors.iterate(root)
                    if isinstance(inner, Join)
                ]
                yield [source for root in roots for source in flat(root)], [node.whereclause, *ons]
            case Update() | Delete():
                yield [node.table], [node.whereclause]
            case _:
                pass


def forgotten(element: Any) -> list[str]:
    """The merchant's tables in a statement whose merchant_id no condition of the same query mentions."""
    if isinstance(element, TextClause):
        named = {table.name for table in tables() if is_a_merchants(table)} & set(
            re.findall(r"\w+", element.text)
        )
        return [] if "merchant_id" in element.text else sorted(named)
    seen = []
    for sources, wheres in scopes(element):
        mentioned = {
            id(node.table)
            for where in wheres
            if where is not None
            for node in conditions(where)
            if isinstance(node, Column) or (hasattr(node, "table") and hasattr(node, "name"))
            if node.name == "merchant_id"
        }
        seen += [
            str(getattr(source, "name", source))
            for source in sources
            if is_a_merchants(source) and id(source) not in mentioned
        ]
    return seen


def test_there_are_statements():
    assert len(list(statements())) > 20


def test_every_statement_says_whose_rows():
    lost = {
        f"{name}: {table}"
        for name, element in statements()
        if name not in ACROSS_MERCHANTS
        for table in forgotten(element)
    }
    assert sorted(lost) == []


def test_no_exception_outlives_its_statement():
    needed = {name for name, element in statements() if forgotten(element)}
    assert set(ACROSS_MERCHANTS) - needed == set()


PAYMENT = Table("payment", MetaData(), Column("merchant_id", TextType), Column("id", TextType))
MINE = PAYMENT.c.merchant_id == bindparam("merchant_id")
OTHER = PAYMENT.alias("other")


@pytest.mark.parametrize(
    "element",
    [
        select(PAYMENT),
        select(PAYMENT.c.merchant_id).where(PAYMENT.c.id == bindparam("id")),
        update(PAYMENT).values(id="x"),
        delete(PAYMENT).where(PAYMENT.c.id.in_(select(PAYMENT.c.id).where(MINE))),
        delete(PAYMENT).where(MINE, PAYMENT.c.id.in_(select(OTHER.c.id))),
        select(PAYMENT).join(OTHER, PAYMENT.c.id == OTHER.c.id).where(MINE),
        select(PAYMENT).where(MINE, exists(select(OTHER.c.id).where(OTHER.c.id == "x"))),
    ],
)
def test_a_planted_omission_is_seen(element):
    assert len(forgotten(element)) == 1


def test_a_planted_text_is_seen():
    assert forgotten(text("DELETE FROM payment_link")) == ["payment_link"]
    assert forgotten(text("DELETE FROM payment_link WHERE merchant_id = :m")) == []


@pytest.mark.parametrize(
    "element",
    [
        select(PAYMENT).where(MINE),
        select(PAYMENT).where(any_of(PAYMENT.c.merchant_id, "merchant_ids")),
        update(PAYMENT).where(MINE).values(id="x"),
        select(PAYMENT).join(OTHER, PAYMENT.c.merchant_id == OTHER.c.merchant_id).where(MINE),
        delete(PAYMENT).where(MINE, PAYMENT.c.id.in_(select(OTHER.c.id).where(OTHER.c.merchant_id == "x"))),
    ],
)
def test_a_whole_condition_is_not_seen(element):
    assert forgotten(element) == []


def test_shapes_are_all_tried():
    def shapes(words: int, *, has_cursor: bool) -> Statement:
        return compiled(select(PAYMENT).where(MINE)) if words < 2 or has_cursor else compiled(select(PAYMENT))

    assert [len(forgotten(statement.element)) for statement in shaped(shapes)] == [0, 0, 0, 0, 1, 0]
