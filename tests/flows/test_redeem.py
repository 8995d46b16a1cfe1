"""Codes that payers enter: what they take off is what is shown, charged, kept and counted, and no code is used too often."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.coupon import Coupon, CouponFields
from linktill.core.errors import FieldInvalid, PriceChanged
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Choices, Item, OpenAmount, Pricing
from linktill.flows.apply_fact import apply_fact
from linktill.flows.manage_coupons import create_coupon, edit_coupon
from linktill.flows.open_checkout import open_checkout
from linktill.flows.preview_price import computation_of, preview_price
from linktill.flows.services import moment_of
from linktill.flows.start_payment import PayResult
from linktill.storage.coupons import get_coupon
from tests.make import Shop, usd

CODES = Pricing(takes_codes=True)
TENTH = CouponFields("SPRING-10", "Spring", rate_ppm=100_000)
SPRING = Choices(code="spring 10")


async def made(shop: Shop, **changes: object) -> Coupon:
    return await create_coupon(shop.services, shop.id, replace(TENTH, **changes))  # type: ignore[arg-type]


async def uses(shop: Shop, coupon: Coupon) -> int:
    found = await shop.services.database.read(get_coupon, shop.id, coupon.id)
    assert found is not None
    return found.uses


async def codes_link(shop: Shop, **changes: object) -> PaymentLink:
    return await shop.link(4_000, pricing=replace(CODES, **changes), payments_max=None)  # type: ignore[arg-type]


async def test_what_a_code_takes_off_is_previewed_shown_charged_kept_and_counted(shop: Shop) -> None:
    coupon, link = await made(shop, uses_max=2), await codes_link(shop)
    preview = await preview_price(shop.services, shop.id, link.id, SPRING)
    assert (preview.total_minor, preview.discounts[0].coupon_id) == (3_600, coupon.id)
    checkout = await open_checkout(shop.services, link.slug, SPRING)
    assert checkout is not None
    assert checkout.link.terms.due == usd(3_600)
    result = await shop.press_pay(link, amount=usd(3_600), choices=SPRING)
    assert await uses(shop, coupon) == 0, "it counts once it is paid"
    await shop.fill_card(result)
    await shop.deliver()
    payment = await shop.attempt(result.session.attempt_id)
    assert (payment.status, payment.captured_minor) == (AttemptStatus.CAPTURED, 3_600)
    kept = await shop.services.database.read(computation_of, shop.id, payment.id)
    assert kept is not None
    assert (kept.discounts, kept.choices.code) == (preview.discounts, "spring 10")
    assert await uses(shop, coupon) == 1
    assert (await shop.fresh(link)).terms == link.terms, "the link itself is as it was"
    await shop.check()


@pytest.mark.parametrize(
    ("code", "why"), [("AUTUMN", "no such code"), ("%", "A code has"), ("4242 4242 4242 4242", "card")]
)
async def test_what_is_no_code_is_told_beside_the_field(shop: Shop, code: str, why: str) -> None:
    await made(shop)
    link = await codes_link(shop)
    with pytest.raises(FieldInvalid, match=why) as refused:
        await shop.press_pay(link, choices=Choices(code=code))
    assert refused.value.param == "code"
    checkout = await open_checkout(shop.services, link.slug, Choices(code=code))
    assert checkout is not None
    assert why in checkout.refused["code"]


async def test_a_code_that_cannot_be_used_is_refused_before_anything_is_charged(shop: Shop) -> None:
    elsewhere = await shop.link(1_000, pricing=CODES, payments_max=None)
    link = await codes_link(shop)
    coupon = await made(shop, link_ids=(elsewhere.id,), minimum_minor=2_000, currency="USD")
    for on, why in ((link, "not for this payment"), (elsewhere, r"from 20\.00")):
        with pytest.raises(FieldInvalid, match=why):
            await shop.press_pay(on, choices=SPRING)

    await edit_coupon(shop.services, shop.id, coupon.id, lambda fields: replace(fields, is_active=False))
    with pytest.raises(FieldInvalid, match="no longer"):
        await shop.press_pay(elsewhere, choices=SPRING)
    whole = await made(shop, code="ALL", rate_ppm=1_000_000)
    with pytest.raises(FieldInvalid, match="leaves nothing"):
        await shop.press_pay(link, choices=Choices(code=whole.code))
    for one in (link, elsewhere):
        assert await shop.attempts(one) == []


async def test_cc03_fifty_payers_use_a_coupon_exactly_so_often(shop: Shop) -> None:
    coupon, links = await made(shop, uses_max=6), [await codes_link(shop) for _ in range(2)]
    results = await asyncio.gather(
        *(
            shop.press_pay(links[number % 2], str(number), amount=usd(3_600), choices=SPRING)
            for number in range(50)
        ),
        return_exceptions=True,
    )
    begun = [result for result in results if isinstance(result, PayResult)]
    assert len(begun) == 6
    refused = [str(result) for result in results if not isinstance(result, PayResult)]
    assert set(refused) == {"This code has been used up."}
    await shop.fill_card(begun[0])
    await shop.fill_card(begun[1], "declined")
    await shop.deliver()
    assert await uses(shop, coupon) == 1
    again = await shop.press_pay(links[0], "again", amount=usd(3_600), choices=SPRING)
    assert again.redirect_url is not None, "what was declined is free again"
    await shop.check()


async def test_a_customer_is_an_address_however_it_is_written(shop: Shop) -> None:
    await made(shop, uses_per_customer_max=1)
    link = await codes_link(shop)
    await shop.fill_card(await shop.press_pay(link, "1", amount=usd(3_600), choices=SPRING))
    await shop.deliver()
    with pytest.raises(FieldInvalid, match="You have used this code already"):
        await shop.press_pay(link, "2", amount=usd(3_600), choices=SPRING)
    checkout = await open_checkout(shop.services, link.slug, SPRING, "ADA@example.com")
    assert checkout is not None
    assert checkout.refused == {"code": "You have used this code already."}
    nobody = await open_checkout(shop.services, link.slug, SPRING)
    assert nobody is not None
    assert "email" in nobody.refused


async def test_what_applies_by_itself_is_the_best_and_a_changed_price_is_asked_again(shop: Shop) -> None:
    await made(shop, code="SMALL", is_automatic=True)
    await made(
        shop, code="BIG", rate_ppm=0, amount_minor=1_500, currency="USD", is_automatic=True, uses_max=1
    )
    link = await codes_link(shop)
    checkout = await open_checkout(shop.services, link.slug)
    assert checkout is not None
    assert checkout.link.due == usd(2_500)
    await shop.fill_card(await shop.press_pay(link, "1", amount=usd(2_500)))
    await shop.deliver()
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, "2", amount=usd(2_500))
    assert (await shop.press_pay(link, "3", amount=usd(3_600))).redirect_url is not None
    await shop.check()


async def test_a_discount_that_lapsed_is_asked_again_also_where_the_payer_typed_the_amount(
    shop: Shop,
) -> None:
    """They typed 10.00 and were shown 9.00: then 9.00 is what they have agreed to, and nothing else."""
    coupon = await made(shop, is_automatic=True)
    link = await codes_link(shop, open_amount=OpenAmount())
    typed = Choices(amount_minor=1_000)
    checkout = await open_checkout(shop.services, link.slug, typed)
    assert checkout is not None
    assert checkout.link.quote(typed).charged == usd(900)
    await edit_coupon(shop.services, shop.id, coupon.id, lambda fields: replace(fields, is_active=False))
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, "1", amount=usd(900), choices=typed)
    assert await shop.attempts(link) == []
    result = await shop.press_pay(link, "1", amount=usd(1_000), choices=typed)
    assert result.session.amount == usd(1_000)


async def test_late_money_for_a_code_that_is_used_up_is_surplus(shop: Shop) -> None:
    coupon = await made(shop, uses_max=1)
    link = await codes_link(shop, items=(Item("Ticket", 4_000, stock=5),))
    late = await shop.press_pay(link, "1", amount=usd(3_600), choices=SPRING)
    failed, attempt_id = AttemptFact(FactKind.FAILED), late.session.attempt_id
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt_id, failed)
    await shop.fill_card(await shop.press_pay(link, "2", amount=usd(3_600), choices=SPRING))
    await shop.fill_card(late)
    await shop.deliver()
    await shop.poll()
    attempt = await shop.attempt(attempt_id)
    assert (attempt.status, attempt.is_surplus) == (AttemptStatus.CAPTURED, True)
    assert await uses(shop, coupon) == 1
    assert (await shop.fresh(link)).slots_taken == 1
    await shop.check()
