"""What may be put into a link: every field at fault is named, at once."""

import pytest

from linktill.core.errors import FieldsInvalid
from linktill.core.link_terms import LinkFields, checked_terms, fields_of

NOW = 1_700_000_000_000_000


def refused(**fields: object) -> list[str]:
    base: dict[str, object] = {"amount_minor": 4_000, "currency": "USD", "description": "A repair"}
    with pytest.raises(FieldsInvalid) as error:
        checked_terms(LinkFields(**{**base, **fields}), now=NOW)  # type: ignore[arg-type]
    return [field.param for field in error.value.errors]


def test_good_terms_come_back_as_they_were() -> None:
    fields = LinkFields(
        4_000,
        "USD",
        "A repair",
        "Thanks",
        "INV-1",
        3,
        NOW + 1,
        NOW + 2,
        NOW + 3,
        "https://example.com/x?y=1",
        "Closed",
        {"order": "7"},
    )
    assert fields_of(checked_terms(fields, now=NOW)) == fields


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({"amount_minor": 0}, ["amount_minor"]),
        ({"amount_minor": -1}, ["amount_minor"]),
        ({"amount_minor": 2**63}, ["amount_minor"]),
        ({"currency": "usd"}, ["currency"]),
        ({"description": " \u202e\x00 "}, ["description"]),
        ({"description": "x" * 501}, ["description"]),
        ({"note": "x" * 100_000}, ["note"]),
        ({"payments_max": 0}, ["payments_max"]),
        ({"payments_max": 10**9}, ["payments_max"]),
        ({"expires_at": NOW}, ["expires_at"]),
        ({"expires_at": 2**62}, ["expires_at"]),
        ({"starts_at": -5}, ["starts_at"]),
        ({"starts_at": NOW + 10, "expires_at": NOW + 9}, ["expires_at"]),
        ({"redirect_url": "javascript:alert(1)"}, ["redirect_url"]),
        ({"redirect_url": "https://user:pw@example.com"}, ["redirect_url"]),
        ({"redirect_url": "http://example.com"}, ["redirect_url"]),
        ({"redirect_url": "https://exam\\ple.com"}, ["redirect_url"]),
        ({"redirect_url": "//example.com"}, ["redirect_url"]),
        ({"redirect_url": "https://[::1"}, ["redirect_url"]),
        ({"metadata": {str(n): "" for n in range(51)}}, ["metadata"]),
        ({"metadata": {"": "x"}}, ["metadata"]),
        ({"metadata": {"a": "x" * 501}}, ["metadata.a"]),
        ({"metadata": {"a": "4242 4242 4242 4242"}}, ["metadata.a"]),
        ({"reference": "4242-4242-4242-4242"}, ["reference"]),
        ({"redirect_url": "https://example.com/?order=4242424242424242"}, ["redirect_url"]),
        ({"description": "\u200b\u3164 \u2060"}, ["description"]),
        (
            {"amount_minor": 0, "currency": "XXX", "description": ""},
            ["amount_minor", "currency", "description"],
        ),
        (
            {"amount_minor": 0, "description": "", "payments_max": 0},
            ["amount_minor", "description", "payments_max"],
        ),
    ],
)
def test_iv04_iv10_iv12_bad_fields_are_named(fields: dict[str, object], params: list[str]) -> None:
    assert refused(**fields) == params


def test_iv04_directions_and_control_characters_are_dropped_and_text_is_composed() -> None:
    terms = checked_terms(LinkFields(1, "USD", " Cafe\u0301 \u202eev\u2028il\x07 ", "a\r\nb\x0bc"), now=NOW)
    assert (terms.description, terms.note) == ("Café evil", "a\nbc")


def test_an_expiry_that_has_passed_may_stay_when_something_else_is_edited() -> None:
    fields = LinkFields(1, "USD", "x", expires_at=NOW + 1)
    terms = checked_terms(fields, now=NOW)
    assert checked_terms(fields, now=NOW + 5, before=terms) == terms


def test_a_start_behind_the_expiry_is_refused_when_it_is_edited() -> None:
    terms = checked_terms(LinkFields(1, "USD", "x", expires_at=NOW + 10), now=NOW)
    with pytest.raises(FieldsInvalid) as refused_edit:
        checked_terms(
            LinkFields(1, "USD", "x", starts_at=NOW + 20, expires_at=NOW + 10), now=NOW, before=terms
        )
    assert [field.param for field in refused_edit.value.errors] == ["expires_at"]
