"""The adapter that asks nobody: what it says never makes or unmakes money."""

import pytest

from linktill.core.creditor_reference import creditor_reference
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.receipt import OFFLINE
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    RefundOrder,
    RefundRef,
    Rejected,
    SignatureRefused,
    StartOrder,
)
from linktill.gateways.offline import PAGE_ORIGINS, offline

GATEWAY = offline().load()
PAYMENT = AttemptId("pay_1")


def account(**credentials: str) -> Account:
    return Account(MerchantId("mer_1"), GatewayAccountId("gwa_offline_1"), OFFLINE, credentials, ())


def order() -> StartOrder:
    here = "http://linktill.test/p/x/checkout/cs_1?k=t"
    return StartOrder(PAYMENT, Money(4_000, "EUR"), "A bicycle repair", here, here, None, 1_000_000)


async def test_its_page_is_ours_and_it_waits_as_long_as_the_merchant_says() -> None:
    taking = account(takes_cash="yes", wait_days="3")
    started = [await GATEWAY.start(taking, order(), key=f"start-{PAYMENT}") for _ in range(2)]
    assert started[0] == started[1]
    assert started[0].gateway_ref == creditor_reference(PAYMENT)
    assert started[0].redirect_url == "http://linktill.test/p/x/checkout/cs_1?k=t"
    assert started[0].expires_at == 1_000_000 + 3 * 86_400_000_000
    assert GATEWAY.form_action_origin == PAGE_ORIGINS == "'self'"


async def test_it_knows_only_that_somebody_waits() -> None:
    ref = AttemptRef(PAYMENT, creditor_reference(PAYMENT))
    fact = await GATEWAY.look_up(account(), ref)
    assert (fact.kind, fact.gateway_ref, fact.amount) == (FactKind.REQUIRES_ACTION, ref.gateway_ref, None)
    assert (await GATEWAY.look_up(account(), AttemptRef(PAYMENT, None))).kind is FactKind.NOT_FOUND
    assert (await GATEWAY.cancel(account(), ref, key="cancel")).kind is FactKind.CANCELED
    assert (await GATEWAY.capture(account(), ref, key="capture")).kind is FactKind.REQUIRES_ACTION
    refund = await GATEWAY.refund(
        account(), RefundOrder(RefundId("re_1"), "RF1", Money(1, "EUR"), "other"), key="refund"
    )
    looked = await GATEWAY.look_up_refund(account(), RefundRef(RefundId("re_1"), "re_1", "RF1"))
    assert refund == looked
    assert (refund.kind, refund.amount) == (RefundFactKind.PENDING, None)


async def test_it_lists_nothing_and_believes_nobody() -> None:
    assert (await GATEWAY.list_attempts(account(), since=0, cursor=None)).attempts == ()
    assert (await GATEWAY.list_refunds(account(), since=0, cursor=None)).refunds == ()
    assert (await GATEWAY.list_disputes(account(), since=0, cursor=None)).disputes == ()
    with pytest.raises(SignatureRefused):
        GATEWAY.verify(account(), {}, b"{}", now=0)
    with pytest.raises(Rejected):
        await GATEWAY.look_up_dispute(account(), "dp_1")


async def test_an_account_without_a_way_to_pay_is_not_offered() -> None:
    with pytest.raises(Rejected, match="No way to pay"):
        await GATEWAY.check(account())
    await GATEWAY.check(account(takes_cash="yes"))
    price = Money(4_000, "EUR")
    assert GATEWAY.accepts(price)
    assert not GATEWAY.accepts(price, account())
    assert GATEWAY.accepts(price, account(bank_details="Sort code 12-34-56"))
    assert GATEWAY.accepts(Money(4_000, "JPY"), account(takes_check="yes"))
    assert not GATEWAY.accepts(Money(0, "EUR"), account(takes_cash="yes"))
