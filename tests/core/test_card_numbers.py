"""IV10, PA05: card numbers are found as people write them, and numbers that are as long are not taken for them."""

import uuid
from hashlib import sha256

import pytest

from linktill.core.card_numbers import has_card_number, passes_luhn


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242", "4222222222222", "pay 5555 5555 5555 4444 now", "3782-822463-10005", "6011.1111.1111.1117",
        "30569309025904", "3566002020360505", "2223003122003222", "6304000000000000", "42 42 42 42 42 42 42 42",
        # beside other digits
        "order 12 4242424242424242", "2026 4242 4242 4242 4242", "4242 4242 4242 4242 12/29", "4242 4242 4242 4242 123",
        "4242 4242 4242 4242 12 29 123", "5105105105105100 12 27", "+4242 4242 4242 4242",
        # in other digits, with other separators
        "４２４２４２４２４２４２４２４２", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "4242\u00a04242\u00a04242\u00a04242",
        "4242\u200b4242\u200b4242\u200b4242",
        "4242–4242–4242–4242", "4242_4242_4242_4242", "4242/4242/4242/4242", "4242  4242  4242  4242", "4242\n4242\n4242\n4242",
        # within words and addresses
        "card4242424242424242", "4242424242424242@example.com", "https://example.com/?n=4242424242424242&y=1",
    ],
)  # fmt: skip
def test_card_numbers_are_found(text: str):
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241", "1234567890123456", "INV-2026-000123", "1795345275490742", "42424242424242424242",
        "2026-11-22 10:25:30.123456", "+1 (415) 555-2671", "pay_01m81gwsyaet4bkrjeqyfqppfd", "DE89 3704 0044 0532 0130 00",
    ],
)  # fmt: skip
def test_other_numbers_are_not(text: str):
    assert not has_card_number(text)


def test_what_passes_for_a_card_number_by_chance_is_not_one():
    """One in ten of them passes the check of its last digit."""
    texts = [f"+49 151 {number:08}" for number in range(10_000_000, 10_001_000)]
    texts += [str(uuid.UUID(bytes=sha256(b"%d" % number).digest()[:16])) for number in range(2_000)]
    texts += [sha256(b"%d" % number).hexdigest() for number in range(2_000)]
    texts += [_iban(number) for number in range(1_234_567_000, 1_234_568_000)]
    assert [text for text in texts if has_card_number(text)] == []


def _iban(account: int) -> str:
    """A German one, whose bank code begins as Visa's numbers do."""
    rest = f"43060967{account:010}"
    text = f"DE{98 - int(rest + '131400') % 97:02}{rest}"
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def test_the_check_digit():
    assert passes_luhn("79927398713")
    assert not passes_luhn("79927398714")
