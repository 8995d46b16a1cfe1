"""A Square that keeps its word: states, idempotency and errors as published, and each message held against its interface.

It stands behind our HTTP port. `plan` has a call go wrong; what it answers then is what wires and proxies answer.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes, hmac

from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from tests.gateways.square_answers import answer_dispute
from tests.gateways.square_contract import object_problems, request_problems, response_problems
from tests.gateways.square_faults import BROKEN, FAULTS, Fault
from tests.gateways.square_hooks import SCOPES, SUBSCRIPTIONS, Refused, SquareHooks, invalid, response_of
from tests.gateways.square_payouts import SquarePayouts

LINKS = "/v2/online-checkout/payment-links"
TICK_US = 10_000


def sign(secret: str, url: str, body: bytes) -> str:
    """Square's signature, made by another library than the one that checks it."""
    made = hmac.HMAC(secret.encode(), hashes.SHA256())
    made.update(url.encode() + body)
    return base64.b64encode(made.finalize()).decode()


@dataclass
class SquareFake:
    """One merchant at Square, with one location."""

    token: str = "EAAAtest"
    api_url: str = "https://connect.squareup.com"
    more_locations: tuple[str, ...] = ()
    hooks: SquareHooks = field(default_factory=SquareHooks)
    location_id: str = "LOCATION1"
    currency: str = "USD"
    scopes: str = SCOPES
    status: str = "ACTIVE"
    capabilities: tuple[str, ...] = ("CREDIT_CARD_PROCESSING", "AUTOMATIC_TRANSFERS")
    now: int = 1_790_000_000_000_000
    lag_us: int = 0
    refuses_paid: bool = True
    before_delete: Callable[[str], None] | None = None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: SquarePayouts = field(default_factory=SquarePayouts)
    keys: dict[str, tuple[bytes, dict[str, Any] | None]] = field(default_factory=dict)
    events: list[bytes] = field(default_factory=list)
    made_at: dict[str, int] = field(default_factory=dict)
    to_do: list[Fault] = field(default_factory=list)
    to_look: list[Fault] = field(default_factory=list)
    to_end: list[Fault] = field(default_factory=list)
    """What happens to calls that end a merchant's part in a dispute."""
    evidence: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.now += TICK_US
        parts = urlsplit(request.url)
        assert f"{parts.scheme}://{parts.netloc}" == self.api_url
        assert request.headers["square-version"] == "2025-08-20"
        problems = request_problems(request.method, parts.path, parts.query, request.body)
        assert problems == [], problems
        is_look = request.method == "GET" or parts.path in {"/v2/orders/search", "/oauth2/token/status"}
        planned = self.to_look if is_look else self.to_do
        if parts.path.endswith(("/submit-evidence", "/accept")):
            planned = self.to_end
        response = self._faulty(planned.pop(0), request) if planned else self._answer(request)
        if response.headers["content-type"] == "application/json":
            wrong = response_problems(request.method, parts.path, response.status, response.body)
            assert wrong == [], wrong
        return response

    def _faulty(self, fault: Fault, request: HttpRequest) -> HttpResponse:
        if fault is Fault.NO_CONNECTION:
            raise NotSent("refused")
        if fault in FAULTS:
            status, headers, refused = FAULTS[fault]
            return response_of(status, refused.body, headers)
        if fault in {Fault.CUT_AFTER, Fault.ERROR_AFTER, Fault.NONSENSE_AFTER, Fault.ERROR_STORED}:
            self._answer(request)
        if fault is Fault.ERROR_STORED:
            key = json.loads(request.body)["idempotency_key"]
            self.keys[key] = (request.body, None)
        if fault in {Fault.CUT_BEFORE, Fault.CUT_AFTER}:
            raise NoAnswer("reset")
        if fault is Fault.NONSENSE_AFTER:
            return HttpResponse(200, {"content-type": "text/html"}, b"<html>Welcome</html>")
        return response_of(500, BROKEN.body)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.headers["authorization"] != f"Bearer {self.token}":
                raise FAULTS[Fault.UNAUTHORIZED][2]
            return response_of(200, self._routed(request))
        except Refused as refused:
            return response_of(refused.status, refused.body)

    def _routed(self, request: HttpRequest) -> dict[str, Any]:
        parts = urlsplit(request.url)
        if request.method == "POST":
            return self._posted(parts.path, request.body)
        if parts.path.startswith(f"{SUBSCRIPTIONS}/"):
            return self.hooks.changed(request.method, parts.path.split("/")[-1], request.body)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        lists: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            LINKS: lambda query: self._page("payment_links", list(self.links.values()), query),
            "/v2/refunds": self._list_refunds,
            "/v2/payouts": self.payouts.listed,
            SUBSCRIPTIONS: lambda query: self._page(
                "subscriptions", list(self.hooks.subscriptions.values()), {**query, "limit": "2"}
            ),
            "/v2/locations": lambda query: {
                "locations": [self._location(ref) for ref in (self.location_id, *self.more_locations)]
            },
            "/v2/disputes": lambda query: self._page(
                "disputes", list(self.disputes.values())[::-1], {"limit": "2", **query}
            ),
        }
        if parts.path in lists:
            return lists[parts.path](query)
        folder, _, last = parts.path.rpartition("/")
        ref = unquote(last)
        if request.method == "DELETE":
            assert folder == LINKS
            return self._delete_link(ref)
        if folder == "/v2/locations":
            return {"location": self._location(ref)}
        shelves = {
            "/v2/orders": ("order", self.orders),
            "/v2/payments": ("payment", self.payments),
            "/v2/refunds": ("refund", self.refunds),
            "/v2/disputes": ("dispute", self.disputes),
        }
        name, shelf = shelves[folder]
        return {name: self._found(shelf, ref)}

    def _posted(self, path: str, raw: bytes) -> dict[str, Any]:
        if path == LINKS:
            return self.keyed(raw, self._make_link)
        if path == "/v2/refunds":
            return self.keyed(raw, self._make_refund)
        if path.startswith(SUBSCRIPTIONS):
            return self.hooks.posted(path, raw, self.stamp())
        if path.startswith("/v2/disputes/"):
            return self._answer_dispute(path.split("/")[3], path.split("/")[4], raw)
        if path == "/v2/payments":
            return self.keyed(raw, self._charge)
        if path == "/v2/orders/search":
            return self._search(json.loads(raw))
        assert path == "/oauth2/token/status"
        return {"scopes": self.scopes.split(), "client_id": "sq0idp-1", "merchant_id": "MERCHANT1"}

    def _charge(self, body: dict[str, Any]) -> dict[str, Any]:
        """A payment without a link: Square writes its order by itself."""
        assert body["source_id"] == "cnon:card-nonce-ok"
        sold = {"state": "OPEN", "total_money": body["amount_money"]}
        sold |= {name: body[name] for name in ("location_id", "reference_id")}
        order = self._new(self.orders, "ORDER", sold)
        payment_id = self.pay(order["id"], "COMPLETED")
        return {"payment": dict(self.payments[payment_id])}

    def _list_refunds(self, query: dict[str, Any]) -> dict[str, Any]:
        new = [each for each in self.refunds.values() if each["created_at"] >= query["begin_time"]]
        return self._page("refunds", new, query)

    def keyed(self, raw: bytes, make: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        body = json.loads(raw)
        known = self.keys.get(body["idempotency_key"])
        if known is None:
            made = make(body)
            self.keys[body["idempotency_key"]] = (raw, made)
            return made
        if known[0] != raw:
            raise invalid("IDEMPOTENCY_KEY_REUSED", "Different request parameters used for the same key.")
        if known[1] is None:
            raise BROKEN
        return known[1]

    def _location(self, ref: str) -> dict[str, Any]:
        if ref not in {self.location_id, *self.more_locations}:
            raise invalid("NOT_FOUND", "Location not found.")
        return {
            "id": ref,
            "name": "Repair shop",
            "status": self.status,
            "currency": self.currency,
            "capabilities": list(self.capabilities),
        }

    def _found(self, shelf: dict[str, dict[str, Any]], ref: str) -> dict[str, Any]:
        if ref not in shelf or not self._is_seen(ref):
            raise invalid("NOT_FOUND", f"Not found: {ref}")
        return shelf[ref]

    def _is_seen(self, ref: str) -> bool:
        return self.made_at[ref] <= self.now - self.lag_us

    def _page(self, name: str, items: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
        start, limit = int(query.get("cursor", "0")), int(query["limit"])
        more = {"cursor": str(start + limit)} if start + limit < len(items) else {}
        return {name: items[start : start + limit], **more}

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        start_at = body["query"].get("filter", {"date_time_filter": {"created_at": {"start_at": ""}}})
        since = start_at["date_time_filter"]["created_at"]["start_at"]
        found = [
            order
            for order in self.orders.values()
            if order["location_id"] in body["location_ids"] and self._is_seen(order["id"])
            if order["created_at"] >= since
        ]
        if body["query"]["sort"]["sort_order"] == "DESC":
            found.reverse()
        page = self._page("orders", found, body)
        return page if page["orders"] else {}

    def stamp(self) -> str:
        at = datetime.fromtimestamp(self.now // 1_000_000, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S") + f".{self.now // 1_000 % 1_000:03}Z"

    def _new(self, shelf: dict[str, dict[str, Any]], name: str, made: dict[str, Any]) -> dict[str, Any]:
        ref = f"{name}{len(shelf) + 1:05}"
        shelf[ref] = {"id": ref, "created_at": self.stamp(), "updated_at": self.stamp(), **made}
        self.made_at[ref] = self.now
        return shelf[ref]

    def _make_link(self, body: dict[str, Any]) -> dict[str, Any]:
        given = body["order"]
        if given["location_id"] != self.location_id:
            raise invalid("NOT_FOUND", "Location not found.", "order.location_id")
        price = given["line_items"][0]["base_price_money"]
        if price["currency"] != self.currency:
            raise invalid("INVALID_VALUE", f"Expected currency {self.currency}.", "order.line_items")
        order = self._new(
            self.orders, "ORDER", {**given, "state": "DRAFT", "version": 1, "total_money": price}
        )
        link = self._new(
            self.links,
            "LINK",
            {
                "version": 1,
                "order_id": order["id"],
                "checkout_options": body["checkout_options"],
                "payment_note": body["payment_note"],
                "url": f"https://square.link/u/{order['id'][-5:]}",
                "long_url": f"https://checkout.square.site/merchant/MERCHANT1/order/{order['id']}",
            },
        )
        return {"payment_link": link, "related_resources": {"orders": [dict(order)]}}

    def _delete_link(self, ref: str) -> dict[str, Any]:
        if ref not in self.links:
            raise invalid("NOT_FOUND", "Payment link not found.")
        order = self.orders[self.links[ref]["order_id"]]
        if self.before_delete is not None:
            self.before_delete(order["id"])
        if order.get("tenders"):
            if self.refuses_paid:
                raise invalid("BAD_REQUEST", "The order of this link is paid.")
            del self.links[ref]
            return {"id": ref}
        del self.links[ref]
        order["state"] = "CANCELED"
        return {"id": ref, "cancelled_order_id": order["id"]}

    def _make_refund(self, body: dict[str, Any]) -> dict[str, Any]:
        payment = self.payments.get(body["payment_id"])
        if payment is None:
            raise invalid("NOT_FOUND", "Payment not found.", "payment_id")
        asked = body["amount_money"]["amount"]
        if payment["refunded_money"]["amount"] + asked > payment["total_money"]["amount"]:
            raise Refused(400, "REFUND_ERROR", "REFUND_AMOUNT_INVALID", "More than is left.", "amount_money")
        payment["refunded_money"]["amount"] += asked
        made = {
            "status": "PENDING",
            "location_id": self.location_id,
            "payment_id": payment["id"],
            "order_id": "RETURNORDER",
            "amount_money": body["amount_money"],
            "reason": body["reason"],
        }
        refund = self._new(self.refunds, f"{payment['id']}_R", made)
        payment.setdefault("refund_ids", []).append(refund["id"])
        self.tell("refund.created", "refund", refund)
        return {"refund": dict(refund)}

    def pay(self, order_id: str, status: str, *, amount: int | None = None, **details: Any) -> str:
        """The payer pays on the page; answers the payment's id. FAILED ones do not become tenders of the order."""
        order = self.orders[order_id]
        assert order["state"] != "CANCELED", "the page is gone"
        price = order["total_money"] | ({} if amount is None else {"amount": amount})
        card = {"card_brand": "VISA", "last_4": "1111"}
        made = {
            "status": status,
            "order_id": order_id,
            "location_id": self.location_id,
            "source_type": "CARD",
            "amount_money": dict(price),
            "total_money": dict(price),
            "refunded_money": {"amount": 0, "currency": price["currency"]},
            "card_details": {"status": "CAPTURED", "card": card},
            "note": order["reference_id"],
            **details,
        }
        payment = self._new(self.payments, "PAYMENT", made)
        if status == "FAILED":
            self.tell("payment.updated", "payment", payment)
            return payment["id"]
        order["state"] = "OPEN"
        order.setdefault("tenders", []).append({"id": payment["id"], "type": "CARD", "amount_money": price})
        self.tell("payment.created", "payment", {**payment, "status": "APPROVED"})
        if status == "COMPLETED":
            self.complete(payment["id"])
        return payment["id"]

    def complete(self, payment_id: str, *, fee: int | None = None) -> None:
        """The money is taken, and Square's fee with it."""
        payment = self.payments[payment_id]
        payment["status"] = "COMPLETED"
        kept = {
            "amount": payment["total_money"]["amount"] // 30 if fee is None else fee,
            "currency": self.currency,
        }
        payment["processing_fee"] = [
            {"effective_at": self.stamp(), "type": "INITIAL", "amount_money": kept},
            {"effective_at": self.stamp(), "type": "ADJUSTMENT", "amount_money": {**kept, "amount": 0}},
        ]
        self.tell("payment.updated", "payment", payment)

    def settle(self) -> None:
        """Banks have answered."""
        self.now += 6_000_000
        for payment in self.payments.values():
            if payment["status"] == "PENDING":
                self.complete(payment["id"])
        for refund in self.refunds.values():
            if refund["status"] == "PENDING":
                refund["status"] = "COMPLETED"
                self.tell("refund.updated", "refund", refund)

    def dispute(self, payment_id: str, state: str, **details: Any) -> str:
        """The payer's bank asks; answers the dispute's id."""
        payment = self.payments[payment_id]
        made = {
            "state": state,
            "reason": "NOT_RECEIVED",
            "amount_money": payment["total_money"],
            "due_at": "2026-10-04T00:00:00.000Z",
            "disputed_payment": {"payment_id": payment_id},
            "location_id": self.location_id,
            **details,
        }
        dispute = self._new(self.disputes, "DISPUTE", made)
        self.tell("dispute.created", "dispute", dispute)
        return dispute["id"]

    def _answer_dispute(self, ref: str, how: str, raw: bytes) -> dict[str, Any]:
        dispute = self._found(self.disputes, ref)
        return answer_dispute(self, dispute, how, raw)

    def tell(self, kind: str, name: str, about: dict[str, Any]) -> None:
        """A webhook."""
        schema = {"payment": "Payment", "refund": "PaymentRefund", "dispute": "Dispute"}[name]
        assert object_problems(schema, about) == []
        event = {
            "merchant_id": "MERCHANT1",
            "type": kind,
            "event_id": f"event-{len(self.events) + 1}",
            "created_at": self.stamp(),
            "data": {"type": name, "id": about["id"], "object": {name: about}},
        }
        self.events.append(json.dumps(event, separators=(",", ":")).encode())
