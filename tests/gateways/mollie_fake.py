"""Mollie's side of the wire: keeps payments, refunds and chargebacks, and speaks as Mollie's published models say.

Every request must fit them, and so must every answer.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import mollie.models as m

from linktill.core.currencies import EXPONENTS
from linktill.gateways.testing import Break
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from tests.gateways.mollie_schema import problems, request_problems, response_problems

API_KEY = "test_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM"
WEBHOOK_SECRET = "VpQ3WukU6uSCGQ8TPTD3WPDpac3GyNEj"
API = "https://api.mollie.com"
FINAL = {"paid", "failed", "canceled", "expired"}

Thing = dict[str, Any]


class Refused(Exception):
    def __init__(self, status: int, title: str, detail: str, at: str | None = None) -> None:
        super().__init__(detail)
        error = {"status": status, "title": title, "detail": detail} | ({"field": at} if at else {})
        self.status = status
        self.body = error | {"_links": {"documentation": link("https://docs.mollie.com/x", "text/html")}}


def link(href: str, kind: str = "application/hal+json") -> Thing:
    return {"href": href, "type": kind}


def sign(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def unprocessable(detail: str, at: str | None = None) -> Refused:
    return Refused(422, "Unprocessable Entity", detail, at)


def not_found(ref: str) -> Refused:
    return Refused(404, "Not Found", f"No resource exists with token {ref}.")


@dataclass
class MollieFake:
    """`lag_s`: look-ups are behind by so much. `is_cancelable`: of the payments that are open."""

    now_s: int = 1_795_000_000
    payments: dict[str, Thing] = field(default_factory=dict)
    refunds: dict[str, Thing] = field(default_factory=dict)
    chargebacks: dict[str, Thing] = field(default_factory=dict)
    events: list[bytes] = field(default_factory=list)
    to_do: list[tuple[Break, str]] = field(default_factory=list)
    to_look: list[Break] = field(default_factory=list)
    keys: dict[str, tuple[str, bytes, HttpResponse]] = field(default_factory=dict)
    lag_s: float = 0
    is_cancelable: bool = True
    profile_status: str = "verified"
    answers: list[HttpResponse] = field(default_factory=list)
    """Said instead of what is true, as a proxy might."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        assert f"{parts.scheme}://{parts.netloc}" == API
        wrong = request_problems(request.method, parts.path, parts.query, request.body, dict(request.headers))
        assert wrong == [], f"Mollie would not take {request.method} {request.url}: {wrong}"
        if self.answers:
            return self.answers.pop(0)
        fault = self._fault(request.method, parts.path)
        match fault:
            case Break.CUT_BEFORE:
                raise NoAnswer("reset")
            case Break.ERROR_BEFORE:
                return self._error(Refused(500, "Internal Server Error", "Something went wrong."))
            case Break.RATE_LIMITED:
                return self._error(Refused(429, "Too Many Requests", "Slow down."), {"retry-after": "1"})
            case _:
                pass
        response = self._remembered(request, parts.path, dict(parts_query(parts.query)))
        match fault:
            case Break.CUT_AFTER:
                raise NoAnswer("reset")
            case Break.ERROR_AFTER:
                return self._error(Refused(500, "Internal Server Error", "Something went wrong."))
            case Break.NONSENSE_AFTER:
                return HttpResponse(200, {"content-type": "text/html"}, b"<html>Please wait</html>")
            case _:
                return response

    def _fault(self, method: str, path: str) -> Break | None:
        if method == "GET":
            return self.to_look.pop(0) if self.to_look else None
        if self.to_do and self.to_do[0][1] in path:
            return self.to_do.pop(0)[0]
        return None

    def _remembered(self, request: HttpRequest, path: str, query: dict[str, str]) -> HttpResponse:
        key = request.headers.get("idempotency-key")
        if key is None:
            return self._answer(request, path, query)
        if key not in self.keys:
            self.keys[key] = (path, request.body, self._answer(request, path, query))
        known_path, known_body, response = self.keys[key]
        if (known_path, known_body) != (path, request.body):
            return self._error(
                Refused(400, "Bad Request", "This idempotency key was used for another request.")
            )
        return response

    def _answer(self, request: HttpRequest, path: str, query: dict[str, str]) -> HttpResponse:
        try:
            if request.headers["authorization"] != f"Bearer {API_KEY}":
                raise Refused(
                    401, "Unauthorized Request", "Missing authentication, or failed to authenticate."
                )
            body = self._done(request.method, path.split("/")[2:], query, request.body)
        except Refused as refused:
            return self._error(refused)
        return self._response(request.method, path, 201 if request.method == "POST" else 200, body)

    def _response(self, method: str, path: str, status: int, body: Thing) -> HttpResponse:
        raw = json.dumps(body).encode()
        wrong = response_problems(method, path, status, raw)
        assert wrong == [], f"Mollie would not answer {method} {path} so: {wrong}"
        return HttpResponse(status, {"content-type": "application/hal+json"}, raw)

    def _error(self, refused: Refused, headers: dict[str, str] | None = None) -> HttpResponse:
        raw = json.dumps(refused.body).encode()
        assert response_problems("GET", "/", refused.status, raw) == []
        return HttpResponse(refused.status, {"content-type": "application/hal+json", **(headers or {})}, raw)

    def _done(self, method: str, path: list[str], query: dict[str, str], raw: bytes) -> Thing:
        match method, path:
            case "GET", ["profiles", "me"]:
                return self._profile()
            case "POST", ["payments"]:
                return self._create(json.loads(raw))
            case "GET", [("payments" | "refunds" | "chargebacks") as name]:
                return self._listed(name, list(getattr(self, name).values()), query)
            case "GET", ["payments", ref]:
                return self._found(ref)
            case "DELETE", ["payments", ref]:
                payment = self._found(ref)
                if not payment.get("isCancelable"):
                    raise unprocessable("The payment cannot be cancelled")
                self.end(payment, "canceled")
                return payment
            case "POST", ["payments", ref, "refunds"]:
                return self._refund(self._found(ref), json.loads(raw))
            case "GET", ["payments", ref, "refunds"]:
                of_this = [each for each in self.refunds.values() if each["paymentId"] == ref]
                return self._listed("refunds", of_this, query)
            case "POST", ["payments", ref, "captures"]:
                return self._capture(self._found(ref))
            case _:
                raise not_found("/".join(path))

    def _profile(self) -> Thing:
        return {
            "resource": "profile",
            "id": "pfl_QkEhN94Ba",
            "mode": "test",
            "name": "Repair shop",
            "website": "https://repair.example.com",
            "email": "bea@example.com",
            "phone": "+31208202070",
            "businessCategory": "OTHER_MERCHANDISE",
            "status": self.profile_status,
            "createdAt": "2026-01-01T12:00:00+00:00",
            "_links": {"self": link(f"{API}/v2/profiles/pfl_QkEhN94Ba")},
        }

    def _create(self, asked: Thing) -> Thing:
        currency, value = asked["amount"]["currency"], asked["amount"]["value"]
        if len(value.partition(".")[2]) != EXPONENTS.get(currency, -1):
            raise unprocessable("The amount has not the right number of decimals", "amount")
        self.now_s += 1
        ref = f"tr_{len(self.payments):010}"
        made = {
            "resource": "payment",
            "id": ref,
            "mode": "test",
            **asked,
            "createdAt": self.at(),
            "status": "open",
            "isCancelable": self.is_cancelable,
            "expiresAt": self.at(900),
            "profileId": "pfl_QkEhN94Ba",
            "sequenceType": "oneoff",
            "_links": {
                "self": link(f"{API}/v2/payments/{ref}"),
                "checkout": link(f"https://www.mollie.com/checkout/select-method/{ref}", "text/html"),
                "dashboard": link(f"https://my.mollie.com/dashboard/payments/{ref}", "text/html"),
            },
        }
        self.payments[ref] = made
        self.now_s += 1
        return made

    def _found(self, ref: str) -> Thing:
        payment = self.payments.get(ref)
        if payment is None or not self._is_visible(payment):
            raise not_found(ref)
        return payment

    def _is_visible(self, thing: Thing) -> bool:
        return self.moment(thing) <= self.now_s - self.lag_s

    def _refund(self, payment: Thing, asked: Thing) -> Thing:
        if payment["status"] != "paid":
            raise unprocessable("The payment cannot be refunded, it is not paid")
        given = [each for each in self.refunds.values() if each["paymentId"] == payment["id"]]
        total = sum(
            float(each["amount"]["value"]) for each in given if each["status"] not in {"failed", "canceled"}
        )
        if total + float(asked["amount"]["value"]) > float(payment["amount"]["value"]) + 0.000_1:
            raise unprocessable("The amount is higher than the maximum", "amount")
        self.now_s += 1
        ref = f"re_{len(self.refunds):010}"
        self.refunds[ref] = {
            "resource": "refund",
            "id": ref,
            "mode": "test",
            **asked,
            "status": "pending",
            "createdAt": self.at(),
            "paymentId": payment["id"],
            "_links": {
                "self": link(f"{API}/v2/payments/{payment['id']}/refunds/{ref}"),
                "payment": link(f"{API}/v2/payments/{payment['id']}"),
                "documentation": link("https://docs.mollie.com/x", "text/html"),
            },
        }
        self.tell("refund.pending", self.refunds[ref])
        self.now_s += 1
        return self.refunds[ref]

    def _capture(self, payment: Thing) -> Thing:
        if payment["status"] != "authorized":
            raise unprocessable("The payment is not authorized")
        self.end(payment, "paid")
        payment["amountCaptured"] = payment["amount"]
        return {
            "resource": "capture",
            "id": "cpt_1",
            "mode": "test",
            "amount": payment["amount"],
            "status": "succeeded",
            "paymentId": payment["id"],
            "createdAt": self.at(),
            "_links": {
                "self": link(f"{API}/v2/payments/{payment['id']}/captures/cpt_1"),
                "payment": link(f"{API}/v2/payments/{payment['id']}"),
                "documentation": link("https://docs.mollie.com/x", "text/html"),
            },
        }

    def _listed(self, name: str, things: list[Thing], query: dict[str, str]) -> Thing:
        seen = [thing for thing in things if self._is_visible(thing)]
        if query.get("sort") != "asc":
            seen.reverse()
        first, limit = query.get("from"), int(query.get("limit", "50"))
        ids = [thing["id"] for thing in seen]
        if first is not None:
            if first not in ids:
                raise Refused(400, "Bad Request", "Invalid cursor value", "from")
            seen = seen[ids.index(first) :]
        page, rest = seen[:limit], seen[limit:]
        here = f"{API}/v2/{name}"
        following = None
        if rest:
            order = f"&sort={query['sort']}" if "sort" in query else ""
            following = link(f"{here}?from={rest[0]['id']}&limit={limit}{order}")
        links = {"self": link(here), "previous": None, "next": following}
        links["documentation"] = link("https://docs.mollie.com/x", "text/html")
        return {
            "count": len(page),
            "_embedded": {name: [in_a_list(thing) for thing in page]},
            "_links": links,
        }

    def end(self, payment: Thing, status: str, **more: Any) -> None:
        """The payment comes to this status, and those who listen hear of it."""
        self.now_s += 1
        payment |= {"status": status, f"{status}At": self.at()} | more
        if status in FINAL:
            for name in ("isCancelable", "expiresAt"):
                payment.pop(name, None)
            payment["_links"].pop("checkout", None)
        if status == "pending":
            payment |= {"isCancelable": True}
            del payment["pendingAt"]
        self.tell(f"payment.{status}", payment)

    def charge_back(self, payment: Thing, value: str) -> Thing:
        self.now_s += 1
        ref = f"chb_{len(self.chargebacks):06}"
        self.chargebacks[ref] = {
            "resource": "chargeback",
            "id": ref,
            "amount": {"currency": payment["amount"]["currency"], "value": value},
            "reason": {"code": "AC01", "description": "Account identifier incorrect"},
            "createdAt": self.at(),
            "paymentId": payment["id"],
            "_links": {
                "self": link(f"{API}/v2/payments/{payment['id']}/chargebacks/{ref}"),
                "payment": link(f"{API}/v2/payments/{payment['id']}"),
                "documentation": link("https://docs.mollie.com/x", "text/html"),
            },
        }
        self.tell("chargeback.received", self.chargebacks[ref])
        return self.chargebacks[ref]

    def tell(self, kind: str, thing: Thing) -> None:
        number = len(self.events)
        event = {
            "resource": "event",
            "id": f"event_{number:020}",
            "type": kind,
            "entityId": thing["id"],
            "createdAt": self.at(),
            "_links": {
                "self": link(f"{API}/v2/events/event_{number:020}"),
                "documentation": link("https://docs.mollie.com/reference/webhooks-new", "text/html"),
                "entity": link(thing["_links"]["self"]["href"]),
            },
        }
        assert problems(m.EntityWebhookEvent, event) == []
        # What is embedded is the thing as GET shows it; the SDK knows only payment links there.
        self.events.append(json.dumps({**event, "_embedded": {"entity": thing}}).encode())

    def at(self, later_s: int = 0) -> str:
        return datetime.fromtimestamp(self.now_s + later_s, UTC).isoformat()

    def moment(self, thing: Thing) -> int:
        return int(datetime.fromisoformat(thing["createdAt"]).timestamp())


def in_a_list(thing: Thing) -> Thing:
    """As Mollie shows it among others: without a link to the documentation."""
    links = {name: each for name, each in thing["_links"].items() if name != "documentation"}
    return {**thing, "_links": links}


def parts_query(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, strict_parsing=bool(query))
