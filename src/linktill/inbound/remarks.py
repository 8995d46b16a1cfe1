"""Tells the operator what goes wrong with webhooks, without letting a flood of them fill the log."""

from typing import Final, final

from linktill.platform.clock import Clock
from linktill.platform.log import get_logger

EVERY_S: Final = 10.0

log = get_logger("inbound")


@final
class Remarks:
    """At most one line in ten seconds, with how many were not told in between. Keeps nothing that a stranger can grow."""

    def __init__(self, clock: Clock, event: str) -> None:
        self._clock: Final = clock
        self._event: Final = event
        self._next_s = clock.monotonic_s()
        self._untold = 0

    def note(self, gateway: str, account_id: str, reason: str) -> None:
        """It happened once more."""
        now_s = self._clock.monotonic_s()
        if now_s < self._next_s:
            self._untold += 1
            return
        log.warning(self._event, gateway=gateway, account_id=account_id, reason=reason, untold=self._untold)
        self._next_s = now_s + EVERY_S
        self._untold = 0
