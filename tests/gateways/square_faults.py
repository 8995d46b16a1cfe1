"""What can go wrong at the Square that tests talk to, and what it answers then."""

from enum import StrEnum

from tests.gateways.square_hooks import Refused


class Fault(StrEnum):
    """What happens to a call. Values that `tests.gateways.rig.Break` has too are the same."""

    NO_CONNECTION = "no_connection"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    ERROR_STORED = "error_stored"
    NONSENSE_AFTER = "html_after"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    CONFLICT = "conflict"


FAULTS: dict[Fault, tuple[int, dict[str, str], Refused]] = {
    Fault.RATE_LIMITED: (
        429,
        {"retry-after": "1"},
        Refused(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Slow."),
    ),
    Fault.UNAUTHORIZED: (401, {}, Refused(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "No.")),
    Fault.CONFLICT: (409, {}, Refused(409, "INVALID_REQUEST_ERROR", "CONFLICT", "In progress.")),
}
BROKEN = Refused(500, "API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred.")
