"""The coverage of trouble: which fault must have struck what, standing how, before a campaign counts."""

from collections.abc import Iterable, Mapping
from typing import Final

from linktill.simulation.trouble import CALLS, HOOKS, UNITS, Fault

ASKED: Final = (
    "created",
    "requires_action",
    "processing",
    "unknown",
    "captured",
    "failed",
    "refund_pending",
    "refund_known",
    "dispute",
)
"""How that can stand which a call to the gateway is about. `refund_known`: a look-up by the gateway's own id."""
TOLD: Final = ("requires_action", "processing", "captured", "failed")
"""How an attempt can stand that a webhook is about."""
WRITTEN: Final = (
    "claim",
    "record_started",
    "fail_unsent",
    "ask_again",
    "apply_fact",
    "_store",
    "_lease",
    "_later_unit",
    "_apply_payment_unit",
    "_apply_refund_unit",
    "_apply_dispute_unit",
    "_take_attempt",
    "request_refund",
    "take_poll",
    "apply_refund_fact",
    "_expand",
    "done_together",
    "_take",
    "_settle",
    "acquire",
    "_seal",
    "release",
    "store_link",
    "_edit",
    "control_unit",
    "wake_link",
)
"""Units of work on a payment's way, by name."""


def _product(faults: Iterable[Fault], states: Iterable[str]) -> frozenset[str]:
    states = tuple(states)
    return frozenset(f"{fault} × {state}" for fault in faults for state in states)


PAIRS: Final = (
    _product((*CALLS, Fault.LOOKUPS_LAG, Fault.CRASH_CALLING), ASKED)
    # Looked up by our reference only when the first answer was lost, so it is not known there under a key of its own.
    - _product((Fault.LOOKUPS_LAG,), ("created", "refund_pending"))
    | _product(HOOKS, TOLD)
    | _product(UNITS, WRITTEN)
    | _product((Fault.STOPPED, Fault.CLOCK_JUMP), ("worker", "server"))
    | _product((Fault.STOPPED_ANSWERED,), (*ASKED, "receiver"))
    | _product((Fault.HOOK_FORGED,), ("any",))
    | _product((Fault.RECEIVER_DOWN,), ("receiver",))
)


def missing(visited: Mapping[str, int]) -> list[str]:
    """Pairs that no seed has visited."""
    return sorted(PAIRS - visited.keys())
