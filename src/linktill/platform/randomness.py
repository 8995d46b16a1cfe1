"""Chance as a port: secrets and jitter come from here, so that a simulation can replay them."""

import base64
import random
import secrets
from collections.abc import Sequence
from typing import Protocol, TypeVar

from typing_extensions import override

T = TypeVar("T")


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


class SeededRandomness(Randomness):
    """Chance that a seed replays: for the simulator, never for secrets that anybody relies on."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 it has to be foreseeable
        self.unit = self._random.random
        """A number from 0 up to 1, without 1."""

    @override
    def token(self, bytes_count: int) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(bytes_count)).rstrip(b"=").decode()

    @override
    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def happens(self, rate: float) -> bool:
        """True in `rate` of all cases."""
        return self.unit() < rate

    def below(self, limit: int) -> int:
        """An integer from 0 up to `limit`, without it."""
        return int(self.unit() * limit)

    def pick(self, things: Sequence[T]) -> T:
        """One of them, each as likely as any other."""
        return things[int(self.unit() * len(things))]

    def apart(self, name: str) -> "SeededRandomness":
        """Chance of its own, for somebody whose draws must not shift the others'."""
        return SeededRandomness(f"{name}:{self._random.getrandbits(64)}")
