"""The driver in memory runs units as the others do: all or nothing, and it tells what was touched."""

from collections.abc import Iterator

import pytest

from linktill.platform.clock import SystemClock
from linktill.storage.database import Tx
from linktill.storage.errors import StatementWrong
from linktill.storage.installation import get_fact, put_fact
from linktill.storage.sqlite_memory import Memory


@pytest.fixture
def memory() -> Iterator[Memory]:
    opened = Memory(SystemClock())
    yield opened
    opened.close()


async def write(tx: Tx, value: str) -> str:
    await put_fact(tx, "color", value)
    return value


async def write_and_fail(tx: Tx) -> None:
    await put_fact(tx, "color", "gone")
    raise ValueError("planned")


def test_a_unit_is_kept_as_a_whole_and_says_what_it_touched(memory: Memory) -> None:
    assert memory.write(write, "blue") == "blue"
    assert list(memory.touched) == ["installation"]
    assert memory.read(get_fact, "color") == "blue"


def test_nothing_is_kept_of_a_unit_that_raises_or_is_taken_back(memory: Memory) -> None:
    with pytest.raises(ValueError, match="planned"):
        memory.write(write_and_fail)
    assert memory.attempt(write, "red") == "red"
    assert memory.read(get_fact, "color") is None


def test_a_unit_that_only_reads_must_not_write(memory: Memory) -> None:
    with pytest.raises(StatementWrong):
        memory.read(write, "blue")


def test_the_next_one_finds_it_empty() -> None:
    first = Memory(SystemClock())
    first.write(write, "blue")
    first.close()
    second = Memory(SystemClock())
    assert second.connection is first.connection
    assert second.read(get_fact, "color") is None
    second.close()
