"""Tags and notes: how they are kept, when two tags are one, and what is refused by its field."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from linktill.core.errors import FieldInvalid
from linktill.core.link_filing import (
    TAG_MAX,
    TAGS_MAX,
    Filing,
    Refiling,
    checked_note,
    checked_tags,
    tag_key,
    tag_to_find,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ([], ()),
        (["Wholesale"], ("Wholesale",)),
        (["  spring   2027 "], ("spring 2027",)),
        (["VIP", "vip", "Vip"], ("VIP",)),
        (["b", "a", "B"], ("b", "a")),
        (["Straße", "STRASSE"], ("Straße",)),
        (["\uff36\uff29\uff30", "vip"], ("\uff36\uff29\uff30",)),
        (["e\u0301t\xe9", "\xc9T\xc9"], ("\xe9t\xe9",)),
        (["#1", "70%", "<b>"], ("#1", "70%", "<b>")),
        (["x" * TAG_MAX], ("x" * TAG_MAX,)),
        (["\u202eevil"], ("evil",)),
    ],
)
def test_tags_are_kept_as_they_were_first_written_each_once(typed: list[str], kept: tuple[str, ...]):
    assert checked_tags(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        [""],
        ["ok", "  "],
        ["\u200b"],
        ["a,b"],
        ["x" * (TAG_MAX + 1)],
        [str(number) for number in range(TAGS_MAX + 1)],
        ["4242 4242 4242 4242"],
        ["x" * 100_000],
    ],
)
def test_what_is_no_tag_is_refused_by_its_field(typed: list[str]):
    with pytest.raises(FieldInvalid) as refused:
        checked_tags(typed)
    assert refused.value.param == "tags"


def test_twenty_tags_fit_and_so_do_doubles_of_them():
    many = [str(number) for number in range(TAGS_MAX)]
    assert checked_tags([*many, *many]) == tuple(many)


def test_a_note_keeps_its_lines_and_no_card_number():
    assert checked_note(" Called.\r\nCalls back on Monday. \x00") == "Called.\nCalls back on Monday."
    for text in ("x" * 2_001, "paid with 4242 4242 4242 4242"):
        with pytest.raises(FieldInvalid) as refused:
            checked_note(text)
        assert refused.value.param == "internal_note"


def test_what_is_not_said_stays():
    before = Filing(("a",), "note")
    assert Refiling().of(before) == before
    assert Refiling(tags=()).of(before) == Filing((), "note")
    assert Refiling(internal_note="").of(before) == Filing(("a",))


@given(st.text(max_size=TAG_MAX))
def test_a_tag_is_found_by_whatever_it_is_written_as(typed: str):
    try:
        (kept,) = checked_tags([typed])
    except FieldInvalid:
        reject()
    assert checked_tags([kept]) == (kept,)
    assert tag_to_find(typed) == tag_key(kept)
    assert tag_key(tag_key(kept)) == tag_key(kept)
