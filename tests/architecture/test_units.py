"""A unit of work awaits nothing but its own database transaction (STYLE 2).

A call over the wire inside one would hold its locks as long as the gateway pleases, and would happen again when
PostgreSQL asks for the unit to be run again: a second charge.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import Function, Module, modules, own_nodes, parameters, parse, root_name

ELSEWHERE = "awaits something else than its database transaction"


def is_unit(function: Function) -> bool:
    """A coroutine whose first parameter (after `self`) is the database transaction."""
    names = [name for name in parameters(function) if name not in {"self", "cls"}]
    return isinstance(function, ast.AsyncFunctionDef) and names[:1] == ["tx"]


def stays_inside(awaited: ast.expr, handed_in: set[str]) -> bool:
    """`tx.one(…)`, or `load_link(tx, …)`: but not `gateway.start(tx, …)` with a gateway that was handed in."""
    if not isinstance(awaited, ast.Call):
        return False
    callee = awaited.func
    if isinstance(callee, ast.Attribute) and root_name(callee) == "tx":
        return True
    takes_tx = bool(awaited.args) and isinstance(awaited.args[0], ast.Name) and awaited.args[0].id == "tx"
    if isinstance(callee, ast.Name):
        return takes_tx
    return takes_tx and root_name(callee) not in handed_in


def escapes(module: Module) -> Iterator[str]:
    for function in module.functions():
        if not is_unit(function):
            continue
        handed_in = set(parameters(function)) - {"self", "cls"}
        for node in own_nodes(function):
            match node:
                case ast.Await(value=value) if not stays_inside(value, handed_in):
                    yield f"{module.at(node)} {function.name} {ELSEWHERE}"
                case ast.AsyncWith() | ast.AsyncFor():
                    yield f"{module.at(node)} {function.name} {ELSEWHERE}"
                case ast.comprehension(is_async=1, iter=source):
                    yield f"{module.at(source)} {function.name} {ELSEWHERE}"
                case _:
                    pass


def test_units_await_only_their_database_transaction():
    assert [escape for module in modules("src") for escape in escapes(module)] == []


@pytest.mark.parametrize(
    "body",
    [
        "await gateway.start(order)",
        "await gateway.start(tx, order)",
        "await http.send(request)",
        "x = [await send(mail) for mail in mails]",
        "await asyncio.gather(tx.run(a), tx.run(b))",
        "async with lock:\n        await tx.run(a)",
        "async for row in tx.stream(a):\n        pass",
        "await work",
    ],
)
def test_a_planted_call_out_is_seen(body):
    module = parse(f"async def unit(tx, gateway, http, work):\n    {body}\n")
    assert len(list(escapes(module))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "return await tx.one(LINK, id=work)",
        "return await load_link(tx, work)",
        "return await links.load(tx, work)",
        "return [await tx.one(LINK, id=id) for id in work]",
    ],
)
def test_a_unit_may_ask_its_database_transaction(body):
    assert list(escapes(parse(f"async def unit(tx, gateway, http, work):\n    {body}\n"))) == []


def test_methods_are_units_too():
    assert (
        len(list(escapes(parse("class A:\n    async def unit(self, tx):\n        await self.send()\n")))) == 1
    )
