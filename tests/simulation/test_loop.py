"""The loop that owns time: it leaps, it keeps order, and what is dead does nothing more."""

import asyncio
import gc

import pytest

from linktill.simulation.loop import Killed, Process, SimulatedLoop


def test_time_leaps_to_what_is_due_next() -> None:
    loop = SimulatedLoop()
    seen: list[tuple[str, float]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, loop.now_s))

    async def main() -> None:
        await asyncio.gather(wait("a day", 86_400.0), wait("a second", 1.0), wait("nothing", 0.0))

    loop.run(main())
    assert seen == [("nothing", 0.0), ("a second", 1.0), ("a day", 86_400.0)]


def test_timeouts_and_cancellation_work_as_in_asyncio() -> None:
    loop = SimulatedLoop()

    async def main() -> str:
        try:
            async with asyncio.timeout(5.0):
                await asyncio.sleep(10.0)
        except TimeoutError:
            return f"given up after {loop.now_s}"
        return "not given up"

    assert loop.run(main()) == "given up after 5.0"


def test_what_is_killed_does_nothing_more_not_even_on_its_way_out() -> None:
    loop = SimulatedLoop()
    process = Process("doomed")
    written: list[str] = []
    started: list[asyncio.Task[None]] = []

    async def work(name: str) -> None:
        try:
            await asyncio.sleep(1.0)
            written.append(f"{name} went on")
        finally:
            # A coroutine that is closed runs its last words, but what they start belongs to a dead process.
            try:
                started.append(asyncio.ensure_future(last_words(name)))
            except Killed:
                written.append(f"{name} was refused")

    async def last_words(name: str) -> None:
        written.append(f"{name} spoke")

    async def main() -> None:
        loop.start(process, work("one"))
        loop.start(process, work("other"))
        await asyncio.sleep(0.5)
        process.kill()
        await asyncio.sleep(10.0)

    loop.run(main())
    assert written == ["one was refused", "other was refused"]
    assert started == []
    assert loop.faults == []


def test_who_dies_before_they_hear_what_failed_leaves_no_fault() -> None:
    """Of several at once one fails; who waits for all of them is killed before they are told."""
    loop = SimulatedLoop()
    process = Process("doomed")

    async def fail() -> None:
        await asyncio.sleep(1.0)
        raise ValueError("unheard")

    async def work() -> None:
        both = asyncio.gather(fail(), asyncio.sleep(5.0))
        both.add_done_callback(lambda _: process.kill())
        await both

    async def main() -> None:
        loop.start(process, work())
        await asyncio.sleep(10.0)

    loop.run(main())
    gc.collect()
    assert loop.faults == []


def test_a_process_that_stands_still_goes_on_where_it_stood() -> None:
    loop = SimulatedLoop()
    process = Process("paused")
    seen: list[float] = []

    async def work() -> None:
        for _ in range(3):
            await asyncio.sleep(1.0)
            seen.append(loop.now_s)

    async def main() -> None:
        loop.start(process, work())
        await asyncio.sleep(1.5)
        process.is_stopped = True
        await asyncio.sleep(100.0)
        loop.go_on(process)
        await asyncio.sleep(5.0)

    loop.run(main())
    assert seen == [1.0, 101.5, 102.5]


def test_nobody_can_wait_for_ever() -> None:
    loop = SimulatedLoop()

    async def main() -> None:
        await loop.create_future()

    with pytest.raises(AssertionError, match="everybody waits"):
        loop.run(main())


def test_what_a_callback_raises_is_remembered() -> None:
    loop = SimulatedLoop()

    def fail() -> None:
        raise RuntimeError("planned")

    async def main() -> None:
        loop.call_soon(fail)
        await asyncio.sleep(1.0)

    loop.run(main())
    assert loop.faults == ["A callback failed: RuntimeError: planned"]
