"""An event loop that owns time: nothing waits, the clock leaps to whatever is due next, and one seed makes one trace.

Chance comes only from the ports (how long each call takes, what goes wrong), never from the loop: tasks that are ready
run in the order in which they became so, as they do in asyncio. Every task belongs to a process, which can be killed
between any two awaits, or stopped for a while and let go on.
"""

import asyncio
import contextlib
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, TypeVar, cast, final

T = TypeVar("T")

STEPS_MAX: Final = 20_000_000
"""More than any seed needs: something runs in a circle."""


class Killed(BaseException):
    """The process is dead: nothing of it may go on. Not an Exception, so that nothing of ours catches it."""


_PROCESS: Final[ContextVar["Process | None"]] = ContextVar("process", default=None)


@final
class Handle:
    """A step that is ready or has its time: what `asyncio.Handle` is, and little more."""

    __slots__ = ("args", "callback", "context", "is_canceled", "process")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = copy_context() if context is None else context
        self.process = self.context.get(_PROCESS)
        self.is_canceled = False

    def cancel(self) -> None:
        """It is passed over."""
        self.is_canceled = True


@final
class Process:
    """What is killed, stopped and let go on as one: all tasks that its tasks have started."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.is_dead = False
        self.is_stopped = False
        self.held: list[Handle] = []
        self.tasks: list[tuple[asyncio.Task[Any], Context]] = []
        self._tasks_max = 256
        self.context: Final = copy_context()
        """What is planned in this context belongs to the process, whoever plans it."""
        self.context.run(_PROCESS.set, self)

    def keep(self, task: asyncio.Task[Any], context: Context) -> None:
        """Remembers a task of its own, and forgets finished ones now and then."""
        if len(self.tasks) > self._tasks_max:
            self.tasks = [each for each in self.tasks if not each[0].done() or _is_unheard(each[0])]
            self._tasks_max = 256 + 2 * len(self.tasks)
        self.tasks.append((task, context))

    def kill(self) -> None:
        """SIGKILL: what was under way ends where it stood."""
        self.is_dead = True
        tasks, self.tasks, self.held = self.tasks, [], []
        for task, context in tasks:
            if _is_unheard(task):
                task.exception()  # who would have heard of it is dead, too
            elif not task.done():
                _hear(task._fut_waiter)  # type: ignore[attr-defined]  # noqa: SLF001 failed, and the task not yet told
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 dead, not forgotten
                coroutine = task.get_coro()
                assert coroutine is not None, "tasks here are made of coroutines"
                # ValueError: the one that runs right now; it ends by Killed. RuntimeError: it awaits on its way out.
                with contextlib.suppress(ValueError, RuntimeError, Killed):
                    # In its own context: what it starts on its way out is started by a dead process.
                    context.run(coroutine.close)


def _is_unheard(task: asyncio.Future[Any]) -> bool:
    """Whether it failed and nobody has asked how."""
    return task.done() and bool(task._log_traceback)  # noqa: SLF001 asyncio's own mark


def _hear(waited_for: asyncio.Future[Any] | None) -> None:
    """Who waited for it, such as for several at once, dies before they hear that it failed."""
    if waited_for is not None and _is_unheard(waited_for):
        waited_for.exception()


@final
class SimulatedLoop:
    """As much of an event loop as our code uses. `now_s`: seconds since the start of the simulation."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.steps = 0
        self.faults: list[str] = []
        """Exceptions that nobody was there to catch."""
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._count = 0
        self._as_loop: Final = cast("asyncio.AbstractEventLoop", cast("object", self))

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Runs until `main` has ended, and leaves the rest where it is."""
        asyncio.events._set_running_loop(self._as_loop)  # noqa: SLF001 what BaseEventLoop does
        try:
            task = self.create_task(main)
            ended: list[object] = []
            task.add_done_callback(ended.append)
            self._go(ended)
            return task.result()
        finally:
            asyncio.events._set_running_loop(None)  # noqa: SLF001 as above

    def spawn(self, process: Process, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Starts `work` in the process; so are all tasks that it starts."""
        return self.create_task(work, context=process.context.copy())

    def start(self, process: Process, work: Coroutine[Any, Any, object]) -> None:
        """As `spawn`, where nobody waits for the end: the process holds the task."""
        task = self.spawn(process, work)
        assert not task.done(), "nothing runs before its turn"

    def go_on(self, process: Process) -> None:
        """SIGCONT."""
        process.is_stopped = False
        self._ready.extend(process.held)
        process.held = []

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """Done after `seconds` of this loop's time."""
        future: asyncio.Future[None] = asyncio.Future(loop=self._as_loop)
        self.call_at(self.now_s + seconds, _wake, future)
        return future

    def _go(self, ended: list[object]) -> None:
        """Step by step, until something is in `ended`."""
        ready, timers = self._ready, self._timers
        steps_max = self.steps + STEPS_MAX
        while not ended:
            self.steps += 1
            assert self.steps < steps_max, "the simulation runs in a circle"
            if ready:
                handle = ready.popleft()
            else:
                assert timers, "everybody waits for somebody"
                at_s, _, handle = heapq.heappop(timers)
                if at_s > self.now_s and not handle.is_canceled:
                    self.now_s = at_s
            if handle.is_canceled:
                continue
            process = handle.process
            if process is not None:
                if process.is_dead:
                    continue
                if process.is_stopped:
                    process.held.append(handle)
                    continue
            try:
                handle.context.run(handle.callback, *handle.args)
            except Exception as error:  # noqa: BLE001 what a callback raises, nobody hears; asyncio tells its handler, too
                self.call_exception_handler({"message": "A callback failed", "exception": error})

    # What asyncio asks of a loop.

    def time(self) -> float:
        return self.now_s

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        timer = Handle(callback, args, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        return self.call_at(self.now_s + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._as_loop)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: object = None,  # noqa: ARG002 # pyright: ignore[reportUnusedParameter] asyncio gives one
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        context = copy_context() if context is None else context
        process = context.get(_PROCESS)
        if process is not None and process.is_dead:
            coro.close()
            raise Killed
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self._as_loop, name="simulated", context=context)
        if process is not None:
            process.keep(task, context)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, Killed):
            self.faults.append(f"{context.get('message')}: {type(error).__name__}: {error}")


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
