"""Group GF for Square: what each failure proves, and that nothing is ever sent twice by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from linktill.core.dispute_answer import Evidence
from linktill.core.ids import AttemptId, RefundId
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    AttemptRef,
    EvidenceOrder,
    GatewayError,
    OutcomeUnknown,
    RefundOrder,
    RefundRef,
    Rejected,
    Unavailable,
)
from linktill.gateways.square.gateway import SquareGateway
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import order, price, refund_of, start
from linktill.platform.http import HttpRequest, HttpResponse
from tests.gateways.square_faults import Fault
from tests.gateways.square_rig import SquareRig, square_rig

F = Fault
PROVES_NOTHING = {
    F.CUT_BEFORE,
    F.CUT_AFTER,
    F.ERROR_BEFORE,
    F.ERROR_AFTER,
    F.NONSENSE_AFTER,
    F.CONFLICT,
}
EXECUTED = {F.CUT_AFTER, F.ERROR_AFTER, F.NONSENSE_AFTER, F.ERROR_STORED}
DOING: dict[Fault, type[GatewayError]] = {
    **dict.fromkeys(PROVES_NOTHING, OutcomeUnknown),
    F.NO_CONNECTION: Unavailable,
    F.RATE_LIMITED: Unavailable,
    F.UNAUTHORIZED: Rejected,
}
LOOKING: dict[Fault, type[GatewayError]] = {
    **dict.fromkeys(PROVES_NOTHING, Unavailable),
    F.NO_CONNECTION: Unavailable,
    F.RATE_LIMITED: Unavailable,
    F.UNAUTHORIZED: Rejected,
}


@pytest.fixture
async def rig() -> AsyncIterator[SquareRig]:
    async with square_rig() as running:
        yield running


async def paid(rig: SquareRig) -> AttemptRef:
    started = await start(rig)
    await rig.pay(started, How.SUCCESS)
    return AttemptRef(AttemptId("pay_1"), started.gateway_ref)


def paths(rig: SquareRig) -> list[tuple[str, str]]:
    """What was called, without ids."""
    return [
        (request.method, request.url.removeprefix("https://connect.squareup.com").rpartition("/")[0])
        for request in rig.wire.sent
    ]


@pytest.mark.parametrize("fault", sorted({*DOING, F.ERROR_STORED}))
async def test_gf02_gf04_gf07_gf27_a_start(rig: SquareRig, fault: Fault):
    asked = order(rig)
    rig.square.to_do.append(fault)
    with pytest.raises(DOING.get(fault, OutcomeUnknown)) as trouble:
        await rig.gateway.start(rig.account, asked, key="start-pay_1")
    assert len(rig.wire.sent) == 1
    assert len(rig.square.orders) == (1 if fault in EXECUTED else 0)
    assert trouble.value.retry_after_s == (1 if fault is F.RATE_LIMITED else None)
    rig.wire.sent.clear()
    again = rig.gateway.start(rig.account, asked, key="start-pay_1")
    if fault is F.ERROR_STORED:
        # Square repeats the error for as long as it knows the key: only looking settles it.
        with pytest.raises(OutcomeUnknown):
            await again
    else:
        await again
    assert len(rig.wire.sent) == 1
    found = await rig.gateway.look_up(rig.account, AttemptRef(AttemptId("pay_1"), None))
    assert (found.kind, len(rig.square.orders)) == (FactKind.REQUIRES_ACTION, 1)


@pytest.mark.parametrize("fault", sorted({*DOING, F.ERROR_STORED}))
async def test_gf15_gf27_a_refund(rig: SquareRig, fault: Fault):
    ref = await paid(rig)
    assert ref.gateway_ref is not None
    asked = RefundOrder(RefundId("re_1"), ref.gateway_ref, price(rig), "duplicate")
    rig.wire.sent.clear()
    rig.square.to_do.append(fault)
    with pytest.raises(DOING.get(fault, OutcomeUnknown)):
        await rig.gateway.refund(rig.account, asked, key="refund-re_1")
    assert paths(rig) == [("GET", "/v2/orders"), ("GET", "/v2/payments"), ("POST", "/v2")]
    assert len(rig.square.refunds) == (1 if fault in EXECUTED else 0)
    found = await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), None, ref.gateway_ref))
    assert found.kind is (RefundFactKind.PENDING if fault in EXECUTED else RefundFactKind.NOT_FOUND)
    if fault is not F.ERROR_STORED:
        await rig.gateway.refund(rig.account, asked, key="refund-re_1")
    assert len(rig.square.refunds) == 1


SAID = Evidence(explanation="It was fetched.", customer_name="Ada")


@pytest.mark.parametrize("fault", sorted(DOING))
@pytest.mark.parametrize("how", ["submit", "accept"])
async def test_gf02_gf27_an_answer_to_a_dispute(rig: SquareRig, fault: Fault, how: str):
    ref = rig.square.dispute((await paid_order(rig))["tenders"][0]["id"], "EVIDENCE_REQUIRED")
    rig.wire.sent.clear()
    rig.square.to_end.append(fault)
    calls = {
        "submit": lambda: rig.gateway.submit_evidence(rig.account, EvidenceOrder(ref, SAID), key="k"),
        "accept": lambda: rig.gateway.accept_dispute(rig.account, ref, key="k"),
    }
    with pytest.raises(DOING[fault]):
        await calls[how]()
    assert len(rig.wire.sent) == (3 if how == "submit" else 1)
    done = "PROCESSING" if how == "submit" else "ACCEPTED"
    assert rig.square.disputes[ref]["state"] == (done if fault in EXECUTED else "EVIDENCE_REQUIRED")


@pytest.mark.parametrize("fault", sorted(DOING))
async def test_gf27_what_is_uploaded_without_an_answer_is_not_submitted_yet(rig: SquareRig, fault: Fault):
    ref = rig.square.dispute((await paid_order(rig))["tenders"][0]["id"], "EVIDENCE_REQUIRED")
    rig.wire.sent.clear()
    rig.square.to_do.append(fault)
    order_ = EvidenceOrder(ref, SAID)
    with pytest.raises(Rejected if fault is F.UNAUTHORIZED else Unavailable):
        await rig.gateway.submit_evidence(rig.account, order_, key="answer-dpa_1")
    assert len(rig.wire.sent) == 1
    await rig.gateway.submit_evidence(rig.account, order_, key="answer-dpa_1")
    assert [(each["evidence_type"], each["evidence_text"]) for each in rig.square.evidence[ref]] == [
        ("REBUTTAL_EXPLANATION", "It was fetched."),
        ("CARDHOLDER_INFORMATION", "Name: Ada"),
    ]


async def paid_order(rig: SquareRig) -> dict[str, Any]:
    return rig.square.orders[(await paid(rig)).gateway_ref or ""]


@pytest.mark.parametrize("fault", sorted(LOOKING))
async def test_what_is_looked_up_before_a_refund_proves_that_nothing_was_done(rig: SquareRig, fault: Fault):
    ref = await paid(rig)
    asked = replace(refund_of(rig, await start(rig), 1), payment_ref=ref.gateway_ref or "")
    rig.wire.sent.clear()
    rig.square.to_look.append(fault)
    with pytest.raises(LOOKING[fault]):
        await rig.gateway.refund(rig.account, asked, key="refund-re_1")
    assert len(rig.wire.sent) == 1
    assert rig.square.refunds == {}


@pytest.mark.parametrize("fault", sorted(DOING))
async def test_gf27_a_cancel(rig: SquareRig, fault: Fault):
    started = await start(rig)
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref, redirect_url=started.redirect_url)
    rig.wire.sent.clear()
    rig.square.to_do.append(fault)
    with pytest.raises(DOING[fault]):
        await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
    assert [method for method, _ in paths(rig)] == ["GET", "DELETE"]
    rig.wire.sent.clear()
    fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
    assert fact.kind is FactKind.CANCELED


Call = Callable[[SquareRig, AttemptRef], Awaitable[object]]
LOOKS: dict[str, Call] = {
    "by id": lambda rig, ref: rig.gateway.look_up(rig.account, ref),
    "by reference": lambda rig, ref: rig.gateway.look_up(rig.account, AttemptRef(ref.reference, None)),
    "refund": lambda rig, _: rig.gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), "R", "O")),
    "dispute": lambda rig, _: rig.gateway.look_up_dispute(rig.account, "D"),
    "attempts": lambda rig, _: rig.gateway.list_attempts(rig.account, since=1, cursor=None),
    "refunds": lambda rig, _: rig.gateway.list_refunds(rig.account, since=0, cursor=None),
    "disputes": lambda rig, _: rig.gateway.list_disputes(rig.account, since=0, cursor=None),
    "account": lambda rig, _: rig.gateway.check(rig.account),
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("fault", sorted(LOOKING))
async def test_looking_may_always_be_done_again(rig: SquareRig, fault: Fault, name: str):
    ref = await paid(rig)
    rig.wire.sent.clear()
    rig.square.to_look.append(fault)
    with pytest.raises(LOOKING[fault]) as trouble:
        await LOOKS[name](rig, ref)
    assert len(rig.wire.sent) == 1
    if isinstance(trouble.value, Rejected):
        assert trouble.value.is_account_trouble


@pytest.mark.parametrize("fault", sorted(LOOKING))
async def test_a_payment_that_cannot_be_looked_up_is_not_taken_for_none(rig: SquareRig, fault: Fault):
    ref = await paid(rig)
    rig.wire.sent.clear()

    async def send(request: HttpRequest) -> HttpResponse:
        if "/v2/payments/" in request.url:
            rig.square.to_look.append(fault)
        return await rig.square.send(request)

    rig.wire.http = type("Second", (), {"send": staticmethod(send)})()
    with pytest.raises(LOOKING[fault]):
        await rig.gateway.look_up(rig.account, ref)
    assert len(rig.wire.sent) == 2


class Canned:
    """Answers everything alike."""

    def __init__(self, status: int, body: bytes, *, is_truncated: bool = False) -> None:
        self.response = HttpResponse(status, {}, body, is_truncated)

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert request.url, "something is asked"
        return self.response


NONSENSE = [
    b"",
    b"<html>",
    b"null",
    b"[]",
    b"{}",
    b"[" * 200_000,
    b'{"order": {"id": 1}}',
    b'{"id": "a", "id": "b"}',
]


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 500, 502, 503, 504])
async def test_nonsense_is_never_read_as_an_answer(rig: SquareRig, status: int, body: bytes):
    gateway = SquareGateway(Canned(status, body))
    with pytest.raises(OutcomeUnknown):
        await gateway.start(rig.account, order(rig), key="k")
    with pytest.raises(Unavailable):
        await gateway.look_up(rig.account, AttemptRef(AttemptId("pay_1"), "ORDER1"))


async def test_an_answer_that_was_cut_is_none(rig: SquareRig):
    body = b'{"order": {"id": "O", "state": "OPEN", "location_id": "L"}}'
    ref = AttemptRef(AttemptId("pay_1"), "O")
    assert (await SquareGateway(Canned(200, body)).look_up(rig.account, ref)).kind is FactKind.REQUIRES_ACTION
    with pytest.raises(Unavailable):
        await SquareGateway(Canned(200, body, is_truncated=True)).look_up(rig.account, ref)


@pytest.mark.parametrize(
    ("status", "category", "code", "expected"),
    [
        (400, "INVALID_REQUEST_ERROR", "VALUE_TOO_LOW", Rejected),
        (402, "PAYMENT_METHOD_ERROR", "GENERIC_DECLINE", Rejected),
        (422, "INVALID_REQUEST_ERROR", "UNPROCESSABLE_ENTITY", Rejected),
        (403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", Rejected),
        (400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", OutcomeUnknown),
        (400, "API_ERROR", "GATEWAY_TIMEOUT", OutcomeUnknown),
        (400, "PAYMENT_METHOD_ERROR", "TEMPORARY_ERROR", OutcomeUnknown),
        (408, "INVALID_REQUEST_ERROR", "BAD_REQUEST", OutcomeUnknown),
        (409, "INVALID_REQUEST_ERROR", "BAD_REQUEST", OutcomeUnknown),
        (503, "API_ERROR", "SERVICE_UNAVAILABLE", OutcomeUnknown),
    ],
)
async def test_what_square_s_refusals_prove(rig: SquareRig, status, category, code, expected):
    body = f'{{"errors": [{{"category": "{category}", "code": "{code}", "detail": "Not so."}}]}}'.encode()
    with pytest.raises(expected) as trouble:
        await SquareGateway(Canned(status, body)).start(rig.account, order(rig), key="k")
    if isinstance(trouble.value, Rejected):
        assert trouble.value.code == code
        assert trouble.value.is_account_trouble is (status == 403)
        assert "Not so." in str(trouble.value)


@pytest.mark.parametrize("what", ["order", "payment", "refund", "dispute", "link", "paid refund"])
async def test_an_answer_that_was_mixed_up_on_its_way_is_none(rig: SquareRig, what: str):
    money = '{"amount": 1, "currency": "USD"}'
    order_ = '{"id": "OTHER", "location_id": "L", "reference_id": "pay_2", "state": "OPEN"}'
    bodies = {
        "order": f'{{"order": {order_}}}',
        "payment": '{"order": {"id": "O", "location_id": "L", "tenders": [{"id": "P", "type": "CARD"}]}, '
        '"payment": {"id": "OTHER"}}',
        "refund": f'{{"refund": {{"id": "OTHER", "amount_money": {money}}}}}',
        "dispute": f'{{"dispute": {{"id": "OTHER", "amount_money": {money}}}}}',
        "link": '{"payment_link": {"id": "L", "order_id": "O", "url": "https://square.link/u/1"}, '
        f'"related_resources": {{"orders": [{order_}]}}}}',
        "paid refund": '{"order": {"id": "O", "location_id": "L", "tenders": [{"id": "P", "type": "CARD"}]}, '
        f'"payment": {{"id": "P", "status": "COMPLETED", "total_money": {money}}}, '
        f'"refund": {{"id": "R", "amount_money": {money}, "reason": "other (re_2)"}}}}',
    }
    gateway = SquareGateway(Canned(200, bodies[what].encode()))
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "order": lambda: gateway.look_up(rig.account, AttemptRef(AttemptId("pay_1"), "O")),
        "payment": lambda: gateway.look_up(rig.account, AttemptRef(AttemptId("pay_1"), "O")),
        "refund": lambda: gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), "R", "O")),
        "dispute": lambda: gateway.look_up_dispute(rig.account, "D"),
        "link": lambda: gateway.start(rig.account, order(rig), key="k"),
        "paid refund": lambda: gateway.refund(
            rig.account, RefundOrder(RefundId("re_1"), "O", price(rig), "other"), key="k"
        ),
    }
    with pytest.raises(OutcomeUnknown if what in {"link", "paid refund"} else Unavailable):
        await calls[what]()
