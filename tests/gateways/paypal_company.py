"""PayPal behind the HTTP port: as much of it as the adapter asks for, in PayPal's words, and able to misbehave.

Every request is checked against PayPal's published description before it is looked at, and every answer before it is given.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from linktill.gateways.testing import Break
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from tests.gateways.openapi import ROOT, Description, described, description
from tests.gateways.paypal_answers import answer_dispute, answer_problems
from tests.gateways.paypal_holds import authorize, capture_held, void
from tests.gateways.paypal_hooks import PayPalHooks
from tests.gateways.paypal_signer import URL, Signer
from tests.gateways.paypal_words import MESSAGES, Clock, Refusal, Row, body_of, cents, check_decimals, part_of

CLIENT_ID, CLIENT_SECRET, WEBHOOK = "client", "very-secret", "8PT597110X687430L"
API = "https://api-m.sandbox.paypal.com"


@dataclass
class Fault:
    """What happens to the next call whose path holds `on`."""

    how: Break
    on: str


@dataclass
class PayPalCompany:
    """One merchant's account. `capture_as`: how captures come out, by order id."""

    clock: Clock
    orders: dict[str, Row] = field(default_factory=dict)
    captures: dict[str, Row] = field(default_factory=dict)
    held: dict[str, Row] = field(default_factory=dict)
    """Authorizations, by id."""
    refunds: dict[str, Row] = field(default_factory=dict)
    disputes: dict[str, Row] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    capture_as: dict[str, str] = field(default_factory=dict)
    hooks: PayPalHooks = field(default_factory=PayPalHooks)
    requests: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    tokens_given: int = 0
    takes_tokens: bool = True
    token_scope: str = (
        "https://uri.paypal.com/services/disputes/read-seller "
        "https://uri.paypal.com/services/reporting/search/read"
    )
    deliveries: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lag_s: float = 0.0
    verdict: str = "SUCCESS"
    number: int = 0

    def __post_init__(self) -> None:
        self.signer = Signer(self.clock.at)
        names = (
            "checkout_orders_v2",
            "payments_payment_v2",
            "customer_disputes_v1",
            "notifications_webhooks_v1",
        )
        self.descriptions = [description(described(f"paypal/{name}.json")) for name in names]
        own = ROOT / "tests/gateways/contracts/paypal/reporting_transactions_v1.json"
        self.descriptions.append(description(own))

    # ------------------------------------------------------------------------------------------------ the wire

    async def send(self, request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url).path
        fault = next((each for each in self.faults if each.on in path), None)
        if path == "/v1/oauth2/token" and (fault is None or not fault.on):
            return self._token(request)
        if fault is not None:
            self.faults.remove(fault)
        how = None if fault is None else fault.how
        if how is Break.CUT_BEFORE:
            raise NoAnswer("ServerDisconnectedError")
        if how is Break.ERROR_BEFORE:
            return HttpResponse(500, {}, body_of({"name": "INTERNAL_SERVER_ERROR", "debug_id": "d"}))
        if how is Break.RATE_LIMITED:
            return HttpResponse(
                429, {"retry-after": "1"}, body_of({"name": "RATE_LIMIT_REACHED", "debug_id": "d"})
            )
        response = self._answered(request)
        if how is Break.CUT_AFTER:
            raise NoAnswer("TimeoutError")
        if how is Break.ERROR_AFTER:
            return HttpResponse(500, {}, body_of({"name": "INTERNAL_SERVER_ERROR", "debug_id": "d"}))
        if how is Break.NONSENSE_AFTER:
            return HttpResponse(200, {}, b"<html>Login</html>")
        return response

    def _answered(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        if parts.path.startswith("/v1/notifications/certs/"):
            is_known = request.url == URL
            return HttpResponse(200 if is_known else 404, {}, self.signer.pem if is_known else b"")
        assert request.url.startswith(f"{API}/")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or not self.takes_tokens:
            return HttpResponse(
                401, {}, body_of({"error": "invalid_token", "error_description": "Token is unknown"})
            )
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        known = next(each for each in self.descriptions if each.covers(request.method, parts.path))
        wrong = known.query(request.method, parts.path, query)
        if request.method == "POST" and parts.path.startswith("/v1/customer/"):
            wrong += answer_problems(known, request)
        elif request.method == "POST":
            wrong += known.request(request.method, parts.path, request.body)
        assert wrong == [], wrong
        try:
            status, told = self._route(request, parts.path, query)
        except Refusal as refusal:
            status, told = refusal.status, self._refused(known, request.method, parts.path, refusal)
        if status == 204:
            return HttpResponse(204, {"paypal-debug-id": "d"}, b"")
        body = body_of(told)
        wrong = known.response(request.method, parts.path, status, body)
        assert wrong == [], wrong
        return HttpResponse(status, {"paypal-debug-id": "d"}, body)

    def _route(self, request: HttpRequest, path: str, query: dict[str, str]) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        sent = json.loads(request.body) if request.body and parts[1] != "customer" else {}
        take = self._capture if parts[2] == "orders" else partial(capture_held, self, sent=sent)
        routes: dict[tuple[str, str], Callable[[], tuple[int, Any]]] = {
            ("POST", "orders"): lambda: self._once(request, path, lambda: self._create(sent)),
            ("GET", "orders"): lambda: (200, self.shown(self.orders, parts[3])),
            ("POST", "capture"): lambda: self._once(request, path, lambda: take(parts[3])),
            ("POST", "authorize"): lambda: self._once(request, path, lambda: authorize(self, parts[3])),
            ("POST", "void"): lambda: void(self, parts[3]),
            ("GET", "captures"): lambda: (200, self.shown(self.captures, parts[3])),
            ("POST", "refund"): lambda: self._once(request, path, lambda: self._refund(parts[3], sent)),
            ("GET", "refunds"): lambda: (200, self.shown(self.refunds, parts[3])),
            ("GET", "transactions"): lambda: (200, self._list(query)),
            ("POST", "verify-webhook-signature"): lambda: (200, {"verification_status": self.verdict}),
        }
        if parts[1] == "customer" and request.method == "POST":
            return 200, answer_dispute(self, self.shown(self.disputes, parts[3]), parts[4], request.body)
        if parts[1] == "customer":
            return 200, self.shown(self.disputes, parts[3]) if len(parts) > 3 else self._disputes(query)
        if parts[2].startswith("webhooks"):
            return self.hooks.answer(request.method, parts, sent)
        found = routes.get((request.method, parts[-1])) or routes[request.method, parts[2]]
        return found()

    def _once(self, request: HttpRequest, path: str, make: Callable[[], tuple[Row, Row]]) -> tuple[int, Any]:
        """The same id gives what was made the first time, as it stands now, whatever is sent with it."""
        assert request.headers["prefer"] == "return=representation"
        key = request.headers["paypal-request-id"]
        assert 0 < len(key) <= 108
        known = self.requests.get(f"{path} {key}")
        if known is not None:
            # Orders v2 describes another status for what is answered again, Payments v2 does not.
            return 200 if "/orders" in path else 201, self._row(known)
        answer, made = make()
        self.requests[f"{path} {key}"] = made["id"]
        return 201, answer

    def _row(self, ref: str) -> Row:
        return next(rows[ref] for rows in (self.orders, self.captures, self.refunds) if ref in rows)["shown"]

    def _refused(self, known: Description, method: str, path: str, refusal: Refusal) -> Row:
        name, message = MESSAGES[refusal.status]
        detail = {
            "issue": refusal.issue,
            "description": known.words(method, path, refusal.status, refusal.issue),
        }
        return {"name": name, "message": message, "debug_id": "d", "details": [detail]}

    def _token(self, request: HttpRequest) -> HttpResponse:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        assert request.body == b"grant_type=client_credentials"
        if request.headers["authorization"] != f"Basic {expected}":
            told = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return HttpResponse(401, {}, body_of(told))
        self.tokens_given += 1
        token = f"A21AA-{self.tokens_given}"
        self.tokens.add(token)
        given: Row = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 32_400,
            "scope": self.token_scope,
        }
        return HttpResponse(200, {}, body_of(given))

    def shown(self, rows: dict[str, Row], ref: str) -> Row:
        row = rows.get(ref)
        if row is None or self.clock.at - row["made_at"] < self.lag_s * 1_000_000:
            raise Refusal(404, "INVALID_RESOURCE_ID")
        shown: Row = row["shown"]
        return shown

    # --------------------------------------------------------------------------------------------- what it does

    def _create(self, sent: Row) -> tuple[Row, Row]:
        (unit,) = sent["purchase_units"]
        check_decimals(unit["amount"])
        order_id = self.new_id("ORD")
        page = f"https://www.sandbox.paypal.com/checkoutnow?token={order_id}"
        shown = {
            "id": order_id,
            "status": "PAYER_ACTION_REQUIRED",
            "intent": sent["intent"],
            "payment_source": {"paypal": {}},
            "purchase_units": [{"reference_id": "default", **unit}],
            "create_time": self.now(),
            "links": [
                {"href": f"{API}/v2/checkout/orders/{order_id}", "rel": "self", "method": "GET"},
                {"href": page, "rel": "payer-action", "method": "GET"},
            ],
        }
        self.orders[order_id] = {"shown": shown, "made_at": self.clock.at}
        return shown, shown

    def approve(self, order_id: str, capture_as: str = "COMPLETED") -> None:
        """The payer agrees on PayPal's page."""
        shown = self.orders[order_id]["shown"]
        shown["status"] = "APPROVED"
        shown["links"] = shown["links"][:1]
        self.capture_as[order_id] = capture_as
        self.deliver("CHECKOUT.ORDER.APPROVED", "checkout-order", shown)

    def _capture(self, order_id: str) -> tuple[Row, Row]:
        order = self.shown(self.orders, order_id)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            raise Refusal(422, "ORDER_NOT_APPROVED")
        outcome = self.capture_as[order_id]
        if outcome not in {"COMPLETED", "PENDING", "DECLINED", "FAILED"}:
            raise Refusal(422, outcome)
        unit = order["purchase_units"][0]
        capture = {
            "id": self.new_id("CAP"),
            "status": outcome,
            "amount": unit["amount"],
            "custom_id": unit["custom_id"],
            "invoice_id": unit["invoice_id"],
            "final_capture": True,
            "create_time": self.now(),
        }
        if outcome == "PENDING":
            capture["status_details"] = {"reason": "ECHECK"}
        if outcome == "DECLINED":
            capture["processor_response"] = {"response_code": "0500"}
        order["status"] = "COMPLETED"
        unit["payments"] = {"captures": [capture], "refunds": []}
        of = {"related_ids": {"order_id": order_id}}
        self.captures[capture["id"]] = {
            "shown": {**capture, "supplementary_data": of},
            "made_at": self.clock.at,
        }
        if outcome == "COMPLETED":
            self.settle(capture["id"])
        else:
            self._row_of(capture, "T0006", {"PENDING": "P"}.get(outcome, "D"))
            self._tell_capture(capture["id"])
        return order, order

    def settle(self, capture_id: str) -> None:
        """The money is there."""
        shown = self.captures[capture_id]["shown"]
        order_id = shown["supplementary_data"]["related_ids"]["order_id"]
        inner = self.orders[order_id]["shown"]["purchase_units"][0]["payments"]["captures"][0]
        fee = part_of(shown["amount"], 3)
        for each in (shown, inner):
            each["status"] = "COMPLETED"
            each.pop("status_details", None)
            each["seller_receivable_breakdown"] = {"gross_amount": shown["amount"], "paypal_fee": fee}
        self._row_of(shown, "T0006", "S")
        self._tell_capture(capture_id)

    def _tell_capture(self, capture_id: str) -> None:
        shown = self.captures[capture_id]["shown"]
        self.deliver(f"PAYMENT.CAPTURE.{shown['status']}", "capture", shown)

    def _refund(self, capture_id: str, sent: Row) -> tuple[Row, Row]:
        capture = self.shown(self.captures, capture_id)
        if capture["status"] == "PENDING":
            raise Refusal(422, "PENDING_CAPTURE")
        order_id = capture["supplementary_data"]["related_ids"]["order_id"]
        payments = self.orders[order_id]["shown"]["purchase_units"][0]["payments"]
        gone = sum(cents(each["amount"]) for each in payments["refunds"])
        whole = cents(capture["amount"])
        if gone == whole:
            raise Refusal(422, "CAPTURE_FULLY_REFUNDED")
        if gone + cents(sent["amount"]) > whole:
            raise Refusal(422, "REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": self.new_id("REF"),
            "status": "COMPLETED",
            "amount": sent["amount"],
            "custom_id": sent["custom_id"],
            "create_time": self.now(),
            "links": [{"href": f"{API}/v2/payments/captures/{capture_id}", "rel": "up", "method": "GET"}],
        }
        payments["refunds"].append(refund)
        status = "REFUNDED" if gone + cents(sent["amount"]) == whole else "PARTIALLY_REFUNDED"
        capture["status"] = payments["captures"][0]["status"] = status
        self.refunds[refund["id"]] = {"shown": refund, "made_at": self.clock.at}
        self._row_of(refund, "T1107", "S", sign="-")
        self.deliver("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        return refund, refund

    def dispute(self, capture_id: str, **more: Any) -> str:
        """The payer complains; `more` as in PayPal's dispute. Tells of it, and answers its id."""
        dispute_id = f"PP-D-{self.next_number()}"
        capture = self.captures[capture_id]["shown"]
        shown = {
            "dispute_id": dispute_id,
            "create_time": self.now(),
            "disputed_transactions": [{"seller_transaction_id": capture_id}],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": "OPEN",
            "dispute_amount": capture["amount"],
            "dispute_life_cycle_stage": "INQUIRY",
            "dispute_channel": "INTERNAL",
        } | more
        self.disputes[dispute_id] = {"shown": shown, "made_at": self.clock.at}
        self.deliver("CUSTOMER.DISPUTE.CREATED", "dispute", shown)
        return dispute_id

    def _disputes(self, query: dict[str, str]) -> Row:
        newest = [each["shown"] for each in reversed(self.disputes.values())]
        at, size = int(query.get("next_page_token", "0")), int(query["page_size"])
        names: tuple[str, ...] = ("dispute_id", "create_time", "reason", "status", "dispute_amount")
        told: Row = {
            "links": [{"href": f"{API}/v1/customer/disputes", "rel": "self", "method": "GET"}],
        }
        # By PayPal's description a list with nothing in it is left out.
        if at < len(newest):
            told["items"] = [{name: each[name] for name in names} for each in newest[at : at + size]]
        if at + size < len(newest):
            after = query["update_time_after"].replace(":", "%3A")
            following = f"update_time_after={after}&page_size={size}&next_page_token={at + size}"
            told["links"] += [
                {"href": f"{API}/v1/customer/disputes?{following}", "rel": "next", "method": "GET"}
            ]
        return told

    def _list(self, query: dict[str, str]) -> Row:
        begin, end = (datetime.fromisoformat(query[name]).timestamp() for name in ("start_date", "end_date"))
        assert 0 <= end - begin <= 31 * 86_400
        found = [each["row"] for each in self.rows if begin <= each["at"] / 1_000_000 <= end]
        page, size = int(query["page"]), int(query["page_size"])
        rows = [{"transaction_info": row} for row in found[(page - 1) * size : page * size]]
        told = {"page": page, "total_items": len(found), "total_pages": -(-len(found) // size)}
        return told | ({"transaction_details": rows} if rows else {})

    def _row_of(self, of: Row, code: str, status: str, sign: str = "") -> None:
        amount = {**of["amount"], "value": sign + of["amount"]["value"]}
        row = {
            "transaction_id": of["id"],
            "transaction_event_code": code,
            "transaction_status": status,
            "transaction_amount": amount,
            "custom_field": of["custom_id"],
        }
        self.rows = [each for each in self.rows if each["row"]["transaction_id"] != of["id"]]
        self.rows.append({"row": row, "at": self.clock.at})

    def deliver(self, event_type: str, resource_type: str, resource: Row) -> None:
        event = {
            "id": f"WH-{self.next_number()}",
            "event_version": "1.0",
            "create_time": self.now(),
            "resource_type": resource_type,
            "event_type": event_type,
            "resource": resource,
        }
        body = body_of(event)
        headers = self.signer.headers(WEBHOOK, body, at=self.clock.at, transmission_id=f"tr-{self.number}")
        self.deliveries.append((headers, body))

    def now(self, ahead_s: int = 0) -> str:
        return datetime.fromtimestamp(self.clock.at // 1_000_000 + ahead_s, UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def new_id(self, kind: str) -> str:
        return f"{kind}{self.next_number():014}"
