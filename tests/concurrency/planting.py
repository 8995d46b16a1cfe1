"""How a guard is taken away from the product for the length of a test."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import or_, text
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList

from linktill.storage.statements import Statement, compiled
from tests.concurrency.world import Scenario

ALWAYS = text("1 = 1")


@dataclass(frozen=True)
class Plant:
    """What takes the place of a guard."""

    module: ModuleType
    name: str
    value: Any


@dataclass(frozen=True)
class Bug:
    """Guards taken away. `is_spared`: another guard still stands, and nothing must be found."""

    name: str
    scenario: Scenario
    plants: tuple[Plant, ...]
    is_spared: bool = False

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for plant in self.plants:
            monkeypatch.setattr(plant.module, plant.name, plant.value)


def without(module: ModuleType, name: str, *words: str) -> Plant:
    """The statement, for which it is all the same whether the conditions with these words hold."""
    statement: Statement = getattr(module, name)
    element: Any = statement.element
    conditions = [flat for one in element._where_criteria for flat in _flat(one)]
    is_taken = [any(word in str(condition) for word in words) for condition in conditions]
    assert sum(is_taken) == len(words), f"{words} are not in {[str(one) for one in conditions]}"
    copy = element._generate()
    copy._where_criteria = tuple(
        or_(condition, ALWAYS) if taken else condition
        for condition, taken in zip(conditions, is_taken, strict=True)
    )
    return Plant(module, name, compiled(copy))


def _flat(condition: Any) -> list[Any]:
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        return [flat for part in condition.clauses for flat in _flat(part)]
    return [condition]


def unlocked(module: ModuleType, name: str) -> Plant:
    """The SELECT without FOR UPDATE."""
    statement: Statement = getattr(module, name)
    copy: Any = statement.element._generate()  # type: ignore[attr-defined]
    assert copy._for_update_arg is not None
    copy._for_update_arg = None
    return Plant(module, name, compiled(copy))
