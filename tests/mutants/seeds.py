"""Runs seed after seed until one breaks a rule, and tells it in one line of JSON. Run by `planted.py`."""

import argparse
import gc
import json
import logging
import time
from unittest import mock

from linktill.main import simulation_parts
from linktill.platform.log import configure_logging
from linktill.simulation.run import run_seed
from linktill.simulation.watch import Watch


class Broken(SystemExit):
    """The first rule that was broken: the seed need not be played to its end. No task holds a SystemExit back."""

    def __init__(self, rule: str, words: str) -> None:
        super().__init__(f"{rule}: {words}")
        self.rule = rule
        self.words = words


def _end(_watch: Watch, rule: str, words: str) -> None:
    raise Broken(rule, words)


def first_broken(first: int, until: int, seconds_max: float) -> dict[str, object]:
    """The first seed that finds something. `seed` None: none did, among those from `first` up to `ran_until`."""
    parts, ends_s, seed = simulation_parts(), time.monotonic() + seconds_max, first
    gc.disable()  # a seed's world goes as a whole
    with mock.patch.object(Watch, "violated", _end):
        for seed in range(first, until):
            if time.monotonic() >= ends_s:
                return {"seed": None, "ran_until": seed}
            try:
                run_seed(seed, parts)
            except Broken as broken:
                return {"seed": seed, "rule": broken.rule, "words": broken.words}
            except (TypeError, NameError):
                raise  # the bug as planted fits the product no more: that is not found, that is broken
            except Exception as error:  # noqa: BLE001 whatever the product did not catch is found, too
                return {
                    "seed": seed,
                    "rule": "exception",
                    "words": f"{type(error).__name__}: {error}",
                }
            gc.collect()
    return {"seed": None, "ran_until": until}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--until", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    configure_logging(level=logging.CRITICAL)
    print(json.dumps(first_broken(options.first, options.until, options.seconds)))


if __name__ == "__main__":
    main()
