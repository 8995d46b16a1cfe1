"""Finds every text that payers read and brings the catalogs up to date: `make texts`.

A new text is left empty, for somebody to translate; one that is gone is taken out. Sorted and without line numbers, so that
a change of code changes no catalog.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent / "src" / "linktill"
CATALOGS = ROOT / "platform" / "catalogs"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "gettext": None,
    "ngettext": (1, 2),
    "_": None,
    "plainly": None,
    "sentence": None,
    "marked": None,
    "counted": (1, 2),
}
TEMPLATES = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
WHERE = (("python", "**/*.py"), ("jinja2", "**/*.html"), ("jinja2", "**/*.txt"))


def texts() -> Iterator[str | tuple[str, ...]]:
    """Every text; of those that count something both forms."""
    for method, pattern in WHERE:
        options = TEMPLATES if method == "jinja2" else {}
        for path in sorted(ROOT.glob(pattern)):
            with path.open("rb") as file:
                for _, found, _, _ in extract(method, file, KEYWORDS, (), options):
                    yield found


def template() -> Catalog:
    """All of them, as a catalog without translations."""
    found = Catalog()
    for text in texts():
        found.add(text, flags=["python-format"] if "%(" in str(text) else ())
    return found


def renewed(path: Path) -> Catalog:
    """A catalog with the texts of now; what is gone is dropped, and nothing is guessed."""
    with path.open("rb") as file:
        known = read_po(file, locale=path.stem)
    known.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    known.obsolete.clear()
    return known


def written(catalog: Catalog) -> bytes:
    """The file of a catalog."""
    body = BytesIO()
    write_po(body, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    return body.getvalue()


def main() -> int:
    """Writes the catalogs; says what is still to be translated."""
    for path in sorted(CATALOGS.glob("*.po")):
        catalog = renewed(path)
        path.write_bytes(written(catalog))
        missing = [message for message in catalog if message.id and not all(_strings(message.string))]
        print(f"{path.stem}: {len(catalog)} texts, {len(missing)} to translate")
    return 0


def _strings(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [string or ""] if isinstance(string, str | None) else list(string)


if __name__ == "__main__":
    sys.exit(main())
