"""Time as a port: nothing else in Linktill asks the machine what time it is."""

import asyncio
import time
from typing import Protocol

from typing_extensions import override


class Clock(Protocol):
    """Wall time for what is stored and shown, monotonic time for what is measured."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC. May step back when the machine's clock is set."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow, from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after at least `seconds`."""
        ...


class SystemClock(Clock):
    """The machine's clock."""

    @override
    def now_us(self) -> int:
        return time.time_ns() // 1_000

    @override
    def monotonic_s(self) -> float:
        return time.monotonic()

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
