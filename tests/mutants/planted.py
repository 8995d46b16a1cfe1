"""The process in which a bug is planted: `python -m tests.mutants.planted NAME …` plants it, then lets `seeds.py` look."""

import runpy
import sys

from tests.mutants.planting import plant
from tests.mutants.registry import BY_NAME, NOTHING

if __name__ == "__main__":
    name = sys.argv.pop(1)
    if name != NOTHING:
        plant(BY_NAME[name])
    runpy.run_module("tests.mutants.seeds", run_name="__main__", alter_sys=True)
