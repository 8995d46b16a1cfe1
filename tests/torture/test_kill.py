"""ST05, GF13, WI16: kill -9 of server and worker at random moments while payments run. Afterwards the books are clean,
every payment ends as the gateway says, and nothing that was acknowledged is gone."""

import asyncio
import contextlib
import os
import random
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from linktill.storage.database import kind_of
from tests.sandbox.running import open_port
from tests.torture.payers import Payer, Seen
from tests.torture.server import Killable

KILLS = int(os.environ.get("LINKTILL_TORTURE_KILLS", "10"))
PAYERS = 6
SETTLED_MAX_S = 150
ENDS = {"captured": "captured", "failed": "failed", "canceled": "canceled", "expired": "canceled"}


@pytest.mark.torture
@pytest.mark.timeout(0)
async def test_st05_killed_again_and_again_nothing_is_lost_or_doubled(
    empty_database_url: str, tmp_path: Path
) -> None:
    listening, port = open_port()
    listening.close()
    folder = tmp_path / "linktill"
    folder.mkdir()
    linktill = Killable(
        folder, empty_database_url, port, has_worker=kind_of(empty_database_url) == "postgresql"
    )
    chance = random.Random(7)
    seen, stop = Seen(), asyncio.Event()
    await linktill.start()
    payers = [
        asyncio.create_task(
            Payer(
                linktill.story["base_url"],
                linktill.story["api_key"],
                seen,
                random.Random(chance.random()),
                stop,
            ).run()
        )
        for _ in range(PAYERS)
    ]
    try:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            who = chance.random()
            await linktill.kill(server=who < 0.8, worker=who > 0.5)
            await linktill.start()
        await asyncio.sleep(1.0)
        stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*payers)
        await _settled(linktill, folder)
        code, verified = await linktill.command("verify")
        assert (code, verified["problems"]) == (0, [])
        assert seen.failures == []
        assert len(seen.paid) > KILLS / 2
        ours = await _ours(linktill)
        assert seen.links <= ours["links"].keys()
        assert {ours["payments"].get(payment) for payment in seen.paid} == {"captured"}
        print(f"{KILLS} kills, {len(seen.links)} links, {len(seen.paid)} paid, {len(seen.refunds)} refunds")
    finally:
        stop.set()
        for payer in payers:
            payer.cancel()
        with contextlib.suppress(ProcessLookupError):
            await linktill.stop()


async def _ours(linktill: Killable) -> dict[str, dict[str, str]]:
    """Every link and payment as the API lists them."""
    stop = asyncio.Event()
    api = Payer(linktill.story["base_url"], linktill.story["api_key"], Seen(), random.Random(1), stop)
    found: dict[str, dict[str, str]] = {"links": {}, "payments": {}}
    stop.set()
    async with aiohttp.ClientSession() as session:
        api.session = session
        for kind, path in (("links", "payment_links"), ("payments", "payments")):
            cursor = ""
            while True:
                page = await api._insist_json("GET", f"/v1/{path}?limit=100{cursor}")
                found[kind] |= {item["id"]: item["status"] for item in page["data"]}
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
    return found


def _gateways(folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    """What the sandbox company's own books say: status by our reference, and how many payments each reference has."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'sandbox.sqlite3'}?mode=ro", uri=True)) as books:
        rows = books.execute("SELECT reference, status FROM payment").fetchall()
    counts: dict[str, int] = {}
    for reference, _ in rows:
        counts[reference] = counts.get(reference, 0) + 1
    return dict(rows), counts


async def _settled(linktill: Killable, folder: Path) -> None:
    """Waits until every payment that is over at the gateway is over here, in the same way; and once at the gateway."""
    differing: dict[str, tuple[str, str | None]] = {}
    for _ in range(SETTLED_MAX_S):
        theirs, counts = _gateways(folder)
        assert max(counts.values()) == 1, "a payment was started twice at the gateway"
        ours = (await _ours(linktill))["payments"]
        differing = {
            reference: (status, ours.get(reference))
            for reference, status in theirs.items()
            if (status in ENDS and ours.get(reference) != ENDS[status]) or ours.get(reference) == "created"
        }
        differing |= {
            payment: ("", status)
            for payment, status in ours.items()
            if status == "captured" and theirs.get(payment) != "captured"
        }
        if not differing and not any(status in {"created", "unknown"} for status in ours.values()):
            return
        await asyncio.sleep(1)
    pytest.fail(f"not as the gateway says: {differing}")
