"""The two sides of every comparison: the product and the floor, each serving a copy of the same database."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.databases import Databases
from bench.product import GATEWAY_URL
from bench.servers import Process, first_answer_s, free_port
from bench.shop import SECRET_KEY, Shop


@dataclass(frozen=True, slots=True)
class World:
    """What all servers of one database system share."""

    databases: Databases
    shop: Shop
    gateway_url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Side:
    """A running server and the database behind it."""

    name: str
    database: str
    url: str
    process: Process
    databases: Databases

    def cpu_s(self) -> float:
        """CPU seconds of the server and of its database so far."""
        return self.process.cpu_s() + self.databases.cpu_s()

    def ask(self, sql: str) -> int:
        return self.databases.ask(self.database, sql)


def settings(world: World, database: str, port: int, *, worker: bool) -> dict[str, str]:
    """The product's environment. The worker runs only where its work is what is measured."""
    return {
        "LINKTILL_DATA_DIR": str(world.folder / f"data-{port}"),
        "LINKTILL_DATABASE_URL": world.databases.url(database),
        "LINKTILL_PORT": str(port),
        "LINKTILL_SECRET_KEY": SECRET_KEY,
        "LINKTILL_SANDBOX": "off",
        "LINKTILL_WORKER": "on" if worker else "off",
        "LINKTILL_LOG_FORMAT": "json",
        GATEWAY_URL: world.gateway_url,
    }


def product(world: World, database: str, *, worker: bool = False) -> Side:
    """`linktill serve`, reached at a port of its own."""
    port = free_port()
    process = Process(
        ["-m", "bench.product", "serve", "--json"], settings(world, database, port, worker=worker)
    )
    document = process.line()
    while not document.endswith("}"):
        document += process.line()
    return Side("product", database, json.loads(document)["base_url"], process, world.databases)


def floor(world: World, database: str, *, worker: bool = False) -> Side:
    """The floor, reached at a port of its own."""
    environment = {
        "FLOOR_DATABASE_URL": world.databases.url(database),
        "FLOOR_PORT": str(free_port()),
        "FLOOR_SHOP": json.dumps(asdict(world.shop)),
        "FLOOR_GATEWAY_URL": world.gateway_url,
        "FLOOR_WORKER": "on" if worker else "off",
    }
    process = Process(["-m", "bench.floor.app"], environment)
    return Side("floor", database, process.line(), process, world.databases)


def start(world: World, database: str) -> tuple[float, float]:
    """Seconds from starting `linktill serve`, as it is, to its first answer; and its memory in MB when it has been idle."""
    port = free_port()
    environment = settings(world, database, port, worker=True)
    # As an operator starts it: with its sandbox, with its worker.
    del environment[GATEWAY_URL], environment["LINKTILL_SANDBOX"]
    process = Process([str(Path(sys.executable).with_name("linktill")), "serve", "--json"], environment)
    try:
        seconds = first_answer_s(process, f"http://127.0.0.1:{port}/healthz")
        process.line()
        return seconds, process.settled_rss_mb()
    finally:
        process.stop()
