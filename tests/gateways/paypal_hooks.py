"""An app's webhooks at PayPal."""

from dataclasses import dataclass, field
from typing import Any

from tests.gateways.paypal_words import Refusal, Row

EVENT_TYPES = (
    "CHECKOUT.ORDER.APPROVED",
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED",
    "CUSTOMER.DISPUTE.RESOLVED",
    "BILLING.PLAN.CREATED",
)


@dataclass
class PayPalHooks:
    """By id. `event_types`: what there is to be told of."""

    known: dict[str, Row] = field(default_factory=dict)
    event_types: tuple[str, ...] = EVENT_TYPES
    made: int = 0

    def answer(self, method: str, parts: list[str], sent: Row) -> tuple[int, Any]:
        """`parts`: of the path, without the slash that it begins with."""
        if parts[2] == "webhooks-event-types":
            return 200, {"event_types": [{"name": name, "status": "ENABLED"} for name in self.event_types]}
        if method == "DELETE":
            if self.known.pop(parts[3], None) is None:
                raise Refusal(404, "INVALID_RESOURCE_ID")
            return 204, None
        return (201, self._make(sent)) if method == "POST" else (200, {"webhooks": list(self.known.values())})

    def _make(self, sent: Row) -> Row:
        if any(each["url"] == sent["url"] for each in self.known.values()):
            raise Refusal(400, "WEBHOOK_URL_ALREADY_EXISTS")
        if not {each["name"] for each in sent["event_types"]} <= set(self.event_types):
            raise Refusal(400, "INVALID_EVENT_TYPE")
        self.made += 1
        hook_id = f"HOOK{self.made:013}"
        self.known[hook_id] = {"id": hook_id, **sent}
        return self.known[hook_id]
