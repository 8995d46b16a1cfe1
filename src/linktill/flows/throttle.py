"""Counts tries by key within a window of time, in the memory of this process, so that guessing is slow."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from linktill.platform.clock import Clock


@dataclass(slots=True)
class _Window:
    ends_s: float
    tries: int


class Throttle:
    """At most `limit` tries of a key in `window_s` seconds. Remembers at most `keys_max` keys: the latest."""

    def __init__(self, clock: Clock, *, limit: int, window_s: float, keys_max: int) -> None:
        self._clock: Final = clock
        self._limit: Final = limit
        self._window_s: Final = window_s
        self._keys_max: Final = keys_max
        self._windows: Final[OrderedDict[str, _Window]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Counts a try before it is made, so that many at once count as many. False: the key has used up its tries."""
        now = self._clock.monotonic_s()
        window = self._windows.pop(key, None)
        if window is None or now >= window.ends_s:
            window = _Window(now + self._window_s, 0)
        self._windows[key] = window
        if len(self._windows) > self._keys_max:
            self._windows.popitem(last=False)
        if window.tries >= self._limit:
            return False
        window.tries += 1
        return True

    def give_back(self, key: str) -> None:
        """Takes one try back: it was none."""
        window = self._windows.get(key)
        if window is not None and window.tries:
            window.tries -= 1

    def forget(self, key: str) -> None:
        """Starts the key anew."""
        self._windows.pop(key, None)
