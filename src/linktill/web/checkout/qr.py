"""QR codes: as the outline of the dark squares, which a page draws itself, and as pictures to take along."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from itertools import groupby
from typing import Any, Final

QUIET_ZONE: Final = 4
"""Light squares around it, which scanners need (ISO/IEC 18004)."""
VERSION_MAX: Final = 13
"""As EPC069-12 asks for, with error correction M."""
PIXELS_MIN: Final = 100
PIXELS_MAX: Final = 2_000
PIXELS: Final = 600
"""For the screen; what is printed is better taken as SVG, which has no pixels."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size`: squares on a side, the quiet zone counted. `path`: the `d` of an SVG path in those units."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The code of a text of at most 331 bytes of UTF-8."""
    rows: list[bytearray] = list(_made(text).matrix)
    path = "".join(_runs(row, y + QUIET_ZONE) for y, row in enumerate(rows))
    return QrCode(len(rows) + 2 * QUIET_ZONE, path)


def qr_svg(text: str) -> bytes:
    """The same as an SVG file, black on white: what scanners read best, and the same in every theme."""
    code = qr_code(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.size} {code.size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{code.size}v{code.size}H0z"/><path d="{code.path}"/></svg>'
    ).encode()


def qr_png(text: str, pixels: int) -> bytes:
    """The same as a PNG file of at most so many pixels on a side: squares have a whole number of them, or scanners stumble."""
    made = _made(text)
    side = len(made.matrix) + 2 * QUIET_ZONE
    written = BytesIO()
    made.save(written, kind="png", scale=max(1, pixels // side), border=QUIET_ZONE)
    return written.getvalue()


def _made(text: str) -> Any:
    # Loaded when it is first needed: it costs more than a page.
    segno = import_module("segno")
    made = segno.make(text, encoding="utf-8", mode="byte", error="m", micro=False, boost_error=False)
    assert made.version <= VERSION_MAX, "331 bytes fit into version 13"
    return made


def _runs(row: Iterable[int], y: int) -> str:
    parts: list[str] = []
    x = QUIET_ZONE
    for is_dark, squares in groupby(row):
        width = len(list(squares))
        if is_dark:
            parts.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(parts)
