"""Which gateways a link may be paid through, and that its price is one that they take."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from linktill.core.errors import FieldsInvalid, NotFound, WayNotOffered
from linktill.core.ids import GatewayAccountId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.money import Money
from linktill.core.offering import EVERYTHING, Offering, OfferRule
from linktill.core.payment_link import LinkTerms, PaymentLink
from linktill.flows.connect_gateway import close_account, list_accounts, set_offering
from linktill.flows.manage_links import create_link, duplicate_link, edit_link
from linktill.flows.open_checkout import open_checkout
from linktill.gateways.sandbox.gateway import SandboxGateway
from linktill.storage.database import Database
from linktill.storage.gateway_settings import offering_of, offering_text
from tests.make import Shop, shop_on


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    async with shop_on(database, has_other=True) as found:
        yield found


async def made(shop: Shop, amount_minor: int = 4_000, currency: str = "USD", **fields: Any) -> PaymentLink:
    asked = LinkFields(amount_minor, currency, "A lesson", **fields)
    return await create_link(shop.services, shop.id, asked, by="test")


async def errors_of(
    shop: Shop, amount_minor: int = 4_000, currency: str = "USD", **fields: Any
) -> dict[str, str]:
    with pytest.raises(FieldsInvalid) as refused:
        await made(shop, amount_minor, currency, **fields)
    return {error.param: error.message for error in refused.value.errors}


async def offered(shop: Shop, link: PaymentLink) -> list[str]:
    page = await open_checkout(shop.services, link.slug)
    assert page is not None
    return [offer.gateway for offer in page.offers]


async def account_of(shop: Shop, gateway: str) -> GatewayAccountId:
    found = await list_accounts(shop.services, shop.id)
    return next(each.id for each in found if each.gateway == gateway)


def takes_only(monkeypatch: pytest.MonkeyPatch, **currencies: str) -> None:
    """Gateway → the one currency that it takes, from 50 minor units on; one that is not named takes nothing."""

    def accepts(self: SandboxGateway, amount: Money, account: object = None) -> bool:
        return currencies.get(self.name) == amount.currency and amount.minor >= 50

    monkeypatch.setattr(SandboxGateway, "accepts", accepts)


async def test_a_link_is_paid_through_what_it_lets_through(shop: Shop):
    assert await offered(shop, await made(shop)) == ["sandbox", "other"]
    assert await offered(shop, await made(shop, allowed_gateways=["other"])) == ["other"]
    assert await offered(shop, await made(shop, denied_gateways=["other"])) == ["sandbox"]
    # Its own order does not count: the merchant's does.
    assert await offered(shop, await made(shop, allowed_gateways=["other", "sandbox"])) == [
        "sandbox",
        "other",
    ]


async def test_a_denied_gateway_is_refused_when_a_form_asks_for_it_all_the_same(shop: Shop):
    link = await made(shop, denied_gateways=["other"])
    with pytest.raises(WayNotOffered):
        await shop.press_pay(link, gateway="other")
    assert await shop.attempts(link) == []
    result = await shop.press_pay(link, gateway="sandbox")
    assert (await shop.attempt(result.session.attempt_id)).gateway == "sandbox"


async def test_failover_leads_only_to_what_the_link_lets_through(shop: Shop):
    link = await made(shop, allowed_gateways=["sandbox"])
    shop.wire.is_plugged = False
    with pytest.raises(Exception, match="cannot be reached"):
        await shop.press_pay(link)
    assert {attempt.gateway for attempt in await shop.attempts(link)} == {"sandbox"}


async def test_an_account_is_offered_by_its_rules(shop: Shop):
    sandbox = await account_of(shop, "sandbox")
    small, large = await made(shop, 499), await made(shop, 500)
    euros = await made(shop, 499, "EUR")
    rules = Offering((OfferRule("USD", minimum_minor=500),))
    await set_offering(shop.services, shop.id, sandbox, rules)
    assert await offered(shop, small) == ["other"]
    assert await offered(shop, large) == ["sandbox", "other"]
    assert await offered(shop, euros) == ["sandbox", "other"]
    await set_offering(shop.services, shop.id, sandbox, replace(rules, has_others=False))
    assert await offered(shop, euros) == ["other"]
    await set_offering(shop.services, shop.id, sandbox, EVERYTHING)
    assert await offered(shop, small) == ["sandbox", "other"]


async def test_rules_are_of_ones_own_accounts_only(shop: Shop):
    with pytest.raises(NotFound):
        await set_offering(shop.services, shop.id, GatewayAccountId("gwa_nobodys"), EVERYTHING)


async def test_mc_a_price_that_no_gateway_takes_is_refused_with_who_and_why(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    sandbox, other = (shop.services.gateways.label(name) for name in ("sandbox", "other"))
    takes_only(monkeypatch, sandbox="USD", other="EUR")
    found = await errors_of(shop, 49)
    assert found == {"amount_minor": f"{sandbox} does not take $0.49. {other} does not take USD."}
    assert await errors_of(shop, currency="JPY") == {
        "currency": f"{sandbox} does not take JPY. {other} does not take JPY."
    }
    # One that takes it is enough: the other is not offered.
    assert await offered(shop, await made(shop)) == ["sandbox"]


async def test_each_gateway_that_is_named_must_take_the_price(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    label = shop.services.gateways.label("other")
    takes_only(monkeypatch, sandbox="USD", other="EUR")
    found = await errors_of(shop, allowed_gateways=["sandbox", "other"])
    assert found == {"currency": f"{label} does not take USD."}
    assert await offered(shop, await made(shop, allowed_gateways=["sandbox"])) == ["sandbox"]


async def test_the_merchants_own_rules_count_for_a_price_too(shop: Shop):
    label = shop.services.gateways.label("other")
    rules = Offering((OfferRule("USD", maximum_minor=1_000),))
    await set_offering(shop.services, shop.id, await account_of(shop, "other"), rules)
    found = await errors_of(shop, 1_001, allowed_gateways=["other"])
    assert found == {"amount_minor": f"By your rules {label} is not offered for $10.01."}
    await made(shop, 1_000, allowed_gateways=["other"])


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        (
            {"allowed_gateways": ["stripe"]},
            "allowed_gateways",
            "stripe is not connected. You have sandbox, other.",
        ),
        ({"denied_gateways": ["payal"]}, "denied_gateways", "There is no gateway payal."),
        ({"denied_gateways": ["sandbox", "other"]}, "denied_gateways", "None of your gateways is left."),
        (
            {"allowed_gateways": ["other"], "denied_gateways": ["other"]},
            "denied_gateways",
            "both allowed and denied",
        ),
        ({"allowed_gateways": ["St ripe"]}, "allowed_gateways", "small letters"),
        ({"denied_gateways": ["a"] * 21}, "denied_gateways", "At most 20"),
    ],
)
async def test_what_cannot_be_meant_is_refused(shop: Shop, fields: dict[str, Any], param: str, words: str):
    assert words in (await errors_of(shop, **fields))[param]


async def test_before_any_gateway_is_connected_any_price_will_do(shop: Shop):
    for gateway in ("sandbox", "other"):
        await close_account(shop.services, shop.id, await account_of(shop, gateway))
    link = await made(shop, 1, "JPY")
    assert await offered(shop, link) == []
    assert "allowed_gateways" in await errors_of(shop, allowed_gateways=["sandbox"])


async def test_edits_of_something_else_are_not_refused_for_a_price_of_before(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    link = await made(shop, allowed_gateways=["other"])
    takes_only(monkeypatch, sandbox="USD", other="EUR")
    edited = await edit_link(
        shop.services, shop.id, link.id, lambda terms: replace(fields_of(terms), note="Hello"), by="test"
    )
    assert edited.terms.note == "Hello"
    for change in ({"amount_minor": 4_001}, {"allowed_gateways": ("other", "sandbox")}):

        def changed(terms: LinkTerms, change: dict[str, Any] = change) -> LinkFields:
            return replace(fields_of(terms), **change)

        with pytest.raises(FieldsInvalid, match="does not take USD"):
            await edit_link(shop.services, shop.id, link.id, changed, by="test")
    assert (await duplicate_link(shop.services, shop.id, link.id, by="test")).terms.allowed_gateways == (
        "other",
    )


def test_rules_read_back_as_they_were_stored():
    rules = Offering((OfferRule("EUR", 500, 1_000), OfferRule("USD", None, 5)), has_others=False)
    assert offering_of(offering_text(rules)) == rules
    assert offering_of(offering_text(EVERYTHING)) is EVERYTHING
