"""What a merchant may ask, and what counts as an answer."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.answers import Given as Told
from linktill.core.answers import Typed, read_answers, typed_again
from linktill.core.asking import (
    Asking,
    Collected,
    Condition,
    Consent,
    Kind,
    Option,
    Question,
    Standard,
    checked_asking,
    country_of_address,
    questions_of,
)
from linktill.core.countries import COUNTRIES, WITH_STATES, WITHOUT_POSTAL_CODES
from linktill.core.decimals import scaled
from linktill.core.errors import FieldsInvalid
from linktill.core.link_terms import LinkFields, checked_terms, clean_text
from linktill.core.pricing import Pricing, Tax

BILLING = Standard.BILLING_ADDRESS
SHIPPING = Standard.SHIPPING_ADDRESS
WHOLE = {"line1": "1 Rue", "city": "Paris", "postal_code": "75001", "country": "FR"}


def checked(asking: Asking) -> tuple[Asking | None, dict[str, str]]:
    found, errors = checked_asking(
        asking, lambda text, param, length: clean_text(text, param, max_length=length)
    )
    return found, {error.param: error.message for error in errors}


def one(kind: Kind, label: str = "It", **more: Any) -> Question:
    return Question("it", kind, label, **more)


def read(question: Question, text: str) -> tuple[str | None, str | None]:
    """The value that is kept (None: none), and the error."""
    found = read_answers(Asking((question,)), Typed({question.key: text}), check_email=lambda email: email)
    values = [answer.value for answer in found.answers]
    return (values[0] if values else None), (found.errors[0].message if found.errors else None)


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (one(Kind.TEXT), "  Ada  ", "Ada"),
        (one(Kind.TEXT), "", None),
        (one(Kind.LONG_TEXT), "a\r\nb", "a\nb"),
        (one(Kind.INTEGER), "007", "7"),
        (one(Kind.INTEGER), "-0", "0"),
        (one(Kind.NUMBER), "2,50", "2.5"),
        (one(Kind.NUMBER), "-0.10", "-0.1"),
        (one(Kind.NUMBER, minimum="0.1", maximum="0.3"), "0.30", "0.3"),
        (one(Kind.DATE), "2028-02-29", "2028-02-29"),
        (one(Kind.URL), "https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        (one(Kind.PHONE), "+49 (30) 123-456", "+49 (30) 123-456"),
        (one(Kind.CHOICE, options=(Option("a", "A"),)), "a", "a"),
        (one(Kind.CHECKBOX), "yes", "true"),
        (one(Kind.CHECKBOX), "", "false"),
        (one(Kind.CHECKBOX), "on", "false"),
        (one(Kind.COUNTRY), "DE", "DE"),
    ],
)
def test_answers_that_are_kept(question: Question, text: str, kept: str | None) -> None:
    assert read(question, text) == (kept, None)


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        (one(Kind.TEXT, is_required=True), " \u200b ", "Fill this in."),
        (one(Kind.TEXT, length_min=3), "ab", "At least 3 characters."),
        (one(Kind.TEXT, length_max=3), "abcd", "At most 3 characters."),
        (one(Kind.TEXT), "4242 4242 4242 4242", "card number"),
        (one(Kind.INTEGER), "1.5", "Write a whole number."),
        (one(Kind.INTEGER), "1e3", "Write a whole number."),
        (one(Kind.INTEGER), "٣", "Write a whole number."),
        (one(Kind.INTEGER, minimum="18"), "17", "At least 18."),
        (one(Kind.INTEGER, minimum="18"), "9", "At least 18."),
        (one(Kind.INTEGER, minimum="-5"), "-6", "At least -5."),
        (one(Kind.INTEGER, maximum="9"), "10", "At most 9."),
        (one(Kind.NUMBER), "1,2,3", "Write a number"),
        (one(Kind.NUMBER), "NaN", "Write a number"),
        (one(Kind.NUMBER, maximum="0.3"), "0.300000001", "At most 0.3."),
        (one(Kind.DATE), "2027-02-29", "YYYY-MM-DD"),
        (one(Kind.DATE), "20270228", "YYYY-MM-DD"),
        (one(Kind.DATE), "2027-W01-1", "YYYY-MM-DD"),
        (one(Kind.DATE, minimum="2027-01-02"), "2027-01-01", "Not before 2027-01-02."),
        (one(Kind.URL), "example.com", "Write a whole address"),
        (one(Kind.URL), "javascript:alert(1)", "Write a whole address"),
        (one(Kind.URL), "https://a@b.example", "Write a whole address"),
        (one(Kind.PHONE), "1234", "Write a phone number"),
        (one(Kind.PHONE), "1234567890123456", "Write a phone number"),
        (one(Kind.CHOICE, options=(Option("a", "A"),)), "A", "Choose one of these."),
        (one(Kind.CHOICE, is_required=True, options=(Option("a", "A"),)), "", "Choose one."),
        (one(Kind.CHECKBOX, is_required=True), "", "Tick this box"),
        (one(Kind.COUNTRY), "de", "Choose a country."),
    ],
)
def test_answers_that_are_refused(question: Question, text: str, words: str) -> None:
    kept, error = read(question, text)
    assert kept is None
    assert error is not None
    assert words in error


@given(st.integers(-(10**24), 10**24))
def test_numbers_are_compared_as_they_are_written(scale: int) -> None:
    sign, digits = ("-" if scale < 0 else ""), str(abs(scale)).rjust(10, "0")
    assert scaled(f"{sign}{digits[:-9]}.{digits[-9:]}") == (scale if len(digits) <= 24 else None)


def address(
    what: Standard, parts: dict[str, str], *, is_required: bool = True, country: str | None = None
) -> set[str]:
    """The fields at fault."""
    typed = Typed({f"{what}.{part}": text for part, text in parts.items()})
    asking = Asking(standard=(Collected(what, is_required=is_required),))
    found = read_answers(asking, typed, check_email=str, country=country)
    return {error.param.removeprefix(f"answers.{what}.") for error in found.errors}


def test_an_address_is_whole_or_not_there() -> None:
    assert address(BILLING, WHOLE) == set()
    assert address(BILLING, {}) == {"line1", "city", "postal_code", "country"}
    assert address(BILLING, {}, is_required=False) == set()
    assert address(BILLING, {"line2": "4th floor"}, is_required=False) == {
        "line1",
        "city",
        "postal_code",
        "country",
    }
    assert address(BILLING, {**WHOLE, "country": "US"}) == {"state"}
    assert address(BILLING, {**WHOLE, "country": "HK", "postal_code": ""}) == set()
    assert WITHOUT_POSTAL_CODES < COUNTRIES
    assert WITH_STATES < COUNTRIES


def test_an_address_does_not_ask_for_a_country_that_is_known() -> None:
    both = Asking(standard=(Collected(BILLING), Collected(SHIPPING, is_required=True)))
    keys = [each.key for each in questions_of(both, has_country=True)]
    assert "billing_address.country" in keys
    assert "shipping_address.country" not in keys
    assert country_of_address(both) is SHIPPING
    assert country_of_address(Asking(standard=(Collected(BILLING),))) is BILLING
    assert country_of_address(Asking()) is None
    without = {part: text for part, text in WHOLE.items() if part != "country"}
    assert address(SHIPPING, without, country="FR") == set()
    assert address(SHIPPING, {**without, "country": "FR"}, country="US") == {"state"}
    typed = Typed({f"shipping_address.{part}": text for part, text in without.items()})
    found = read_answers(both, typed, check_email=str, country="FR")
    assert [each.value for each in found.answers if each.key == "shipping_address.country"] == ["FR"]


def test_everything_gets_a_key_of_its_own() -> None:
    asking, errors = checked(
        Asking(
            (
                Question("", Kind.TEXT, "What is it for?"),
                Question("", Kind.TEXT, "What is it for!"),
                Question("", Kind.TEXT, "Phone"),
                Question("", Kind.TEXT, "日本語"),
                Question("field_2", Kind.TEXT, "42"),
                Question("", Kind.TEXT, "4 more"),
            ),
            consents=(Consent("", "I\nagree"), Consent("", "I agree")),
        )
    )
    assert errors == {}
    assert asking is not None
    assert [each.key for each in asking.questions] == [
        "what_is_it_for",
        "what_is_it_for_2",
        "phone_2",
        "field",
        "field_2",
        "field_3",
    ]
    assert [(each.key, each.text) for each in asking.consents] == [
        ("i_agree", "I agree"),
        ("i_agree_2", "I agree"),
    ]
    assert checked(asking) == (asking, {})


def test_an_asking_without_anything_is_none() -> None:
    assert checked(Asking()) == (None, {})


@pytest.mark.parametrize(
    ("question", "param"),
    [
        (one(Kind.TEXT, label=""), "label"),
        (one(Kind.TEXT, label="x" * 201), "label"),
        (replace(one(Kind.TEXT), key="It"), "key"),
        (replace(one(Kind.TEXT), key="phone"), "key"),
        (replace(one(Kind.TEXT), key="x" * 41), "key"),
        (one(Kind.TEXT, length_max=501), "max_length"),
        (one(Kind.TEXT, length_max=0), "max_length"),
        (one(Kind.TEXT, length_max=5, length_min=6), "min_length"),
        (one(Kind.DATE, length_max=5), "max_length"),
        (one(Kind.TEXT, minimum="1"), "minimum"),
        (one(Kind.INTEGER, minimum="1.5"), "minimum"),
        (one(Kind.NUMBER, maximum="many"), "maximum"),
        (one(Kind.NUMBER, minimum="10", maximum="9"), "maximum"),
        (one(Kind.DATE, minimum="2027-02-30"), "minimum"),
        (one(Kind.CHOICE), "options"),
        (one(Kind.CHOICE, options=(Option("a", "A"),) * 101), "options"),
        (one(Kind.CHOICE, options=(Option("a", "A"), Option("a", "B"))), "options.1.value"),
        (one(Kind.CHOICE, options=(Option("a", "A"), Option("b", "A"))), "options.1.label"),
        (one(Kind.TEXT, options=(Option("a", "A"),)), "options"),
        (one(Kind.TEXT, hint="x" * 501), "hint"),
    ],
)
def test_a_question_says_what_is_wrong_with_it(question: Question, param: str) -> None:
    fine = Question("fine", Kind.TEXT, "Fine")
    assert f"custom_fields.1.{param}" in checked(Asking((fine, question)))[1]


@pytest.mark.parametrize(
    ("consent", "param"),
    [
        (Consent("terms", ""), "text"),
        (Consent("terms", "x" * 4_001), "text"),
        (Consent("Terms", "I agree."), "key"),
        (Consent("terms", "I agree.", url="http://example.com"), "url"),
        (Consent("terms", "I agree.", language="English"), "language"),
        (Consent("terms", "I agree.", version="x" * 41), "version"),
    ],
)
def test_a_consent_says_what_is_wrong_with_it(consent: Consent, param: str) -> None:
    assert f"consents.0.{param}" in checked(Asking(consents=(consent,)))[1]


def test_there_is_a_limit_to_asking() -> None:
    many = tuple(Question(f"q{at}", Kind.TEXT, "It") for at in range(51))
    assert checked(Asking(many[:50]))[1] == {}
    assert list(checked(Asking(many))[1]) == ["custom_fields"]
    boxes = tuple(Consent(f"c{at}", "I agree.") for at in range(11))
    assert checked(Asking(consents=boxes[:10]))[1] == {}
    assert list(checked(Asking(consents=boxes))[1]) == ["consents"]


def test_terms_tell_errors_of_questions_with_all_others() -> None:
    asking = Asking((Question("a", Kind.TEXT, ""), Question("a", Kind.TEXT, "It")))
    with pytest.raises(FieldsInvalid) as refused:
        checked_terms(LinkFields(0, "USD", "", asking=asking), now=1)
    params = {error.param for error in refused.value.errors}
    assert {"custom_fields.0.label", "custom_fields.1.key", "description", "amount_minor"} <= params


def test_what_was_given_is_typed_again() -> None:
    box, text = Question("box", Kind.CHECKBOX, "Box"), Question("text", Kind.TEXT, "Text")
    asking = Asking((box, replace(box, key="other"), text), consents=(Consent("terms", "I agree."),))
    typed = Typed({"box": "yes", "text": "x"}, frozenset({"terms"}))
    found = read_answers(asking, typed, check_email=str)
    again = typed_again(Told(found.answers))
    assert (again.answers, again.consents) == (typed.answers, frozenset())
    assert found.consents == ((asking.consents[0], True),)


def test_a_tax_number_is_asked_once() -> None:
    vat = Tax("VAT", 0, rates=(("DE", 190_000), ("AT", 200_000)), is_reversible=True)
    asking = Asking(standard=(Collected(Standard.TAX_ID),))
    fields = LinkFields(100, "EUR", "x", pricing=Pricing(taxes=(vat,), home="DE"), asking=asking)
    with pytest.raises(FieldsInvalid) as refused:
        checked_terms(fields, now=1)
    assert [error.param for error in refused.value.errors] == ["collects.tax_id"]
    plain = replace(vat, is_reversible=False)
    assert checked_terms(replace(fields, pricing=Pricing(taxes=(plain,), home="DE")), now=1).asking == asking


DELIVERY = Question("way", Kind.CHOICE, "Way", options=(Option("fetch", "Fetched"), Option("send", "Sent")))
GIFT = Question("gift", Kind.CHECKBOX, "A gift", shown_if=Condition("way", ("send",)))
CARD = Question("card", Kind.TEXT, "Words", is_required=True, shown_if=Condition("gift", ("true",)))
NO_CARD = Question("bill", Kind.TEXT, "Bill", shown_if=Condition("gift", ("false",)))
HUNG = Asking((DELIVERY, GIFT, CARD, NO_CARD))


@pytest.mark.parametrize(
    ("typed", "kept", "errors"),
    [
        ({}, {}, []),
        ({"way": "fetch", "gift": "yes", "card": "Hello"}, {"way": "fetch"}, []),
        ({"way": "send"}, {"way": "send", "gift": "false"}, []),
        ({"way": "send", "bill": "B"}, {"way": "send", "gift": "false", "bill": "B"}, []),
        ({"way": "send", "gift": "yes"}, {"way": "send", "gift": "true"}, ["answers.card"]),
        (
            {"way": "send", "gift": "yes", "card": "Hi", "bill": "B"},
            {"way": "send", "gift": "true", "card": "Hi"},
            [],
        ),
        # Wrongly answered, it says so, and what hangs on it is asked for once it is mended.
        ({"way": "fly", "gift": "yes"}, {}, ["answers.way"]),
    ],
)
def test_what_hangs_on_another_answer_is_asked_with_it_only(
    typed: dict[str, str], kept: dict[str, str], errors: list[str]
) -> None:
    found = read_answers(HUNG, Typed(typed), check_email=lambda email: email)
    assert {answer.key: answer.value for answer in found.answers} == kept
    assert [error.param for error in found.errors] == errors


def hung(*questions: Question) -> dict[str, str]:
    return checked(Asking(questions))[1]


def test_a_condition_names_an_earlier_choice_or_box_and_its_answers() -> None:
    assert hung(*HUNG.questions) == {}
    assert "custom_fields.0.shown_if.key" in hung(GIFT, DELIVERY)
    assert "custom_fields.1.shown_if.key" in hung(
        Question("a", Kind.TEXT, "A"), Question("b", Kind.TEXT, "B", shown_if=Condition("a", ("x",)))
    )
    assert "custom_fields.0.shown_if.key" in hung(
        Question("a", Kind.CHECKBOX, "A", shown_if=Condition("a", ("true",)))
    )
    for values in ((), ("Sent",), ("send", "fly")):
        wrong = replace(GIFT, shown_if=Condition("way", values))
        assert list(hung(DELIVERY, wrong)) == ["custom_fields.1.shown_if.values"]
    assert list(hung(DELIVERY, GIFT, replace(CARD, shown_if=Condition("gift", ("yes",))))) == [
        "custom_fields.2.shown_if.values"
    ]


def test_a_condition_may_name_its_question_by_number() -> None:
    plain = replace(DELIVERY, key="")
    found, errors = checked(Asking((plain, replace(GIFT, shown_if=Condition("#1", ("send",))))))
    assert found is not None
    assert (found.questions[1].shown_if, errors) == (Condition("way", ("send",)), {})
    for key in ("#2", "#0", "#x", "#"):
        assert "custom_fields.1.shown_if.key" in hung(
            DELIVERY, replace(GIFT, shown_if=Condition(key, ("send",)))
        )
