"""What can go wrong, how often, and when: drawn from the seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, final

from linktill.platform.randomness import SeededRandomness


class Fault(StrEnum):
    """Faults by where they strike. The first word is the place."""

    CALL_NOT_SENT = "call_not_sent"
    """No connection to the gateway: the only failure that proves that nothing was done."""
    CALL_LOST = "call_lost"
    """The request never arrives; the caller sees a timeout."""
    CALL_ANSWER_LOST = "call_answer_lost"
    """Executed; the connection is reset before the answer."""
    CALL_LATE = "call_late"
    """The request arrives after the caller has given up, and is executed then."""
    CALL_CUT = "call_cut"
    """Executed; the answer's body breaks off in the middle and still looks whole to HTTP."""
    CALL_DOUBLED = "call_doubled"
    """Some proxy sends the same request twice."""
    CALL_429 = "call_429"
    CALL_503 = "call_503"
    CALL_500_BEFORE = "call_500_before"
    CALL_500_AFTER = "call_500_after"
    CALL_500_REPLAYED = "call_500_replayed"
    """The gateway stores a 500 under the key and replays it for as long as the key lives, executed or not."""
    CALL_HTML_BEFORE = "call_html_before"
    CALL_HTML_AFTER = "call_html_after"
    LOOKUPS_LAG = "lookups_lag"
    """Look-ups and lists know nothing of the last minutes."""

    HOOK_LOST = "hook_lost"
    """The gateway believes that it was delivered."""
    HOOK_LATE = "hook_late"
    """Held up for minutes or hours: others overtake it."""
    HOOK_DOUBLED = "hook_doubled"
    HOOK_ANSWER_LOST = "hook_answer_lost"
    """Received; the gateway hears nothing and sends it again."""
    HOOK_FORGED = "hook_forged"
    """Somebody without the secret says that a payment was captured."""

    UNIT_BUSY = "unit_busy"
    """The database takes no more work: nothing was done."""
    UNIT_CONFLICT = "unit_conflict"
    """The unit ran, was rolled back, and runs again."""
    UNIT_RERUN = "unit_rerun"
    """The unit's commit landed but its answer was lost: it runs again on top of itself."""

    CRASH_BEFORE = "crash_before"
    """The process dies before a unit."""
    CRASH_AFTER = "crash_after"
    """The process dies after the commit, before it knows."""
    CRASH_CALLING = "crash_calling"
    """The process dies while a gateway works on its call."""
    STOPPED = "stopped"
    """The process stands still past its leases, then goes on as if nothing were."""
    STOPPED_ANSWERED = "stopped_answered"
    """The same, between an answer and the unit that writes down what it was: others have done that work meanwhile."""
    CLOCK_JUMP = "clock_jump"

    RECEIVER_DOWN = "receiver_down"
    """A merchant's endpoint answers 500, or takes the webhook and its answer is lost: now and then, or for hours."""


CALLS: Final = tuple(fault for fault in Fault if fault.startswith("call_"))
HOOKS: Final = (Fault.HOOK_LOST, Fault.HOOK_LATE, Fault.HOOK_DOUBLED, Fault.HOOK_ANSWER_LOST)
UNITS: Final = (
    Fault.UNIT_BUSY,
    Fault.UNIT_CONFLICT,
    Fault.UNIT_RERUN,
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
)
RATES: Final = (0.0, 0.0, 0.005, 0.02, 0.08)
UNIT_RATES: Final = (0.0, 0.0, 0.002, 0.01)
RECEIVER_RATES: Final = (0.0, 0.0, 0.02, 0.1, 0.5)
OFTEN_RATES: Final = {Fault.UNIT_CONFLICT: 0.06, Fault.UNIT_RERUN: 0.06}
"""What takes little from a seed's payments is frequent in some of them, where rare work meets it."""
STOPPED_ANSWERED_RATES: Final = (0.0005, 0.002, 0.005)
OVER_DISPUTES: Final = 80.0
OVER_DELIVERIES: Final = 16.0
"""So many times as often a process stands still over what is rarer than payments."""
STOPPED_MAX_S: Final = 200.0
_RATES_OF: Final = {
    **dict.fromkeys((*UNITS, Fault.STOPPED), UNIT_RATES),
    Fault.STOPPED_ANSWERED: STOPPED_ANSWERED_RATES,
    Fault.RECEIVER_DOWN: RECEIVER_RATES,
}


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in seconds of the simulation."""

    begins_s: float
    ends_s: float

    def holds(self, at_s: float) -> bool:
        """Is it now?"""
        return self.begins_s <= at_s < self.ends_s


@final
@dataclass(slots=True)
class Trouble:
    """A seed's troubles. Nothing goes wrong after `calm_from_s`."""

    rates: dict[Fault, float]
    calm_from_s: float
    outages: list[Window] = field(default_factory=list)
    silences: list[Window] = field(default_factory=list)
    """While no webhook arrives at all."""
    lags: list[Window] = field(default_factory=list)
    lag_s: float = 0.0
    deafness: list[Window] = field(default_factory=list)
    """While merchants' programs take nothing. Not ours to end: it may outlast the calm's beginning."""

    def strikes(
        self, chance: SeededRandomness, faults: tuple[Fault, ...], at_s: float, often: float = 1.0
    ) -> Fault | None:
        """The fault that strikes now, if any; `often` times as probable as usual."""
        if at_s >= self.calm_from_s:
            return None
        rates = self.rates
        for fault in faults:
            rate = rates[fault]
            if rate > 0.0 and chance.unit() < rate * often:
                return fault
        return None

    def is_deaf(self, at_s: float) -> bool:
        """Are merchants' programs down?"""
        return any(window.holds(at_s) for window in self.deafness)

    def is_out(self, at_s: float) -> bool:
        """Is the gateway down?"""
        return any(window.holds(at_s) for window in self.outages)

    def is_silent(self, at_s: float) -> bool:
        """Are all webhooks lost?"""
        return any(window.holds(at_s) for window in self.silences)

    def lookup_lag_s(self, at_s: float) -> float:
        """How far look-ups lag behind."""
        return self.lag_s if any(window.holds(at_s) for window in self.lags) else 0.0


def only(rates: Mapping[Fault, float], *, calm_from_s: float) -> Trouble:
    """Nothing else goes wrong: to look at one kind of trouble alone."""
    return Trouble({**dict.fromkeys(Fault, 0.0), **rates}, calm_from_s)


def drawn(chance: SeededRandomness, *, calm_from_s: float) -> Trouble:
    """Every seed is troubled in its own way: some faults often, some never."""
    rates = {fault: chance.pick(_RATES_OF.get(fault, RATES)) for fault in Fault}
    rates |= {fault: rate for fault, rate in OFTEN_RATES.items() if chance.happens(0.1)}
    if chance.happens(0.05):
        rates = dict.fromkeys(Fault, 0.0)
    trouble = Trouble(rates, calm_from_s)
    if chance.happens(0.3):
        trouble.outages.append(_window(chance, calm_from_s, longest_s=2 * 3600.0))
    if chance.happens(0.25):
        trouble.silences.append(_window(chance, calm_from_s, longest_s=24 * 3600.0))
    if chance.happens(0.3):
        trouble.lags.append(_window(chance, calm_from_s, longest_s=calm_from_s))
        trouble.lag_s = chance.pick((2.0, 60.0, 600.0))
    if chance.happens(0.15):
        begins_s = chance.uniform(0.0, calm_from_s)
        trouble.deafness.append(Window(begins_s, begins_s + chance.uniform(600.0, 2 * 3600.0)))
    return trouble


def _window(chance: SeededRandomness, calm_from_s: float, *, longest_s: float) -> Window:
    begins_s = chance.uniform(0.0, calm_from_s * 0.8)
    return Window(begins_s, min(begins_s + chance.uniform(60.0, longest_s), calm_from_s))
