"""Which tests run in one process, one after the other: those that share a server and a browser, which are dear to start.

pytest-xdist has a mark for this, `xdist_group`, which it writes into an attribute that pytest has given up: with pytest 9.2
the mark does nothing.
"""

import re

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

_BY_DATABASE = re.compile(r"tests/journeys/.*\[(\w+)")
_BY_FILE = re.compile(r"(tests/web/look/test_browser\.py)::")


def group(nodeid: str) -> str:
    """The name of the tests that this one stays with: its own where it can run anywhere."""
    for pattern in (_BY_DATABASE, _BY_FILE):
        if (found := pattern.match(nodeid)) is not None:
            return found[1]
    return nodeid


class Sharing(LoadGroupScheduling):  # type: ignore[misc]
    """Hands out tests by their group."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing | None:
    return Sharing(config, log) if config.getoption("dist") == "loadgroup" else None
