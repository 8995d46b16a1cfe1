"""The worker: steps do not wait for one another, none stops the others, and a stop is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from linktill.flows.services import Services
from linktill.platform.http import GuardedHttp
from linktill.storage.database import Database
from linktill.worker import loop as loop_module
from linktill.worker.loop import Step, Worker
from linktill.worker.schedule import steps
from tests.flows.people import world_on
from tests.flows.telling import Telling, telling_on
from tests.notify.receivers import endpoint, postbox


@pytest_asyncio.fixture
async def telling(database: Database) -> AsyncIterator[Telling]:
    async with telling_on(database) as made:
        yield made


@pytest.fixture
def services(database: Database) -> Services:
    return world_on(database).services


@asynccontextmanager
async def working(services: Services, *found: Step) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(services, found).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)


async def until(condition: asyncio.Event) -> None:
    await asyncio.wait_for(condition.wait(), 30)


class Counted:
    """A step that finds what it is told to."""

    def __init__(self, *finds: int) -> None:
        self.finds = list(finds)
        self.runs = 0
        self.ran = asyncio.Event()

    async def __call__(self, _services: Services) -> int:
        self.runs += 1
        self.ran.set()
        return self.finds.pop(0) if self.finds else 0


async def test_a_step_that_finds_something_is_asked_again_at_once(services: Services) -> None:
    eager, gathering = Counted(1, 1, 1), Counted(1, 1, 1)
    async with working(
        services, Step("eager", eager, every_s=60), Step("gathering", gathering, every_s=60, is_eager=False)
    ):
        await asyncio.sleep(0.05)
    assert (eager.runs, gathering.runs) == (4, 1)


async def test_a_slow_step_keeps_no_other_waiting(services: Services) -> None:
    entered, quick = asyncio.Event(), Counted(*[1] * 5)
    leave = asyncio.Event()

    async def slow(_services: Services) -> int:
        entered.set()
        await leave.wait()
        return 0

    async with working(services, Step("slow", slow, every_s=60), Step("quick", quick, every_s=60)):
        await until(entered)
        await asyncio.sleep(0.05)
        assert quick.runs == 6
        leave.set()


async def test_a_word_of_work_wakes_every_step_that_listens(services: Services) -> None:
    first, second, deaf = Counted(), Counted(), Counted()
    async with working(
        services,
        Step("first", first, every_s=60, is_woken=True),
        Step("second", second, every_s=60, is_woken=True),
        Step("deaf", deaf, every_s=60),
    ):
        await asyncio.sleep(0.02)
        services.wake.now()
        await asyncio.sleep(0.02)
        services.wake.now()
        await asyncio.sleep(0.02)
    assert (first.runs, second.runs, deaf.runs) == (3, 3, 1)


async def test_a_word_that_comes_while_the_step_runs_is_not_lost(services: Services) -> None:
    runs = 0

    async def step(given: Services) -> int:
        nonlocal runs
        runs += 1
        if runs == 1:
            given.wake.now()
            await asyncio.sleep(0.02)
        return 0

    async with working(services, Step("step", step, every_s=60, is_woken=True)):
        await asyncio.sleep(0.1)
    assert runs == 2


async def test_a_step_that_fails_is_backed_off_and_the_others_go_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = Worker._backoff_s

    def shortened(self: Worker, failures: int) -> float:
        waits.append(real(self, failures))
        return 0.001

    monkeypatch.setattr(Worker, "_backoff_s", shortened)
    healed, other = asyncio.Event(), Counted()

    async def failing(_services: Services) -> int:
        if len(waits) < 8:
            raise RuntimeError("not today")
        healed.set()
        return 0

    steps_made = Step("failing", failing, every_s=60), Step("other", other, every_s=60)
    # Captured: a traceback drawn for a terminal takes longer than all else here.
    with capture_logs() as logged:
        async with working(services, *steps_made):
            await until(healed)
    assert [line["failures"] for line in logged if line["event"] == "step.failed"] == list(range(1, 9))
    assert other.runs == 1
    for number, wait in enumerate(waits):
        most = min(60, 2**number)
        assert most / 2 <= wait <= most


async def test_ub11_a_stop_lets_work_under_way_end_and_starts_none(services: Services) -> None:
    entered, done = asyncio.Event(), []

    async def step(_services: Services) -> int:
        entered.set()
        await asyncio.sleep(0.1)
        done.append("run")
        return 1

    async def finish(_services: Services) -> None:
        done.append("finished")

    stop = asyncio.Event()
    running = asyncio.create_task(Worker(services, [Step("step", step, every_s=60, finish=finish)]).run(stop))
    await until(entered)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert done == ["run", "finished"]


async def test_ub11_a_stop_does_not_wait_forever(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loop_module.STOP_S == 30
    monkeypatch.setattr(loop_module, "STOP_S", 0.1)
    cut = asyncio.Event()

    async def stuck(_services: Services) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()
        return 0

    stop = asyncio.Event()
    running = asyncio.create_task(Worker(services, [Step("stuck", stuck, every_s=60)]).run(stop))
    await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert cut.is_set()


async def test_a_worker_that_lost_a_loop_ends_loudly(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Worker, step: Step) -> None:
        raise SystemError("the loop itself is broken")

    monkeypatch.setattr(Worker, "_repeat", broken)
    with pytest.raises(SystemError):
        await asyncio.wait_for(Worker(services, [Step("x", Counted(), every_s=1)]).run(asyncio.Event()), 2)


async def test_the_real_worker_brings_a_payment_to_everybody(telling: Telling) -> None:
    shop = telling.shop
    async with endpoint() as program, postbox() as server:
        telling.with_mail(server)
        made = await telling.listen(program, "payment.captured")
        result = await shop.press_pay(await shop.link())
        stop = asyncio.Event()
        running = asyncio.create_task(Worker(shop.services, steps(telling.channels)).run(stop))
        await shop.fill_card(result)
        await shop.deliver()
        for _ in range(300):
            if program.posts and len(server.mails) == 2:
                break
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(running, 30)
        assert program.posts[0].verified(made.secret)["type"] == "payment.captured"
        assert len(server.mails) == 2


async def test_idle_costs_next_to_nothing(telling: Telling) -> None:
    http = GuardedHttp()
    stop, process = asyncio.Event(), psutil.Process()
    running = asyncio.create_task(Worker(telling.shop.services, steps(telling.channels)).run(stop))
    await asyncio.sleep(1)
    before = process.cpu_times()
    await asyncio.sleep(2)
    after = process.cpu_times()
    stop.set()
    await asyncio.wait_for(running, 30)
    await http.close()
    assert after.user + after.system - before.user - before.system < 0.2
