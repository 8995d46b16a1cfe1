"""IV04, IV07, IV10, FX02: a file of links as spreadsheets make them is read, or refused with the place and the way to mend it."""

import codecs
import csv
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core import link_import
from linktill.core.errors import FieldsInvalid
from linktill.core.link_terms import LinkFields
from linktill.flows import read_link_file
from linktill.flows.link_columns import COLUMNS, KEY, NAMES, SLUG, read_fields
from linktill.flows.read_link_file import FileRow, read_rows

HEAD = "key,amount,currency,description\n"
ROW = "1,40.00,USD,A lesson\n"
PLAIN = {"amount": "40.00", "currency": "USD", "description": "A lesson"}


def rows(text: str | bytes) -> list[FileRow]:
    return list(read_rows(text if isinstance(text, bytes) else text.encode()))


def refused(text: str | bytes) -> list[str]:
    with pytest.raises(FieldsInvalid) as told:
        rows(text)
    assert {error.param for error in told.value.errors} == {"file"}
    return [error.message for error in told.value.errors]


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + ROW).encode(),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace("\n", "\r").encode(),
        (HEAD + ROW).replace(",", ";").encode(),
        (HEAD + ROW).replace(",", "\t").encode(),
        ("sep=;\r\n" + (HEAD + ROW).replace(",", ";")).encode(),
        codecs.BOM_UTF8 + (HEAD + ROW).encode(),
        (HEAD + ROW).replace(",", "\t").encode("utf-16"),
        codecs.BOM_UTF16_BE + (HEAD + ROW).encode("utf-16-be"),
        (HEAD + ROW).removesuffix("\n").encode(),
        b"Key, AMOUNT ,Currency,description\n 1 , 40.00,USD,A lesson\n",
        b'"key","amount","currency","description"\r\n"1","40.00","USD","A lesson"\r\n',
    ],
)
def test_however_it_was_saved_it_says_the_same(data: bytes):
    [row] = rows(data)
    assert (row.number, row.key, row.cells, row.faults) == (2, "1", PLAIN, [])
    assert row.identity == "key:1"


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    found = rows(HEAD + '1,40,USD,"Two\nlines"\n\n,,,\n2,41,USD,"He said ""no"""\n')
    assert [(row.number, row.key) for row in found] == [(2, "1"), (5, "2")]
    assert [row.cells["description"] for row in found] == ["Two\nlines", 'He said "no"']


def test_separators_in_quotes_do_not_decide():
    [row] = rows('"a;b;c;d;e",\n'.replace('"a;b;c;d;e",', "amount,currency,description") + '40,USD,"a;b;c"\n')
    assert row.cells["description"] == "a;b;c"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (HEAD.encode(), "no rows"),
        (b"PK\x03\x04whatever", "workbook"),
        ((HEAD + "1,40,USD,caf\xe9\n").encode("latin-1"), "Line 2 is not UTF-8"),
        ((HEAD + ROW * 900 + "2,40,USD,caf\xe9\n").encode("latin-1"), "Line 902 is not UTF-8"),
        ((HEAD + ROW).encode("utf-16-le"), "NUL"),
        ((HEAD + "1,40,USD,a\x00b\n").encode(), "Row 2 holds a NUL"),
        (codecs.BOM_UTF16_LE + b"a", "UTF-16"),
        ((HEAD + '1,40,USD,"open\n' + ROW).encode(), "quotation mark"),
        ((HEAD + '1,40,USD,"a"b\n').encode(), "Row 2 cannot be read"),
        ((HEAD + "1,40,USD," + "x" * 200_000 + "\n").encode(), "Row 2 cannot be read"),
        (b"amount,currency\n40,USD\n", "The column description is missing"),
        (b"amount,amount,currency,description\n1,2,USD,x\n", "two columns amount"),
        (b"amount,currency,description,due\n1,USD,x,2030-01-01\n", "no column due. Did you mean due_at?"),
        (b"amount,currency,description,zzz\n1,USD,x,y\n", "There are key, slug, amount"),
        (b"amount,currency,description,metadata.\n1,USD,x,y\n", "no key that metadata can have"),
        (b"amount,currency,description,4242 4242 4242 4242\n1,USD,x,y\n", "card number"),
        (b"x" * (link_import.FILE_MAX_BYTES + 1), "more than 16 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(data: bytes, words: str):
    assert any(words in told for told in refused(data)), refused(data)


def test_all_that_is_wrong_with_the_heading_is_told_at_once():
    assert len(refused("amonut,curency,discription\n1,2,3\n")) == 6


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(read_link_file, "ROWS_MAX", 3)
    assert len(rows(HEAD + "".join(f"{key},1,USD,x\n" for key in range(3)))) == 3
    assert "Split it" in refused(HEAD + "".join(f"{key},1,USD,x\n" for key in range(4)))[0]


def test_iv10_a_card_number_is_told_and_not_kept():
    [row] = rows(HEAD + "4242424242424242,40,USD,4242 4242 4242 4242\n")
    assert {fault.column for fault in row.faults} == {"description", KEY}
    assert "4242" not in repr((row.cells, row.key, row.identity))


def test_the_second_of_two_keys_or_addresses_is_at_fault():
    head = "key,slug,amount,currency,description\n"
    found = rows(head + "1,cake,40,USD,x\n1,tart,40,USD,x\n2,Cake,40,USD,x\n3,,40,USD,x\n4,,40,USD,x\n")
    assert [[fault.column for fault in row.faults] for row in found] == [[], [KEY], [SLUG], [], []]
    assert "Row 2 has the same key" in found[1].faults[0].message
    assert [row.is_unclear for row in found] == [False, True, False, False, False]


def test_without_a_key_a_row_is_known_by_all_that_it_holds():
    first, second, other = rows("amount,currency,description\n40,USD,x\n40,USD,x\n41,USD,x\n")
    assert len({first.identity, second.identity, other.identity}) == 3
    moved = rows("description,note,currency,amount\nx,,USD,41\nx,,USD,40\nx,,USD,40\n")
    assert [row.identity for row in moved] == [other.identity, first.identity, second.identity]


def test_cells_beside_the_heading_are_a_fault_of_their_row():
    [row] = rows("amount,currency,description\n40,00,USD,x\n")
    assert "names 3" in row.faults[0].message
    [row] = rows("amount,currency,description,\n40,USD,x,y\n")
    assert "without a name" in row.faults[0].message
    [row] = rows("amount,currency,description,,\n40,USD,x\n")
    assert row.faults == []


def test_a_cell_that_no_field_could_hold_is_a_fault_of_its_row():
    [row] = rows(HEAD + "1,40,USD," + "x" * 10_001 + "\n")
    assert [fault.column for fault in row.faults] == ["description"]


def test_every_field_of_a_link_has_its_column():
    """A field that is added to links needs its line, or nobody could bring it in a file."""
    assert {column.field for column in COLUMNS} | {"metadata"} == set(LinkFields.__dataclass_fields__)
    assert len(set(NAMES)) == len(NAMES)


def fields(**cells: str) -> dict[str, Any]:
    read, faults = read_fields({**PLAIN, **cells})
    assert faults == []
    return {name: getattr(read, name) for name in LinkFields.__dataclass_fields__}


def test_cells_become_fields():
    read = fields(
        currency="eur",
        payments_max="unlimited",
        starts_at="2030-01-31",
        due_at="2030-01-31",
        expires_at="2030-01-31T19:00:00+01:00",
        allowed_gateways="Stripe, paypal",
        **{"metadata.Room": "7"},
    )
    assert (read["amount_minor"], read["currency"], read["payments_max"]) == (4_000, "EUR", None)
    day = 1_896_048_000_000_000
    assert (read["starts_at"], read["due_at"]) == (day, day + 86_400_000_000 - 1)
    assert read["expires_at"] == day + 18 * 3_600_000_000
    assert (read["allowed_gateways"], read["metadata"]) == (("stripe", "paypal"), {"Room": "7"})
    assert fields()["payments_max"] == 1


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("amount", "40,00"),
        ("amount", "1,000.00"),
        ("amount", "-5"),
        ("amount", "1e3"),
        ("amount", "40.005"),
        ("amount", "$40"),
        ("amount", "４０"),
        ("currency", "dollars"),
        ("due_at", "31.01.2030"),
        ("due_at", "01/31/30"),
        ("due_at", "2030-01-31T18:00:00"),
        ("due_at", "2030-02-30"),
        ("due_at", "+275760-09-13"),
        ("expires_at", "9999-12-31T23:59:59-23:59"),
        ("starts_at", "0001-01-01T00:00:00+23:00"),
        ("payments_max", "2.0"),
        ("payments_max", "-1"),
    ],
)
def test_iv12_what_could_mean_two_things_is_not_guessed(column: str, cell: str):
    _, faults = read_fields({**PLAIN, column: cell})
    assert [fault.param for fault in faults] == [column]


@given(
    st.lists(
        st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8), max_size=5),
        max_size=5,
    )
)
def test_iv04_any_csv_file_is_read_or_refused(table: list[list[str]]):
    out = io.StringIO()
    csv.writer(out).writerows([["amount", "currency", "description", "key"], *table])
    with suppress(FieldsInvalid):
        for row in rows(out.getvalue()):
            assert all(text == text.strip() and text for text in row.cells.values())


@given(st.binary(max_size=200))
def test_fx02_any_bytes_are_read_or_refused(data: bytes):
    for begin in (b"", HEAD.encode()):
        with suppress(FieldsInvalid):
            rows(begin + data)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("{", "Write JSON"),
        ('{"line_items": 1}', "line_items"),
        ('{"tax_rates": [{"name": "VAT", "percent": "much"}]}', "tax_rates.0.percent: "),
        ('{"tax_rates": [{"name": "VAT", "percents": {"US": "standard"}}]}', "tax_rates.0.percents.US: "),
    ],
)
def test_what_is_wrong_within_a_cell_of_prices_is_named(cell: str, words: str):
    _, faults = read_fields({"amount": "40", "currency": "USD", "description": "x", "pricing": cell})
    [fault] = faults
    assert fault.param == "pricing"
    assert words in fault.message


def test_items_need_no_amount():
    cells = {"currency": "USD", "description": "x"}
    items = '{"line_items": [{"name": "Mug", "unit_amount_minor": 2400}]}'
    fields, faults = read_fields({**cells, "pricing": items})
    assert (fields.amount_minor, faults) == (0, [])
    assert [fault.param for fault in read_fields(cells)[1]] == ["amount"]
    taxed = '{"tax_rates": [{"name": "VAT", "percent": "19"}]}'
    assert [fault.param for fault in read_fields({**cells, "pricing": taxed})[1]] == ["amount"]
