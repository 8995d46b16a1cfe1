"""The four measured paths: how each is loaded, and what came of one round of it."""

import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.load import CONNECTIONS, Load, send_webhooks
from bench.shop import Shop
from bench.sides import Side

LINKS = 200_000
POLL_S = 0.02
APPLIED_MAX_S = 120

PENDING = "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE status = 'pending' LIMIT 1) AS pending"
PROMISED = "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE status = 'pending' LIMIT 1) AS promised"
STORED = "SELECT count(*) FROM inbox"
BOOKED = "SELECT count(*) FROM ledger_transaction"
CAPTURED = "SELECT count(*) FROM payment_attempt WHERE status = 'captured'"
COMPLETED = "SELECT count(*) FROM payment_link WHERE status = 'completed'"


@dataclass(frozen=True, slots=True)
class Round:
    """One round. `cpu_ms` is per request, of the server and its database together."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    more: dict[str, float]


Measure = Callable[[Side], Round]


def loaded(make: Callable[[], Load], seconds: int, connections: int) -> Measure:
    """A path that is loaded for a while."""

    def measure(side: Side) -> Round:
        before = side.cpu_s()
        told = make().run(side.url, seconds, connections)
        cpu_ms = (side.cpu_s() - before) * 1_000 / told.requests
        return Round(
            told.requests * 1_000_000 / told.duration_us, told.p50_us / 1_000, told.p99_us / 1_000, cpu_ms, {}
        )

    return measure


def page(seconds: int, *, first: int, last: int = LINKS - 1, connections: int = CONNECTIONS) -> Measure:
    """GET /p/{slug} of links at random."""
    numbers = (str(first), str(last))
    return loaded(lambda: Load("page.lua", (*numbers, str(time.time_ns() % 1_000_003))), seconds, connections)


def list_links(shop: Shop, seconds: int, *, connections: int = CONNECTIONS) -> Measure:
    """GET /v1/payment_links?limit=50."""
    return loaded(lambda: Load("list.lua", (shop.api_key,)), seconds, connections)


def create(shop: Shop, seconds: int) -> Measure:
    """POST /v1/payment_links, each under a key of its own."""
    return loaded(lambda: Load("create.lua", (shop.api_key, f"run-{time.time_ns()}")), seconds, CONNECTIONS)


class Webhooks:
    """POST /in/sandbox/{account}: a round ends when the last webhook is applied and all that came of it is told."""

    def __init__(self, shop: Shop, payments: int) -> None:
        self._shop = shop
        self._payments = payments
        self._sent: dict[str, int] = {}

    def of(self, count: int) -> Measure:
        """So many at once, each of another payment."""
        return lambda side: self._measure(side, count)

    def _measure(self, side: Side, count: int) -> Round:
        first = self._sent.get(side.name, 0)
        assert first + count <= self._payments, "each payment is told of once"
        self._sent[side.name] = first + count
        stored, booked, before = side.ask(STORED), side.ask(BOOKED), side.cpu_s()
        with tempfile.TemporaryDirectory(prefix="linktill-bench-") as folder:
            file = Path(folder) / "webhooks"
            _write(file, self._shop, range(first, first + count))
            started_s = time.monotonic()
            path = f"/in/sandbox/{self._shop.account_id}"
            told = send_webhooks(side.url, file, path, lambda: side.ask(STORED) >= stored + count)
        answered_s = time.monotonic() - started_s
        applied_s = _until_none(side, PENDING, started_s)
        told_s = _until_none(side, PROMISED, started_s)
        cpu_ms = (side.cpu_s() - before) * 1_000 / count
        assert side.ask(BOOKED) == booked + count, "each webhook is booked once"
        assert side.ask(CAPTURED) == side.ask(COMPLETED) == side.ask(BOOKED), "each is applied as a whole"
        more = {"answered_rps": count / answered_s, "told_rps": count / told_s}
        return Round(count / applied_s, told.p50_us / 1_000, told.p99_us / 1_000, cpu_ms, more)


def _write(file: Path, shop: Shop, batch: Iterable[int]) -> None:
    now_s = int(time.time())
    with file.open("wb") as lines:
        for number in batch:
            signature, body = shop.webhook(number, now_s)
            lines.write(f"{signature}\t".encode() + body + b"\n")


def _until_none(side: Side, question: str, started_s: float) -> float:
    while side.ask(question):
        if time.monotonic() - started_s > APPLIED_MAX_S:
            raise RuntimeError(f"{side.name} did not finish within {APPLIED_MAX_S} s")
        time.sleep(POLL_S)
    return time.monotonic() - started_s
