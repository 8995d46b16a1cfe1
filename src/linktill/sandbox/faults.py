"""Switches that make the company misbehave as real ones do. Off unless somebody plans a fault."""

from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """How a call goes wrong. `after`: it was executed all the same."""

    RATE_LIMITED = "rate_limited"
    """429 with Retry-After, not executed."""
    UNAVAILABLE = "unavailable"
    """503, not executed."""
    ERROR_BEFORE = "error_before"
    """500, not executed."""
    ERROR_AFTER = "error_after"
    """500, executed."""
    CUT_BEFORE = "cut_before"
    """The answer breaks off, not executed."""
    CUT_AFTER = "cut_after"
    """The answer breaks off, executed."""
    HTML_BEFORE = "html_before"
    """A 200 with a page of a proxy instead of JSON, not executed."""
    HTML_AFTER = "html_after"
    """The same, executed."""
    LATE_BEFORE = "late_before"
    """Executed `delay_s` later, then answered: the caller may have given up long before."""
    LATE_AFTER = "late_after"
    """Executed at once, answered `delay_s` later."""


@dataclass(slots=True)
class Fault:
    """The next `times` calls that begin with `call`, such as `POST /v1/payments`, go wrong."""

    kind: FaultKind
    call: str = ""
    times: int = 1
    delay_s: float = 0.0


@dataclass(slots=True)
class Faults:
    """What is planned. API calls only: the hosted page and the webhooks have test numbers for their troubles."""

    lookup_lag_s: float = 0.0
    """Look-ups and lists know nothing that is younger."""
    are_webhooks_lost: bool = False
    """Webhooks count as delivered and are not sent."""
    planned: list[Fault] = field(default_factory=list)

    def plan(self, kind: FaultKind, call: str = "", *, times: int = 1, delay_s: float = 0.0) -> None:
        """Adds a fault behind those planned already."""
        self.planned.append(Fault(kind, call, times, delay_s))

    def take(self, call: str) -> Fault | None:
        """The fault for this call, used up once."""
        for fault in self.planned:
            if call.startswith(fault.call):
                fault.times -= 1
                if fault.times == 0:
                    self.planned.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Back to a company that works."""
        self.planned.clear()
        self.lookup_lag_s = 0.0
        self.are_webhooks_lost = False
