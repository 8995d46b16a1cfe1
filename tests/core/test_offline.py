"""What payers are given to pay offline: the reference, the account and the QR code, by the letter of their standards."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linktill.core.bank_account import checked_bic, checked_iban
from linktill.core.creditor_reference import creditor_reference, grouped, is_creditor_reference
from linktill.core.epc_code import BYTES_MAX, epc_text
from linktill.core.errors import FieldInvalid, FieldsInvalid
from linktill.core.ids import AttemptId
from linktill.core.money import Money
from linktill.core.offline_terms import OfflineFields, checked_offline, credentials_of, terms_of
from linktill.core.receipt import Way, checked_day, checked_way

IBAN = "DE89370400440532013000"
REFERENCE = "RF18539007547034"
"""The sample of ISO 11649 that banks print."""


def epc(**changes: object) -> str | None:
    fields: dict[str, object] = {
        "holder": "Beas Räder GmbH",
        "iban": IBAN,
        "bic": "COBADEFFXXX",
        "amount": Money(12_30, "EUR"),
        "reference": REFERENCE,
    }
    return epc_text(**{**fields, **changes})  # type: ignore[arg-type]


def test_an_epc_code_is_byte_for_byte_what_the_standard_says() -> None:
    text = epc()
    assert text is not None
    assert text.encode() == (
        b"BCD\n002\n1\nSCT\nCOBADEFFXXX\nBeas R\xc3\xa4der GmbH\nDE89370400440532013000\nEUR12.30\n\nRF18539007547034"
    )
    without_bic = epc(bic="")
    assert without_bic is not None
    assert without_bic.encode() == (
        b"BCD\n002\n1\nSCT\n\nBeas R\xc3\xa4der GmbH\nDE89370400440532013000\nEUR12.30\n\nRF18539007547034"
    )


@pytest.mark.parametrize(
    ("minor", "line"),
    [(1, "EUR0.01"), (5, "EUR0.05"), (100, "EUR1.00"), (99_999_999_999, "EUR999999999.99")],
)
def test_its_amount_has_a_point_and_two_digits(minor: int, line: str) -> None:
    text = epc(amount=Money(minor, "EUR"))
    assert text is not None
    assert text.split("\n")[7] == line


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Money(0, "EUR")},
        {"amount": Money(100_000_000_000, "EUR")},
        {"amount": Money(1_230, "USD")},
        {"amount": Money(1_230, "CHF")},
        {"iban": ""},
        {"holder": ""},
        {"holder": "x" * 71},
        {"holder": "Bea\nBCD"},
        # 70 signs of four bytes: as many letters as the standard allows, and more bytes than its code holds.
        {"holder": "\U0001d538" * 70},
    ],
)
def test_where_the_standard_has_no_room_there_is_no_code(changes: dict[str, object]) -> None:
    assert epc(**changes) is None


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=70),
    st.integers(1, 99_999_999_999),
    st.sampled_from(["", "COBADEFF", "COBADEFFXXX"]),
)
def test_no_name_breaks_the_lines_or_the_limit(holder: str, minor: int, bic: str) -> None:
    text = epc(holder=holder, amount=Money(minor, "EUR"), bic=bic)
    assume(text is not None)
    assert text is not None
    assert len(text.encode()) <= BYTES_MAX
    lines = text.split("\n")
    assert len(lines) == 10
    assert lines[:4] == ["BCD", "002", "1", "SCT"]
    assert (lines[5], lines[9]) == (holder, REFERENCE)


def test_known_creditor_references_are_told_from_slips() -> None:
    assert is_creditor_reference("RF18539007547034")
    assert is_creditor_reference("rf18 5390 0754 7034")
    assert is_creditor_reference("RF712348231")
    for wrong in (
        "RF18539007547043",
        "RF19539007547034",
        "XX18539007547034",
        "RF18",
        "",
        "RF18" + "1" * 30,
        "RF١٨1",
    ):
        assert not is_creditor_reference(wrong), wrong


@given(st.uuids())
def test_every_payment_has_one_short_reference_with_check_digits(uuid: object) -> None:
    attempt_id = AttemptId(f"pay_{uuid}")
    reference = creditor_reference(attempt_id)
    assert reference == creditor_reference(attempt_id)
    assert len(reference) == 16
    assert is_creditor_reference(grouped(reference))
    assert not set(reference[4:]) & set("01ILOU")


@given(st.uuids(), st.integers(4, 15), st.sampled_from("23456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_letter_for_another_is_always_found(uuid: object, at: int, letter: str) -> None:
    right = creditor_reference(AttemptId(f"pay_{uuid}"))
    # A letter counts as two digits: taken for a digit, it shifts all others, and one in 97 of such slips is not found.
    assume(right[at].isdigit() == letter.isdigit())
    wrong = right[:at] + letter + right[at + 1 :]
    assert is_creditor_reference(wrong) is (wrong == right)


def test_the_reference_of_a_payment_never_changes_with_a_release() -> None:
    assert creditor_reference(AttemptId("pay_01kan4v0zqf7wv9h6m2s8d3r5t")) == "RF67DZXB9T9AKKTK"


@pytest.mark.parametrize("iban", ["DE89 3704 0044 0532 0130 00", "gb82west12345698765432", "NO9386011117947"])
def test_an_iban_is_kept_without_blanks(iban: str) -> None:
    assert checked_iban(iban) == "".join(iban.split()).upper()


@pytest.mark.parametrize(
    ("iban", "words"),
    [
        ("DE89370400440532013001", "check digits"),
        ("DE8937040044053201300", "has 22 characters, this has 21"),
        ("hello", "two letters, two digits"),
        ("DE89 3704 0044 0532 0130 0\u0660", "two letters"),
        ("1" * 1_000, "two letters"),
    ],
)
def test_a_wrong_iban_is_refused_with_the_reason(iban: str, words: str) -> None:
    with pytest.raises(FieldInvalid, match=words) as refused:
        checked_iban(iban)
    assert refused.value.param == "iban"


def test_a_bic_has_eight_or_eleven_signs() -> None:
    assert checked_bic("cobadeff") == "COBADEFF"
    for wrong in ("COBADEF", "COBADEFFXX", "C0BADEFF", ""):
        with pytest.raises(FieldInvalid):
            checked_bic(wrong)


def test_terms_come_back_from_where_they_are_kept() -> None:
    terms = checked_offline(
        OfflineFields(
            holder=" Bea ",
            iban="DE89 3704 0044 0532 0130 00",
            takes_cash=True,
            cash_words="Mon\r\nTue",
            takes_check=True,
            check_words="To Bea, 1 Way",
            wait_days="7",
        )
    )
    assert terms_of(credentials_of(terms)) == terms
    assert (terms.holder, terms.iban, terms.cash_words, terms.wait_days) == ("Bea", IBAN, "Mon\nTue", 7)
    assert terms.ways == (Way.TRANSFER, Way.CASH, Way.CHECK)
    assert checked_offline(OfflineFields(bank_details="Sort code 12-34-56")).ways == (Way.TRANSFER,)


def test_every_field_at_fault_is_named_at_once() -> None:
    with pytest.raises(FieldsInvalid) as refused:
        checked_offline(OfflineFields(iban="DE00", bic="x", takes_check=True, wait_days="29"))
    assert [error.param for error in refused.value.errors] == ["iban", "bic", "wait_days", "check_words"]
    for fields, param in (
        (OfflineFields(), "iban"),
        (OfflineFields(iban=IBAN), "holder"),
        (OfflineFields(bic="COBADEFF", takes_cash=True), "iban"),
        (OfflineFields(takes_cash=True, cash_words="4242 4242 4242 4242"), "cash_words"),
        (OfflineFields(takes_cash=True, wait_days="\u0667"), "wait_days"),
    ):
        with pytest.raises(FieldsInvalid) as refused:
            checked_offline(fields)
        assert [error.param for error in refused.value.errors] == [param]


def test_a_day_is_a_day_that_can_have_been() -> None:
    today = date(2026, 11, 22)
    assert checked_day("2026-11-22", today=today) == "2026-11-22"
    assert checked_day("2026-11-23", today=today) == "2026-11-23", "the merchant may be ahead of UTC"
    for wrong in ("2026-11-24", "1999-12-31", "2026-02-29", "20261122", "2026-11-22T10:00:00Z", ""):
        with pytest.raises(FieldInvalid):
            checked_day(wrong, today=today)
    with pytest.raises(FieldInvalid, match="transfer, cash, check"):
        checked_way("bitcoin")
