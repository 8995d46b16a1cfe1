"""What a link comes to: every sum exact, one order, one rounding."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.computation import Computation, compute
from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.pricing import WHOLE_PPM, Choices, Discount, Item, OpenAmount, Pricing, Tax, Tips, Variant

TAXES = ("VAT", "Food", "City")
rates = st.integers(1, WHOLE_PPM)
prices = st.integers(0, 10_000_000)
taxes = st.lists(
    st.builds(Tax, st.sampled_from(TAXES), rates, st.booleans()), max_size=3, unique_by=lambda tax: tax.name
)
discounts = st.lists(
    st.one_of(
        st.builds(Discount, st.just("rate"), rates), st.builds(Discount, st.just("fixed"), st.just(0), prices)
    ),
    max_size=3,
)
tips = st.one_of(st.none(), st.builds(Tips, st.just((100_000, 150_000)), st.booleans()))


@st.composite
def carts(draw: st.DrawFn) -> tuple[Pricing, Choices]:
    """A link with up to eight items and what a payer may choose of it."""
    laid = tuple(draw(taxes))
    names = st.sets(st.sampled_from([tax.name for tax in laid] or ["none"])).map(
        lambda some: tuple(sorted(some))
    )
    items: list[Item] = []
    quantities: list[int | None] = []
    variants: list[int | None] = []
    for _ in range(draw(st.integers(1, 8))):
        forms = draw(st.lists(st.builds(Variant, st.just("form"), prices), max_size=3))
        lowest = draw(st.integers(1, 5))
        highest = lowest + draw(st.integers(0, 20))
        on_top = draw(st.one_of(st.none(), names)) if laid else None
        is_optional = draw(st.booleans())
        items.append(Item("item", draw(prices), lowest, lowest, highest, is_optional, tuple(forms), on_top))
        least = st.just(0) if is_optional else st.nothing()
        quantities.append(draw(st.one_of(st.none(), st.integers(lowest, highest), least)))
        variants.append(draw(st.one_of(st.none(), st.integers(0, len(forms) - 1))) if forms else None)
    allowed = draw(tips)
    tip = draw(st.sampled_from((0, *(allowed.suggested_ppm if allowed else ()))))
    choices = Choices(None, tuple(quantities), tuple(variants), tip)
    return Pricing(tuple(items), None, laid, tuple(draw(discounts)), allowed), choices


def half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


@given(carts())
def test_mc06_mc08_a_cart_is_what_rational_arithmetic_says(cart: tuple[Pricing, Choices]) -> None:
    pricing, choices = cart
    found = compute(Money(0, "USD"), "", pricing, choices)
    assert found.subtotal_minor == sum(line.quantity * line.unit_minor for line in found.lines)
    left = Fraction(found.subtotal_minor)
    for discount, part in zip(pricing.discounts, found.discounts, strict=True):
        exact = left * discount.rate_ppm / WHOLE_PPM if discount.rate_ppm else Fraction(discount.amount_minor)
        assert part.amount_minor == min(left, half_up(exact))
        left -= part.amount_minor
    assert sum(line.discount_minor for line in found.lines) == found.subtotal_minor - left
    for tax, taxed in zip(pricing.taxes, found.taxes, strict=True):
        assert taxed.amount_minor == half_up(exact_tax(found, pricing, tax))
    added = sum(part.amount_minor for part in found.taxes if not part.is_inclusive)
    assert found.tip_minor == half_up(left * choices.tip_ppm / WHOLE_PPM)
    assert found.total_minor == left + added + found.tip_minor


def exact_tax(found: Computation, pricing: Pricing, tax: Tax) -> Fraction:
    """By the textbook: what the price is without the taxes in it, times the rate, line by line."""
    exact = Fraction(0)
    for line in found.lines:
        if tax.name not in line.taxes:
            continue
        within = sum(each.rate_ppm for each in pricing.taxes if each.is_inclusive and each.name in line.taxes)
        net = Fraction(line.amount_minor - line.discount_minor) / (1 + Fraction(within, WHOLE_PPM))
        exact += net * tax.rate_ppm / WHOLE_PPM
    return exact


@given(carts())
def test_mc07_nothing_is_negative(cart: tuple[Pricing, Choices]) -> None:
    found = compute(Money(0, "USD"), "", *cart)
    for line in found.lines:
        assert 0 <= line.discount_minor <= line.amount_minor
    for part in found.taxes:
        assert part.amount_minor >= 0
        assert part.taxable_minor >= 0
    assert 0 <= found.tip_minor <= found.total_minor


@given(prices, rates)
def test_a_price_and_the_tax_in_it_add_up(minor: int, rate: int) -> None:
    found = compute(Money(minor, "EUR"), "Cake", Pricing(taxes=(Tax("VAT", rate, is_inclusive=True),)))
    (tax,) = found.taxes
    assert tax.taxable_minor + tax.amount_minor == found.total_minor == minor


def test_the_order_of_computation() -> None:
    # The example of docs/links.md.
    pricing = Pricing(
        items=(
            Item(
                "Cake",
                3000,
                1,
                1,
                5,
                variants=(Variant("Small", 3000), Variant("Large", 4500)),
                taxes=("Food",),
            ),
            Item("Candles", 250, 2, 1, 20),
        ),
        taxes=(Tax("Food", 70_000), Tax("VAT", 190_000)),
        discounts=(Discount("Regulars", rate_ppm=100_000), Discount("Voucher", amount_minor=500)),
        tips=Tips((100_000,)),
    )
    found = compute(Money(0, "EUR"), "", pricing, Choices(None, (2, 3), (1, None), 100_000))
    assert found.subtotal_minor == 2 * 4500 + 3 * 250
    assert [part.amount_minor for part in found.discounts] == [975, 500]
    assert [line.discount_minor for line in found.lines] == [1362, 113]
    # Candles have both taxes, as nothing else is said; cake has one.
    assert [(part.taxable_minor, part.amount_minor) for part in found.taxes] == [(8275, 579), (637, 121)]
    assert found.tip_minor == 828
    assert found.total_minor == 8275 + 579 + 121 + 828


def test_mc17_a_tip_changes_no_price_and_bears_no_tax() -> None:
    pricing = Pricing(taxes=(Tax("VAT", 200_000),), tips=Tips((100_000,)))
    price = Money(1000, "USD")
    without, with_tip = compute(price, "Cut", pricing), compute(price, "Cut", pricing, Choices(tip_minor=300))
    assert with_tip.lines == without.lines
    assert with_tip.taxes == without.taxes
    assert with_tip.total_minor == without.total_minor + 300 == 1500


OPEN = Pricing(open_amount=OpenAmount(500, 100_000))
SIZES = Pricing(
    (
        Item("Shirt", 0, 1, 1, 3, variants=(Variant("S", 1000), Variant("L", 1200))),
        Item("Bag", 300, is_optional=True),
    )
)


@pytest.mark.parametrize(
    ("pricing", "choices", "param"),
    [
        (OPEN, Choices(499), "amount_minor"),
        (OPEN, Choices(100_001), "amount_minor"),
        (OPEN, Choices(0), "amount_minor"),
        (OPEN, Choices(-500), "amount_minor"),
        (SIZES, Choices(quantities=(0,)), "quantities.0"),
        (SIZES, Choices(quantities=(4,)), "quantities.0"),
        (SIZES, Choices(quantities=(-1,)), "quantities.0"),
        (SIZES, Choices(quantities=(1, 2)), "quantities.1"),
        (SIZES, Choices(quantities=(1, 1, 1)), "quantities"),
        (SIZES, Choices(variants=(2,)), "variants.0"),
        (SIZES, Choices(variants=(-1,)), "variants.0"),
        (SIZES, Choices(variants=(None, 0)), "variants.1"),
        (SIZES, Choices(variants=(None, None, None)), "variants"),
        (SIZES, Choices(tip_minor=1), "tip_minor"),
        (Pricing(tips=Tips((100_000,))), Choices(tip_ppm=110_000), "tip_percent"),
        (Pricing(tips=Tips((100_000,), is_open=False)), Choices(tip_minor=100), "tip_minor"),
        (Pricing(tips=Tips()), Choices(tip_minor=-100), "tip_minor"),
    ],
)
def test_mc15_ll16_what_may_not_be_chosen_is_named(pricing: Pricing, choices: Choices, param: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        compute(Money(1000, "USD"), "", pricing, choices)
    assert refused.value.param == param


def test_an_add_on_is_left_out_until_it_is_taken() -> None:
    assert compute(Money(0, "USD"), "", SIZES).total_minor == 1000
    assert compute(Money(0, "USD"), "", SIZES, Choices(quantities=(2, 1), variants=(1,))).total_minor == 2700


def test_an_open_amount_that_nobody_named_is_none() -> None:
    assert compute(Money(0, "USD"), "", OPEN).total_minor == 0
    assert compute(Money(2000, "USD"), "", OPEN).total_minor == 2000
    assert compute(Money(2000, "USD"), "", OPEN, Choices(700)).total_minor == 700


def test_mc04_what_is_too_much_is_refused() -> None:
    pricing = Pricing((Item("Ship", AMOUNT_MAX_MINOR, 1, 1, 2),))
    assert compute(Money(0, "USD"), "", pricing).total_minor == AMOUNT_MAX_MINOR
    with pytest.raises(FieldInvalid, match="at most"):
        compute(Money(0, "USD"), "", pricing, Choices(quantities=(2,)))
