"""Every text that payers read is in every catalog: translated, complete, with the same places, and nothing else is there."""

import re
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from linktill.platform.translation import CATALOGS, LANGUAGES

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
texts = __import__("texts")
OTHERS = [each for each in LANGUAGES if each != "en"]
PLACE = re.compile(r"%\((\w+)\)s")
AMBIGUOUS = re.compile(r'[<>&"]')
"""Would become markup: a sentence of a template is written into the page as it is."""


@pytest.fixture(scope="module")
def template() -> Catalog:
    return texts.template()


def read(language: str) -> Catalog:
    with (CATALOGS / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def ids(catalog: Catalog) -> set[tuple[str, ...]]:
    """One text, or the two forms of one that counts."""
    return {(each.id,) if isinstance(each.id, str) else tuple(each.id) for each in catalog if each.id}


def test_there_is_a_catalog_for_every_language_and_no_other() -> None:
    assert {path.stem for path in CATALOGS.glob("*.po")} == set(OTHERS)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_has_every_text_and_no_other(template: Catalog, language: str) -> None:
    wanted = ids(template)
    catalog = read(language)
    assert ids(catalog) == wanted, "run make texts"
    assert not catalog.obsolete


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_places(language: str) -> None:
    catalog = read(language)
    for message in catalog:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        said = forms(message)
        assert len(said) == (catalog.num_plurals if message.pluralizable else 1), message.id
        for form in said:
            assert form.strip() == form != "", message.id
            assert AMBIGUOUS.search(form) is None, form
            places = set(PLACE.findall(form))
            if message.pluralizable:
                # `one` and `two` say the number themselves.
                wanted = set(PLACE.findall(message.id[1]))
                assert wanted - {"count"} <= places <= wanted, form
            else:
                assert places == set(PLACE.findall(str(message.id))), form
            assert "%" not in PLACE.sub("", form), form


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_is_as_the_tool_writes_it(language: str) -> None:
    path = CATALOGS / f"{language}.po"
    assert texts.written(texts.renewed(path)) == path.read_bytes(), "run make texts"
