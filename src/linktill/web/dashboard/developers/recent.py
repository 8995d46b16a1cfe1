"""Answers that can be given only once, kept for a little while in memory: a double press must show the same secret."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar, final

from linktill.platform.clock import Clock

T = TypeVar("T")

KEPT_S: Final = 900
KEPT_MAX: Final = 100


@final
class Recent(Generic[T]):
    """What was made under a key lately. In another process the same form makes a second one, which can be removed."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._made: Final[OrderedDict[str, tuple[float, T]]] = OrderedDict()
        self._lock: Final = asyncio.Lock()

    async def once(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """What was made under this key, made now if it was not. A refusal is not kept."""
        async with self._lock:
            now = self._clock.monotonic_s()
            while self._made and next(iter(self._made.values()))[0] <= now:
                self._made.popitem(last=False)
            found = self._made.get(key)
            if found is not None:
                return found[1]
            made = await make()
            self._made[key] = (now + KEPT_S, made)
            if len(self._made) > KEPT_MAX:
                self._made.popitem(last=False)
            return made
