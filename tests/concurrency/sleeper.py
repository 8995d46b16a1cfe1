"""A worker that takes a webhook and a lease, is stopped in its sleep by SIGSTOP, and goes on as if nothing had been.

Run as `python -m tests.concurrency.sleeper` with the address of the database and a merchant's id.
"""

import asyncio
import json
import sys

from linktill.core.ids import MerchantId
from linktill.platform.clock import SystemClock
from linktill.storage import inbox, leases
from linktill.storage.database import Tx, open_database
from linktill.storage.inbox import Received
from linktill.storage.installation import put_fact
from linktill.storage.leases import Lease, LeaseLost

LEASE_US = 700_000
JOB = "sleeping job"


async def main(url: str, merchant_id: str) -> None:
    database = await open_database(url, SystemClock())

    async def take(tx: Tx) -> tuple[list[Received], Lease | None]:
        now = await tx.database_time()
        held = await inbox.lease(
            tx,
            MerchantId(merchant_id),
            now=now,
            lease_until=now + LEASE_US,
            lease_token="sleeper",
            limit=1,
        )
        return held, await leases.acquire(tx, JOB, "sleeper", LEASE_US)

    async def write(tx: Tx, lease: Lease) -> None:
        await leases.confirm(tx, lease)
        await put_fact(tx, JOB, "by the sleeper")

    [held], lease = await database.run(take)
    assert lease is not None
    print("asleep", flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # stopped here
    has_ended = await database.run(inbox.done, held)
    try:
        await database.run(write, lease)
        has_written = True
    except LeaseLost:
        has_written = False
    print(json.dumps({"ended": has_ended, "written": has_written}), flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
