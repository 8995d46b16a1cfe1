"""What each failure at Mollie proves, and how many calls it takes to know; and that the judge of our requests can say no."""

import json
from collections.abc import Awaitable, Callable

import pytest

from linktill.core.ids import AttemptId, RefundId
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import (
    AttemptRef,
    GatewayError,
    OutcomeUnknown,
    RefundRef,
    Rejected,
    Unavailable,
)
from linktill.gateways.testing.steps import captured, order, refund_of, start
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from tests.gateways.mollie_rig import MollieRig, mollie_rig
from tests.gateways.mollie_schema import ENDPOINTS, problems, request_problems, response_problems

HTML = b"<html><body>Bad gateway</body></html>"


def refusal(status: int, **headers: str) -> HttpResponse:
    links = {"documentation": {"href": "https://docs.mollie.com", "type": "text/html"}}
    body = {"status": status, "title": "No", "detail": "Not so", "_links": links}
    return HttpResponse(status, dict(headers), json.dumps(body).encode())


Fault = HttpResponse | Exception

FAULTS: dict[str, tuple[Fault, type[GatewayError], type[GatewayError]]] = {
    "no connection": (NotSent("refused"), Unavailable, Unavailable),
    "reset": (NoAnswer("reset"), OutcomeUnknown, Unavailable),
    "429": (refusal(429, **{"retry-after": "7"}), Unavailable, Unavailable),
    "401": (refusal(401), Rejected, Rejected),
    "403": (refusal(403), Rejected, Rejected),
    "409": (refusal(409), OutcomeUnknown, Unavailable),
    "422": (refusal(422), Rejected, Rejected),
    "500": (refusal(500), OutcomeUnknown, Unavailable),
    "503": (refusal(503, **{"retry-after": "7"}), OutcomeUnknown, Unavailable),
    "a proxy's 404": (HttpResponse(404, {}, HTML), OutcomeUnknown, Unavailable),
    "a proxy's 403": (HttpResponse(403, {}, HTML), OutcomeUnknown, Unavailable),
    "another status inside": (HttpResponse(422, {}, refusal(400).body), OutcomeUnknown, Unavailable),
    "200 with HTML": (HttpResponse(200, {}, HTML), OutcomeUnknown, Unavailable),
    "cut short": (HttpResponse(200, {}, b'{"id": "tr_', is_truncated=True), OutcomeUnknown, Unavailable),
    "half": (HttpResponse(200, {}, b'{"id": "tr_0000000000"}'), OutcomeUnknown, Unavailable),
    "a key twice": (HttpResponse(200, {}, b'{"id": "a", "id": "b"}'), OutcomeUnknown, Unavailable),
}
"""What comes instead of an answer → the trouble when something was to be done, and when it was only looked."""

NOT_READ = {"200 with HTML", "half", "a key twice"}
"""As answers to a capture: a look-up says what is true after it."""


@pytest.fixture
async def rig():
    async with mollie_rig() as running:
        yield running


class Once:
    """The fault for the first call by one of these methods; everything else goes on."""

    def __init__(self, rig: MollieRig, fault: Fault, *methods: str) -> None:
        self.rig, self.http, self.fault, self.methods = rig, rig.wire.http, fault, methods

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.method not in self.methods:
            return await self.http.send(request)
        self.rig.wire.http = self.http
        if isinstance(self.fault, Exception):
            raise self.fault
        return self.fault


Call = Callable[[], Awaitable[object]]


async def expect(rig: MollieRig, fault: str, call: Call, kind: type[GatewayError], calls: int) -> None:
    rig.wire.sent.clear()
    with pytest.raises(kind) as raised:
        await call()
    assert type(raised.value) is kind
    assert len(rig.wire.sent) == calls
    if fault in {"429", "503"}:
        assert raised.value.retry_after_s == 7
    if isinstance(raised.value, Rejected):
        assert raised.value.is_account_trouble is (fault in {"401", "403"})


@pytest.mark.parametrize("fault", FAULTS)
async def test_something_was_to_be_done(rig: MollieRig, fault: str):
    answer, kind, _ = FAULTS[fault]
    started = await captured(rig)
    gateway, account = rig.gateway, rig.account
    rig.wire.http = Once(rig, answer, "POST")
    await expect(rig, fault, lambda: gateway.start(account, order(rig, "pay_2"), key="k2"), kind, 1)
    rig.wire.http = Once(rig, answer, "POST")
    await expect(rig, fault, lambda: gateway.refund(account, refund_of(rig, started, 100), key="r"), kind, 1)
    rig.fake.payments[started.gateway_ref]["status"] = "authorized"
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
    if fault not in NOT_READ:
        rig.wire.http = Once(rig, answer, "POST")
        await expect(rig, fault, lambda: gateway.capture(account, ref, key="c"), kind, 1)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "422"])
async def test_a_cancel(rig: MollieRig, fault: str):
    answer, kind, _ = FAULTS[fault]
    started = await start(rig)
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
    rig.wire.http = Once(rig, answer, "DELETE")
    await expect(rig, fault, lambda: rig.gateway.cancel(rig.account, ref, key="k"), kind, 2)


async def test_a_cancel_that_is_refused_is_looked_at_again(rig: MollieRig):
    started = await start(rig)
    rig.wire.http = Once(rig, refusal(422), "DELETE")
    rig.wire.sent.clear()
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
    fact = await rig.gateway.cancel(rig.account, ref, key="k")
    assert (fact.kind, len(rig.wire.sent)) == (FactKind.REQUIRES_ACTION, 3)


@pytest.mark.parametrize("fault", FAULTS)
async def test_it_was_only_looked(rig: MollieRig, fault: str):
    answer, _, kind = FAULTS[fault]
    started = await captured(rig)
    gateway, account = rig.gateway, rig.account
    looks: tuple[Call, ...] = (
        lambda: gateway.look_up(account, AttemptRef(AttemptId("pay_1"), started.gateway_ref)),
        lambda: gateway.look_up(account, AttemptRef(AttemptId("pay_1"), None)),
        lambda: gateway.look_up_refund(account, RefundRef(RefundId("re_1"), "re_1", started.gateway_ref)),
        lambda: gateway.look_up_refund(account, RefundRef(RefundId("re_1"), None, started.gateway_ref)),
        lambda: gateway.look_up_dispute(account, "chb_1"),
        lambda: gateway.list_attempts(account, since=0, cursor=None),
        lambda: gateway.list_refunds(account, since=0, cursor=None),
        lambda: gateway.list_disputes(account, since=0, cursor=None),
        lambda: gateway.check(account),
        lambda: gateway.complete(account),
    )
    for call in looks:
        rig.wire.http = Once(rig, answer, "GET")
        await expect(rig, fault, call, kind, 1)


async def test_the_refusal_of_a_key_names_what_mollie_says(rig: MollieRig):
    with pytest.raises(Rejected, match="Mollie says: Unauthorized Request: Missing authentication"):
        await rig.gateway.check(rig.wrong_account())


# ---------------------------------------------------------------------------------------------------------- the judge

BODIES: dict[tuple[str, str], str] = {
    (
        "POST",
        "/v2/payments",
    ): '{"amount": {"currency": "EUR", "value": "1.00"}, "description": "x", "redirectUrl": "http://x"}',
    ("POST", "/v2/payments/{}/captures"): "{}",
    (
        "POST",
        "/v2/payments/{}/refunds",
    ): '{"amount": {"currency": "EUR", "value": "1.00"}, "description": "x"}',
}
UUID = {"idempotency-key": "123e4567-e89b-42d3-a456-426614174000"}


@pytest.mark.parametrize(("method", "pattern"), ENDPOINTS)
def test_each_endpoint_has_a_judge_who_can_say_no(method: str, pattern: str):
    path = pattern.replace("{}", "tr_1")
    body = BODIES.get((method, pattern), "").encode()
    assert request_problems(method, path, "", body, UUID) == []
    if body:
        odd = json.dumps(json.loads(body) | {"odd": 1}).encode()
        assert request_problems(method, path, "", odd, UUID) == ["/odd: unknown field"]
        assert request_problems(method, path, "", body, {"idempotency-key": "start-pay_1"})
    else:
        assert request_problems(method, path, "", b"{}", UUID) == ["a body is not expected"]
    for query in ("odd=1", "limit=0", "limit=251", "testmode=true"):
        assert request_problems(method, path, query, body, UUID) != []
    assert response_problems(method, path, 200, b"{}") != []
    assert response_problems(method, path, 422, b'{"error": "no"}') != []


def test_what_the_adapter_does_not_call_is_not_described():
    with pytest.raises(LookupError):
        request_problems("GET", "/v2/settlements", "", b"", {})


def test_a_field_of_another_type_or_name_is_seen():
    model = ENDPOINTS["POST", "/v2/payments"][0]
    assert model is not None
    good = json.loads(BODIES["POST", "/v2/payments"])
    assert problems(model, good) == []
    for wrong in (
        {"amount": {"currency": "EUR", "value": 1}},
        {"redirectUrl": 5},
        {"webhook_url": "http://x"},
    ):
        assert problems(model, good | wrong) != []
