"""The worker: each step in a task of its own, so that a slow gateway does not keep the outbox waiting.

A step does a bounded amount of work and says how much it did. One that found something is asked again at once; one that
found nothing sleeps for its pace, or until somebody in this process says that there is work. Workers in other processes
are not woken: they find the work at their next look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.flows.services import Services
from linktill.platform.log import get_logger

STOP_S: Final = 30.0
"""How long a stop waits for what is under way. What is cut off then is taken up by whoever finds its lease run out."""
TROUBLE_MAX_S: Final = 60
WORD_S: Final = 0.005
"""How often word of work is passed on at most."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to look for. `every_s`: how long to sleep when there was nothing. `is_woken`: by a word of work, too."""

    name: str
    run: Callable[[Services], Awaitable[int]]
    every_s: float
    is_woken: bool = False
    is_eager: bool = True
    """Is it asked again at once when it found something? Not what gathers: it would gather nothing."""
    is_own: bool = False
    """Does it concern this process alone? All else rests in a copy that nobody has adopted (`flows/standing.py`)."""
    finish: Callable[[Services], Awaitable[object]] | None = None
    """Ends what the step left running or unwritten; called once, when the worker stops."""


class Worker:
    """Runs steps until it is told to stop."""

    def __init__(self, services: Services, steps: Sequence[Step]) -> None:
        self._services = services
        self._steps = steps
        self._stopping = asyncio.Event()
        self._woken = {step.name: asyncio.Event() for step in steps if step.is_woken}

    async def run(self, stop: asyncio.Event) -> None:
        """Returns within `STOP_S` of `stop` being set."""
        log.info("worker.started", steps=len(self._steps))
        waker = asyncio.create_task(self._pass_on_word())
        loops = [asyncio.create_task(self._repeat(step)) for step in self._steps]
        stopped = asyncio.create_task(stop.wait())
        try:
            # A loop never ends by itself: if one does, it is a fault that must be seen, not a worker that does half its work.
            await asyncio.wait([stopped, waker, *loops], return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            _, late = await asyncio.wait(loops, timeout=STOP_S)
            if late:
                log.warning("worker.cut_off", steps=len(late))
        finally:
            for task in (stopped, waker, *loops):
                task.cancel()
            ended = await asyncio.gather(stopped, waker, *loops, return_exceptions=True)
        log.info("worker.stopped")
        for result in ended:
            if isinstance(result, Exception):
                raise result

    async def _pass_on_word(self) -> None:
        """One listener for all steps: a word of work is forgotten once heard, and each step must hear it."""
        while True:
            await self._services.wake.wait()
            for woken in self._woken.values():
                woken.set()
            # In a flood of words one look finds what many told of.
            await self._services.clock.sleep(WORD_S)

    async def _repeat(self, step: Step) -> None:
        failures = 0
        while not self._stopping.is_set():
            if step.is_woken:
                self._woken[step.name].clear()
            try:
                found = await step.run(self._services) if self._may_work(step) else 0
            except Exception:  # the worker outlives whatever a step meets
                failures += 1
                log.exception("step.failed", step=step.name, failures=failures)
                await self._sleep(step, self._backoff_s(failures), may_wake=False)
                continue
            failures = 0
            if found == 0 or not step.is_eager:
                await self._sleep(step, step.every_s, may_wake=step.is_woken)
            else:
                # Even without anything to wait for, others get their turn.
                await self._services.clock.sleep(0)
        if step.finish is not None:
            await step.finish(self._services)

    def _may_work(self, step: Step) -> bool:
        return step.is_own or self._services.standing.is_live

    def _backoff_s(self, failures: int) -> float:
        most = min(TROUBLE_MAX_S, 2 ** min(failures - 1, 10))
        return self._services.randomness.uniform(most / 2, most)

    async def _sleep(self, step: Step, seconds: float, *, may_wake: bool) -> None:
        waits = [
            asyncio.create_task(self._stopping.wait()),
            asyncio.create_task(self._services.clock.sleep(seconds)),
        ]
        if may_wake:
            waits.append(asyncio.create_task(self._woken[step.name].wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
