"""A link in several currencies: what was displayed is charged, and no sum ever crosses currencies (MC12)."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.coupon import CouponFields
from linktill.core.errors import FieldInvalid, FieldsInvalid, LinkNotPayable, PaymentInProgress, PriceChanged
from linktill.core.ids import AttemptId
from linktill.core.link_terms import fields_of
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.core.pricing import Choices, CurrencyPrices, Item, ItemPrice, OpenAmount, Pricing
from linktill.flows.link_templates import TemplateUse, link_from_template, template_of_link
from linktill.flows.manage_coupons import create_coupon
from linktill.flows.manage_links import duplicate_link, edit_link
from linktill.flows.open_checkout import open_checkout
from linktill.flows.preview_price import preview_price
from linktill.flows.return_to_checkout import read_visit
from linktill.flows.start_payment import PayResult
from linktill.gateways.sandbox.gateway import SandboxGateway
from linktill.storage.ledger import balances
from linktill.storage.link_money import ReceivedIn, received
from tests.flows.refunding import refunded
from tests.make import Shop, usd

THREE = Pricing(currencies=(CurrencyPrices("EUR", 3_900), CurrencyPrices("JPY", 6_000)))
EURO, YEN = Money(3_900, "EUR"), Money(6_000, "JPY")


async def paid(shop: Shop, link: PaymentLink, form: str, amount: Money) -> AttemptId:
    result = await shop.press_pay(link, form, amount=amount)
    await shop.fill_card(result)
    await shop.deliver()
    return result.session.attempt_id


async def sums(shop: Shop, link: PaymentLink) -> tuple[ReceivedIn, ...]:
    found = await shop.services.database.read(received, shop.id, [link.id])
    return found.get(link.id, ())


async def test_mc12_each_payment_is_in_its_own_currency_and_no_sum_crosses(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    for number, amount in enumerate((usd(4_000), EURO, YEN, YEN)):
        await paid(shop, link, str(number), amount)
    attempts = await shop.attempts(link)
    assert sorted((each.amount.currency, each.captured_minor) for each in attempts) == [
        ("EUR", 3_900),
        ("JPY", 6_000),
        ("JPY", 6_000),
        ("USD", 4_000),
    ]
    now = await shop.fresh(link)
    assert (now.captured_count, now.captured_minor, now.taken_minor, now.slots_taken) == (4, 4_000, 4_000, 4)
    assert await sums(shop, link) == (
        ReceivedIn("EUR", 1, 3_900, 0),
        ReceivedIn("JPY", 2, 12_000, 0),
        ReceivedIn("USD", 1, 4_000, 0),
    )
    sales = {
        each.currency: -each.amount_minor
        for each in await shop.services.database.read(balances, shop.id)
        if each.account == "sales"
    }
    assert sales == {"USD": 4_000, "EUR": 3_900, "JPY": 12_000}


async def test_a_refund_goes_back_in_the_currency_it_came_in(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    euros = await paid(shop, link, "1", EURO)
    dollars = await paid(shop, link, "2", usd(4_000))
    for attempt_id, minor in ((euros, 900), (dollars, 1_000)):
        await refunded(shop, attempt_id, minor)
    await shop.later(60)
    now = await shop.fresh(link)
    assert (now.captured_minor, now.refunded_minor) == (4_000, 1_000)
    assert await sums(shop, link) == (ReceivedIn("EUR", 1, 3_900, 900), ReceivedIn("USD", 1, 4_000, 1_000))


async def test_what_was_displayed_is_charged_with_its_currency(shop: Shop) -> None:
    """The same number in another currency is another price, and so is a currency that the link does not have."""
    link = await shop.link(pricing=Pricing(currencies=(CurrencyPrices("EUR", 4_500),)), payments_max=None)
    for number, amount in enumerate((Money(4_000, "EUR"), usd(4_500), Money(4_000, "GBP"), usd(4_001))):
        with pytest.raises(PriceChanged):
            await shop.press_pay(link, str(number), amount=amount)
    assert await shop.attempts(link) == []
    shown = await shop.press_pay(link, "5", amount=Money(4_500, "EUR"))
    assert shown.session.amount == Money(4_500, "EUR")


async def test_a_currency_that_is_taken_away_is_not_charged_any_more(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    begun = await shop.press_pay(link, "1", amount=EURO)
    edited = await edit_link(
        shop.services, shop.id, link.id, lambda terms: replace(fields_of(terms), pricing=None), by="test"
    )
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, "2", amount=EURO)
    with pytest.raises(PriceChanged):
        await shop.press_pay(edited, "3", amount=EURO)
    # Whoever had pressed Pay pays what they were shown.
    await shop.fill_card(begun)
    await shop.deliver()
    assert (await shop.attempt(begun.session.attempt_id)).captured_minor == 3_900
    now = await shop.fresh(link)
    assert (now.captured_count, now.captured_minor, now.taken_minor) == (1, 0, 0)


async def test_a_limit_by_number_counts_payments_in_every_currency(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=2)
    results = await asyncio.gather(
        *(
            shop.press_pay(link, str(number), amount=amount)
            for number, amount in enumerate((usd(4_000), EURO, YEN) * 4)
        ),
        return_exceptions=True,
    )
    begun = [each for each in results if isinstance(each, PayResult)]
    assert len(begun) == 2
    assert {type(each) for each in results if not isinstance(each, PayResult)} <= {
        PaymentInProgress,
        LinkNotPayable,
    }
    for each in begun:
        await shop.fill_card(each)
    await shop.deliver()
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT


async def test_stock_is_one_in_all_currencies(shop: Shop) -> None:
    pricing = Pricing(
        items=(Item("Mug", 1_200, stock=2),),
        currencies=(CurrencyPrices("EUR", items=(ItemPrice("", 1_100),)),),
    )
    link = await shop.link(0, pricing=pricing, payments_max=None)
    await paid(shop, link, "1", usd(1_200))
    await paid(shop, link, "2", Money(1_100, "EUR"))
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT
    with pytest.raises(LinkNotPayable):
        await shop.press_pay(link, "3", amount=Money(1_100, "EUR"))


async def test_money_in_another_currency_does_not_count_under_a_limit_that_comes_later(shop: Shop) -> None:
    """A link had several currencies, and now has a limit in its own: payments of before count only if they are in that."""
    link = await shop.link(pricing=THREE, payments_max=None)
    waits = await shop.press_pay(link, "1", amount=YEN)
    await paid(shop, link, "2", EURO)
    limited = Pricing(limit_minor=8_000)
    link = await edit_link(
        shop.services, shop.id, link.id, lambda terms: replace(fields_of(terms), pricing=limited), by="test"
    )
    assert (link.taken_minor, link.captured_minor) == (0, 0)
    await paid(shop, link, "3", usd(4_000))
    await paid(shop, link, "4", usd(4_000))
    await shop.fill_card(waits)
    await shop.deliver()
    now = await shop.fresh(link)
    assert (now.captured_count, now.captured_minor, now.status) == (4, 8_000, LinkStatus.SOLD_OUT)


async def test_sums_begin_again_in_the_currency_that_a_link_gets(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    await paid(shop, link, "1", usd(4_000))
    euros = await paid(shop, link, "2", EURO)
    await refunded(shop, euros, 400)
    await shop.later(60)
    waits = await shop.press_pay(link, "3", amount=EURO)
    link = await edit_link(
        shop.services,
        shop.id,
        link.id,
        lambda terms: replace(fields_of(terms), amount_minor=5_000, currency="EUR", pricing=None),
        by="test",
    )
    assert (link.captured_minor, link.refunded_minor, link.taken_minor) == (3_900, 400, 7_800)
    assert await shop.fresh(link) == link
    await shop.fill_card(waits)
    await shop.deliver()
    now = await shop.fresh(link)
    assert (now.captured_count, now.captured_minor, now.taken_minor) == (3, 7_800, 7_800)


async def test_coupons_a_rate_holds_in_all_an_amount_in_its_own(shop: Shop) -> None:
    pricing = replace(THREE, takes_codes=True)
    link = await shop.link(pricing=pricing, payments_max=None)
    await create_coupon(shop.services, shop.id, CouponFields("TENTH", rate_ppm=100_000))
    await create_coupon(shop.services, shop.id, CouponFields("FIVE", amount_minor=500, currency="USD"))
    tenth, five = Choices(code="tenth"), Choices(code="five")
    assert (await shop.press_pay(link, "1", amount=Money(3_510, "EUR"), choices=tenth)).session.amount == (
        Money(3_510, "EUR")
    )
    assert (await shop.press_pay(link, "2", amount=usd(3_500), choices=five)).session.amount == usd(3_500)
    with pytest.raises(FieldInvalid, match="This code is for payments in USD") as refused:
        await shop.press_pay(link, "3", amount=Money(3_400, "EUR"), choices=five)
    assert refused.value.param == "code"
    page = await open_checkout(shop.services, link.slug, five, None, "EUR")
    assert page is not None
    assert (page.link.terms.amount, dict(page.refused)) == (
        EURO,
        {"code": "This code is for payments in USD."},
    )


async def test_the_page_and_the_preview_are_in_the_currency_that_is_asked_for(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    for currency, due in (("", usd(4_000)), ("EUR", EURO), ("JPY", YEN), ("CHF", usd(4_000))):
        page = await open_checkout(shop.services, link.slug, currency=currency)
        assert page is not None
        assert (page.link.due, page.currencies) == (due, ("USD", "EUR", "JPY"))
    assert (await preview_price(shop.services, shop.id, link.id, Choices(), "JPY")).total == YEN
    assert (await preview_price(shop.services, shop.id, link.id, Choices())).total == usd(4_000)
    with pytest.raises(FieldInvalid, match="USD, EUR, JPY") as refused:
        await preview_price(shop.services, shop.id, link.id, Choices(), "CHF")
    assert refused.value.param == "currency"


async def test_a_payer_who_comes_back_is_in_their_currency(shop: Shop) -> None:
    link = await shop.link(pricing=THREE)
    result = await shop.press_pay(link, amount=EURO)
    await shop.fill_card(result, "declined")
    await shop.deliver()
    session = result.session
    visit = await read_visit(shop.services, link.slug, session.id, session.token)
    assert visit is not None
    assert (visit.link.due, visit.link.terms.pricing) == (EURO, None)


async def test_copies_and_templates_have_the_same_prices(shop: Shop) -> None:
    link = await shop.link(pricing=THREE, payments_max=None)
    copy = await duplicate_link(shop.services, shop.id, link.id, by="test")
    assert copy.terms == link.terms
    template = await template_of_link(shop.services, shop.id, link.id, "Three")
    use = TemplateUse(template.id)
    made = await link_from_template(shop.services, shop.id, use, lambda _: (), by="test")
    assert made.link.terms.in_currency("JPY").due == YEN


async def test_a_gateway_must_take_each_currency(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await shop.link(pricing=THREE)

    def accepts(_self: SandboxGateway, amount: Money, _account: object = None) -> bool:
        return amount.currency in {"USD", "EUR"} and amount.minor >= 50

    monkeypatch.setattr(SandboxGateway, "accepts", accepts)
    with pytest.raises(FieldsInvalid) as refused:
        await shop.link(pricing=THREE)
    assert [(error.param, error.message) for error in refused.value.errors] == [
        ("currency_options.1.currency", "Sandbox does not take JPY.")
    ]
    with pytest.raises(FieldsInvalid) as refused:
        await shop.link(pricing=Pricing(currencies=(CurrencyPrices("EUR", 49),)))
    assert [error.param for error in refused.value.errors] == ["currency_options.0.amount_minor"]
    # Of a link that was made before, only what takes the currency is offered.
    for currency, labels in (("EUR", ["sandbox"]), ("JPY", [])):
        page = await open_checkout(shop.services, link.slug, currency=currency)
        assert page is not None
        assert [offer.gateway for offer in page.offers] == labels


async def test_an_open_amount_is_not_carried_from_one_currency_to_another(shop: Shop) -> None:
    pricing = Pricing(
        open_amount=OpenAmount(100, 10_000),
        currencies=(CurrencyPrices("JPY", open_amount=OpenAmount(1_000, 90_000)),),
    )
    link = await shop.link(0, pricing=pricing, payments_max=None)
    typed = Choices(amount_minor=5_000)
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, "1", amount=Money(4_000, "EUR"), choices=typed)
    result = await shop.press_pay(link, "2", amount=Money(5_000, "JPY"), choices=typed)
    assert result.session.amount == Money(5_000, "JPY")
    with pytest.raises(FieldInvalid, match="From 1000 to 90000"):
        await shop.press_pay(link, "3", amount=Money(500, "JPY"), choices=Choices(amount_minor=500))
