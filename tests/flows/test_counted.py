"""What a link has a number of: money that is still to be paid, and things in stock. Exact whoever comes at once (CC03)."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.errors import FieldInvalid, LinkNotPayable, PaymentInProgress
from linktill.core.ids import LinkId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.core.pricing import Choices, Item, OpenAmount, Parts, Pricing, Tax, Variant
from linktill.core.stock import stocked
from linktill.flows.apply_fact import apply_fact
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.control_links import Control, control_links
from linktill.flows.link_templates import TemplateUse, link_from_template, template_of_link
from linktill.flows.manage_links import duplicate_link, edit_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import moment_of
from linktill.flows.start_payment import PayResult
from linktill.storage.allotments import stock_counts
from tests.make import Shop, usd

BILL = Pricing(taxes=(Tax("VAT", 200_000),), parts=Parts(first_minor=1_000, least_minor=500))


async def pay_part(shop: Shop, link: PaymentLink, form: str, minor: int | None) -> PaymentLink:
    fresh = await shop.fresh(link)
    choices = Choices(part_minor=minor)
    amount = fresh.due if minor is None else usd(minor)
    result = await shop.press_pay(fresh, form, amount=amount, choices=choices)
    await shop.fill_card(result)
    await shop.deliver()
    return await shop.fresh(link)


async def test_ll15_a_bill_is_paid_in_parts_to_the_last_cent(shop: Shop) -> None:
    link = await shop.link(5_000, pricing=BILL)
    assert (link.terms.due, link.due, link.terms.payments_max) == (usd(6_000), usd(6_000), None)
    link = await pay_part(shop, link, "1", 2_000)
    assert (link.status, link.captured_minor, link.due) == (LinkStatus.ACTIVE, 2_000, usd(4_000))
    for minor, why in ((4_001, "From"), (499, "From"), (3_600, "leaves")):
        with pytest.raises(FieldInvalid, match=why) as refused:
            await shop.press_pay(link, "no", amount=usd(minor), choices=Choices(part_minor=minor))
        assert refused.value.param == "part_minor"
    link = await pay_part(shop, link, "2", 3_500)
    link = await pay_part(shop, link, "3", None)
    assert (link.status, link.captured_minor, link.captured_count) == (LinkStatus.COMPLETED, 6_000, 3)
    assert link.taken_minor == 6_000
    with pytest.raises(LinkNotPayable):
        await shop.press_pay(link, "4", choices=Choices(part_minor=500))
    await shop.check()


async def test_the_first_part_is_the_deposit(shop: Shop) -> None:
    link = await shop.link(5_000, pricing=BILL)
    with pytest.raises(FieldInvalid, match="From 1000 to 6000"):
        await shop.press_pay(link, "1", amount=usd(999), choices=Choices(part_minor=999))
    assert (await pay_part(shop, link, "1", 1_000)).captured_minor == 1_000


@pytest.mark.parametrize("payers", [50])
async def test_cc03_fifty_payers_pay_a_balance_exactly(shop: Shop, payers: int) -> None:
    """Ten parts fit; who comes too late is told before anything is charged."""
    link = await shop.link(5_000, pricing=Pricing(parts=Parts()))
    results = await asyncio.gather(
        *(
            shop.press_pay(link, str(number), amount=usd(500), choices=Choices(part_minor=500))
            for number in range(payers)
        ),
        return_exceptions=True,
    )
    begun = [result for result in results if isinstance(result, PayResult)]
    refused = [result for result in results if not isinstance(result, PayResult)]
    assert len(begun) == 10
    assert {type(each) for each in refused} <= {PaymentInProgress, FieldInvalid}
    link = await shop.fresh(link)
    assert (link.taken_minor, link.slots_taken, len(await shop.attempts(link))) == (5_000, 10, 10)
    for result in begun:
        await shop.fill_card(result)
    await shop.deliver()
    after = await shop.fresh(link)
    assert (after.status, after.captured_minor) == (LinkStatus.COMPLETED, 5_000)
    await shop.check()


async def test_money_that_comes_late_and_does_not_fit_any_more_is_surplus(shop: Shop) -> None:
    link = await shop.link(5_000, pricing=Pricing(parts=Parts()))
    late = await shop.press_pay(link, "1", amount=usd(3_000), choices=Choices(part_minor=3_000))
    failed, attempt_id = AttemptFact(FactKind.FAILED), late.session.attempt_id
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt_id, failed)
    assert (await shop.fresh(link)).taken_minor == 0
    await pay_part(shop, link, "2", 4_000)
    await shop.fill_card(late)
    await shop.deliver()
    await shop.poll()
    attempt = await shop.attempt(attempt_id)
    assert (attempt.status, attempt.is_surplus) == (AttemptStatus.CAPTURED, True)
    after = await shop.fresh(link)
    assert (after.captured_minor, after.taken_minor, after.slots_taken) == (4_000, 4_000, 1)
    assert after.due == usd(1_000)
    await shop.check()


async def test_a_limit_by_amount_closes_the_link_when_nothing_fits(shop: Shop) -> None:
    pricing = Pricing(open_amount=OpenAmount(500), limit_minor=2_000, goal_minor=9_000)
    link = await shop.link(0, pricing=pricing, payments_max=None)
    assert link.terms.full_at_minor == 1_501
    first = await shop.press_pay(link, "1", amount=usd(1_600), choices=Choices(1_600))
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2", amount=usd(500), choices=Choices(500))
    await shop.fill_card(first)
    await shop.deliver()
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT

    def raised(terms: LinkTerms) -> LinkFields:
        assert terms.pricing is not None
        return replace(fields_of(terms), pricing=replace(terms.pricing, limit_minor=2_100))

    again = await edit_link(shop.services, shop.id, link.id, raised, by="test")
    assert again.status is LinkStatus.ACTIVE
    with pytest.raises(FieldInvalid, match=r"Only 5\.00 USD"):
        await shop.press_pay(again, "3", amount=usd(600), choices=Choices(600))
    await shop.check()


SIZES = (Variant("Small", 1_000, stock=2), Variant("Large", 2_000))
CAKES = Pricing(items=(Item("Cake", 0, 1, 1, 5, variants=SIZES), Item("Candle", 100, 1, 1, 9, True, stock=4)))


def buy(cakes: int, size: int, candles: int = 0) -> Choices:
    return Choices(None, (cakes, candles), (size, None))


async def press(shop: Shop, link: PaymentLink, form: str, choices: Choices) -> PayResult:
    return await shop.press_pay(link, form, amount=link.quote(choices).charged, choices=choices)


async def counts(shop: Shop, link_id: LinkId) -> tuple[dict[str, int], dict[str, int]]:
    return await shop.services.database.read(stock_counts, shop.id, link_id)


async def test_stock_is_held_while_somebody_pays_and_sold_when_they_have(shop: Shop) -> None:
    link = await shop.link(0, pricing=CAKES, payments_max=None)
    pricing = link.terms.pricing
    assert pricing is not None
    small, candle = pricing.items[0].variants[0].key, pricing.items[1].key
    assert (small, pricing.items[0].variants[1].key, candle) == ("1.0.0", "", "1.1")
    result = await press(shop, link, "1", buy(2, 0, 3))
    assert await counts(shop, link.id) == ({small: 2, candle: 3}, {small: 0, candle: 0})
    for choices, field in ((buy(1, 0), "variants.0"), (buy(1, 1, 2), "quantities.1")):
        with pytest.raises(FieldInvalid) as refused:
            await press(shop, link, "2", choices)
        assert refused.value.param == field
    assert len(await shop.attempts(link)) == 1, "who comes too late is told before anything is charged"
    await shop.fill_card(result, "declined")
    await shop.deliver()
    assert await counts(shop, link.id) == ({small: 0, candle: 0}, {small: 0, candle: 0})
    await shop.fill_card(await press(shop, link, "3", buy(1, 0, 4)))
    await shop.deliver()
    assert await counts(shop, link.id) == ({small: 1, candle: 4}, {small: 1, candle: 4})
    assert (await shop.fresh(link)).status is LinkStatus.ACTIVE
    await shop.check()


async def test_cc03_fifty_payers_buy_exactly_what_there_is(shop: Shop) -> None:
    link = await shop.link(0, pricing=Pricing(items=(Item("Ticket", 1_000, stock=7),)), payments_max=None)
    results = await asyncio.gather(
        *(press(shop, link, str(number), Choices()) for number in range(50)), return_exceptions=True
    )
    begun = [result for result in results if isinstance(result, PayResult)]
    assert (len(begun), len(await shop.attempts(link))) == (7, 7)
    assert {type(each) for each in results} == {PayResult, PaymentInProgress}
    for result in begun:
        await shop.fill_card(result)
    await shop.deliver()
    after = await shop.fresh(link)
    assert (after.status, after.captured_count, after.is_out) == (LinkStatus.SOLD_OUT, 7, True)
    await shop.check()


async def test_late_money_for_what_is_sold_is_surplus_and_gives_back_nothing_twice(shop: Shop) -> None:
    link = await shop.link(0, pricing=Pricing(items=(Item("Ticket", 1_000, stock=1),)), payments_max=None)
    late = await press(shop, link, "1", Choices())
    failed, attempt_id = AttemptFact(FactKind.FAILED), late.session.attempt_id
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt_id, failed)
    await shop.fill_card(await press(shop, link, "2", Choices()))
    await shop.fill_card(late)
    await shop.deliver()
    await shop.poll()
    attempt = await shop.attempt(attempt_id)
    assert (attempt.status, attempt.is_surplus) == (AttemptStatus.CAPTURED, True)
    after = await shop.fresh(link)
    assert (after.slots_taken, after.taken_minor, after.captured_count) == (1, 1_000, 1)
    assert await counts(shop, link.id) == ({"1.0": 1}, {"1.0": 1})
    await shop.check()


async def test_a_new_name_keeps_the_count_and_more_stock_opens_the_link_again(shop: Shop) -> None:
    link = await shop.link(0, pricing=Pricing(items=(Item("Ticket", 1_000, stock=1),)), payments_max=None)
    await shop.fill_card(await press(shop, link, "1", Choices()))
    await shop.deliver()

    def renamed(terms: LinkTerms) -> LinkFields:
        assert terms.pricing is not None
        item = replace(terms.pricing.items[0], name="Seat", stock=2)
        return replace(fields_of(terms), pricing=Pricing(items=(item,)))

    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT
    again = await edit_link(shop.services, shop.id, link.id, renamed, by="test")
    assert (again.status, again.is_out) == (LinkStatus.ACTIVE, False)
    await shop.fill_card(await press(shop, again, "2", Choices()))
    await shop.deliver()
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT
    copy = await duplicate_link(shop.services, shop.id, link.id, by="test")
    assert (copy.status, await counts(shop, copy.id)) == (LinkStatus.ACTIVE, ({}, {}))
    template = await template_of_link(shop.services, shop.id, link.id, "Seats")
    made = (
        await link_from_template(shop.services, shop.id, TemplateUse(template.id), lambda _: (), by="test")
    ).link
    assert made.terms.pricing is not None
    assert [each.key for each in stocked(made.terms.pricing)] == ["1.0"]
    await shop.check()


async def test_canceling_asks_what_becomes_of_a_part_that_is_paid(shop: Shop) -> None:
    link = await pay_part(shop, await shop.link(5_000, pricing=BILL), "1", 2_000)
    with pytest.raises(FieldInvalid, match="keep or refund") as refused:
        await cancel_link(shop.services, shop.id, link.id)
    assert refused.value.param == "payments"
    assert (await shop.fresh(link)).status is LinkStatus.ACTIVE
    kept = await cancel_link(shop.services, shop.id, link.id, Received.KEEP)
    assert kept.status is LinkStatus.CANCELED
    assert (await shop.fresh(link)).refunded_minor == 0
    # It is canceled, so there is nothing to ask any more.
    assert (await cancel_link(shop.services, shop.id, link.id)).status is LinkStatus.CANCELED
    await shop.check()


async def test_a_bill_that_is_partly_paid_is_canceled_with_others_only_where_its_part_is_kept(
    shop: Shop,
) -> None:
    bill = await pay_part(shop, await shop.link(5_000, pricing=BILL), "1", 2_000)
    plain = await shop.link()
    wanted = [bill.id, plain.id]
    told = await control_links(shop.services, shop.id, wanted, Control.CANCEL)
    assert [(each.link_id, "keep or refund" in each.refusal) for each in told] == [
        (bill.id, True),
        (plain.id, False),
    ]
    assert [(await shop.fresh(each)).status for each in (bill, plain)] == [
        LinkStatus.ACTIVE,
        LinkStatus.CANCELED,
    ]
    kept = await control_links(shop.services, shop.id, wanted, Control.CANCEL, keeps_payments=True)
    assert [each.refusal for each in kept] == ["", ""]
    fresh = await shop.fresh(bill)
    assert (fresh.status, fresh.captured_minor, fresh.refunded_minor) == (LinkStatus.CANCELED, 2_000, 0)
    await shop.check()


async def test_canceling_may_send_all_payments_back(shop: Shop) -> None:
    link = await shop.link(5_000, pricing=BILL)
    for form, minor in (("1", 2_000), ("2", 1_500)):
        link = await pay_part(shop, link, form, minor)
    await shop.press_pay(link, "3", amount=usd(1_000), choices=Choices(part_minor=1_000))
    canceled = await cancel_link(shop.services, shop.id, link.id, Received.REFUND)
    assert canceled.status is LinkStatus.CANCELED
    # Again, as after an answer that was lost: nothing is sent twice.
    await cancel_link(shop.services, shop.id, link.id, Received.REFUND)
    await shop.poll()
    fresh = await shop.fresh(link)
    assert (fresh.captured_minor, fresh.refunded_minor) == (3_500, 3_500)
    sent = sorted(attempt.refunded_minor for attempt in await shop.attempts(link))
    assert sent == [0, 1_500, 2_000]
    await shop.check()


async def test_what_is_refunded_already_is_not_sent_back_again(shop: Shop) -> None:
    link = await pay_part(shop, await shop.link(5_000, pricing=BILL), "1", 2_000)
    [attempt] = await shop.attempts(link)
    await refund_payment(shop.services, shop.id, attempt.id, amount_minor=600)
    await shop.poll()
    link = await pay_part(shop, link, "2", 500)
    [second] = [each for each in await shop.attempts(link) if each.id != attempt.id]
    await refund_payment(shop.services, shop.id, second.id, amount_minor=None)
    await shop.poll()
    await cancel_link(shop.services, shop.id, link.id, Received.REFUND)
    await shop.poll()
    assert (await shop.fresh(link)).refunded_minor == 2_500
    await shop.check()
