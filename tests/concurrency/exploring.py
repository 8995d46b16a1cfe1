"""Which interleavings are played: every one that there is, or so many by a seed.

Every one: an interleaving is a list of choices. Played once, it tells where somebody else could have gone on; each of
those is the beginning of another one (stateless search, fewest interruptions first). The same choices must lead to the
same place, and that is asserted.
"""

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.concurrency.interleaver import Choose, Ended, Session

Play = Callable[[Choose], Awaitable[Ended]]
"""Prepares a fresh world, plays one interleaving in it and checks what came of it; fails when that is wrong."""


@dataclass
class Script:
    """Makes the choices that it was given, then lets whoever runs go on. Writes down what it could have chosen."""

    given: tuple[int, ...] = ()
    made: list[int] = field(default_factory=list)
    options: list[list[int]] = field(default_factory=list)
    switches: list[int] = field(default_factory=list)
    """How often, up to each choice, somebody was interrupted who could have gone on."""

    def choose(self, ready: list[int], last: Session) -> int:
        place = len(self.made)
        if place < len(self.given):
            chosen = self.given[place]
            assert chosen in ready, f"the same choices {self.made} led elsewhere: {chosen} is not in {ready}"
        else:
            chosen = last.number if last.number in ready else ready[0]
        before = self.switches[-1] if self.switches else 0
        self.switches.append(before + (last.number in ready and chosen != last.number))
        self.made.append(chosen)
        self.options.append(ready)
        return chosen


@dataclass
class Drawn:
    """Draws each choice."""

    chance: random.Random

    def choose(self, ready: list[int], _: Session) -> int:
        return self.chance.choice(ready)


@dataclass
class Explored:
    """What was played. `broken` None: every interleaving kept what it must."""

    interleavings: int = 0
    waited: int = 0
    """So many of them in which somebody waited for another's lock."""
    broken: AssertionError | None = None
    is_complete: bool = True
    """There are no others."""


async def explore(play: Play, *, at_most: int | None = None) -> Explored:
    """Plays every interleaving, those with the fewest interruptions first; ends with the first that breaks something.

    `at_most`: leaves it at so many, and says so.
    """
    explored, number = Explored(), itertools.count()
    waiting: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    while waiting:
        if explored.interleavings == at_most:
            explored.is_complete = False
            return explored
        _, _, given = heapq.heappop(waiting)
        script = Script(given)
        if not await _played(play, script.choose, explored):
            return explored
        for place in range(len(given), len(script.made)):
            before = script.switches[place - 1] if place else 0
            for other in script.options[place]:
                if other == script.made[place]:
                    continue
                # At the first choice nobody is interrupted, wherever it begins.
                cost = before + (place > 0 and script.made[place - 1] in script.options[place])
                branch = (*script.made[:place], other)
                heapq.heappush(waiting, (cost, next(number), branch))
    return explored


async def sample(play: Play, *, seeds: range) -> Explored:
    """Plays one interleaving for each seed, each choice drawn."""
    explored = Explored()
    for seed in seeds:
        if not await _played(play, Drawn(random.Random(seed)).choose, explored):
            return explored
    return explored


async def _played(play: Play, choose: Choose, explored: Explored) -> bool:
    explored.interleavings += 1
    try:
        ended = await play(choose)
    except AssertionError as error:
        explored.broken = error
        return False
    explored.waited += ended.had_waited
    return True
