"""Held money is asked for, or let go, only where somebody has decided so, and that is on record."""

from linktill.storage.sqlite_memory import Memory
from linktill.storage.touched import HELD


def undecided(memory: Memory, path: str) -> str:
    """What is wrong with a call to `{payment}/capture` or `{payment}/void`; empty where nothing is, and for other calls."""
    ref, _, ask = path.partition("/")
    if ask in {"capture", "void"}:
        for attempt_id, is_manual, verdict in memory.rows(HELD, ref):
            if is_manual != 1 or verdict != ask:
                return f"the gateway is asked to {ask} {attempt_id}: {verdict}"
    return ""
