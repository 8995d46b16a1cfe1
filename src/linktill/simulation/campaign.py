"""Many seeds, on one or more cores, resumed where they were left, and summed up."""

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from linktill.simulation.pairs import missing
from linktill.simulation.parts import Parts
from linktill.simulation.run import Outcome, run_seed

CHUNK: Final = 4
"""Seeds that a process runs before it tells what came of them."""
FAILING_MAX: Final = 50


class Failing(msgspec.Struct):
    """A seed that found something."""

    seed: int
    trace: str
    violations: list[str]


class Totals(msgspec.Struct):
    """What all seeds so far came to. `heal_s`: whole seconds to heal → how often."""

    next_seed: int
    seeds: int = 0
    payments: int = 0
    commits: int = 0
    simulated_s: float = 0.0
    cpu_s: float = 0.0
    violations: int = 0
    failing: list[Failing] = msgspec.field(default_factory=list)
    heal_s: dict[str, int] = msgspec.field(default_factory=dict)
    pairs: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """One more seed."""
        self.next_seed = max(self.next_seed, outcome.seed + 1)
        self.seeds += 1
        self.payments += outcome.payments
        self.commits += outcome.commits
        self.simulated_s += outcome.simulated_s
        self._judge(outcome)
        for seconds in outcome.healed_s:
            key = str(-int(-seconds // 1))
            self.heal_s[key] = self.heal_s.get(key, 0) + 1
        for (fault, state), count in outcome.pairs.items():
            key = f"{fault} × {state}"
            self.pairs[key] = self.pairs.get(key, 0) + count

    def play_again(self, outcome: Outcome) -> None:
        """What a seed that had found something finds now. All else of it was counted before."""
        self.violations -= sum(len(each.violations) for each in self.failing if each.seed == outcome.seed)
        self.failing = [each for each in self.failing if each.seed != outcome.seed]
        self._judge(outcome)

    def _judge(self, outcome: Outcome) -> None:
        self.violations += len(outcome.violations)
        if outcome.violations and len(self.failing) < FAILING_MAX:
            self.failing.append(Failing(outcome.seed, outcome.trace, list(outcome.violations)))

    def healed_within(self, share: float) -> int:
        """Seconds within which that share of unknown results was resolved; 0 if there was none."""
        left = share * sum(self.heal_s.values())
        for seconds, count in sorted((int(key), count) for key, count in self.heal_s.items()):
            left -= count
            if left <= 0:
                return seconds
        return 0

    def document(self) -> dict[str, Any]:
        """For a program. `payments_per_hour` is by CPU time: what one core does in an hour."""
        return {
            "seeds": self.seeds,
            "next_seed": self.next_seed,
            "payments": self.payments,
            "violations": self.violations,
            "payments_per_hour": round(self.payments * 3600 / self.cpu_s) if self.cpu_s else 0,
            "commits": self.commits,
            "simulated_days": round(self.simulated_s / 86_400, 1),
            "unknown_results": sum(self.heal_s.values()),
            "healed_p50_s": self.healed_within(0.5),
            "healed_p99_s": self.healed_within(0.99),
            "pairs_missing": missing(self.pairs),
            "failing": msgspec.to_builtins(self.failing),
        }


@dataclass(frozen=True, slots=True)
class _Chunk:
    outcomes: list[Outcome]
    cpu_s: float


def run_campaign(
    totals: Totals, until_seed: int, parts: Callable[[], Parts], *, jobs: int, state: Path | None
) -> Iterator[Totals]:
    """Runs the seeds from `totals.next_seed` on, and tells how it stands after each chunk.

    `state`: the file from which a later run goes on. A chunk that was under way at the end is run again then, and before it
    the seeds that had found something: what has been mended since is no finding any more.
    """
    for chunk in _chunks([range(each.seed, each.seed + 1) for each in totals.failing], parts, jobs):
        for outcome in chunk.outcomes:
            totals.play_again(outcome)
    chunks = [
        range(first, min(first + CHUNK, until_seed)) for first in range(totals.next_seed, until_seed, CHUNK)
    ]
    for chunk in _chunks(chunks, parts, jobs):
        for outcome in chunk.outcomes:
            totals.add(outcome)
        totals.cpu_s += chunk.cpu_s
        if state is not None:
            _save(totals, state)
        yield totals


def load(state: Path) -> Totals | None:
    """How an earlier run stood, or None."""
    if not state.exists():
        return None
    return msgspec.json.decode(state.read_bytes(), type=Totals)


def _save(totals: Totals, state: Path) -> None:
    fresh = state.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(totals))
    fresh.replace(state)


def _chunks(chunks: list[range], parts: Callable[[], Parts], jobs: int) -> Iterator[_Chunk]:
    if jobs == 1:
        for seeds in chunks:
            yield _run(seeds, parts)
        return
    with ProcessPoolExecutor(jobs) as pool:
        # In order, so that what is saved has no holes.
        yield from pool.map(_run, chunks, [parts] * len(chunks))


def _run(seeds: range, parts: Callable[[], Parts]) -> _Chunk:
    ready, started_s = parts(), time.process_time()
    outcomes = []
    was_enabled = gc.isenabled()
    gc.disable()  # a seed's world goes as a whole
    try:
        for seed in seeds:
            outcomes.append(run_seed(seed, ready))
            gc.collect()
    finally:
        if was_enabled:
            gc.enable()
    return _Chunk(outcomes, time.process_time() - started_s)
