"""ST10, ST11: kill -9 of PostgreSQL under load, again and again. The application stays up and takes payments again by
itself; what was acknowledged is there, and what was under way ended once, as the gateway says."""

import asyncio
import contextlib
import os
import random
import time
from pathlib import Path

import psutil
import pytest

from tests.postgres import Server, running_server
from tests.torture.judging import under_load
from tests.torture.payers import Seen
from tests.torture.server import Killable

KILLS = int(os.environ.get("LINKTILL_TORTURE_KILLS", "3"))
BACK_MAX_S = 30.0


@pytest.mark.torture
@pytest.mark.timeout(0)
async def test_st10_st11_postgresql_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(11)
    kills: dict[str, int] = {}
    back_s: list[float] = []
    with running_server() as server:
        linktill = Killable(tmp_path / "linktill", server.url("postgres"), has_worker=True)
        async with under_load(linktill, chance) as seen:
            for _ in range(KILLS):
                await _written(seen, chance.randint(1, 20))
                how = chance.choice(("all of it", "its first process", "one connection"))
                kills[how] = kills.get(how, 0) + 1
                began = time.monotonic()
                await asyncio.to_thread(_kill, server, how, chance)
                await _written(seen, 1)
                back_s.append(time.monotonic() - began)
                assert linktill.is_up(), "it needs no restart"
    assert len(seen.paid) > KILLS / 2
    back_s.sort()
    print(
        f"{sum(kills.values())} kills {kills}; {len(seen.links)} links, {len(seen.paid)} paid, {len(seen.refunds)}"
        f" refunds, {seen.writes} writes acknowledged; writes back after {back_s[len(back_s) // 2]:.1f} s,"
        f" at most {back_s[-1]:.1f} s"
    )


def _kill(server: Server, how: str, chance: random.Random) -> None:
    if how == "one connection":
        # The others cannot trust the memory that it shared with them: the server throws all of them out, and recovers.
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(_connections(server)).kill()
        return
    server.kill(only_first=how == "its first process")
    server.start_again()


def _connections(server: Server) -> list[psutil.Process]:
    found = []
    for process in server.processes()[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            if "linktill" in " ".join(process.cmdline()):
                found.append(process)
    return found or server.processes()[1:]


async def _written(seen: Seen, count: int) -> None:
    """Waits until so many more writes were acknowledged."""
    wanted = seen.writes + count
    async with asyncio.timeout(BACK_MAX_S):
        while seen.writes < wanted:  # noqa: ASYNC110 it is time that is measured
            await asyncio.sleep(0.01)
