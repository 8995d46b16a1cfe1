"""An interleaving test that finds nothing proves something only where it finds what was planted."""

import pytest

from linktill.flows.services import Services
from tests.concurrency import asking
from tests.concurrency.bugs import BUGS
from tests.concurrency.exploring import explore
from tests.concurrency.interleaver import Controller
from tests.concurrency.planting import Bug
from tests.concurrency.test_interleavings import TWO
from tests.concurrency.world import playing

pytestmark = pytest.mark.usefixtures("limits_of_one")
AT_MOST = 60
"""What is to be found is found in the first ten; where a second guard stands, so many are enough to see that it does."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "_"))
async def test_a_planted_bug_is_found_unless_another_guard_stands(
    controller: Controller, services: Services, bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch)
    explored = await explore(playing(controller, services, bug.scenario), at_most=AT_MOST)
    outcome = "spared after" if explored.broken is None else "found by"
    print(f"{bug.name}: {outcome} {explored.interleavings} interleavings: {str(explored.broken)[:150]!r}")
    assert (explored.broken is None) is bug.is_spared, explored.broken


def test_each_scenario_has_a_bug_that_it_finds() -> None:
    found = {bug.scenario for bug in BUGS if not bug.is_spared}
    # Nothing that the product does keeps merchants' keys apart but the key of the table.
    exempt = {asking.one_key_of_two_merchants}
    assert {scenario.__name__ for scenario in TWO if scenario not in found | exempt} == set()
