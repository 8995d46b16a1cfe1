"""A Stripe that remembers, behind our HTTP port. What comes in and what goes out is held against Stripe's schema, always."""

import hashlib
import hmac
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from linktill.gateways.testing import Break
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from tests.gateways import stripe_objects as make
from tests.gateways import stripe_schema as schema
from tests.gateways.stripe_holds import cancel, capture
from tests.gateways.stripe_objects import Thing
from tests.gateways.stripe_refusals import Refused, check_page, invalid

API = "https://api.stripe.com"
SECRET_KEY = "sk_test_51LinktillFake"
WEBHOOK_SECRET = "whsec_fake"
STORED_500 = "stored_500"
CONFLICT = "conflict"

_EXPANDED = {
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "balance_transaction": "balance_transaction",
}


@dataclass
class StripeFake:
    origin: str = "https://checkout.stripe.com"
    now_s: int = 1_795_000_000
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lag_s: float = 0
    settles_in: tuple[str, int] | None = None
    """A currency, and how many of its integers one of the payment's makes."""
    is_balance_late: bool = False
    paid_with: dict[str, list[str]] = field(default_factory=dict)
    """Payout → the balance transactions that it is made of, but for those of payments."""
    may_charge: bool = True
    allowed: set[str] | None = None
    """Endpoints (method and template) that the key may use; None: all."""
    faults: list[str] = field(default_factory=list)
    answers: dict[str, tuple[str, int, Thing]] = field(default_factory=dict)
    _count: int = 0
    _intent_data: dict[str, Thing] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------ the HTTP port

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert request.url.startswith(f"{API}/v1/"), request.url
        assert request.headers["stripe-version"] == schema.API_VERSION
        parts = urlsplit(request.url)
        encoded = request.body.decode() if request.method == "POST" else parts.query
        assert schema.request_problems(request.method, parts.path, encoded) == []
        fault = self._fault(request.method, parts.path, encoded)
        if fault == Break.CUT_BEFORE:
            raise NoAnswer("reset")
        if fault == Break.RATE_LIMITED:
            limited = make.error("invalid_request_error", "Too many requests.", "rate_limit")
            return _response(429, limited, {"retry-after": "1"})
        if fault == Break.ERROR_BEFORE:
            return _response(500, make.error("api_error", "Something went wrong on Stripe's end."))
        if fault == CONFLICT:
            message = "There is currently another in-progress request using this Idempotent Key."
            return _response(409, make.error("invalid_request_error", message, "idempotency_key_in_use"))
        response = self._answered(request, parts.path, encoded, is_broken=fault == STORED_500)
        self.now_s += 1
        if fault == Break.CUT_AFTER:
            raise NoAnswer("reset")
        if fault == Break.ERROR_AFTER:
            return _response(502, make.error("api_error", "Bad gateway."))
        if fault == Break.NONSENSE_AFTER:
            return HttpResponse(
                200, {"content-type": "text/html"}, b"<html>Welcome to the hotel's network</html>"
            )
        return response

    def _fault(self, method: str, path: str, encoded: str) -> str | None:
        # What a refund looks up first is not the call that a test means; it has tests of its own.
        is_bare = method == "GET" and not encoded and path.startswith("/v1/checkout/sessions/")
        return self.faults.pop(0) if self.faults and not is_bare else None

    def _answered(
        self, request: HttpRequest, path: str, encoded: str, *, is_broken: bool = False
    ) -> HttpResponse:
        key = request.headers.get("idempotency-key", "")
        verb, template = schema.endpoint(request.method, path)
        said = f"{request.method} {path} {encoded}"
        try:
            self._check_key(request, f"{verb} {template}")
            if key in self.answers:
                return self._replayed(key, said)
            described = schema.params_schema(verb, template)
            params = schema.coerced(schema.decoded(encoded), described, described["definitions"])
            body = self._routed(verb, template, path.split("/"), params)
        except Refused as refused:
            told = refused.body["error"]
            assert schema.object_problems("error", told) == []
            return _response(refused.status, refused.body, refused.headers)
        assert schema.response_problems(request.method, path, body) == [], body
        status = 200
        if is_broken:
            status, body = 500, make.error("api_error", "Something went wrong on Stripe's end.")
        if key:
            self.answers[key] = (said, status, deepcopy(body))
        return _response(status, body)

    def _check_key(self, request: HttpRequest, endpoint: str) -> None:
        if request.headers["authorization"] != f"Bearer {SECRET_KEY}":
            raise invalid("Invalid API Key provided: sk_test_****rong", status=401)
        if self.allowed is not None and endpoint not in self.allowed:
            raise invalid(
                "The provided key 'rk_test_***' does not have the required permissions for this endpoint on account "
                "'acct_fake'. Having more permissions would allow this request to continue.",
                status=403,
            )

    def _replayed(self, key: str, said: str) -> HttpResponse:
        before, status, body = self.answers[key]
        if before != said:
            message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            raise Refused(400, make.error("idempotency_error", message))
        return _response(status, body, {"idempotent-replayed": "true"})

    # ------------------------------------------------------------------------------------------------ endpoints

    def _routed(self, verb: str, template: str, path: list[str], params: Thing) -> Thing:
        expand = params.pop("expand", [])
        match verb, template:
            case "POST", "/v1/checkout/sessions":
                return self._expand(self._create_session(params), expand)
            case "POST", "/v1/checkout/sessions/{}/expire":
                return self._expand(self._expire(self._get("checkout.session", path[4])), expand)
            case "POST", "/v1/payment_intents/{}/capture":
                return self._expand(capture(self, self._get("payment_intent", path[3])), expand)
            case "POST", "/v1/payment_intents/{}/cancel":
                return self._expand(cancel(self, self._get("payment_intent", path[3])), expand)
            case "POST", "/v1/disputes/{}":
                return self._expand(self._update_dispute(self._get("dispute", path[3]), params), expand)
            case "POST", "/v1/disputes/{}/close":
                return self._expand(self._close_dispute(self._get("dispute", path[3])), expand)
            case "POST", "/v1/refunds":
                return self._expand(self._create_refund(params), expand)
            case "POST", "/v1/webhook_endpoints":
                made = make.webhook_endpoint(self._id("we_"), params, created=self.now_s)
                return {**self._put(made), "secret": f"whsec_of_{made['id']}"}
            case "DELETE", _:
                gone = self._get("webhook_endpoint", path[3])
                del self.things["webhook_endpoint"][gone["id"]]
                return {"id": gone["id"], "object": "webhook_endpoint", "deleted": True}
            case "GET", "/v1/account":
                return make.account("acct_fake", charges_enabled=self.may_charge)
            case _:
                pass
        kind = schema.ENDPOINTS[verb, template][2]
        if not kind.startswith("["):
            return self._expand(self._get(kind, path[-1], is_read=True), expand)
        data, has_more = self._listed(kind.strip("[]"), params)
        inner = [each.removeprefix("data.") for each in expand]
        return {
            "object": "list",
            "data": [self._expand(each, inner) for each in data],
            "has_more": has_more,
            "url": template,
        }

    def _create_session(self, params: Thing) -> Thing:
        check_page(params)
        price = params["line_items"][0]["price_data"]
        ahead_s = params.get("expires_at", self.now_s + 86_400) - self.now_s
        if not 1_800 <= ahead_s <= 86_400:
            raise invalid(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
                None,
                "expires_at",
            )
        if price["currency"] in {"isk", "ugx"} and price["unit_amount"] % 100:
            raise invalid("No decimals.", "invalid_charge_amount_no_decimal_compatible", "unit_amount")
        return self.make_session(params, params.get("payment_intent_data", {}))

    def _expire(self, session: Thing) -> Thing:
        if session["status"] != "open":
            raise invalid(
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of `{session['status']}`."
            )
        self.expire(session)
        return session

    def _create_refund(self, params: Thing) -> Thing:
        intent = self._get("payment_intent", params["payment_intent"])
        if intent["status"] != "succeeded":
            raise invalid("This PaymentIntent does not have a successful charge to refund.")
        charge = self._get("charge", intent["latest_charge"])
        left = charge["amount"] - charge["amount_refunded"]
        if params["amount"] > left:
            raise invalid(
                f"Refund amount is greater than unrefunded amount on charge ({left}).", None, "amount"
            )
        return self.refund(intent, params)

    def _update_dispute(self, dispute: Thing, params: Thing) -> Thing:
        """As Stripe says of it: submitted evidence goes to the bank, which in test mode reads two words."""
        if dispute["status"] not in {"needs_response", "warning_needs_response"}:
            raise invalid("This dispute is already closed or under review.", "dispute_not_open", status=400)
        dispute["evidence"] |= params["evidence"]
        dispute["evidence_details"] |= {"has_evidence": True}
        if params.get("submit"):
            dispute["evidence_details"]["submission_count"] += 1
            is_inquiry = dispute["status"].startswith("warning")
            self.move_dispute(dispute, "warning_under_review" if is_inquiry else "under_review")
        return dispute

    def _close_dispute(self, dispute: Thing) -> Thing:
        if dispute["status"] != "needs_response":
            raise invalid("This dispute is already closed.", "dispute_not_open", status=400)
        self.move_dispute(dispute, "lost")
        return dispute

    def _get(self, kind: str, ref: str, *, is_read: bool = False) -> Thing:
        thing = self.things.get(kind, {}).get(ref)
        if thing is None or (is_read and not self._is_seen(thing)):
            raise invalid(f"No such {kind}: '{ref}'", "resource_missing", "id", status=404)
        return thing

    def _listed(self, kind: str, params: Thing) -> tuple[list[Thing], bool]:
        """As Stripe lists: newest first; `ending_before` gives those just newer than it."""
        found = [each for each in self.things.get(kind, {}).values() if self._is_seen(each)][::-1]
        for name in ("payment_intent",):
            if name in params:
                self._get("payment_intent", params[name])
                found = [each for each in found if each[name] == params[name]]
        if "payout" in params:
            found = [each for each in found if each["id"] in self.paid_with.get(params["payout"], [])]
        if "type" in params:
            found = [each for each in found if each["type"] == params["type"]]
        compare: dict[str, Callable[[int, int], bool]] = {
            "gt": int.__gt__,
            "gte": int.__ge__,
            "lt": int.__lt__,
            "lte": int.__le__,
        }
        for sign, at in params.get("created", {}).items():
            found = [each for each in found if compare[sign](each["created"], at)]
        limit = params.get("limit", 10)
        assert 1 <= limit <= 100
        refs = [each["id"] for each in found]
        if "ending_before" in params:
            newer = found[: refs.index(params["ending_before"])]
            return newer[-limit:], len(newer) > limit
        older = found[refs.index(params["starting_after"]) + 1 :] if "starting_after" in params else found
        return older[:limit], len(older) > limit

    def _is_seen(self, thing: Thing) -> bool:
        return bool(thing["created"] <= self.now_s - self.lag_s)

    def _expand(self, thing: Thing, paths: list[str]) -> Thing:
        shown = deepcopy(thing)
        for path in paths:
            at = shown
            for name in path.split("."):
                if at.get(name) is None:
                    break
                if isinstance(at[name], str):
                    at[name] = deepcopy(self.things[_EXPANDED[name]][at[name]])
                at = at[name]
        return shown

    # ------------------------------------------------------------------------------------------------ what happens there

    def make_session(self, params: Thing, intent_data: Thing) -> Thing:
        session = make.session(self._id("cs_test_"), params, created=self.now_s, origin=self.origin)
        self._intent_data[session["id"]] = intent_data
        return self._put(session)

    def attempt(self, session: Thing, method: Thing, status: str) -> Thing:
        """The payer presses Stripe's Pay: the PaymentIntent comes about, or is tried again, with a charge."""
        if session["payment_intent"] is None:
            intent = make.intent(
                self._id("pi_"),
                amount=session["amount_total"],
                currency=session["currency"],
                metadata=self._intent_data[session["id"]].get("metadata", {}),
                created=self.now_s,
            )
            session["payment_intent"] = self._put(intent)["id"]
        intent = self.things["payment_intent"][session["payment_intent"]]
        charge = make.charge(self._id("ch_"), intent, status=status, method=method, created=self.now_s)
        intent["latest_charge"] = self._put(charge)["id"]
        return intent

    def capture(self, session: Thing) -> None:
        intent = self.things["payment_intent"][session["payment_intent"]]
        charge = self.things["charge"][intent["latest_charge"]]
        charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "amount_capturable": 0}
        intent["last_payment_error"] = None
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        if not self.is_balance_late:
            self.book(charge)

    def book(self, charge: Thing) -> None:
        currency, rate = self.settles_in or (charge["currency"], 1)
        amount = charge["amount"] * rate
        fee = amount * 29 // 1_000 + 30
        made = self._moved(amount, fee, currency, charge["id"], "charge")
        charge["balance_transaction"] = self._put(made)["id"]

    def decline(self, session: Thing, code: str, decline_code: str | None) -> None:
        intent = self.things["payment_intent"][session["payment_intent"]]
        error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": "Declined."}
        intent |= {"status": "requires_payment_method", "last_payment_error": error}

    def expire(self, session: Thing) -> None:
        session |= {"status": "expired", "url": None}
        intent = self.things.get("payment_intent", {}).get(session["payment_intent"] or "")
        if intent is not None:
            intent |= {"status": "canceled", "cancellation_reason": "automatic", "canceled_at": self.now_s}
        self.tell("checkout.session.expired", session)

    def refund(self, intent: Thing, params: Thing, status: str = "succeeded") -> Thing:
        charge = self.things["charge"][intent["latest_charge"]]
        charge["amount_refunded"] += params["amount"]
        made = self._put(make.refund(self._id("re_"), intent, params, status=status, created=self.now_s))
        self.tell("refund.created", made)
        self.tell("refund.updated", made)
        return made

    def dispute(self, intent: Thing, status: str) -> Thing:
        made = self._put(make.dispute(self._id("du_"), intent, status=status, created=self.now_s))
        self.tell("charge.dispute.created", made)
        return made

    def move_dispute(self, dispute: Thing, status: str, amount: int = 0, fee: int = 0) -> None:
        """To that status; `amount` is what is done to the balance (negative: taken)."""
        dispute["status"] = status
        if amount:
            currency, rate = self.settles_in or (dispute["currency"], 1)
            made = self._moved(amount * rate, fee, currency, dispute["id"], "adjustment")
            dispute["balance_transactions"].append(self._put(made))
        is_closed = status in {"won", "lost", "warning_closed", "prevented"}
        self.tell(f"charge.dispute.{'closed' if is_closed else 'updated'}", dispute)

    def pay_out(self, amount: int, *, fee: int = 0) -> Thing:
        """On its way; `fee` is what an instant payout costs."""
        ref = self._id("po_")
        moved = self._put(self._moved(-amount, fee, "usd", ref, "payout"))
        return self._put(make.payout(ref, amount, balance_transaction=moved["id"], created=self.now_s))

    def take_fee(self, payout: Thing, amount: int, kind: str = "stripe_fee") -> None:
        """Stripe's own, paid for with this payout."""
        moved = self._put(self._moved(-amount, 0, "usd", payout["id"], kind))
        self.paid_with.setdefault(payout["id"], []).append(moved["id"])

    def tell(self, kind: str, subject: Thing) -> None:
        if not kind.startswith(make.SUBSCRIBED):
            return
        event = make.event(self._id("evt_"), kind, deepcopy(subject), created=self.now_s)
        assert schema.object_problems("event", event) == []
        assert schema.object_problems(subject["object"], subject) == []
        body = json.dumps(event, indent=2).encode()
        self.sent.append((signed(WEBHOOK_SECRET, body, at_s=self.now_s), body))

    def _moved(self, amount: int, fee: int, currency: str, source: str, kind: str) -> Thing:
        return make.moved(
            self._id("txn_"),
            amount=amount,
            fee=fee,
            currency=currency,
            source=source,
            kind=kind,
            created=self.now_s,
        )

    def _put(self, thing: Thing) -> Thing:
        assert schema.object_problems(thing["object"], thing) == []
        self.things.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def _id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}Fake{self._count:06}"


def signed(secret: str, body: bytes, *, at_s: int) -> dict[str, str]:
    mac = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={at_s},v1={mac},v0=00", "content-type": "application/json; charset=utf-8"}


def _response(status: int, body: Thing, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        status, {"content-type": "application/json", **(headers or {})}, json.dumps(body, indent=2).encode()
    )
