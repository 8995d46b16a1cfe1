"""ST05, GF13, WI16: kill -9 of server and worker at random moments while payments run. Afterwards the books are clean,
every payment ends as the gateway says, and nothing that was acknowledged is gone."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from linktill.storage.database import kind_of
from tests.torture.judging import under_load
from tests.torture.server import Killable

KILLS = int(os.environ.get("LINKTILL_TORTURE_KILLS", "10"))


@pytest.mark.torture
@pytest.mark.timeout(0)
async def test_st05_killed_again_and_again_nothing_is_lost_or_doubled(
    empty_database_url: str, tmp_path: Path
) -> None:
    has_worker = kind_of(empty_database_url) == "postgresql"
    linktill = Killable(tmp_path / "linktill", empty_database_url, has_worker)
    chance = random.Random(7)
    async with under_load(linktill, chance) as seen:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            who = chance.random()
            await linktill.kill(server=who < 0.8, worker=who > 0.5)
            await linktill.start()
        await asyncio.sleep(1.0)
    assert len(seen.paid) > KILLS / 2
    print(f"{KILLS} kills, {len(seen.links)} links, {len(seen.paid)} paid, {len(seen.refunds)} refunds")
