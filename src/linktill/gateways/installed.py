"""Gateways that other packages bring: each names itself in the entry points of its package, in the group `linktill.gateways`.

A package that is wrong must not keep Linktill from starting: it is told by its name, and everything else is offered.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from linktill.gateways.kind import Broken, Kind
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient
from linktill.platform.log import get_logger

GROUP: Final = "linktill.gateways"
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
"""It stands in the addresses that gateways call, in commands and in the database."""

_ORIGIN: Final = re.compile(
    r"https://[A-Za-z0-9.*-]+(:[0-9]{1,5})?|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?|'self'"
)

log = get_logger("gateways")


@dataclass(frozen=True, slots=True)
class Outside:
    """What an adapter is handed: it makes no client and no clock of its own, so that both can be simulated."""

    http: HttpClient
    clock: Clock


def find_installed(
    outside: Outside, taken: Collection[str], *, among: Iterable[EntryPoint] | None = None
) -> Iterator[Kind | Broken]:
    """What other packages bring, by name. `taken`: the names that are given away. `among`: None: of all packages here.

    An entry point leads to a function that makes a `Kind` of `Outside`.
    """
    found = entry_points(group=GROUP) if among is None else among
    names = set(taken)
    for point in sorted(found, key=lambda each: (each.name, _package(each))):
        kind = _kind(point, outside, names)
        names.add(point.name)
        if isinstance(kind, Broken):
            log.error("gateway.broken", gateway=kind.name, package=kind.package, reason=kind.reason)
        yield kind


def _kind(point: EntryPoint, outside: Outside, taken: Collection[str]) -> Kind | Broken:
    package = _package(point)

    def broken(reason: str) -> Broken:
        return Broken(point.name[:60], package, reason)

    if NAME.fullmatch(point.name) is None:
        return broken("Its name must be small letters, digits and underscores, 30 at most.")
    if point.name in taken:
        return broken("There is a gateway of this name already.")
    try:
        kind = point.load()(outside)
    except Exception as error:  # noqa: BLE001 - somebody else's code, and whatever it raises is no reason not to start
        return broken(f"{type(error).__name__}: {error}"[:300])
    if not isinstance(kind, Kind):
        return broken(f"{point.value} makes no Kind.")
    if kind.name != point.name:
        return broken(f"It is called {kind.name[:40]!r}, and its entry point {point.name!r}.")
    origins = kind.page_origins.split()
    if not origins or not all(_ORIGIN.fullmatch(origin) for origin in origins):
        # They go into a header of our pages as they are.
        return broken("Its page_origins must be such as https://pay.example.com, separated by spaces.")
    return replace(kind, package=package)


def _package(point: EntryPoint) -> str:
    return "" if point.dist is None else f"{point.dist.name} {point.dist.version}"
