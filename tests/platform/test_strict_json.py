"""JSON with one meaning: RFC 8259 where it leaves no choice, and a refusal where it does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.gateways.answers import Answer
from linktill.gateways.sandbox import translate
from linktill.platform.strict_json import NameTwice, NotStrict, parsed

PLAIN = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
)


@given(VALUES, st.booleans())
def test_what_has_one_meaning_is_read_as_it_is(value, is_ascii):
    assert parsed(json.dumps(value, ensure_ascii=is_ascii).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b"\xff",
        b"[" * 200_000,
        b"1 2",
        b"[1,]",
    ],
)
def test_wi18_what_has_none_or_several_is_refused(body):
    with pytest.raises(NotStrict):
        parsed(body)


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'[{"b":{"a":1,"\\u0061":2}}]'])
def test_wi18_a_name_that_comes_twice_is_named(body):
    with pytest.raises(NameTwice) as refused:
        parsed(body)
    assert refused.value.name == "a"


def test_wi18_an_answer_with_two_statuses_says_nothing():
    """Whichever of them a reader takes: one of them may be the money."""
    payment = {
        "id": "p",
        "reference": "r",
        "status": "failed",
        "amount_minor": 1,
        "currency": "USD",
        "hosted_url": "",
    }
    body = json.dumps(payment)[:-1] + ',"status":"captured"}'
    with pytest.raises(RuntimeError):
        Answer("The sandbox", body.encode(), RuntimeError).read(translate.Payment)  # type: ignore[arg-type]
