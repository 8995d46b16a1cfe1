"""UB11: SIGTERM while payments run. Nothing new is let in, what runs is finished within 30 s, the rest after the start."""

import asyncio
import random
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from linktill.storage.database import kind_of
from tests.notify.receivers import endpoint
from tests.torture.judging import under_load
from tests.torture.payers import Seen, paying
from tests.torture.server import Killable

STOPS = 3
STOP_MAX_S = 30.0


async def _stop(linktill: Killable) -> float:
    """SIGTERM to all at once, as a service manager does; answers how long the last one took."""
    processes = [process for process in (linktill.server, linktill.worker) if process is not None]
    began_s = time.monotonic()
    for process in processes:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOP_MAX_S + 10):
        codes = [await process.wait() for process in processes]
    assert codes == [0] * len(processes)
    linktill.server = linktill.worker = None
    return time.monotonic() - began_s


@pytest.mark.timeout(400)
async def test_ub11_stopped_again_and_again_under_load(empty_database_url: str, tmp_path: Path) -> None:
    has_worker = kind_of(empty_database_url) == "postgresql"
    linktill = Killable(tmp_path / "linktill", empty_database_url, has_worker)
    chance = random.Random(11)
    took: list[float] = []
    async with under_load(linktill, chance) as seen:
        for _ in range(STOPS):
            await asyncio.sleep(chance.uniform(1.5, 3.0))
            took.append(await _stop(linktill))
            await linktill.start()
        await asyncio.sleep(1.0)
    assert len(seen.paid) > STOPS
    assert max(took) < STOP_MAX_S
    log = (linktill.folder / "log.txt").read_text()
    assert "worker.cut_off" not in log
    print(f"stopped {STOPS} times under load, the longest took {max(took):.1f} s; {len(seen.paid)} paid")


@pytest.mark.timeout(200)
async def test_ub11_a_receiver_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """A webhook that hangs is given up at its own limit; what is cut off is delivered after the start."""
    linktill = Killable(tmp_path / "linktill", f"sqlite:///{tmp_path}/x.db")
    await linktill.start()

    async def hang(_writer: object) -> None:
        await asyncio.sleep(120)

    try:
        async with endpoint() as hook:
            hook.stalls = hang
            seen, stop = Seen(), asyncio.Event()
            [payer, *others] = paying(linktill, seen, random.Random(3), stop)
            for other in others:
                other.cancel()
            async with aiohttp.ClientSession() as http:
                headers = {"authorization": f"Bearer {linktill.story['api_key']}"}
                made = await http.post(
                    f"{linktill.story['base_url']}/v1/webhook_endpoints",
                    json={"url": hook.url(), "event_types": []},
                    headers=headers,
                )
                assert made.status == 201
            async with asyncio.timeout(30):
                await hook.came.wait()
            assert await _stop(linktill) < STOP_MAX_S
            hook.stalls = None
            hook.came.clear()
            await linktill.start()
            async with asyncio.timeout(60):
                await hook.came.wait()
            stop.set()
            payer.cancel()
    finally:
        await linktill.kill()
