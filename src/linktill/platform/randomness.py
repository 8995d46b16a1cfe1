"""Chance as a port: secrets and jitter come from here, so that a simulation can replay them."""

import random
import secrets
from typing import Protocol

from typing_extensions import override


class Randomness(Protocol):
    """Unpredictable tokens and jitter."""

    def token(self, bytes_count: int) -> str:
        """Return `bytes_count` random bytes as URL-safe text (about 4/3 as long)."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        ...


class SystemRandomness(Randomness):
    """The operating system's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    @override
    def token(self, bytes_count: int) -> str:
        return secrets.token_urlsafe(bytes_count)

    @override
    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)
