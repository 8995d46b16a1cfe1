"""When the money of a payment is taken: by itself, or authorized first and captured once a person or a program says so."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VOIDED: Final = "voided"
EXPIRED: Final = "authorization_expired"
"""Why a payment whose money was held is canceled: somebody let it go, or its time was over."""


class CaptureMethod(StrEnum):
    """What a payment link says of it."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    """The gateway only holds the money. Somebody captures it in time, or lets it go."""


class Verdict(StrEnum):
    """What is to become of held money."""

    CAPTURE = "capture"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Decision:
    """That somebody has asked for it, when (microseconds UTC), and who: as in a link's history.

    It stands until the gateway has said how the payment is: only that ends it.
    """

    verdict: Verdict
    at: int
    by: str
