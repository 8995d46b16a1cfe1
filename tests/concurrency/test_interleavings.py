"""CC01 to CC04, CC06, CC08, CC11, CC13, CC16, CC17, WI08, WI11: each guard against every interleaving of two sessions, and
against a seeded sample of three, on a real PostgreSQL."""

import os
import zlib

import pytest

from linktill.flows.services import Services
from tests.concurrency import asking, paying, refunding, telling, working
from tests.concurrency.exploring import Explored, explore, sample
from tests.concurrency.interleaver import Controller
from tests.concurrency.world import Scenario, playing

pytestmark = pytest.mark.usefixtures("limits_of_one")
ARE_ALL = os.environ.get("LINKTILL_INTERLEAVINGS") == "all"
AT_MOST = None if ARE_ALL else 120
"""Of two sessions, for each scenario: more than all but a few have."""
SAMPLES = 300 if ARE_ALL else 25
"""Of three sessions, for each scenario."""
TWO = (*paying.TWO, *telling.TWO, *refunding.TWO, *working.TWO, *asking.TWO)
THREE = (*paying.THREE, *telling.THREE, *refunding.THREE, *working.THREE)


def report(scenario: Scenario, explored: Explored) -> None:
    """For `-s`: what docs/reliability.md tells."""
    print(
        f"{scenario.__name__}: {explored.interleavings} interleavings, somebody waited in {explored.waited}"
    )
    if explored.broken is not None:
        raise explored.broken


@pytest.mark.parametrize("scenario", TWO, ids=lambda scenario: scenario.__name__)
@pytest.mark.timeout(0)
async def test_every_interleaving_of_two_sessions(
    controller: Controller, services: Services, scenario: Scenario
) -> None:
    report(scenario, await explore(playing(controller, services, scenario), at_most=AT_MOST))


@pytest.mark.parametrize("scenario", THREE, ids=lambda scenario: scenario.__name__)
@pytest.mark.timeout(0)
async def test_a_sample_of_the_interleavings_of_three_sessions(
    controller: Controller, services: Services, scenario: Scenario
) -> None:
    first = zlib.crc32(scenario.__name__.encode()) % 1_000_000
    report(
        scenario, await sample(playing(controller, services, scenario), seeds=range(first, first + SAMPLES))
    )
