"""The simulator itself: one seed is one trace, a broken rule is seen, and the gate: a minute of seeds without a violation."""

import os
import subprocess
import sys
import time
from typing import Any

import pytest

from linktill.core.payment_attempt import AttemptStatus
from linktill.flows import apply_fact
from linktill.main import simulation_parts
from linktill.simulation.campaign import Failing, Totals, load, run_campaign
from linktill.simulation.loop import SimulatedLoop
from linktill.simulation.node import SimulatedClock
from linktill.simulation.pairs import PAIRS, missing
from linktill.simulation.run import run_seed
from linktill.simulation.trouble import Fault
from linktill.simulation.watch import TURN_MAX_S, Seen, Watch
from linktill.storage.sqlite_memory import Memory

GATE_S = float(os.environ.get("LINKTILL_SIMULATION_GATE_S", "60"))
TRACE = (
    "from linktill.main import simulation_parts\n"
    "from linktill.simulation.run import run_seed\n"
    "print(run_seed({seed}, simulation_parts()).trace)"
)


def trace_in_a_process(seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TRACE.format(seed=seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.timeout(120)
def test_one_seed_is_one_trace_under_any_hash_seed_and_after_any_other_seed() -> None:
    run_seed(1, simulation_parts())
    here = run_seed(2, simulation_parts())
    assert {here.trace} == {trace_in_a_process(2, hash_seed) for hash_seed in ("0", "12345")}
    assert here.payments > 20
    assert here.commits > here.payments
    assert run_seed(3, simulation_parts()).trace != here.trace


@pytest.mark.timeout(120)
def test_a_broken_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture whose fee goes to the books twice, and one that is never booked: the watch and the end see both."""

    async def not_booked(*_: Any) -> None:
        return None

    monkeypatch.setattr(apply_fact, "book", not_booked)
    outcome = run_seed(0, simulation_parts())
    assert any(violation.startswith("I2") for violation in outcome.violations)


@pytest.mark.timeout(GATE_S * 4 + 120)
def test_gate_a_minute_of_seeds_finds_nothing(tmp_path: Any) -> None:
    totals, until_s = Totals(0), time.monotonic() + GATE_S
    state = tmp_path / "state"
    for now in run_campaign(totals, 1_000_000, simulation_parts, jobs=1, state=state):
        if time.monotonic() > until_s or now.violations:
            break
    assert [(each.seed, each.violations) for each in totals.failing] == []
    assert totals.payments > 100
    visited = set(totals.pairs)
    assert {f"{fault} × requires_action" for fault in (Fault.CALL_LOST, Fault.CALL_ANSWER_LOST)} <= visited
    kept = load(state)
    assert kept is not None
    assert (kept.next_seed, kept.payments) == (totals.next_seed, totals.payments)


def test_a_campaign_goes_on_where_it_was_left(tmp_path: Any) -> None:
    state = tmp_path / "state"
    first = Totals(0)
    list(run_campaign(first, 1, simulation_parts, jobs=1, state=state))
    kept = load(state)
    assert kept is not None
    list(run_campaign(kept, 2, simulation_parts, jobs=1, state=state))
    whole = Totals(0)
    list(run_campaign(whole, 2, simulation_parts, jobs=1, state=None))
    assert (kept.seeds, kept.payments, kept.commits, kept.pairs) == (
        whole.seeds,
        whole.payments,
        whole.commits,
        whole.pairs,
    )


def test_pairs_that_were_not_visited_are_named() -> None:
    assert missing(dict.fromkeys(PAIRS, 1)) == []
    assert missing({pair: 1 for pair in PAIRS if pair != "crash_after × claim"}) == ["crash_after × claim"]


def test_half_of_the_unknown_results_and_nearly_all() -> None:
    totals = Totals(0, heal_s={"3": 98, "20": 1, "400": 1})
    assert (totals.healed_within(0.5), totals.healed_within(0.99), totals.healed_within(1.0)) == (3, 20, 400)
    assert Totals(0).healed_within(0.5) == 0


@pytest.mark.timeout(120)
def test_a_resumed_run_plays_again_what_had_found_something() -> None:
    """What was mended since is no finding any more; what is still wrong stays one."""
    totals = Totals(
        2, seeds=2, payments=90, violations=3, failing=[Failing(1, "f00d", ["I2 …", "I2 …", "I5 …"])]
    )
    [*_, now] = run_campaign(totals, 3, simulation_parts, jobs=1, state=None)
    assert (now.violations, now.failing, now.seeds) == (0, [], 3)
    assert now.payments > 90


def test_a_turn_that_dies_with_its_process_is_trouble_about_it() -> None:
    """Nobody can know the end of a payment sooner after the worker that had its turn died than after a lost answer."""
    loop = SimulatedLoop()
    memory = Memory(SimulatedClock(loop))
    watch = Watch(loop, memory)
    for name, turn in (
        ("taken", ("worker", 0.0)),
        ("others", ("server", 0.0)),
        ("done", ("worker", -TURN_MAX_S)),
    ):
        watch.attempts[name] = Seen("mer_1", "plink_1", AttemptStatus.UNKNOWN, 1, "USD", turn=turn)
    watch.attempts["none"] = Seen("mer_1", "plink_1", AttemptStatus.UNKNOWN, 1, "USD")
    for seen in watch.attempts.values():
        seen.trouble_at_s = -100.0
    watch.died("worker")
    assert {name: seen.trouble_at_s for name, seen in watch.attempts.items()} == {
        "taken": 0.0,
        "others": -100.0,
        "done": -100.0,
        "none": -100.0,
    }
    memory.close()
