"""UB13: kill -9 at any moment of a move, again and again, until it is through."""

import random

import pytest

from tests.make import Shop
from tests.move.places import Places

EVENTS = 10_000
KILLS_MIN = 3
KILLS_MAX = 20


@pytest.mark.timeout(300)
async def test_ub13_killed_again_and_again_it_gets_through(shop: Shop, places: Places):
    """At no moment both are the installation; in the end nothing is missing."""
    await shop.services.database.close()
    places.fill(EVENTS)
    chance = random.Random(13)
    kills, longest_s, done = 0, 0.7, None
    while done is None and kills < KILLS_MAX:
        done = places.move_until_killed(chance.uniform(0.3, longest_s))
        kills += done is None
        # Each try may take longer than the one before: some die at the start, and one gets through.
        longest_s *= 1.3
        await nobody_is_two(places)
    assert done is not None
    assert done.code == 0, done
    assert kills >= KILLS_MIN
    # The last kill may have come after all was done, before it was said.
    assert done.json["status"] in {"moved", "moved_before"}
    both = await places.digests()
    assert both[0] == both[1]
    assert both[0][1] > EVENTS
    assert places.on_target("verify", "--json").json["status"] == "clean"
    print(f"{kills} kills: {done.json}"[:200])


async def nobody_is_two(places: Places) -> None:
    ours, theirs = await places.marks()
    states = (None if ours is None else ours.state, None if theirs is None else theirs.state)
    assert states in {
        (None, None),
        ("leaving", None),
        ("leaving", "arriving"),
        ("left", "arriving"),
        ("left", "arrived"),
    }
