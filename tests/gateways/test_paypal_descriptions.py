"""PayPal's published descriptions would report a wrong message: one negative control for each endpoint and direction."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from linktill.core.ids import RefundId
from linktill.gateways.contract import RefundRef
from linktill.gateways.paypal.gateway import PayPalGateway
from linktill.gateways.testing.steps import captured, refund_of
from linktill.platform.http import HttpRequest, HttpResponse
from tests.gateways.openapi import Description
from tests.gateways.paypal_company import WEBHOOK
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.test_paypal_adapter import capture_id

# endpoint → what is broken in its request (a body's part, or the query), and in its answer
Change = Callable[[Any], Any]


def put(*path: str | int, value: object) -> Change:
    def change(whole: Any) -> Any:
        node = whole
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = value
        return whole

    return change


def a_new_field(whole: Any) -> Any:
    return {**whole, "new_field": 1}


AMOUNT = {"currency_code": "DOLLAR", "value": "40.00"}
UNIT = ("purchase_units", 0)
ENDPOINTS: dict[str, tuple[Change | None, Change]] = {
    "POST /v2/checkout/orders": (put(*UNIT, "amount", value=AMOUNT), put("status", value="PAID")),
    "GET /v2/checkout/orders/": (None, put(*UNIT, "payments", "captures", 0, "status", value="PAID")),
    "POST /v2/checkout/orders/capture": (
        a_new_field,
        put(*UNIT, "payments", "captures", 0, "amount", value=AMOUNT),
    ),
    "GET /v2/payments/captures/": (None, put("supplementary_data", "related_ids", "order_id", value="ord-1")),
    "POST /v2/payments/captures/refund": (put("amount", "value", value="1,5"), put("status", value="DONE")),
    "GET /v2/payments/refunds/": (None, put("custom_id", value="re 1")),
    "GET /v1/customer/disputes": (put("page_size", value="51"), put("items", 0, "status", value="NEW")),
    "GET /v1/customer/disputes/": (None, put("dispute_life_cycle_stage", value="END")),
    "GET /v1/reporting/transactions": (
        put("start_date", value="yesterday"),
        put("transaction_details", 0, "transaction_info", "transaction_amount", value=AMOUNT),
    ),
    "GET /v1/notifications/webhooks": (None, put("webhooks", 0, "url", value=5)),
    "POST /v1/notifications/webhooks": (put("event_types", value="*"), put("url", value=5)),
    "GET /v1/notifications/webhooks-event-types": (None, put("event_types", 0, "name", value=5)),
    "POST /v1/notifications/verify-webhook-signature": (
        put("webhook_id", value="8PT-1"),
        put("verification_status", value="PERHAPS"),
    ),
}


def endpoint(request: HttpRequest) -> str:
    """The operation, without the ids in its path."""
    parts = urlsplit(request.url).path.split("/")
    has_id = len(parts) > 4 and parts[2] != "notifications"
    rest = (
        "/".join([*parts[:4], *parts[5:]]) + ("/" if len(parts) == 5 and has_id else "")
        if has_id
        else "/".join(parts)
    )
    return f"{request.method} {rest}"


@pytest.fixture
async def talk() -> AsyncIterator[tuple[PayPalRig, list[tuple[HttpRequest, HttpResponse]]]]:
    """Everything that the adapter ever asks, each once."""
    async with paypal_rig() as rig:
        heard: list[tuple[HttpRequest, HttpResponse]] = []

        class Ear:
            async def send(self, request: HttpRequest) -> HttpResponse:
                response = await rig.company.send(request)
                heard.append((request, response))
                return response

        rig.wire.http = Ear()
        started = await captured(rig)
        refund = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
        await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId(""), refund.gateway_ref, ""))
        rig.company.dispute(capture_id(rig, started))
        await rig.gateway.list_disputes(rig.account, since=0, cursor=None)
        await rig.gateway.list_attempts(rig.account, since=rig.now() - 1_000_000, cursor=None)
        hook = await rig.gateway.register_webhook(rig.account, "https://pay.example.com/in", key="k1")
        await rig.gateway.register_webhook(rig.account, "https://pay.example.com/in", key="k2")
        await rig.gateway.remove_webhook(rig.account, hook.ref)
        stranger = PayPalGateway(rig.wire, rig.company.clock)
        body = b'{"id":"WH-1"}'
        await stranger.prepare(rig.account, rig.sign(WEBHOOK, body, at=rig.now()), body, now=rig.now())
        yield rig, heard


async def test_each_endpoint_has_its_negative_controls(
    talk: tuple[PayPalRig, list[tuple[HttpRequest, HttpResponse]]],
):
    rig, heard = talk
    seen = set()
    for request, response in heard:
        path = urlsplit(request.url).path
        if path.endswith("/token") or "/certs/" in path:
            # Not in PayPal's files: a form and a PEM file.
            continue
        if request.method == "DELETE":
            assert (response.status, response.body) == (204, b"")
            continue
        if b'"webhooks": []' in response.body or b'"webhooks":[]' in response.body:
            continue
        name = endpoint(request)
        seen.add(name)
        known = next(each for each in rig.company.descriptions if each.covers(request.method, path))
        break_request, break_answer = ENDPOINTS[name]
        if request.method == "GET" and break_request is not None:
            check_query(known, request, break_request)
        elif break_request is not None:
            assert known.request("POST", path, request.body) == []
            assert known.request("POST", path, changed(request.body, break_request)) != []
        assert known.response(request.method, path, response.status, response.body) == []
        for change in (break_answer, a_new_field):
            if name != "GET /v2/checkout/orders/" or b'"captures"' in response.body:
                assert (
                    known.response(request.method, path, response.status, changed(response.body, change))
                    != []
                )
    assert seen == set(ENDPOINTS)


def changed(body: bytes, change: Change) -> bytes:
    return json.dumps(change(json.loads(body))).encode()


def check_query(known: Description, request: HttpRequest, change: Change) -> None:
    parts = urlsplit(request.url)
    query = dict(parse_qsl(parts.query))
    assert known.query("GET", parts.path, query) == []
    assert known.query("GET", parts.path, change({**query})) != []
    assert known.query("GET", parts.path, {**query, "new": "1"}) != []
