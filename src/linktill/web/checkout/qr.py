"""A QR code as the outline of its dark squares: the page draws it as SVG, so that nothing is loaded and print is sharp."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from typing import Final

QUIET_ZONE: Final = 4
"""Light squares around it, which scanners need (ISO/IEC 18004)."""
VERSION_MAX: Final = 13
"""As EPC069-12 asks for, with error correction M."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size`: squares on a side, the quiet zone counted. `path`: the `d` of an SVG path in those units."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The code of a text of at most 331 bytes of UTF-8."""
    # Loaded when it is first needed: it costs more than a page.
    segno = import_module("segno")
    made = segno.make(text, encoding="utf-8", mode="byte", error="m", micro=False, boost_error=False)
    assert made.version <= VERSION_MAX, "331 bytes fit into version 13"
    rows: list[bytearray] = list(made.matrix)
    path = "".join(_runs(row, y + QUIET_ZONE) for y, row in enumerate(rows))
    return QrCode(len(rows) + 2 * QUIET_ZONE, path)


def _runs(row: Iterable[int], y: int) -> str:
    parts: list[str] = []
    x = QUIET_ZONE
    for is_dark, squares in groupby(row):
        width = len(list(squares))
        if is_dark:
            parts.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(parts)
