"""Access tokens: once per expiry, never in a log, renewed once where PayPal refuses one; and which keys are refused."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import Account, AttemptRef, Rejected, Unavailable
from linktill.gateways.paypal.gateway import PayPalGateway
from linktill.gateways.testing import Break, Wire
from linktill.gateways.testing.steps import order, start
from tests.gateways.paypal_company import CLIENT_SECRET, Fault, PayPalCompany
from tests.gateways.paypal_rig import ACCOUNT, PayPalRig, paypal_rig
from tests.gateways.paypal_words import Clock

REF = AttemptRef(AttemptId("pay_1"), "ORDUNKNOWN")


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


def fresh() -> tuple[PayPalCompany, Wire, PayPalGateway]:
    company = PayPalCompany(Clock())
    wire = Wire(company)
    return company, wire, PayPalGateway(wire, company.clock)


async def test_many_at_once_ask_for_one_token():
    company, wire, gateway = fresh()
    await asyncio.gather(*(gateway.look_up(ACCOUNT, REF) for _ in range(10)))
    assert company.tokens_given == 1
    assert len(wire.sent) == 11


async def test_a_token_is_renewed_before_it_expires(paypal: PayPalRig):
    given = paypal.company.tokens_given
    paypal.company.clock.at += (32_400 - 121) * 1_000_000
    await paypal.gateway.look_up(paypal.account, REF)
    assert paypal.company.tokens_given == given
    paypal.company.clock.at += 2_000_000
    await paypal.gateway.look_up(paypal.account, REF)
    assert paypal.company.tokens_given == given + 1


async def test_a_token_that_paypal_took_back_is_renewed_once(paypal: PayPalRig):
    paypal.company.tokens.clear()
    await start(paypal)
    assert [request.url.rpartition("/")[2] for request in paypal.wire.sent] == ["orders", "token", "orders"]
    first, _, second = paypal.wire.sent
    assert first.headers["paypal-request-id"] == second.headers["paypal-request-id"] == "start-pay_1"
    assert len(paypal.company.orders) == 1


async def test_a_token_that_is_refused_again_is_trouble_with_the_account(paypal: PayPalRig):
    paypal.company.takes_tokens = False
    with pytest.raises(Rejected) as refused:
        await start(paypal)
    assert refused.value.is_account_trouble
    assert len(paypal.wire.sent) == 3
    assert paypal.company.orders == {}


async def test_the_keys_changed_on_our_side_are_used_at_once(paypal: PayPalRig):
    with pytest.raises(Rejected) as refused:
        await paypal.gateway.look_up(paypal.wrong_account(), REF)
    assert refused.value.code == "invalid_client"
    assert refused.value.is_account_trouble
    assert (await paypal.gateway.look_up(paypal.account, REF)).kind is FactKind.NOT_FOUND


@pytest.mark.parametrize(
    "how", [Break.CUT_BEFORE, Break.ERROR_BEFORE, Break.NONSENSE_AFTER, Break.RATE_LIMITED]
)
async def test_without_a_token_nothing_was_sent(how: Break):
    company, wire, gateway = fresh()
    company.faults.append(Fault(how, "/oauth2/"))
    with pytest.raises(Unavailable) as trouble:
        await gateway.start(ACCOUNT, order(PayPalRig(company, gateway, wire)), key="k")
    assert company.orders == {}
    assert len(wire.sent) == 1
    assert trouble.value.retry_after_s == (1 if how is Break.RATE_LIMITED else None)


@pytest.mark.parametrize("environment", [None, "", "Live", "https://evil.example"])
async def test_keys_of_no_environment_are_sent_nowhere(environment: str | None):
    _, wire, gateway = fresh()
    credentials = {**ACCOUNT.credentials} | ({} if environment is None else {"environment": environment})
    if environment is None:
        del credentials["environment"]
    with pytest.raises(Rejected) as refused:
        await gateway.check(replace(ACCOUNT, credentials=credentials))
    assert refused.value.is_account_trouble
    assert wire.sent == []


async def test_a_check_names_the_switch_that_is_off(paypal: PayPalRig):
    paypal.company.token_scope = "https://uri.paypal.com/services/disputes/read-seller openid"
    with pytest.raises(Rejected) as refused:
        await paypal.gateway.check(paypal.account)
    assert "switch on Transaction search in" in str(refused.value)
    assert refused.value.is_account_trouble
    paypal.company.token_scope = ""
    await paypal.gateway.check(paypal.account)


async def test_no_secret_is_logged_or_told(paypal: PayPalRig, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    told = [repr(paypal.account), repr(paypal.gateway)]
    for account in (paypal.account, paypal.wrong_account()):
        try:
            await paypal.gateway.check(account)
        except Rejected as refused:
            told.append(str(refused))
    paypal.wire.is_plugged = False
    with pytest.raises(Unavailable) as trouble:
        await paypal.gateway.look_up(paypal.account, REF)
    text = " ".join([*told, caplog.text, str(trouble.value)])
    assert CLIENT_SECRET not in text
    assert "A21AA" not in text


def test_an_account_keeps_its_secrets_to_itself():
    assert CLIENT_SECRET not in repr(Account(**{name: getattr(ACCOUNT, name) for name in Account.__slots__}))
