"""The registry does not rot, and the simulator finds what is planted (`make mutants` plants all of it)."""

import re
import subprocess
import sys

import pytest

from tests.mutants.planting import SOURCE, Mutant, Patch, patched
from tests.mutants.registry import BY_NAME, MUTANTS
from tests.mutants.run import look_for

PLANTED_MIN = 100
QUICK = (
    "start_key_per_call",
    "timeout_is_unavailable",
    "slot_not_freed",
    "capture_counted_again",
    "refund_not_reserved",
    "booked_under_any_key",
    "stock_given_back_twice",
    "part_under_its_minimum",
)
"""Found soon after the beginning of the first seeds."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_bug_can_be_planted_and_is_python(mutant: Mutant) -> None:
    of_file: dict[str, list[Patch]] = {}
    for patch in mutant.patches:
        assert patch.old != patch.new
        of_file.setdefault(patch.file, []).append(patch)
    for file, patches in of_file.items():
        text = patched(file, (SOURCE / file).read_text(encoding="utf-8"), patches)
        compile(text, file, "exec")
        # A name that is gone would be found by any seed, for the wrong reason.
        assert _undefined_names(file, text) == ""


def _undefined_names(file: str, text: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--isolated", "--select", "F821"]
    checked = subprocess.run(
        [*command, "--stdin-filename", file, "-"], input=text, capture_output=True, text=True, check=False
    )
    return checked.stdout + checked.stderr


def test_there_are_enough_and_no_two_are_the_same() -> None:
    assert len(MUTANTS) == len(BY_NAME) >= PLANTED_MIN
    assert len({mutant.patches for mutant in MUTANTS}) == len(MUTANTS)
    assert all(re.fullmatch(r"[a-z_]+", mutant.name) for mutant in MUTANTS)


@pytest.mark.parametrize("name", QUICK)
def test_what_is_planted_is_found_within_a_few_seeds(name: str) -> None:
    finding = look_for(name, until=5, seconds=90.0)
    assert finding.seed is not None, finding.words
