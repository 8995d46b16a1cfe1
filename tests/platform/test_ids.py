"""Ids sort by time, never repeat, and hold nothing that a person could misread."""

import re

from hypothesis import given
from hypothesis import strategies as st

from linktill.platform.clock import SystemClock
from linktill.platform.ids import ALPHABET, LENGTH, SystemIds, encode
from linktill.platform.randomness import SystemRandomness

numbers = st.integers(0, 2**128 - 1)


def test_an_id_is_a_prefix_and_26_characters():
    assert re.fullmatch(r"plink_[0-9a-hjkmnp-tv-z]{26}", SystemIds().new("plink_"))
    assert not set("ilou") & set(ALPHABET)


def test_ids_grow_and_never_repeat():
    ids = SystemIds()
    made = [ids.new("pay_") for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_begins_with_the_time_it_was_made():
    text = SystemIds().new("")
    number = 0
    for character in text:
        number = number * 32 + ALPHABET.index(character)
    assert abs((number >> 80) - SystemClock().now_us() // 1_000) < 10_000
    assert number >> 76 & 0xF == 7


def test_known_numbers():
    assert encode(0) == "0" * LENGTH
    assert encode(2**128 - 1) == "7" + "z" * 25
    assert encode(32) == "0" * 24 + "10"


@given(numbers, numbers)
def test_text_sorts_as_numbers_do(left, right):
    assert (encode(left) < encode(right)) == (left < right)
    assert len(encode(left)) == LENGTH


def test_tokens_are_url_safe_and_as_long_as_asked():
    randomness = SystemRandomness()
    tokens = {randomness.token(32) for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


@given(st.floats(0, 10), st.floats(0, 10))
def test_jitter_stays_in_its_bounds(low, width):
    assert low <= SystemRandomness().uniform(low, low + width) <= low + width
