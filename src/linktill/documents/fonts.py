"""The fonts of documents, which come as packages, and how a text becomes one that they can show.

A letter that none of them has is written in Latin letters: a name in Thai is read as one, and no paper has empty boxes.
"""

import unicodedata
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

FAMILIES: Final = ("Noto Sans", "Noto Sans Arabic", "Noto Sans JP")
"""In this order: a letter is taken from the first that has it."""
_FILES: Final = (
    ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    ("pylopdf_fonts_cjk", "NotoSansJP-Regular.otf"),
)
_MARKS_MAX: Final = 3
"""Accents above and below one letter. More of them run over the lines around."""
_WORD_MAX: Final = 24
_BREAK: Final = "\u200b"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Persian needs them between letters."""
_MISSING: Final = "?"


def files() -> tuple[Path, ...]:
    """The font files. Raises AssertionError where an installation is not whole."""
    return tuple(_folder(package) / name for package, name in _FILES)


def _folder(package: str) -> Path:
    found = find_spec(package)
    assert found is not None, f"the package {package} is installed with Linktill"
    assert found.submodule_search_locations, f"{package} is a folder"
    return Path(found.submodule_search_locations[0])


@cache
def loaded() -> Any:
    """The fonts as the typesetter wants them: read once. It looks into folders, and is silent about what it does not find."""
    found = import_module("typst").Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(file.parent) for file in files()],
    )
    assert {font.family for font in found.fonts()}.issuperset(FAMILIES), "no paper without letters"
    return found


@cache
def letters() -> frozenset[int]:
    """The code points that can be shown."""
    fonts = import_module("fontTools.ttLib")
    found: set[int] = set()
    for file in files():
        with fonts.TTFont(file, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def shown(text: str) -> str:
    """Somebody's text as it can be shown: NFC, line breaks kept, nothing that turns the direction of what follows, few accents on
    one letter, long words with places to break, and every letter one that the fonts have.
    """
    if text.isascii() and text.isprintable():
        return _breakable(text)
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS_MAX:
            kept.append(_char(char))
    return _breakable("".join(kept))


def _char(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category[0] == "C":
        # Controls become a space; what only formats, directions among it, goes.
        return char if char in _JOINERS else " " if category == "Cc" else ""
    if category[0] == "Z":
        return char if ord(char) in letters() else " "
    if ord(char) in letters():
        return char
    written: str = import_module("anyascii").anyascii(char)
    return written or _MISSING


def _breakable(text: str) -> str:
    words = (
        word if len(word) <= _WORD_MAX else _BREAK.join(_pieces(word))
        for word in text.replace("\n", " \n ").split(" ")
    )
    return " ".join(words).replace(" \n ", "\n")


def _pieces(word: str) -> list[str]:
    return [word[first : first + _WORD_MAX] for first in range(0, len(word), _WORD_MAX)]
