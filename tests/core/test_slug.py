"""Addresses that merchants choose: which are taken as they are, which are folded, and which are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.errors import FieldInvalid
from linktill.core.slug import SLUG_MAX, checked_slug


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("cake-order", "cake-order"),
        (" Cake-Order ", "cake-order"),
        ("2026", "2026"),
        ("a-b-c", "a-b-c"),
        ("x" * SLUG_MAX, "x" * SLUG_MAX),
    ],
)
def test_an_address_is_kept_in_small_letters(typed: str, kept: str):
    assert checked_slug(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "ab", "a-b", "-cake", "cake-", "cake--order", "cake order", "cake_order", "cake/order", "../etc", "für-dich",
        "\u212aelvin", "x" * (SLUG_MAX + 1), "a" * 100_000, "4242424242424242", "4242-4242-4242-4242", "preview", "Preview",
    ],
)  # fmt: skip
def test_an_address_that_would_break_is_refused_by_its_field(typed: str):
    with pytest.raises(FieldInvalid) as refused:
        checked_slug(typed)
    assert refused.value.param == "slug"


@given(st.text(max_size=70))
def test_whatever_is_kept_is_an_address_of_its_own(typed: str):
    try:
        kept = checked_slug(typed)
    except FieldInvalid:
        kept = "refused"
    assert re.fullmatch(r"[a-z0-9-]{3,60}", kept, re.ASCII)
    assert checked_slug(kept) == kept
