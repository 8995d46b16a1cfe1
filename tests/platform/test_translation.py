"""Catalogs: each language speaks, and what is missing is said in English."""

import pytest

from linktill.platform.translation import LANGUAGES, catalog, direction


def test_a_language_says_what_its_catalog_has() -> None:
    assert catalog("de").gettext("Total") == "Summe"
    assert catalog("ar").gettext("Total") == "الإجمالي"


@pytest.mark.parametrize("language", [*LANGUAGES, "tlh", ""])
def test_what_no_catalog_has_is_said_in_english(language: str) -> None:
    assert catalog(language).gettext("nobody ever wrote this") == "nobody ever wrote this"


def test_arabic_runs_from_right_to_left() -> None:
    assert [direction(each) for each in LANGUAGES] == ["ltr"] * 5 + ["rtl"]
