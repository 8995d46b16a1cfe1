"""What was acknowledged survives: kill -9 of Linktill, and a crash of PostgreSQL under load."""

import asyncio
import itertools
import signal
import sys
import time

from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.errors import Busy
from linktill.storage.migrate import migrate
from tests.postgres import running_server
from tests.storage.engine import notes

CHILD = """
import asyncio, itertools, sys
from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from tests.storage.engine import notes

async def main(url, prefix):
    database = await open_database(url, SystemClock())
    numbers = itertools.count()
    async def writer():
        for number in numbers:
            key = f"{prefix}.{number}"
            await database.run(notes.put, key, "x" * (number % 3000))
            sys.stdout.write(key + "\\n")
            sys.stdout.flush()
    await asyncio.gather(*[writer() for _ in range(16)])

asyncio.run(main(*sys.argv[1:]))
"""


async def test_what_was_acknowledged_before_kill_9_is_there_after(database_url):
    acknowledged = set()
    for round_number in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, database_url, f"r{round_number}", stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline()
        await asyncio.sleep(0.1 + 0.15 * round_number)
        process.send_signal(signal.SIGKILL)
        rest = (await process.stdout.read()).decode().split("\n")
        acknowledged |= set(rest[:-1])  # the last line may be cut off
        await process.wait()
        database = await open_database(database_url, SystemClock())
        there = set(await database.read(notes.keys))
        await database.close()
        assert len(acknowledged) > 20 * (round_number + 1)
        assert acknowledged <= there
        in_flight = len(there) - len(acknowledged)
        assert in_flight <= 17 * (round_number + 1)


async def test_st10_a_crash_of_postgresql_under_load_loses_nothing_acknowledged():
    with running_server() as server:
        url = server.url("postgres")
        await migrate(url)
        database = await open_database(url, SystemClock())
        acknowledged, numbers, is_over = [], itertools.count(), False

        async def writer():
            while not is_over:
                key = f"k{next(numbers):06}"
                try:
                    # put_new: a COMMIT may land although its answer is lost
                    await database.run(notes.put_new, key)
                except Busy:
                    await asyncio.sleep(0.02)
                else:
                    acknowledged.append(key)

        writers = [asyncio.create_task(writer()) for _ in range(16)]
        for _ in range(2):
            before = len(acknowledged)
            await asyncio.sleep(0.3)
            assert len(acknowledged) > before
            await asyncio.to_thread(server.stop, how=signal.SIGQUIT)
            await asyncio.to_thread(server.start)
            started, before = time.monotonic(), len(acknowledged)
            while len(acknowledged) == before:  # noqa: ASYNC110 it is time that is measured
                await asyncio.sleep(0.01)
            assert time.monotonic() - started < 10, "writes come back by themselves"
        is_over = True
        await asyncio.gather(*writers)
        assert set(acknowledged) <= set(await database.read(notes.keys))
        await database.close()
