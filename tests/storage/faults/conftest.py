"""Broken disks fill the log: it is kept in memory here, since structlog's own form of a traceback takes seconds."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the operator's log was told."""
    with capture_logs() as told:
        yield told
