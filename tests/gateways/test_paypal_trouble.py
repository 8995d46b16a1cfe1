"""Group E at PayPal, call by call: what each kind of trouble proves, and how many requests it took."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from linktill.core.ids import RefundId
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import GatewayError, OutcomeUnknown, RefundRef, Rejected, Started, Unavailable
from linktill.gateways.testing.steps import captured, look, order, refund_of, start
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.test_paypal_adapter import ref_of


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


@dataclass
class Twisted:
    """The wire to the company, on which calls to `path` go wrong in one way."""

    rig: PayPalRig
    path: str
    is_executed: bool
    answer: HttpResponse | Exception

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not is_at(request, self.path):
            return await self.rig.company.send(request)
        if self.is_executed:
            await self.rig.company.send(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def is_at(request: HttpRequest, *paths: str) -> bool:
    return urlsplit(request.url).path.endswith(paths)


Operation = Callable[[PayPalRig, Started], Awaitable[object]]


async def start_again(rig: PayPalRig, _: Started) -> object:
    return await rig.gateway.start(rig.account, order(rig, "pay_2"), key="start-pay_2")


async def capture(rig: PayPalRig, started: Started) -> object:
    return await rig.gateway.capture(rig.account, ref_of(started), key="capture-pay_1")


async def refund(rig: PayPalRig, started: Started) -> object:
    return await rig.gateway.refund(rig.account, refund_of(rig, started, 1_500), key="refund-re_1")


async def look_up(rig: PayPalRig, started: Started) -> object:
    return await look(rig, started)


async def cancel(rig: PayPalRig, started: Started) -> object:
    return await rig.gateway.cancel(rig.account, ref_of(started), key="cancel-pay_1")


async def look_up_refund(rig: PayPalRig, started: Started) -> object:
    ref = RefundRef(RefundId("re_1"), "REF1", started.gateway_ref)
    return await rig.gateway.look_up_refund(rig.account, ref)


async def look_up_dispute(rig: PayPalRig, _: Started) -> object:
    return await rig.gateway.look_up_dispute(rig.account, "PP-D-1")


async def list_attempts(rig: PayPalRig, _: Started) -> object:
    return await rig.gateway.list_attempts(rig.account, since=rig.now(), cursor=None)


async def list_refunds(rig: PayPalRig, _: Started) -> object:
    return await rig.gateway.list_refunds(rig.account, since=rig.now(), cursor=None)


async def list_disputes(rig: PayPalRig, _: Started) -> object:
    return await rig.gateway.list_disputes(rig.account, since=rig.now(), cursor=None)


# operation, what its decisive path ends with, does it change anything, requests before the decisive one
OPERATIONS: dict[str, tuple[Operation, str, bool, int]] = {
    "start": (start_again, "/orders", True, 0),
    "capture": (capture, "/capture", True, 0),
    "refund": (refund, "/refund", True, 1),
    "look_up": (look_up, "/v2/checkout/orders/ORD00000000000001", False, 0),
    "cancel": (cancel, "/v2/checkout/orders/ORD00000000000001", False, 0),
    "look_up_refund": (look_up_refund, "/v2/payments/refunds/REF1", False, 0),
    "look_up_dispute": (look_up_dispute, "/v1/customer/disputes/PP-D-1", False, 0),
    "list_attempts": (list_attempts, "/v1/reporting/transactions", False, 0),
    "list_refunds": (list_refunds, "/v1/reporting/transactions", False, 0),
    "list_disputes": (list_disputes, "/v1/customer/disputes", False, 0),
}
WORDS = b'{"name":"%s","message":"m","debug_id":"d","details":[{"issue":"%s","description":"w"}]}'


def refusal(status: int, name: bytes, issue: bytes, **headers: str) -> HttpResponse:
    return HttpResponse(status, headers, WORDS % (name, issue))


# trouble → (was it executed, what is answered, what it proves for a change, for a look, requests to the decisive path)
TROUBLES: dict[str, tuple[bool, HttpResponse | Exception, type[GatewayError], type[GatewayError], int]] = {
    "connect error": (False, NotSent("ClientConnectorError"), Unavailable, Unavailable, 1),
    "reset before": (False, NoAnswer("ClientOSError"), OutcomeUnknown, Unavailable, 1),
    "reset after": (True, NoAnswer("ClientOSError"), OutcomeUnknown, Unavailable, 1),
    "time-out": (True, NoAnswer("TimeoutError"), OutcomeUnknown, Unavailable, 1),
    "429": (False, refusal(429, b"RATE_LIMIT_REACHED", b"", **{"retry-after": "7"}), Unavailable, Unavailable, 1),
    "401": (False, HttpResponse(401, {}, b'{"error":"invalid_token"}'), Rejected, Rejected, 2),
    "403": (False, refusal(403, b"NOT_AUTHORIZED", b"PERMISSION_DENIED"), Rejected, Rejected, 1),
    "409": (True, refusal(409, b"RESOURCE_CONFLICT", b"PREVIOUS_REQUEST_IN_PROGRESS"), OutcomeUnknown, Unavailable, 1),
    "422 in progress": (
        True,
        refusal(422, b"UNPROCESSABLE_ENTITY", b"PREVIOUS_REQUEST_IN_PROGRESS"),
        OutcomeUnknown,
        Unavailable,
        1,
    ),
    "422": (False, refusal(422, b"UNPROCESSABLE_ENTITY", b"SOMETHING_NEW"), Rejected, Rejected, 1),
    "500": (False, refusal(500, b"INTERNAL_SERVER_ERROR", b""), OutcomeUnknown, Unavailable, 1),
    "500 replayed": (True, refusal(500, b"INTERNAL_SERVER_ERROR", b""), OutcomeUnknown, Unavailable, 1),
    "HTML with 200": (True, HttpResponse(200, {}, b"<html>Maintenance</html>"), OutcomeUnknown, Unavailable, 1),
    "HTML with 404": (False, HttpResponse(404, {}, b"<html>Not found</html>"), OutcomeUnknown, Unavailable, 1),
    "HTML with 401": (False, HttpResponse(401, {}, b"<html>Who?</html>"), OutcomeUnknown, Unavailable, 2),
    "cut short": (True, HttpResponse(200, {}, b"{}", is_truncated=True), OutcomeUnknown, Unavailable, 1),
    "another order": (
        True,
        HttpResponse(200, {}, b'{"id":"OTHER","status":"COMPLETED"}'),
        OutcomeUnknown,
        Unavailable,
        1,
    ),
    "no amount in it": (
        True,
        HttpResponse(200, {}, b'{"id":"ORD00000000000001","status":"COMPLETED","purchase_units":[{"payments":{"captures":'
                     b'[{"id":"C","status":"COMPLETED","amount":{"currency_code":"USD","value":"4O.00"}}]}}]}'),
        OutcomeUnknown,
        Unavailable,
        1,
    ),
}  # fmt: skip


async def ready(rig: PayPalRig, operation: str) -> Started:
    if operation == "refund":
        return await captured(rig)
    started = await start(rig)
    if operation == "capture":
        rig.company.approve(started.gateway_ref)
    return started


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@pytest.mark.parametrize("trouble", sorted(TROUBLES))
async def test_gf02_gf04_gf07_gf26_gf27_what_trouble_proves_and_what_it_costs(
    paypal: PayPalRig, operation: str, trouble: str
):
    ask, path, is_change, before = OPERATIONS[operation]
    is_executed, answer, for_change, for_look, requests = TROUBLES[trouble]
    started = await ready(paypal, operation)
    paypal.wire.sent.clear()
    paypal.wire.http = Twisted(paypal, path, is_executed, answer)
    with pytest.raises(for_change if is_change else for_look) as met:
        await ask(paypal, started)
    decisive = [each for each in paypal.wire.sent if is_at(each, path)]
    others = [each for each in paypal.wire.sent if not is_at(each, path, "/token")]
    assert (len(decisive), len(others)) == (requests, before)
    assert type(met.value) is (for_change if is_change else for_look)
    assert met.value.retry_after_s == (7 if trouble == "429" else None)
    if isinstance(met.value, Rejected):
        assert met.value.is_account_trouble is (trouble in {"401", "403"})

    paypal.wire.http = paypal.company
    if is_change:
        # GF15: the same key settles it, whatever had happened, and nothing is done twice.
        await ask(paypal, started)
        assert len(paypal.company.orders) == (2 if operation == "start" else 1)
        assert len(paypal.company.captures) == (0 if operation == "start" else 1)
        assert len(paypal.company.refunds) == (1 if operation == "refund" else 0)


async def test_an_order_that_is_not_there_is_told_in_paypals_words_only(paypal: PayPalRig):
    assert (await look(paypal, Started("ORDUNKNOWN", ""))).kind is FactKind.NOT_FOUND


async def test_a_refund_whose_order_cannot_be_looked_up_was_not_sent(paypal: PayPalRig):
    started = await captured(paypal)
    path = f"/{started.gateway_ref}"
    paypal.wire.http = Twisted(paypal, path, is_executed=False, answer=NoAnswer("TimeoutError"))
    with pytest.raises(Unavailable):
        await refund(paypal, started)
    assert paypal.company.refunds == {}
