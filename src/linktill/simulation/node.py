"""A Linktill process: flows on ports that the simulation owns. It can die at any of them and comes back with an empty memory."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final, TypeVar, final

from typing_extensions import override

from linktill.flows.services import Services
from linktill.flows.take_turn import Channels
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer
from linktill.platform.ids import Ids, encode
from linktill.platform.randomness import SeededRandomness
from linktill.platform.secrets import Vault
from linktill.simulation.asgi import ask
from linktill.simulation.loop import Handle, Killed, Process, SimulatedLoop
from linktill.simulation.parts import Parts, Step
from linktill.simulation.trouble import UNITS, Fault, Trouble
from linktill.simulation.watch import Watch
from linktill.storage.database import Database, P, Unit
from linktill.storage.errors import Busy, StorageError
from linktill.storage.sqlite_memory import Memory

T = TypeVar("T")

START_US: Final = 1_767_225_600_000_000
"""2026-01-01, when every simulation begins."""
KEY: Final = bytes(32)
WORD_S: Final = 0.005
HEARS_RATE: Final = 0.2
SWITCH_RATE: Final = 0.2
"""How often others get their turn before and after a unit: what happens at once in the database may not seem so outside."""
BACKOFF_MAX_S: Final = 30.0


class Gone(Exception):
    """The process died before it answered."""


@final
class SimulatedClock(Clock):
    """A process's clock: the simulation's time, and how far it is off."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self.off_us = 0

    @override
    def now_us(self) -> int:
        return START_US + int(self._loop.now_s * 1_000_000) + self.off_us

    @override
    def monotonic_s(self) -> float:
        return self._loop.now_s

    @override
    async def sleep(self, seconds: float) -> None:
        await self._loop.sleep(seconds)


@final
class CountedIds(Ids):
    """The time in milliseconds, then a count: as unique and as sorted as UUIDv7, and the same on each run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0

    @override
    def new(self, prefix: str) -> str:
        self._count += 1
        return prefix + encode((self._clock.now_us() // 1_000 << 80) | self._count)


@dataclass(frozen=True, slots=True)
class Place:
    """What all processes share."""

    loop: SimulatedLoop
    chance: SeededRandomness
    trouble: Trouble
    memory: Memory
    watch: Watch
    clock: SimulatedClock
    ids: Ids
    base_url: str
    bank_url: str


@final
class SimulatedDatabase(Database):
    """The one database, as one process reaches it."""

    def __init__(self, place: Place, node: "Node") -> None:
        self._place: Final = place
        self._node: Final = node

    @property
    @override
    def dialect(self) -> str:
        return "sqlite"

    @override
    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        place, node = self._place, self._node
        node.must_live()
        if place.chance.unit() < SWITCH_RATE:
            await place.loop.sleep(place.chance.unit() * 0.004)
        name = getattr(unit, "__name__", "unit")
        fault = place.trouble.strikes(place.chance, UNITS, place.loop.now_s)
        if fault is not None:
            place.watch.struck(fault, name)
        if fault is Fault.CRASH_BEFORE:
            node.die()
        if fault is Fault.UNIT_BUSY:
            raise Busy("A simulated database that takes no more work.")
        if fault is Fault.UNIT_CONFLICT:
            place.memory.attempt(unit, *args, **kwargs)
        result = place.memory.write(unit, *args, **kwargs)
        place.watch.committed(node.name, name)
        if fault is Fault.UNIT_RERUN:
            result = place.memory.write(unit, *args, **kwargs)
            place.watch.committed(node.name, name)
        if fault is Fault.CRASH_AFTER:
            node.die()
        if place.chance.unit() < SWITCH_RATE:
            await place.loop.sleep(place.chance.unit() * 0.002)
        return result

    @override
    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._node.must_live()
        if self._place.chance.unit() < SWITCH_RATE:
            await self._place.loop.sleep(self._place.chance.unit() * 0.002)
        return self._place.memory.read(unit, *args, **kwargs)

    @override
    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._place.memory.read(unit, *args, **kwargs)

    @override
    async def close(self) -> None:
        return None


@dataclass(slots=True)
class _Rest:
    """A step that found nothing, and when it looks again."""

    over: asyncio.Future[None]
    phase_s: float
    look_s: float = math.inf
    timer: Handle | None = None
    is_called: bool = False

    def look_by(self, node: "Node", at_s: float) -> None:
        """Earlier than planned. The timer is the node's own: whose commit called for it may die."""
        if self.timer is not None:
            self.timer.cancel()
        self.look_s = at_s
        self.timer = node.place.loop.call_at(at_s, _time_is_up, self.over, context=node.process.context)


@final
class Node:
    """A process that serves payers and webhooks, and works if it has steps."""

    def __init__(
        self, place: Place, parts: Parts, name: str, wire: Callable[["Node"], HttpClient], *, works: bool
    ) -> None:
        self.place: Final = place
        self.name: Final = name
        self.process: Final = Process(name)
        self.clock: Final = SimulatedClock(place.loop)
        self.death: Final[asyncio.Future[None]] = place.loop.create_future()
        self._callers: Final[dict[asyncio.Future[Any], None]] = {}
        self._resting: Final[dict[str, _Rest]] = {}
        http = wire(self)
        self.services: Final = Services(
            database=SimulatedDatabase(place, self),
            clock=self.clock,
            ids=place.ids,
            randomness=place.chance,
            http=http,
            vault=Vault(KEY, place.chance),
            gateways=parts.gateways(http, place.bank_url),
            base_url=place.base_url,
        )
        self._inbound: Final = parts.inbound(self.services)
        self.works: Final = works
        self._woken: tuple[str, ...] = ()
        if works:
            steps = [
                step
                for step in parts.steps(Channels(http, None, may_be_private=True))
                if step.name in place.watch.queues
            ]
            self._woken = tuple(step.name for step in steps if step.is_woken)
            for step in steps:
                place.loop.start(self.process, self._repeat(step))
            # A word of work is only a courtesy: most seeds do without, and find by looking.
            if place.chance.happens(HEARS_RATE):
                place.loop.start(self.process, self._hear())

    @property
    def is_up(self) -> bool:
        """Does it take requests?"""
        return not self.process.is_dead and not self.process.is_stopped

    def must_live(self) -> None:
        """Raises Killed in what is left of a dead process."""
        if self.process.is_dead:
            raise Killed

    def die(self) -> None:
        """SIGKILL, from one of its own ports or from outside. Raises Killed in the first case."""
        if not self.process.is_dead:
            self.place.watch.died(self.name)
            self.process.kill()
            self.death.set_result(None)
            for answer in self._callers:
                if not answer.done():
                    answer.set_exception(Gone())
            self._callers.clear()
        raise Killed

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Has the process do something. Raises Gone when it dies meanwhile."""
        answer: asyncio.Future[T] = self.place.loop.create_future()

        def tell(task: asyncio.Task[T]) -> None:
            if answer.done():  # the process died, and so did whoever asked
                return
            del self._callers[answer]
            error = task.exception()
            if error is not None:
                answer.set_exception(Gone() if isinstance(error, Killed) else error)
            else:
                answer.set_result(task.result())

        self._callers[answer] = None
        # In the caller's context: a callback of the dead is not run.
        self.place.loop.spawn(self.process, work).add_done_callback(tell, context=copy_context())
        return await answer

    async def receive(self, request: HttpRequest) -> HttpResponse:
        """A webhook of the gateway arrives. Raises NoAnswer when the process dies over it."""
        try:
            return await self.call(ask(self._inbound, request))
        except Gone:
            raise NoAnswer("The connection was reset.") from None

    def look_by(self, queue: str, due_at: int) -> None:
        """A queue has work from `due_at` on: an idle step looks at it soon after."""
        rest = self._resting.get(queue)
        if rest is None:
            return
        at_s = self.place.loop.now_s + max(0.0, (due_at - self.clock.now_us()) / 1_000_000) + rest.phase_s
        if at_s < rest.look_s:
            rest.look_by(self, at_s)

    def set_clock(self, off_us: int) -> None:
        """The process's clock is off by so much from now on."""
        self.clock.off_us = off_us
        self.look_again()

    def look_again(self) -> None:
        """Idle steps look once, as they do every other second: what they waited for by a clock may be due by another."""
        for rest in list(self._resting.values()):
            rest.is_called = True
            _time_is_up(rest.over)

    async def _hear(self) -> None:
        while True:
            await self.services.wake.wait()
            for queue in self._woken:
                rest = self._resting.get(queue)
                if rest is not None:
                    _time_is_up(rest.over)
            await self.place.loop.sleep(WORD_S)

    async def _repeat(self, step: Step) -> None:
        failures = 0
        while True:
            try:
                found = await step.run(self.services)
            except Exception as error:  # noqa: BLE001 as the worker: it outlives whatever a step meets
                if not isinstance(error, StorageError):
                    self.place.watch.violated("exception", f"{step.name}: {type(error).__name__}: {error}")
                failures += 1
                await self.place.loop.sleep(min(BACKOFF_MAX_S, 2.0**failures) * self.place.chance.unit())
                continue
            failures = 0
            if found and step.is_eager and self._is_due(step.name):
                await self.place.loop.sleep(0.0)
            else:
                await self._rest(step)

    def _is_due(self, queue: str) -> bool:
        due_at = self.place.memory.next_due(queue)
        return due_at is not None and due_at <= self.clock.now_us()

    async def _rest(self, step: Step) -> None:
        """As `worker/loop.py` sleeps, but without the looks that would find nothing."""
        loop, memory, name = self.place.loop, self.place.memory, step.name
        phase_s = self.place.chance.unit() * step.every_s
        while True:
            rest = _Rest(loop.create_future(), phase_s)
            self._resting[name] = rest
            due_at = memory.next_due(name)
            if due_at is not None:
                self.look_by(name, due_at)
            await rest.over
            del self._resting[name]
            if rest.timer is not None:
                rest.timer.cancel()
            if rest.is_called or self._is_due(name):
                return


def _time_is_up(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
