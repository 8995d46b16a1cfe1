"""The judge of Square's tests is judged: for each operation, one field that is broken is seen (planted, both directions)."""

import json
import re
from typing import Any

import pytest

from tests.gateways.square_contract import PUBLISHED, object_problems, request_problems, response_problems

LINKS = "/v2/online-checkout/payment-links"
MONEY = {"amount": 1, "currency": "USD"}
ORDER = {
    "location_id": "L",
    "reference_id": "pay_1",
    "line_items": [{"quantity": "1", "base_price_money": MONEY}],
}
PAYMENT = {"id": "P", "status": "COMPLETED", "total_money": MONEY}
REFUND = {"id": "R", "amount_money": MONEY, "status": "PENDING"}
HOOKS = "/v2/webhooks/subscriptions"
HOOK = {
    "name": "Linktill",
    "enabled": True,
    "event_types": ["payment.updated"],
    "notification_url": "https://x/",
}
PAYOUT = {"id": "P", "location_id": "L", "status": "SENT", "amount_money": {"amount": 5, "currency": "USD"}}
DISPUTE = {"id": "D", "state": "WON", "amount_money": MONEY}

# (method, path, what fits, what is broken about it)
REQUESTS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("POST", LINKS, {"idempotency_key": "k", "order": ORDER}, {"order": {**ORDER, "reference_id": "x" * 41}}),
    (
        "POST",
        LINKS,
        {"idempotency_key": "k", "order": ORDER},
        {"order": {**ORDER, "id": "only Square sets it"}},
    ),
    ("POST", LINKS, {"idempotency_key": "k", "order": ORDER}, {"idempotency_key": "k" * 46}),
    ("POST", LINKS, {"idempotency_key": "k", "order": ORDER}, {"checkout_options": {"redirect_uri": "x"}}),
    (
        "POST",
        "/v2/refunds",
        {"idempotency_key": "k", "amount_money": MONEY},
        {"amount_money": {"amount": "1"}},
    ),
    ("POST", "/v2/refunds", {"idempotency_key": "k", "amount_money": MONEY}, {"idempotency_key": ""}),
    (
        "POST",
        "/v2/orders/search",
        {"location_ids": ["L"], "query": {"sort": {"sort_field": "CREATED_AT"}}},
        {"query": {"filter": {"reference_id": "pay_1"}}},
    ),
]
REQUESTS += [
    (
        "POST",
        HOOKS,
        {"subscription": HOOK},
        {"subscription": {**HOOK, "signature_key": "only Square sets it"}},
    ),
    ("PUT", f"{HOOKS}/W", {"subscription": HOOK}, {"subscription": {**HOOK, "enabled": "yes"}}),
    ("POST", f"{HOOKS}/W/signature-key", {"idempotency_key": "k"}, {"key": "k"}),
    ("POST", f"{HOOKS}/W/test", {"event_type": "payment.updated"}, {"event_types": ["payment.updated"]}),
    (
        "POST",
        "/v2/payments",
        {"source_id": "cnon:card-nonce-ok", "idempotency_key": "k"},
        {"reference_id": "x" * 41},
    ),
]
REQUESTS += [
    (
        "POST",
        "/v2/disputes/D/evidence-text",
        {"idempotency_key": "k", "evidence_type": "GENERIC_EVIDENCE", "evidence_text": "x" * 500},
        broken,
    )
    for broken in ({"evidence_text": "x" * 501}, {"evidence_type": "WHIM"}, {"idempotency_key": "k" * 46})
]
QUERIES = [
    (HOOKS, "limit=100&include_disabled=true", "limit=all"),
    ("/v2/refunds", "begin_time=2026-01-01T00:00:00.000Z&limit=100&sort_order=ASC", "begin_time=yesterday"),
    ("/v2/refunds", "location_id=L", "since=1"),
    ("/v2/disputes", "location_id=L", "limit=10"),
    ("/v2/payouts", "location_id=L&limit=10", "location_id=L&limit=ten"),
    (LINKS, "limit=250", "limit=all"),
]
RESPONSES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "POST",
        LINKS,
        {"payment_link": {"version": 1, "id": "L"}},
        {"payment_link": {"version": 1, "link_id": "L"}},
    ),
    ("GET", LINKS, {"payment_links": [{"version": 1}]}, {"payment_links": [{"id": "no version"}]}),
    ("DELETE", f"{LINKS}/L", {"id": "L", "cancelled_order_id": "O"}, {"id": 1}),
    ("POST", "/v2/orders/search", {"orders": [ORDER]}, {"orders": [{**ORDER, "state": "PAID"}]}),
    ("GET", "/v2/orders/O", {"order": {**ORDER, "state": "DRAFT"}}, {"order": {"id": "no location"}}),
    ("GET", "/v2/payments/P", {"payment": PAYMENT}, {"payment": {**PAYMENT, "total_money": 1}}),
    ("POST", "/v2/refunds", {"refund": REFUND}, {"refund": {"id": "R"}}),
    ("GET", "/v2/refunds", {"refunds": [REFUND]}, {"refunds": REFUND}),
    ("GET", "/v2/refunds/R", {"refund": REFUND}, {"refund": {**REFUND, "state": "PENDING"}}),
    ("GET", "/v2/payouts", {"payouts": [PAYOUT]}, {"payouts": [{**PAYOUT, "status": "LATE"}]}),
    ("GET", "/v2/disputes", {"disputes": [DISPUTE]}, {"disputes": [{**DISPUTE, "state": "OPEN"}]}),
    ("GET", "/v2/disputes/D", {"dispute": DISPUTE}, {"dispute": {**DISPUTE, "reason": "WHIM"}}),
    ("POST", "/v2/disputes/D/accept", {"dispute": DISPUTE}, {"dispute": {**DISPUTE, "state": "GIVEN_IN"}}),
    ("POST", "/v2/disputes/D/submit-evidence", {"dispute": DISPUTE}, {"dispute": {**DISPUTE, "due_at": 1}}),
    (
        "POST",
        "/v2/disputes/D/evidence-text",
        {"evidence": {"id": "E", "evidence_type": "RECEIPT"}},
        {"evidence": {"id": "E", "evidence_type": "WHIM"}},
    ),
    ("GET", "/v2/locations/L", {"location": {"id": "L"}}, {"location": {"id": "L", "status": "OPEN"}}),
    ("GET", "/v2/locations", {"locations": [{"id": "L"}]}, {"locations": [{"id": 1}]}),
    ("POST", "/v2/payments", {"payment": PAYMENT}, {"payment": {**PAYMENT, "order_id": 1}}),
    ("GET", HOOKS, {"subscriptions": [HOOK]}, {"subscriptions": [{**HOOK, "url": "https://x/"}]}),
    ("POST", HOOKS, {"subscription": HOOK}, {"subscription": {**HOOK, "secret": "x"}}),
    ("PUT", f"{HOOKS}/W", {"subscription": HOOK}, {"subscription": {**HOOK, "enabled": 1}}),
    ("DELETE", f"{HOOKS}/W", {}, {"deleted": True}),
    ("POST", f"{HOOKS}/W/signature-key", {"signature_key": "k"}, {"signature_key": 1}),
    (
        "POST",
        f"{HOOKS}/W/test",
        {"subscription_test_result": {"status_code": 200}},
        {"subscription_test_result": {"status_code": "200"}},
    ),
    ("POST", "/oauth2/token/status", {"scopes": ["PAYMENTS_READ"]}, {"scopes": "PAYMENTS_READ"}),
]


@pytest.mark.parametrize(("method", "path", "fits", "broken"), REQUESTS)
def test_a_broken_request_is_seen(method, path, fits, broken):
    assert request_problems(method, path, "", json.dumps(fits).encode()) == []
    assert request_problems(method, path, "", json.dumps({**fits, **broken}).encode())


@pytest.mark.parametrize(("path", "fits", "broken"), QUERIES)
def test_a_broken_query_is_seen(path, fits, broken):
    assert request_problems("GET", path, fits, b"") == []
    assert request_problems("GET", path, broken, b"")
    assert request_problems("GET", path, "", b"{}")


def test_a_body_where_none_belongs_is_seen():
    for path in ("/v2/disputes/D/accept", "/v2/disputes/D/submit-evidence"):
        assert request_problems("POST", path, "", b"") == []
        assert request_problems("POST", path, "", b"{}")


@pytest.mark.parametrize(("method", "path", "fits", "broken"), RESPONSES)
def test_a_broken_answer_is_seen(method, path, fits, broken):
    assert response_problems(method, path, 200, json.dumps(fits).encode()) == []
    assert response_problems(method, path, 200, json.dumps(broken).encode())


def test_every_operation_has_a_broken_answer():
    operations = {(method.upper(), path) for path, item in PUBLISHED["paths"].items() for method in item}
    tried = {(method, template(path)) for method, path, *_ in RESPONSES}
    assert operations == tried


def template(path):
    """As the description has it: the ids of these tests are one capital letter."""
    known = {re.sub(r"\{[^}]*\}", "X", each): each for each in PUBLISHED["paths"]}
    return known[re.sub(r"/[A-Z](?=/|$)", "/X", path)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"errors": []},
        {"errors": [{"code": "NOT_FOUND"}]},
        {"errors": [{"category": "API_ERROR", "code": "NO_SUCH_CODE"}]},
        {"errors": [{"category": "API_ERROR", "code": "NOT_FOUND"}], "payment": {}},
    ],
)
def test_a_broken_refusal_is_seen(body):
    refusal = {"errors": [{"category": "API_ERROR", "code": "INTERNAL_SERVER_ERROR"}]}
    assert response_problems("GET", "/v2/payments/P", 500, json.dumps(refusal).encode()) == []
    assert response_problems("GET", "/v2/payments/P", 500, json.dumps(body).encode())


def test_what_square_does_not_have_is_not_asked():
    with pytest.raises(LookupError):
        request_problems("GET", "/v2/orders", "", b"")
    assert object_problems("Payment", PAYMENT) == []
    assert object_problems("Payment", {**PAYMENT, "fee": 1})
