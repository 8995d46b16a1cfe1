"""Group E at Stripe: each operation × each fault, what kind of trouble it is and after how many calls. And the account check."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from linktill.core.dispute_answer import Evidence
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    EvidenceOrder,
    GatewayError,
    OutcomeUnknown,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    Unavailable,
)
from linktill.gateways.stripe.gateway import StripeGateway
from linktill.gateways.testing import Break
from linktill.gateways.testing.steps import captured, look, order, refund_of, start
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from tests.gateways import stripe_objects as make
from tests.gateways import stripe_schema as schema
from tests.gateways.stripe_fake import CONFLICT, STORED_500, StripeFake
from tests.gateways.stripe_rig import StripeRig, stripe_rig


@pytest.fixture
async def rig() -> AsyncIterator[StripeRig]:
    async with stripe_rig() as running:
        yield running


@dataclass
class Canned:
    """Answers everything alike, or fails at it."""

    answer: HttpResponse | Exception
    sent: int = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert request.url.startswith("https://api.stripe.com/v1/"), "no address is ever put together wrongly"
        self.sent += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ACCOUNT = Account(
    MerchantId("mer_1"), GatewayAccountId("gwa_1"), "stripe", {"secret_key": "sk_test_1"}, ("whsec_1",)
)
REF = AttemptRef(AttemptId("pay_1"), "cs_1")
ANSWER = EvidenceOrder("du_1", Evidence(explanation="It was fetched."))
REFUND = RefundOrder(RefundId("re_1"), "pi_1", Money(100, "USD"), "other")


def answered(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, raw)


def refused(
    status: int, message: str, code: str | None = None, kind: str = "invalid_request_error"
) -> HttpResponse:
    return answered(status, make.error(kind, message, code))


HTML = b"<html>Welcome to the hotel's network</html>"
SLOW_DOWN = answered(
    429, make.error("invalid_request_error", "Slow down.", "rate_limit"), {"retry-after": "7"}
)

# fault → what a call that does something says, and what a look-up says
FAULTS: dict[str, tuple[HttpResponse | Exception, type[GatewayError], type[GatewayError]]] = {
    "connect error": (NotSent("refused"), Unavailable, Unavailable),
    "reset": (NoAnswer("ClientConnectionResetError"), OutcomeUnknown, Unavailable),
    "timeout": (NoAnswer("TimeoutError"), OutcomeUnknown, Unavailable),
    "429": (SLOW_DOWN, Unavailable, Unavailable),
    "429 of a proxy": (answered(429, HTML), Unavailable, Unavailable),
    "400": (refused(400, "Missing.", "parameter_missing"), Rejected, Rejected),
    "400, key used before": (
        refused(400, "Keys for idempotent requests…", kind="idempotency_error"),
        OutcomeUnknown,
        Unavailable,
    ),
    "400 of a proxy": (answered(400, HTML), OutcomeUnknown, Unavailable),
    "401": (refused(401, "Invalid API Key provided: sk_test_****"), Rejected, Rejected),
    "402": (refused(402, "Declined.", "card_declined", kind="card_error"), Rejected, Rejected),
    "403": (refused(403, "The provided key does not have the required permissions"), Rejected, Rejected),
    "403 of a proxy": (answered(403, HTML), OutcomeUnknown, Unavailable),
    "404, no such address": (refused(404, "Unrecognized request URL"), Rejected, Rejected),
    "409": (refused(409, "In progress.", "idempotency_key_in_use"), OutcomeUnknown, Unavailable),
    "424": (refused(424, "A dependency failed.", kind="api_error"), OutcomeUnknown, Unavailable),
    "500": (refused(500, "Something went wrong.", kind="api_error"), OutcomeUnknown, Unavailable),
    "500, replayed": (
        answered(500, make.error("api_error", "Wrong."), {"idempotent-replayed": "true"}),
        OutcomeUnknown,
        Unavailable,
    ),
    "503": (answered(503, HTML), OutcomeUnknown, Unavailable),
    "301": (answered(301, b""), OutcomeUnknown, Unavailable),
    "200, HTML": (answered(200, HTML), OutcomeUnknown, Unavailable),
    "200, empty": (answered(200, b""), OutcomeUnknown, Unavailable),
    "200, cut": (replace(answered(200, {"id": "cs_1"}), is_truncated=True), OutcomeUnknown, Unavailable),
    "200, null": (answered(200, None), OutcomeUnknown, Unavailable),
    "200, nested": (answered(200, b"[" * 200_000), OutcomeUnknown, Unavailable),
    "200, another object": (
        answered(200, {"object": "customer", "id": "cus_1"}),
        OutcomeUnknown,
        Unavailable,
    ),
}


def calls(gateway: StripeGateway, rig: StripeRig) -> dict[str, tuple[bool, Callable[[], Awaitable[object]]]]:
    """Each operation that needs one call: does it do something?"""
    return {
        "start": (True, lambda: gateway.start(ACCOUNT, order(rig), key="k")),
        "refund": (True, lambda: gateway.refund(ACCOUNT, REFUND, key="k")),
        "submit_evidence": (True, lambda: gateway.submit_evidence(ACCOUNT, ANSWER, key="k")),
        "accept_dispute": (True, lambda: gateway.accept_dispute(ACCOUNT, "du_1", key="k")),
        "look_up": (False, lambda: gateway.look_up(ACCOUNT, REF)),
        "look_up by reference": (
            False,
            lambda: gateway.look_up(ACCOUNT, AttemptRef(AttemptId("pay_1"), None)),
        ),
        "look_up by PaymentIntent": (
            False,
            lambda: gateway.look_up(ACCOUNT, replace(REF, gateway_ref="pi_1")),
        ),
        "look_up_refund": (
            False,
            lambda: gateway.look_up_refund(ACCOUNT, RefundRef(RefundId("re_1"), "re_2", "cs_1")),
        ),
        "look_up_refund by reference": (
            False,
            lambda: gateway.look_up_refund(ACCOUNT, RefundRef(RefundId("re_1"), None, "cs_1")),
        ),
        "look_up_dispute": (False, lambda: gateway.look_up_dispute(ACCOUNT, "du_1")),
        "list_attempts": (False, lambda: gateway.list_attempts(ACCOUNT, since=0, cursor=None)),
        "list_refunds": (False, lambda: gateway.list_refunds(ACCOUNT, since=0, cursor=None)),
        "list_disputes": (False, lambda: gateway.list_disputes(ACCOUNT, since=0, cursor=None)),
        "check": (False, lambda: gateway.check(ACCOUNT)),
    }


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_gf02_gf07_gf26_gf27_each_operation_says_what_a_fault_proves_after_one_call(
    rig: StripeRig, fault: str
):
    answer, doing, looking = FAULTS[fault]
    for name in calls(rig.gateway, rig):
        wire = Canned(answer)
        is_doing, call = calls(StripeGateway(wire), rig)[name]
        with pytest.raises(GatewayError) as trouble:
            await call()
        assert type(trouble.value) is (doing if is_doing else looking), name
        # Of a key that may do nothing, the check finds out all that is missing.
        asked = 10 if (name, fault) == ("check", "403") else 1
        assert wire.sent == asked, name
        if isinstance(trouble.value, Rejected):
            assert trouble.value.is_account_trouble == (fault in {"401", "403"}), name
        assert trouble.value.retry_after_s == (7 if fault == "429" else None)
        assert "sk_test_1" not in str(trouble.value)


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_cancel_that_is_refused_is_looked_up_and_nothing_else_is(fault: str):
    answer, doing, _ = FAULTS[fault]
    wire = Canned(answer)
    with pytest.raises(GatewayError) as trouble:
        await StripeGateway(wire).cancel(ACCOUNT, REF, key="k")
    assert type(trouble.value) is doing
    is_refusal = fault in {"400", "402", "404, no such address"}
    assert wire.sent == (2 if is_refusal else 1)


@pytest.mark.parametrize("how", sorted(Break))
async def test_gf15_a_refund_whose_first_look_up_fails_was_surely_not_sent(rig: StripeRig, how: Break):
    started = await captured(rig)

    @dataclass
    class BreaksLook:
        fake: StripeFake
        sent: int = 0

        async def send(self, request: HttpRequest) -> HttpResponse:
            self.sent += 1
            if request.method == "GET":
                request = replace(request, url=f"{request.url}?expand[0]=payment_intent")
                self.fake.faults.append(how)
            return await self.fake.send(request)

    wire = BreaksLook(rig.fake)
    with pytest.raises(Unavailable):
        await StripeGateway(wire).refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
    assert wire.sent == 1
    assert "refund" not in rig.fake.things


async def test_gf04_a_stored_500_is_replayed_and_a_look_up_tells_what_was_done(rig: StripeRig):
    asked = order(rig)
    rig.fake.faults.append(STORED_500)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.start(rig.account, asked, key="start-pay_1")
    assert len(rig.wire.sent) == 3
    assert len(rig.fake.things["checkout.session"]) == 1
    assert (await look(rig, None)).kind is FactKind.REQUIRES_ACTION

    started = Started(next(iter(rig.fake.things["checkout.session"])), "")
    rig.fake.attempt(rig.session(started), make.VISA, "succeeded")
    rig.fake.capture(rig.session(started))
    rig.fake.faults.append(STORED_500)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
    assert len(rig.fake.things["refund"]) == 1
    ref = RefundRef(RefundId("re_1"), None, started.gateway_ref)
    assert (await rig.gateway.look_up_refund(rig.account, ref)).kind is RefundFactKind.SUCCEEDED


async def test_cc04_a_key_that_is_in_use_proves_nothing(rig: StripeRig):
    rig.fake.faults.append(CONFLICT)
    with pytest.raises(OutcomeUnknown):
        await start(rig)
    assert (await start(rig)).gateway_ref


SESSION = {
    "id": "cs_1",
    "payment_status": "unpaid",
    "status": "open",
    "client_reference_id": "pay_1",
    "url": "https://checkout.stripe.com/c/pay/cs_1",
    "a_new_field": {"of": "tomorrow"},
}
INTENT = {"id": "pi_2", "status": "succeeded", "currency": "usd", "amount_received": 1}
THEIR_REFUND = {"id": "re_9", "amount": 100, "currency": "usd", "metadata": {"linktill_refund": "re_9"}}
DISPUTE = {
    "id": "du_9",
    "amount": 1,
    "currency": "usd",
    "status": "won",
    "reason": "general",
    "balance_transactions": [],
    "evidence_details": {},
}


def listed(*things: object) -> object:
    return {"object": "list", "data": things, "has_more": False}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("start", {**SESSION, "client_reference_id": "pay_2"}),
        ("start", {**SESSION, "client_reference_id": None}),
        ("start", {**SESSION, "url": None}),
        ("start", {**SESSION, "url": "https://pay.shop.example/c/pay/cs_1"}),
        ("start", {**SESSION, "url": "https://checkout.stripe.com.evil.example/"}),
        ("refund", THEIR_REFUND),
        ("refund", {**THEIR_REFUND, "metadata": None}),
        ("look_up", {**SESSION, "id": "cs_2"}),
        ("look_up by PaymentIntent", listed({**SESSION, "payment_intent": "pi_2"})),
        ("look_up by PaymentIntent", listed({**SESSION, "payment_intent": INTENT})),
        ("look_up_refund", THEIR_REFUND),
        ("look_up_refund by reference", {**SESSION, "id": "cs_2"}),
        ("look_up_dispute", DISPUTE),
        ("submit_evidence", DISPUTE),
        ("accept_dispute", DISPUTE),
        ("look_up", {**SESSION, "payment_status": 1}),
        ("look_up", {**SESSION, "payment_intent": {**INTENT, "amount_received": "1"}}),
        ("look_up", {**SESSION, "payment_intent": {**INTENT, "amount_received": 1.5}}),
        ("look_up", b'{"id":"cs_1","payment_status":"unpaid","payment_status":"paid","status":"complete"}'),
    ],
)
async def test_an_answer_about_something_else_is_none(rig: StripeRig, name: str, body: object):
    wire = Canned(answered(200, body))
    is_doing, call = calls(StripeGateway(wire), rig)[name]
    with pytest.raises(OutcomeUnknown if is_doing else Unavailable):
        await call()
    assert wire.sent == 1


async def test_wi20_new_fields_are_tolerated():
    fact = await StripeGateway(Canned(answered(200, SESSION))).look_up(ACCOUNT, REF)
    assert (fact.kind, fact.gateway_ref) == (FactKind.REQUIRES_ACTION, "cs_1")


async def test_an_answer_that_is_longer_than_what_was_read_is_none():
    """Even if what was read makes sense."""
    cut = replace(answered(200, SESSION), is_truncated=True)
    with pytest.raises(Unavailable):
        await StripeGateway(Canned(cut)).look_up(ACCOUNT, REF)
    with pytest.raises(OutcomeUnknown):
        await StripeGateway(Canned(cut)).cancel(ACCOUNT, REF, key="k")


async def test_an_amount_that_stripe_has_not_is_never_sent(rig: StripeRig):
    with pytest.raises(Rejected) as trouble:
        await rig.gateway.start(rig.account, order(rig, amount=Money(1_255, "KWD")), key="k")
    assert trouble.value.code == "amount_invalid"
    assert rig.wire.sent == []


async def test_a_key_that_may_do_all_is_good(rig: StripeRig):
    await rig.gateway.check(rig.account)
    assert {(request.method, request.url.partition("?")[0][22:]) for request in rig.wire.sent} == {
        ("GET", "/v1/account"),
        ("GET", "/v1/balance_transactions"),
        ("GET", "/v1/charges"),
        ("GET", "/v1/checkout/sessions"),
        ("GET", "/v1/disputes"),
        ("GET", "/v1/payment_intents"),
        ("GET", "/v1/payouts"),
        ("GET", "/v1/refunds"),
        ("POST", "/v1/checkout/sessions/cs_linktill_permission_check/expire"),
        ("POST", "/v1/disputes/du_linktill_permission_check/close"),
        ("POST", "/v1/refunds"),
    }
    assert rig.fake.things == {}


NEEDED = {
    "GET /v1/checkout/sessions": "Checkout Sessions: Write",
    "GET /v1/payment_intents": "PaymentIntents: Write",
    "GET /v1/charges": "Charges and Refunds: Write",
    "GET /v1/refunds": "Charges and Refunds: Write",
    "GET /v1/disputes": "Disputes: Write",
    "GET /v1/balance_transactions": "Balance transaction sources: Read",
    "GET /v1/payouts": "Payouts: Read",
    "POST /v1/checkout/sessions/{}/expire": "Checkout Sessions: Write",
    "POST /v1/refunds": "Charges and Refunds: Write",
    "POST /v1/disputes/{}/close": "Disputes: Write",
}
EVERYTHING = {f"{verb} {path}" for verb, path in schema.ENDPOINTS}


@pytest.mark.parametrize("missing", sorted(NEEDED))
async def test_a_missing_permission_is_named_as_the_dashboard_names_it(rig: StripeRig, missing: str):
    rig.fake.allowed = EVERYTHING - {missing}
    with pytest.raises(Rejected, match=f"needs the permission “{NEEDED[missing]}”. Edit the key") as trouble:
        await rig.gateway.check(rig.account)
    assert (trouble.value.code, trouble.value.is_account_trouble) == ("permission_missing", True)


async def test_all_permissions_that_are_missing_are_named_at_once(rig: StripeRig):
    rig.fake.allowed = EVERYTHING - NEEDED.keys()
    with pytest.raises(Rejected) as trouble:
        await rig.gateway.check(rig.account)
    names = ", ".join(f"“{each}”" for each in dict.fromkeys(NEEDED.values()))
    assert f"The key needs the permissions {names}. Edit the key" in str(trouble.value)


async def test_a_test_event_that_the_key_may_not_make_names_the_permission(rig: StripeRig):
    rig.fake.allowed = EVERYTHING - {"POST /v1/checkout/sessions"}
    with pytest.raises(Rejected, match="needs the permission “Checkout Sessions: Write”"):
        await rig.gateway.send_test_event(rig.account, "we_1", key="k")


async def test_a_restricted_key_need_not_see_the_account(rig: StripeRig):
    rig.fake.allowed = EVERYTHING - {"GET /v1/account"}
    restricted = replace(rig.account, credentials=rig.account.credentials)
    await rig.gateway.check(restricted)


async def test_an_account_that_may_not_charge_yet_is_told_apart(rig: StripeRig):
    rig.fake.may_charge = False
    with pytest.raises(Rejected, match="finish its set-up") as trouble:
        await rig.gateway.check(rig.account)
    assert (trouble.value.code, trouble.value.is_account_trouble) == ("charges_disabled", True)


async def test_a_wrong_key_is_told_apart(rig: StripeRig):
    with pytest.raises(Rejected, match="wrong, expired or revoked") as trouble:
        await rig.gateway.check(rig.wrong_account())
    assert trouble.value.is_account_trouble
    assert len(rig.wire.sent) == 1


@pytest.mark.parametrize("key", ["", "pk_test_51", "whsec_1", "acct_1"])
async def test_what_is_no_secret_key_is_never_sent(rig: StripeRig, key: str):
    with pytest.raises(Rejected, match="no secret key") as trouble:
        await rig.gateway.check(replace(rig.account, credentials={"secret_key": key}))
    assert trouble.value.code == "secret_key_required"
    assert rig.wire.sent == []
