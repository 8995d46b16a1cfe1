"""The coverage of trouble: which fault must have struck what, standing how, before a campaign counts."""

from collections.abc import Mapping
from typing import Final

PAIRS: Final[frozenset[str]] = frozenset()


def missing(visited: Mapping[str, int]) -> list[str]:
    """Pairs that no seed has visited."""
    return sorted(PAIRS - visited.keys())
