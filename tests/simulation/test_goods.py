"""Links with more than a price in the simulator: what is drawn, and the second reckoning that they are held against."""

from collections import Counter
from typing import Any

import pytest

from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_terms import LinkFields, checked_terms
from linktill.core.merchant import Merchant, Mode
from linktill.core.payment_link import LinkStatus, LinkTerms, Payability, PaymentLink
from linktill.core.pricing import (
    Choices,
    Discount,
    Item,
    OpenAmount,
    Parts,
    Pricing,
    Tax,
    Tips,
    Variant,
)
from linktill.core.stock import has_stock
from linktill.flows.open_checkout import Checkout
from linktill.main import simulation_parts
from linktill.platform.randomness import SeededRandomness
from linktill.simulation import end, run
from linktill.simulation.goods import changed, drawn_coupon, drawn_pricing, room_of
from linktill.simulation.reckoning import (
    Bill,
    is_sold_out,
    least_of,
    may_be_chosen,
    may_be_part,
    reckoned,
    taken_stock,
)
from linktill.simulation.wishes import wished
from linktill.simulation.world import World

CAKE = Item("Cake", 4_500, 1, 1, 5, variants=(Variant("Large", 4_500, 3, "l"), Variant("Small", 2_000)))
CANDLE = Item("Candle", 250, 1, 1, 9, is_optional=True, taxes=("VAT", "Food"), stock=4, key="c")
SHOP = Pricing(
    items=(CAKE, CANDLE),
    taxes=(Tax("VAT", 190_000, is_inclusive=True), Tax("Food", 70_000)),
    discounts=(Discount("Regulars", 100_000), Discount("Voucher", amount_minor=500)),
    tips=Tips((100_000,), is_open=False),
)


def test_a_bill_by_hand() -> None:
    """Two large cakes and three candles: 97.50, less 9.75 and 5.00. 82.75 contains 19 %, and 7 % of 69.54 are added."""
    bill = reckoned(0, SHOP, Choices(quantities=(2, 3), tip_ppm=100_000))
    assert bill == Bill(
        lines=(9_000, 750),
        off=(1_362, 113),
        discounts=(975, 500),
        taxes=(1_321, 487),
        taxable=(6_954, 6_954),
        tip=828,
        total=8_275 + 487 + 828,
    )
    assert reckoned(700, Pricing(), Choices()).total == 700
    assert reckoned(700, Pricing(open_amount=OpenAmount()), Choices(amount_minor=900)).total == 900


@pytest.mark.parametrize(
    ("choices", "may"),
    [
        (Choices(), True),
        (Choices(quantities=(5, 0), variants=(1, None), tip_ppm=100_000), True),
        (Choices(quantities=(6,)), False),
        (Choices(quantities=(0,)), False),
        (Choices(quantities=(1, 10)), False),
        (Choices(quantities=(1, 1, 1)), False),
        (Choices(variants=(2,)), False),
        (Choices(variants=(None, 0)), False),
        (Choices(tip_ppm=150_000), False),
        (Choices(tip_minor=100), False),
    ],
)
def test_what_may_be_chosen_is_what_the_product_lets_payers_choose(choices: Choices, may: bool) -> None:
    assert may_be_chosen(SHOP, choices) is may
    terms = LinkTerms(_usd(), "Something", pricing=SHOP)
    if may:
        assert terms.quote(choices).total_minor == reckoned(0, SHOP, choices).total
    else:
        with pytest.raises(FieldInvalid):
            terms.quote(choices)


@pytest.mark.parametrize(
    ("before", "part", "may"),
    [
        (0, 500, True), (0, 499, False), (0, 1_000, True), (0, 1_001, False), (0, 900, True), (0, 901, False),
        (500, 100, True), (500, 99, False), (500, 500, True), (950, 50, True), (950, 40, False), (1_000, 0, False),
    ],
)  # fmt: skip
def test_a_part_and_what_it_leaves(before: int, part: int, may: bool) -> None:
    assert may_be_part(Parts(500, 100), 1_000, before, part) is may


def test_what_is_counted_and_when_it_is_gone() -> None:
    assert taken_stock(SHOP, Choices(quantities=(2, 3))) == {"l": 2, "c": 3}
    assert taken_stock(SHOP, Choices(quantities=(2, 0), variants=(1, None))) == {}
    assert not is_sold_out(SHOP, Counter({"l": 3, "c": 4})), "the small one has no number"
    large = Pricing(items=(Item("Cake", 1, variants=(Variant("Large", 1, 3, "l"),)), CANDLE))
    assert [is_sold_out(large, Counter({"l": sold})) for sold in (2, 3)] == [False, True]
    assert not is_sold_out(large, Counter({"c": 4})), "an add-on need not be bought"
    assert (least_of(0, SHOP), least_of(0, Pricing(parts=Parts()))) == (2_000 - 200 - 500 + 76, 1)


def test_links_of_all_kinds_are_drawn_and_nearly_all_are_links() -> None:
    chance, kinds, made = SeededRandomness(1), Counter[str](), 0
    for _ in range(400):
        price = 100 + chance.below(50_000)
        pricing = drawn_pricing(chance, price)
        try:
            terms = _terms(price, pricing)
        except FieldInvalid:
            continue
        made += 1
        kinds.update(
            name for name in ("items", "open_amount", "parts", "taxes", "tips") if getattr(pricing, name)
        )
        kinds.update(["stock"] * has_stock(terms.pricing))
        assert room_of(pricing, None) >= 1
        again = [changed(SeededRandomness("x"), terms.pricing, price, "USD") for _ in range(2)]
        assert again[0] == again[1], "a unit that is run again makes the same of it"
    assert made > 360
    assert min(kinds[kind] for kind in ("items", "open_amount", "parts", "taxes", "tips", "stock")) > 30


def test_payers_choose_mostly_what_may_be_chosen_and_now_and_then_not() -> None:
    chance = SeededRandomness(2)
    merchant = Merchant(MerchantId("mer_1"), Mode.TEST, "Shop", "", "USD", "", 0)
    link = PaymentLink(
        merchant.id, LinkId("plink_1"), "x", LinkStatus.ACTIVE, 1, _terms(0, SHOP), 0, 0, 0, 0, 0, 0
    )
    page = Checkout(merchant, link, Payability.PAYABLE)
    found = [may_be_chosen(SHOP, wished(chance, page, ()).choices) for _ in range(3_000)]
    assert 30 < found.count(False) < 700


def test_coupons_are_for_few() -> None:
    drawn = [drawn_coupon(SeededRandomness(number), number, "USD") for number in range(60)]
    assert {coupon.uses_max for coupon in drawn} >= {1, 2, None}
    assert len({coupon.code for coupon in drawn}) == 60
    assert all(bool(coupon.rate_ppm) != bool(coupon.amount_minor) for coupon in drawn)


@pytest.mark.timeout(180)
def test_a_few_seeds_meet_all_of_it_and_most_payments_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    met: Counter[str] = Counter()

    async def compare(world: World) -> None:
        await end.compare(world)
        for name, sql in COUNTED.items():
            met[name] += world.memory.rows(f"SELECT count(*) FROM {sql}")[0][0]

    monkeypatch.setattr(run, "compare", compare)
    for seed in (1, 2):
        assert run.run_seed(seed, simulation_parts(), visits=200).violations == ()
    assert all(met.values()), met
    assert met["bills"] * 2 < met["payments"]


COUNTED: dict[str, Any] = {
    "payments": "payment_attempt",
    "bills": "payment_computation",
    "parts": "payment_computation WHERE computation LIKE '%before_minor%'",
    "stock": "allotment_hold WHERE scope LIKE 'plink_%'",
    "coupons": "allotment_hold WHERE scope LIKE 'cpn_%'",
    "customers": "allotment_hold WHERE scope LIKE 'cpn_%:%'",
    "limits": "payment_link WHERE amount_max_minor IS NOT NULL AND slots_taken > 0",
    "sold": "allotment WHERE sold > 0",
    "currencies": "payment_attempt a JOIN payment_link l ON l.merchant_id = a.merchant_id AND l.id = a.link_id "
    "AND a.currency <> l.currency WHERE a.status = 'captured'",
}


def _usd() -> Any:
    return _terms(1, Pricing(open_amount=OpenAmount())).amount


def _terms(price: int, pricing: Pricing) -> LinkTerms:
    unkeyed = pricing if pricing is not SHOP else None
    fields = LinkFields(price, "USD", "Something", payments_max=None, pricing=unkeyed)
    if unkeyed is None:
        return LinkTerms(_usd(), "Something", payments_max=None, pricing=SHOP)
    return checked_terms(fields, now=0)
