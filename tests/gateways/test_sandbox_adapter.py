"""What only the sandbox's adapter has: its test numbers as facts, its disputes, and words that we do not know."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    OutcomeUnknown,
    RefundOrder,
    RefundRef,
    Rejected,
    Unavailable,
)
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.testing.steps import look, order, refund_of, start
from linktill.platform.http import HttpRequest, HttpResponse
from linktill.sandbox import CARDS
from linktill.sandbox.cards import BY_NAME
from tests.gateways.sandbox_rig import SandboxRig, sandbox_rig

FACTS = {
    "success": (FactKind.CAPTURED, None, "Visa •••• 4242"),
    "success_mastercard": (FactKind.CAPTURED, None, "Mastercard •••• 4444"),
    "declined": (FactKind.FAILED, "card_declined", "Visa •••• 0002"),
    "insufficient_funds": (FactKind.FAILED, "insufficient_funds", "Visa •••• 9995"),
    "expired_card": (FactKind.FAILED, "expired_card", "Visa •••• 0069"),
    "challenge": (FactKind.REQUIRES_ACTION, None, "Visa •••• 3184"),
    "challenge_fails": (FactKind.FAILED, "authentication_failed", "Visa •••• 1629"),
    "debit_settles": (FactKind.PROCESSING, None, "Bank debit •••• 0018"),
    "debit_returns": (FactKind.PROCESSING, None, "Bank debit •••• 0026"),
    "webhook_late": (FactKind.CAPTURED, None, "Visa •••• 0017"),
    "webhook_doubled": (FactKind.CAPTURED, None, "Visa •••• 0025"),
    "webhook_out_of_order": (FactKind.CAPTURED, None, "Visa •••• 0033"),
    "webhook_lost": (FactKind.CAPTURED, None, "Visa •••• 0041"),
    "dispute_lost": (FactKind.CAPTURED, None, "Visa •••• 0016"),
    "dispute_won": (FactKind.CAPTURED, None, "Visa •••• 0024"),
    "refund_fails": (FactKind.CAPTURED, None, "Visa •••• 0015"),
}


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxRig]:
    async with sandbox_rig() as rig:
        yield rig


def test_no_number_is_forgotten():
    assert sorted(FACTS) == sorted(card.name for card in CARDS)


@pytest.mark.parametrize("name", sorted(FACTS))
async def test_each_number_as_a_fact(sandbox: SandboxRig, name: str):
    started = await start(sandbox)
    await sandbox.running.pay(started.gateway_ref, BY_NAME[name].number)
    fact = await look(sandbox, started)
    assert (fact.kind, fact.decline_code, fact.method) == FACTS[name]
    is_captured = fact.kind is FactKind.CAPTURED
    assert fact.amount == (Money(4_000, "USD") if is_captured else None)
    assert fact.fee == (Money(146, "USD") if is_captured else None)


async def test_a_returned_debit_and_an_expired_payment_are_dead(sandbox: SandboxRig):
    debit = await start(sandbox)
    await sandbox.running.pay(debit.gateway_ref, BY_NAME["debit_returns"].number)
    unpaid = await start(sandbox, "pay_2")
    await sandbox.running.step(3_601)
    fact = await look(sandbox, debit)
    assert (fact.kind, fact.decline_code) == (FactKind.FAILED, "debit_returned")
    fact = await look(sandbox, unpaid, "pay_2")
    assert (fact.kind, fact.vendor_status) == (FactKind.CANCELED, "expired")


@pytest.mark.parametrize(
    ("name", "outcome"), [("dispute_won", DisputeStatus.WON), ("dispute_lost", DisputeStatus.LOST)]
)
async def test_a_dispute_from_its_webhook_to_its_end(sandbox: SandboxRig, name: str, outcome: DisputeStatus):
    started = await start(sandbox)
    await sandbox.running.pay(started.gateway_ref, BY_NAME[name].number)
    await sandbox.running.step(5.1)
    headers, body = sandbox.webhooks()[-1]
    hint = sandbox.gateway.verify(sandbox.account, headers, body, now=sandbox.now())
    assert (hint.event_type, hint.payment_ref, hint.reference) == ("dispute.opened", None, "pay_1")
    assert hint.dispute_ref is not None
    fact = await sandbox.gateway.look_up_dispute(sandbox.account, hint.dispute_ref)
    assert (fact.status, fact.payment_ref, fact.reference) == (
        DisputeStatus.NEEDS_RESPONSE,
        started.gateway_ref,
        "pay_1",
    )
    assert (fact.amount, fact.fee, fact.is_withdrawn) == (Money(4_000, "USD"), Money(1_500, "USD"), True)
    await sandbox.running.step(60.1)
    fact = await sandbox.gateway.look_up_dispute(sandbox.account, hint.dispute_ref)
    assert (fact.status, fact.is_withdrawn) == (outcome, outcome is DisputeStatus.LOST)


async def test_an_unknown_dispute_is_rejected(sandbox: SandboxRig):
    with pytest.raises(Rejected):
        await sandbox.gateway.look_up_dispute(sandbox.account, "sbdis_unknown")


async def test_gf16_a_refund_fails_later(sandbox: SandboxRig):
    started = await start(sandbox)
    await sandbox.running.pay(started.gateway_ref, BY_NAME["refund_fails"].number)
    fact = await sandbox.gateway.refund(
        sandbox.account, refund_of(sandbox, started, 4_000), key="refund-re_1"
    )
    assert fact.kind is RefundFactKind.PENDING
    await sandbox.settle()
    ref = RefundRef(RefundId("re_1"), fact.gateway_ref, started.gateway_ref)
    fact = await sandbox.gateway.look_up_refund(sandbox.account, ref)
    assert (fact.kind, fact.failure_code) == (RefundFactKind.FAILED, "account_closed")


@dataclass
class Canned:
    """Answers everything alike."""

    response: HttpResponse

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert request.url, "something is asked"
        return self.response


ACCOUNT = Account(MerchantId("mer_1"), GatewayAccountId("gwa_1"), "sandbox", {}, ("secret",))
REF = AttemptRef(AttemptId("pay_1"), "sbpay_1")
PAYMENT = {
    "id": "sbpay_1",
    "reference": "pay_1",
    "status": "captured",
    "amount_minor": 4_000,
    "currency": "USD",
    "hosted_url": "http://127.0.0.1:9/pay/sbpay_1",
    "a_new_field": {"of": "tomorrow"},
}

REFUND = {
    "id": "sbref_1",
    "reference": "re_1",
    "status": "succeeded",
    "amount_minor": 1,
    "currency": "USD",
    "payment": "sbpay_1",
}
DISPUTE = {
    "id": "sbdis_1",
    "payment": "sbpay_1",
    "reference": "pay_1",
    "status": "lost",
    "amount_minor": 1,
    "currency": "USD",
    "fee_minor": 1,
    "is_withdrawn": True,
    "reason": "fraudulent",
}


def canned(body: object, status: int = 200) -> SandboxGateway:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SandboxGateway(Canned(HttpResponse(status, {}, raw)), "http://127.0.0.1:9")


async def test_wi20_new_fields_are_tolerated_and_new_words_stay_unknown():
    fact = await canned(PAYMENT).look_up(ACCOUNT, REF)
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, Money(4_000, "USD"))
    fact = await canned({**PAYMENT, "status": "settled_maybe"}).look_up(ACCOUNT, REF)
    assert (fact.kind, fact.amount, fact.vendor_status) == (FactKind.UNKNOWN, None, "settled_maybe")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"[" * 200_000,
        {**PAYMENT, "amount_minor": "4000"},
        {**PAYMENT, "amount_minor": 40.5},
        {"id": "sbpay_1"},
    ],
)
async def test_nonsense_is_never_read_as_an_answer(body: object):
    with pytest.raises(Unavailable):
        await canned(body).look_up(ACCOUNT, REF)
    with pytest.raises(OutcomeUnknown):
        await canned(body).cancel(ACCOUNT, REF, key="k")


async def test_an_answer_about_another_payment_is_not_ours(sandbox: SandboxRig):
    with pytest.raises(OutcomeUnknown):
        await canned({**PAYMENT, "reference": "pay_2"}, 201).start(ACCOUNT, order(sandbox), key="k")


async def test_an_answer_that_was_mixed_up_on_its_way_is_none():
    other = canned({**PAYMENT, "id": "sbpay_2", "reference": "pay_2"})
    with pytest.raises(Unavailable):
        await other.look_up(ACCOUNT, REF)
    with pytest.raises(OutcomeUnknown):
        await other.cancel(ACCOUNT, REF, key="k")
    with pytest.raises(Unavailable):
        await canned({"data": [{**PAYMENT, "reference": "pay_2"}]}).look_up(
            ACCOUNT, AttemptRef(REF.reference, None)
        )
    wrong = canned({**REFUND, "id": "sbref_2", "reference": "re_2"})
    with pytest.raises(OutcomeUnknown):
        await wrong.refund(
            ACCOUNT, RefundOrder(RefundId("re_1"), "sbpay_1", Money(1, "USD"), "other"), key="k"
        )
    with pytest.raises(Unavailable):
        await wrong.look_up_refund(ACCOUNT, RefundRef(RefundId("re_1"), "sbref_1", "sbpay_1"))
    with pytest.raises(Unavailable):
        await canned({"data": [{**REFUND, "reference": "re_2"}]}).look_up_refund(
            ACCOUNT, RefundRef(RefundId("re_1"), None, "sbpay_1")
        )
    with pytest.raises(Unavailable):
        await canned(DISPUTE).look_up_dispute(ACCOUNT, "sbdis_2")


@pytest.mark.parametrize("status", [301, 400, 403, 404, 500, 502, 503, 504])
async def test_a_proxy_s_page_proves_nothing(sandbox: SandboxRig, status: int):
    gateway = canned(b"<html>Bad gateway</html>", status)
    with pytest.raises(OutcomeUnknown):
        await gateway.start(ACCOUNT, order(sandbox), key="k")
    with pytest.raises(Unavailable):
        await gateway.look_up(ACCOUNT, REF)
