"""Square's webhook subscriptions, and how Square refuses."""

import json
from dataclasses import dataclass, field
from typing import Any

from linktill.platform.http import HttpResponse

SCOPES = (
    "PAYMENTS_READ PAYMENTS_WRITE ORDERS_READ ORDERS_WRITE MERCHANT_PROFILE_READ DISPUTES_READ DISPUTES_WRITE "
    "PAYOUTS_READ"
)
SUBSCRIPTIONS = "/v2/webhooks/subscriptions"


class Refused(Exception):
    def __init__(self, status: int, category: str, code: str, detail: str, at: str | None = None) -> None:
        error = {"category": category, "code": code, "detail": detail} | ({"field": at} if at else {})
        self.status, self.body = status, {"errors": [error]}


def invalid(code: str, detail: str, at: str | None = None) -> Refused:
    return Refused(404 if code == "NOT_FOUND" else 400, "INVALID_REQUEST_ERROR", code, detail, at)


def response_of(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        status, {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode()
    )


@dataclass
class SquareHooks:
    """`test_status`: how our server answers a test event, as Square tells it."""

    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    test_status: int | None = 200
    keys_made: int = 0
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def posted(self, path: str, raw: bytes, at: str) -> dict[str, Any]:
        sent = json.loads(raw)
        if path == SUBSCRIPTIONS:
            known = self.made.setdefault(sent["idempotency_key"], {})
            return known or self._subscribe(known, sent["subscription"], at)
        *_, ref, what = path.split("/")
        found = self.found(ref)
        if what == "signature-key":
            found["signature_key"] = self._key()
            return {"signature_key": found["signature_key"]}
        assert sent["event_type"] in found["event_types"]
        return {"subscription_test_result": {"id": "TEST1", "status_code": self.test_status, "payload": "{}"}}

    def changed(self, method: str, ref: str, raw: bytes) -> dict[str, Any]:
        known = self.found(ref)
        if method == "DELETE":
            del self.subscriptions[ref]
            return {}
        known |= json.loads(raw)["subscription"]
        return {"subscription": dict(known)}

    def found(self, ref: str) -> dict[str, Any]:
        if ref not in self.subscriptions:
            raise invalid("NOT_FOUND", "Subscription not found.")
        return self.subscriptions[ref]

    def _subscribe(self, known: dict[str, Any], asked: dict[str, Any], at: str) -> dict[str, Any]:
        ref = f"wbhk_{len(self.made):05}"
        made = {"id": ref, "created_at": at, "updated_at": at, **asked, "signature_key": self._key()}
        self.subscriptions[ref] = made
        known["subscription"] = dict(made)
        return known

    def _key(self) -> str:
        self.keys_made += 1
        return f"signature-key-{self.keys_made}"
