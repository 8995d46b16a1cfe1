"""What mails say, and that nothing anybody typed becomes markup or a line of ours."""

import re
from dataclasses import replace
from html import unescape

import pytest

from linktill.core.bill import bill_of
from linktill.core.computation import compute
from linktill.core.money import Money
from linktill.core.pricing import Discount, Item, Pricing, Tax
from linktill.notify.letters import Alert, Line, LinkAnswer, News, Receipt, RefundNotice, View, write

EVIL = "Eve</td><script>alert(1)</script>{{ 7*7 }}\nPayment: forged"
RECEIPT = Receipt(
    "Bea's Bikes", "hello@example.com", True, "A bicycle repair", "INV-7", Money(123_450, "EUR"), "Visa •••• 4242",
    1_795_343_343_000_000, "pay_1", "https://pay.example/c/cs_1?k=a&b",
)  # fmt: skip
REFUND = RefundNotice(
    "Bea's Bikes", "hello@example.com", False, "A bicycle repair", Money(500, "JPY"), Money(1_000, "JPY"), None,
    1_795_343_343_000_000, "pay_1", "re_1", "https://pay.example/c/cs_1?k=a",
)  # fmt: skip
ANSWER = LinkAnswer(
    "Bea's Bikes", "hello@example.com", True, "A bicycle repair", Money(123_450, "EUR"), 1_795_343_343_000_000,
    "https://pay.example/p/abc", is_same=False,
)  # fmt: skip
NEWS = News(
    "Ada paid you",
    "good",
    (Line("For", "A repair"),),
    "Open the payment",
    "https://x/",
    "Paid",
    Money(5, "USD"),
)
ALERT = Alert("Bea's Bikes", False, NEWS)


def test_a_receipt_says_what_was_paid_to_whom_and_where_to_ask() -> None:
    written = write(RECEIPT)
    assert written.subject == "Receipt from Bea's Bikes: €1,234.50"
    for said in ("Bea's Bikes", "€1,234.50", "November 22, 2026", "A bicycle repair", "INV-7", "Visa •••• 4242", "pay_1",
                 "hello@example.com", "Test mode: no real money moved."):  # fmt: skip
        assert said in written.text
        assert said in unescape(written.html)
    assert "https://pay.example/c/cs_1?k=a&b" in written.text
    assert 'href="https://pay.example/c/cs_1?k=a&amp;b"' in written.html


def test_a_receipt_has_the_bill_line_by_line() -> None:
    items = (Item("Cake", 3_000, 2, 2, 2), Item(EVIL, 500))
    pricing = Pricing(
        items, taxes=(Tax("VAT", 70_000, is_inclusive=True),), discounts=(Discount("Regulars", 100_000),)
    )
    written = write(replace(RECEIPT, bill=bill_of(compute(Money(0, "EUR"), "", pricing))))
    for said in ("Cake × 2", "€60.00", "Regulars", "-€6.50", "includes VAT 7%", "€3.83", "Total", "€58.50"):
        assert said in written.text
        assert said in unescape(written.html)
    assert "<script>" not in written.html
    assert "\nPayment: forged" not in written.text


def test_real_money_is_not_called_a_test() -> None:
    for view in (REFUND, ALERT):
        written = write(view)
        assert "Test mode" not in written.text + written.html


def test_a_refund_says_how_much_comes_back() -> None:
    written = write(REFUND)
    assert "¥500 was sent back to you" in written.text
    assert "You had paid: ¥1,000" in written.text
    assert "to None" not in written.text + written.html


@pytest.mark.parametrize(
    "view",
    [
        Receipt(
            EVIL, "hello@example.com", False, EVIL, EVIL, Money(1, "USD"), EVIL, 0, "pay_1", "https://x/"
        ),
        RefundNotice(
            EVIL,
            "h@example.com",
            False,
            EVIL,
            Money(1, "USD"),
            Money(1, "USD"),
            EVIL,
            0,
            "pay_1",
            "re_1",
            "https://x/",
        ),
        Alert(EVIL, False, News(EVIL, "bad", (Line("For", EVIL),), "Open", "https://x/", EVIL, None, EVIL)),
    ],
    ids=["receipt", "refund", "alert"],
)
def test_fx10_what_people_typed_stays_text(view: View) -> None:
    written = write(view)
    assert "<script" not in written.html
    assert "&lt;script&gt;" in written.html
    assert "49" not in re.sub(r"#[0-9a-f]+|\d+px", "", written.html)
    said = written.text.replace(EVIL, "") if isinstance(view, Alert) else written.text
    assert [line for line in said.splitlines() if line == "Payment: forged"] == []


@pytest.mark.parametrize("view", [RECEIPT, REFUND, ALERT], ids=["receipt", "refund", "alert"])
def test_a_mail_loads_nothing_from_elsewhere(view: View) -> None:
    html = write(view).html
    assert re.findall(r"<(?:img|script|link|iframe|object)\b|url\(|@import|src=", html) == []
    assert len(html) < 12_000


def test_an_answer_says_where_to_pay_until_when_and_who_asked_for_it() -> None:
    written = write(ANSWER)
    assert written.subject == "Bea's Bikes: you can pay now for A bicycle repair"
    for said in ("Bea's Bikes", "A bicycle repair", "€1,234.50", "November 22, 2026", "https://pay.example/p/abc",
                 "Test mode: no real money moved.", "hello@example.com", "This one can be paid."):  # fmt: skip
        assert said in written.text
        assert said in unescape(written.html)
    again = write(replace(ANSWER, is_same=True, amount=None, closes_at=None, is_test=False))
    assert "at the same address" in again.text
    assert "€" not in again.text + again.html
    assert "Can be paid until" not in again.text + again.html
    evil = write(replace(ANSWER, merchant_name=EVIL, description=EVIL))
    assert "<script>" not in evil.html
    assert "\nPayment: forged" not in evil.text


@pytest.mark.parametrize("lang", ["de", "fr", "es", "ja", "ar"])
def test_a_mail_to_a_payer_speaks_their_language(lang: str) -> None:
    for view in (RECEIPT, REFUND, replace(RECEIPT, is_test=False), ANSWER, replace(ANSWER, is_same=True)):
        english, there = write(view), write(replace(view, lang=lang))
        assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in there.html
        assert there.subject != english.subject
        assert "\u2068" not in there.subject
        lines = [line for line in english.text.splitlines() if re.search("[a-z]{3}", line)]
        assert not [line for line in lines if line in there.text.splitlines()]
        for kept in ("Bea's Bikes", "A bicycle repair", "hello@example.com"):
            assert kept in there.text
            assert kept in unescape(there.html)


def test_an_address_in_a_mail_ends_where_its_line_ends() -> None:
    """Mail programs make links of addresses: nothing that nobody sees may become a part of one."""
    for view in (RECEIPT, REFUND, ANSWER):
        for line in write(replace(view, lang="ar")).text.splitlines():
            assert "https://" not in line or line.endswith(("&b", "k=a", "/p/abc"))
