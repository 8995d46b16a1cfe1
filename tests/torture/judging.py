"""What is compared when the killing is over: our books, the sandbox company's own, and what people were told."""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.torture.payers import Payer, Seen, paying
from tests.torture.server import Killable

SETTLED_MAX_S = 150
FINISH_MAX_S = 90
ENDS = {"captured": "captured", "failed": "failed", "canceled": "canceled", "expired": "canceled"}


@asynccontextmanager
async def under_load(linktill: Killable, chance: random.Random) -> AsyncIterator[Seen]:
    """Payers pay while the block runs. Behind it they finish, and what came of it is judged."""
    seen, stop = Seen(), asyncio.Event()
    await linktill.start()
    payers = paying(linktill, seen, chance, stop)
    try:
        yield seen
        stop.set()
        async with asyncio.timeout(FINISH_MAX_S):
            await asyncio.gather(*payers)
        await judge(linktill, seen)
    finally:
        stop.set()
        for payer in payers:
            payer.cancel()
        with contextlib.suppress(ProcessLookupError):
            await linktill.stop()


async def judge(linktill: Killable, seen: Seen) -> None:
    """Every payment is as the gateway says, once; the books are clean; nothing that was acknowledged is gone."""
    await _settled(linktill)
    code, verified = await linktill.command("verify")
    assert (code, verified["problems"]) == (0, [])
    assert seen.failures == []
    ours = await _ours(linktill)
    assert seen.links <= ours["payment_links"].keys()
    assert {ours["payments"].get(payment) for payment in seen.paid} <= {"captured"}
    assert seen.refunds <= ours["refunds"].keys()


async def _ours(linktill: Killable) -> dict[str, dict[str, str]]:
    """Every link, payment and refund as the API lists them."""
    stop = asyncio.Event()
    api = Payer(linktill.story["base_url"], linktill.story["api_key"], Seen(), random.Random(1), stop)
    found: dict[str, dict[str, str]] = {"payment_links": {}, "payments": {}, "refunds": {}}
    stop.set()
    async with aiohttp.ClientSession() as session:
        api.session = session
        for kind in found:
            cursor = ""
            while True:
                page = await api._insist_json("GET", f"/v1/{kind}?limit=100{cursor}")
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


async def _settled(linktill: Killable) -> None:
    """Waits until every payment that is over at the gateway is over here, in the same way; and once at the gateway."""
    differing: dict[str, tuple[str, str | None]] = {}
    for _ in range(SETTLED_MAX_S):
        theirs, counts = _gateways(linktill.folder)
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
