"""ST09: fifty writers in several processes on one SQLite file. `python -m tests.storage.faults.storm --seconds 30`.

Each adds one to its own counter and to one that all share, again and again. Nothing may be lost, and nobody may wait for as
long as SQLite waits for a lock.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.errors import Busy
from linktill.storage.migrate import migrate
from tests.storage.engine import notes

PROCESSES = 5
WRITERS = 10


async def write(url: str, name: str, seconds: float) -> dict[str, Any]:
    """One process: what its writers were told, and how long each answer took."""
    database = await open_database(url, SystemClock())
    waits: list[float] = []
    acknowledged = refused = 0
    ends_at = time.monotonic() + seconds

    async def unit(tx: Any) -> None:
        await notes.add(tx, "all")
        await notes.add(tx, name)

    async def writer() -> None:
        nonlocal acknowledged, refused
        while time.monotonic() < ends_at:
            began = time.monotonic()
            try:
                await database.run(unit)
                acknowledged += 1
            except Busy:
                refused += 1
            waits.append(time.monotonic() - began)

    await asyncio.gather(*[writer() for _ in range(WRITERS)])
    await database.close()
    return {"acknowledged": acknowledged, "refused": refused, "waits": waits}


async def storm(folder: Path, seconds: float) -> dict[str, Any]:
    """All processes at once; what was acknowledged, what is there, and how long it took."""
    url = f"sqlite:///{folder / 'storm.db'}"
    await migrate(url)
    database = await open_database(url, SystemClock())
    names = [f"process{number}" for number in range(PROCESSES)]
    for name in ("all", *names):
        await database.run(notes.start_counter, name)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __spec__.name,
            "--url",
            url,
            "--name",
            name,
            "--seconds",
            str(seconds),
            stdout=PIPE,
        )
        for name in names
    ]
    told = [json.loads((await process.communicate())[0]) for process in processes]
    found = [await database.read(notes.counter, name) for name in ("all", *names)]
    await database.close()
    waits = sorted(wait for each in told for wait in each["waits"])
    acknowledged = [each["acknowledged"] for each in told]
    return {
        "writers": PROCESSES * WRITERS,
        "units": sum(acknowledged),
        "lost": sum(
            abs(there - asked) for there, asked in zip(found, [sum(acknowledged), *acknowledged], strict=True)
        ),
        "refused": sum(each["refused"] for each in told),
        "p50_s": round(waits[len(waits) // 2], 3),
        "p99_s": round(waits[len(waits) * 99 // 100], 3),
        "longest_s": round(waits[-1], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--url", help="(for the processes that it starts)")
    parser.add_argument("--name", default="")
    options = parser.parse_args()
    if options.url:
        print(json.dumps(asyncio.run(write(options.url, options.name, options.seconds))))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(storm(Path(folder), options.seconds))))


if __name__ == "__main__":
    main()
