"""QR codes as SVG, for the typesetter: sharp at every size."""

from importlib import import_module
from io import BytesIO
from typing import Final

TEXT_MAX: Final = 1_200
"""Bytes of UTF-8: more make squares too small to be scanned from paper."""


def code_svg(text: str) -> str:
    """The code of a text, without the quiet zone, which the template leaves. Raises ValueError for one that is too long."""
    if len(text.encode()) > TEXT_MAX:
        raise ValueError(f"A code holds at most {TEXT_MAX} bytes.")
    made = import_module("segno").make(text, encoding="utf-8", error="m", micro=False)
    drawn = BytesIO()
    made.save(drawn, kind="svg", xmldecl=False, border=0)
    return drawn.getvalue().decode()
