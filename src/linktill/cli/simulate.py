"""`linktill simulate`: the money under every kind of trouble, in simulated time. Touches no installation and no network."""

import logging
import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from msgspec import MsgspecError

from linktill.cli.files import path_parameter, to_replace
from linktill.cli.output import FAILED, OK, USAGE, AsJson, CommandFailed, Table, answer, message
from linktill.main import simulation_parts
from linktill.platform.log import configure_logging
from linktill.simulation.campaign import Totals, load, run_campaign

JOBS_MAX = 64
SAID_EVERY = 25


def simulate(
    *,
    seeds: Annotated[str, Parameter(help="From which seed up to (without) which, such as 0:100.")] = "0:20",
    jobs: Annotated[int, Parameter(help="Processes at once.")] = 1,
    state: Annotated[
        Path | None,
        path_parameter(to_replace, "A file to go on from: what it holds is not run again.", name="--state"),
    ] = None,
    coverage: Annotated[
        bool, Parameter(negative="", help="Fail unless every listed pair of fault and state was visited.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Exit code 0: nothing was found. 1: a rule was broken; each failing seed is named and can be run alone."""
    first, until = _range(seeds)
    if not 1 <= jobs <= JOBS_MAX:
        raise CommandFailed("usage", f"Use 1 to {JOBS_MAX} jobs.", name="--jobs", status=USAGE)
    configure_logging(level=logging.CRITICAL)
    totals = _before(state) or Totals(first)
    said = 0
    for now in run_campaign(totals, until, simulation_parts, jobs=jobs, state=state):
        if now.seeds >= said + SAID_EVERY:
            said = now.seeds
            message(f"{now.seeds} seeds, {now.payments} payments, {now.violations} violations")
    document = totals.document()
    answer(document, as_json=json, person=lambda: _words(totals))
    for failing in totals.failing:
        message(f"Run it alone: linktill simulate --seeds {failing.seed}:{failing.seed + 1}")
    has_failed = totals.violations > 0 or (coverage and bool(document["pairs_missing"]))
    return FAILED if has_failed else OK


def _before(state: Path | None) -> Totals | None:
    """How an earlier run stood, or None."""
    try:
        return None if state is None else load(state)
    except MsgspecError as error:
        raise CommandFailed(
            "state_unreadable",
            f"{state} is not what `linktill simulate --state` writes. Name another file, or delete this one.",
            name="--state",
        ) from error


def _range(seeds: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", seeds, re.ASCII)
    if match is None or int(match[1]) >= int(match[2]):
        raise CommandFailed(
            "usage",
            "Give the first seed and the one after the last, such as 0:100.",
            name="--seeds",
            status=USAGE,
        )
    return int(match[1]), int(match[2])


def _words(totals: Totals) -> str | Table:
    if totals.failing:
        rows = [(str(each.seed), violation) for each in totals.failing for violation in each.violations]
        return Table(("Seed", "What was broken"), rows)
    told = totals.document()
    words = (
        f"Nothing was found: {told['payments']} payments in {told['seeds']} seeds, {told['simulated_days']} simulated days, "
        f"{told['payments_per_hour']} payments an hour on one core. Unknown results: {told['unknown_results']}, half of them "
        f"known within {told['healed_p50_s']} s, 99 of 100 within {told['healed_p99_s']} s."
    )
    unvisited = told["pairs_missing"]
    return f"{words}\nNot visited: {', '.join(unvisited)}" if unvisited else words
