"""What the parts of the suite stand on: the rig as a fixture, and tests that only some vendors can be put to."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from inspect import iscoroutinefunction
from typing import ClassVar, Final, TypeAlias, TypeVar

import pytest
import pytest_asyncio
from typing_extensions import override

from linktill.gateways.testing.rig import Ability, Rig

OpenRig: TypeAlias = Callable[[], AbstractAsyncContextManager[Rig]]
"""A rig for one test: called and entered before it, left after it."""

NEEDED: Final = "needed_abilities"

T = TypeVar("T")


def needs(*abilities: Ability) -> Callable[[T], T]:
    """Marks a test, or all tests of a class: not tried where the vendor lacks one of these."""

    def mark(tried: T) -> T:
        setattr(tried, NEEDED, frozenset(abilities) | _needed(tried))
        return tried

    return mark


class Base:
    """One class for each gateway inherits this: `class TestAcme(Suite, rig=acme_rig): …`."""

    pytestmark: ClassVar = [pytest.mark.asyncio]
    lacks: ClassVar[frozenset[Ability]] = frozenset()
    rigs: ClassVar[tuple[OpenRig, ...]] = ()
    """The one, of a class that is to be run."""

    @override
    def __init_subclass__(cls, *, rig: OpenRig | None = None, lacks: Iterable[Ability] = ()) -> None:
        """`rig` only for a class that is to be run. What needs something of `lacks` is not there, rather than skipped."""
        super().__init_subclass__()
        if rig is None:
            return
        cls.rigs = (rig,)
        cls.lacks = frozenset(lacks)
        for part in cls.__mro__:
            for name, test in vars(part).items():
                if iscoroutinefunction(test) and (_needed(part) | _needed(test)) & cls.lacks:
                    setattr(cls, name, None)

    @pytest_asyncio.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        """The rig of this class, new for each test."""
        assert self.rigs, "the class names its rig: class TestAcme(Suite, rig=acme_rig)"
        async with self.rigs[0]() as running:
            yield running


def _needed(tried: object) -> frozenset[Ability]:
    found: frozenset[Ability] = vars(tried).get(NEEDED, frozenset())
    return found
