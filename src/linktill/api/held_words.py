"""What the fields of payments that are captured by hand mean, for the OpenAPI document and the reference page."""

from typing import Any, Final

HELD_WORDS: Final[dict[str, str]] = {
    "capture_before": "Until when held money can be captured; null: nothing is held, or nobody knows.",
    "capture_method": "`automatic`: the money is taken at once. `manual`: it is held, and taken when you capture it.",
    "capture_requested_at": "When somebody asked to capture it; null: nobody has.",
    "decided_by": "Who asked to capture or to void it: the id of an API key or of a person, or words such as `command line`.",
    "void_requested_at": "When somebody asked to let it go; null: nobody has.",
}
HELD_EXAMPLE: Final[dict[str, Any]] = {
    "capture_method": "automatic",
    "capture_before": None,
    "capture_requested_at": None,
    "void_requested_at": None,
    "decided_by": None,
}
