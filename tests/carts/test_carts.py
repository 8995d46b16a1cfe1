"""Some of the million carts of `make carts`, and that they would find a price that is a unit off."""

from dataclasses import replace
from typing import Any

import pytest

from linktill.core import computation
from linktill.core.money import Money
from linktill.core.pricing import Choices, Parts, Pricing
from tests.carts import run
from tests.carts.drawing import Cart, cart
from tests.carts.run import look, main, wrongs

FEW = 3_000


def test_mc08_a_few_thousand_carts_are_what_rational_arithmetic_says() -> None:
    found, kinds = look(1, 0, FEW)
    assert found == []
    assert (
        min(kinds[kind] for kind in ("items", "open_amount", "parts", "taxes", "discounts", "tips"))
        > FEW // 20
    )


def test_a_cart_is_the_same_each_time() -> None:
    assert cart(1, 7) == cart(1, 7) != cart(2, 7)


def test_a_part_may_be_paid_or_not_as_the_product_says() -> None:
    bill = Cart(Money(100, "USD"), Pricing(parts=Parts(50, 20)), Choices(), 0)
    assert list(wrongs(bill)) == []  # 66 of 100
    assert list(wrongs(replace(bill, before_minor=90))) == []  # 6 of 10 leave less than 20: refused by both


def test_a_sum_that_is_one_off_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(numerator: int, denominator: int, *_: Any) -> int:
        return numerator // denominator

    with monkeypatch.context() as patched:
        patched.setattr(computation, "divide", down)
        assert main(["--carts", "200"]) == 1
    told = capsys.readouterr()
    assert "exactly" in told.err
    assert "make carts ARGS='--seed 0 --first " in told.err
    assert main(["--carts", "200"]) == 0
    assert '"wrong": 0' in capsys.readouterr().out


def test_a_part_that_the_product_would_take_and_may_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "may_be_part", lambda *_: False)
    bill = Cart(Money(100, "USD"), Pricing(parts=Parts(50, 20)), Choices(), 0)
    assert [words.partition(" ")[0] for words in wrongs(bill)] == ["charged"]
