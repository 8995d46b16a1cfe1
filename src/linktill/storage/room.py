"""Whether the disk that holds the database has room for new business.

A disk that is full to the last byte can record nothing any more, not even that a payer has paid. So new links and new
checkouts stop while there is still a reserve, which is kept for what was begun: webhooks, refunds, the reconciler.
"""

import os
from pathlib import Path
from typing import Final

from linktill.platform.clock import Clock
from linktill.platform.log import get_logger

KEPT_S: Final = 5.0
"""How long an answer of the file system counts: nobody is made to ask it for each request."""

log = get_logger("storage")


class Room:
    """The room beside one file. `folder` None: the database is elsewhere, where this machine cannot look."""

    def __init__(self, clock: Clock, folder: Path | None = None, *, floor_bytes: int = 0) -> None:
        self._clock: Final = clock
        self._folder: Final = folder
        self._floor_bytes: Final = floor_bytes
        self._looked_at_s: float | None = None
        self._is_short = False

    def is_short(self) -> bool:
        """Whether less than the floor is free. As of at most `KEPT_S` ago."""
        if self._folder is None or self._floor_bytes == 0:
            return False
        now_s = self._clock.monotonic_s()
        if self._looked_at_s is None or now_s - self._looked_at_s >= KEPT_S:
            self._looked_at_s = now_s
            self._look(self._folder)
        return self._is_short

    def _look(self, folder: Path) -> None:
        try:
            found = os.statvfs(folder)
        except OSError as error:
            # Nobody knows. If the disk is gone, the next write says so.
            log.warning("disk.unknown", folder=str(folder), reason=str(error))
            self._is_short = False
            return
        free_bytes = found.f_bavail * found.f_frsize
        was_short, self._is_short = self._is_short, free_bytes < self._floor_bytes
        if self._is_short and not was_short:
            log.error("disk.short", free_bytes=free_bytes, floor_bytes=self._floor_bytes, folder=str(folder))
        elif was_short and not self._is_short:
            log.info("disk.enough", free_bytes=free_bytes, floor_bytes=self._floor_bytes)
