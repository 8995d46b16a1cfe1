"""Plants each bug of the registry in a process of its own and lets the simulator look for it: `make mutants`.

A simulator that finds nothing proves something only where it finds what was planted, and finds nothing where nothing was.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.mutants.registry import BY_NAME, MUTANTS, NOTHING

ROOT: Final = Path(__file__).parents[2]
SEEDS_MAX: Final = 2_000
SECONDS_MAX: Final = 1_800.0
GRACE_S: Final = 300.0
"""A seed that runs in a circle is ended so long after its time."""
SHARE_MIN: Final = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a planted bug. `seed` None: no seed before `ran_until` found it."""

    name: str
    seed: int | None
    rule: str
    words: str
    ran_until: int
    took_s: float


def look_for(name: str, *, first: int = 0, until: int = SEEDS_MAX, seconds: float = SECONDS_MAX) -> Finding:
    """Plants the bug of that name in a fresh process, and runs seeds until one finds it."""
    command = [sys.executable, "-m", "tests.mutants.planted", name]
    command += ["--first", str(first), "--until", str(until), "--seconds", str(seconds)]
    began_s = time.monotonic()
    try:
        ran = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds + GRACE_S
        )
    except subprocess.TimeoutExpired:
        return Finding(name, None, "", "a seed did not end", first, time.monotonic() - began_s)
    if ran.returncode != 0:
        why = ran.stderr.strip().rpartition("\n")[2]
        return Finding(name, None, "", f"cannot be run: {why}", first, time.monotonic() - began_s)
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    took_s = time.monotonic() - began_s
    return Finding(
        name,
        told["seed"],
        told.get("rule", ""),
        told.get("words", ""),
        told.get("ran_until", told["seed"]),
        took_s,
    )


def look_for_all(
    names: Sequence[str], jobs: int, say: Callable[[Finding], None], *, until: int, seconds: float
) -> list[Finding]:
    """All of them, `jobs` at once, in their order."""

    def one(name: str) -> Finding:
        finding = look_for(name, until=until, seconds=seconds)
        say(finding)
        return finding

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, names))


def main(arguments: Sequence[str]) -> int:
    """Command line. 1: too many were not found, or something was found where nothing was planted."""
    options = _options(arguments)
    names = options.only or [mutant.name for mutant in MUTANTS]
    unknown = sorted(set(names) - BY_NAME.keys())
    if unknown:
        print(f"There is no mutant of that name: {', '.join(unknown)}", file=sys.stderr)
        return 2
    say = _say(as_json=options.json)
    findings = look_for_all(names, options.jobs, say, until=options.seeds, seconds=options.seconds)
    seeds = [finding.seed for finding in findings if finding.seed is not None]
    clean = look_for(NOTHING, until=max(seeds, default=0) + 1, seconds=options.seconds)
    say(clean)
    survivors = [finding.name for finding in findings if finding.seed is None]
    share = len(seeds) / len(findings)
    document = {
        "planted": len(findings),
        "found": len(seeds),
        "share": round(share, 3),
        "survivors": survivors,
        "clean_seeds": clean.ran_until if clean.seed is None else 0,
    }
    print(json.dumps(document))
    return 1 if share < SHARE_MIN or clean.seed is not None else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant; may be repeated")
    parser.add_argument("--seeds", type=int, default=SEEDS_MAX, help="so many seeds for each at most")
    parser.add_argument("--seconds", type=float, default=SECONDS_MAX, help="so long for each at most")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    return parser.parse_args(arguments)


def _say(*, as_json: bool) -> Callable[[Finding], None]:
    def say(finding: Finding) -> None:
        if as_json:
            return
        if finding.seed is None:
            found = f"nothing before seed {finding.ran_until} {finding.words}".rstrip()
        else:
            found = f"seed {finding.seed}: {finding.rule}: {finding.words}"
        print(f"{finding.name:<36} {finding.took_s:6.1f} s  {found}"[:200], flush=True)

    return say
