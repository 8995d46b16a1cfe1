"""Money that the company that plays PayPal holds: authorized, captured or voided by its id."""

from typing import Any, Protocol

from tests.gateways.paypal_words import Clock, Refusal, Row


class Company(Protocol):
    """As much of it as is needed here."""

    clock: Clock
    orders: dict[str, Row]
    captures: dict[str, Row]
    held: dict[str, Row]

    def shown(self, rows: dict[str, Row], ref: str) -> Row: ...
    def new_id(self, kind: str) -> str: ...
    def now(self, ahead_s: int = 0) -> str: ...
    def settle(self, capture_id: str) -> None: ...
    def deliver(self, event_type: str, resource_type: str, resource: Any) -> None: ...


def authorize(company: Company, order_id: str) -> tuple[Row, Row]:
    order = company.shown(company.orders, order_id)
    if order["intent"] != "AUTHORIZE":
        raise Refusal(422, "ACTION_DOES_NOT_MATCH_INTENT")
    if order["status"] == "COMPLETED":
        raise Refusal(422, "ORDER_ALREADY_AUTHORIZED")
    if order["status"] != "APPROVED":
        raise Refusal(422, "ORDER_NOT_APPROVED")
    unit = order["purchase_units"][0]
    held = {
        "id": company.new_id("AUT"),
        "status": "CREATED",
        "amount": unit["amount"],
        "custom_id": unit["custom_id"],
        "invoice_id": unit["invoice_id"],
        "expiration_time": company.now(29 * 86_400),
        "create_time": company.now(),
        "update_time": company.now(),
    }
    order["status"] = "COMPLETED"
    unit["payments"] = {"authorizations": [held]}
    of = {"related_ids": {"order_id": order_id}}
    company.held[held["id"]] = {"shown": held, "order_id": order_id}
    company.deliver("PAYMENT.AUTHORIZATION.CREATED", "authorization", {**held, "supplementary_data": of})
    return order, order


def capture_held(company: Company, ref: str, sent: Row) -> tuple[Row, Row]:
    held = held_one(company, ref, "AUTHORIZATION_ALREADY_CAPTURED", "AUTHORIZATION_VOIDED")
    assert sent == {"final_capture": True}
    order_id = company.held[ref]["order_id"]
    unit = company.orders[order_id]["shown"]["purchase_units"][0]
    capture = {
        "id": company.new_id("CAP"),
        "status": "COMPLETED",
        "amount": held["amount"],
        "custom_id": held["custom_id"],
        "invoice_id": held["invoice_id"],
        "final_capture": True,
        "create_time": company.now(),
    }
    held |= {"status": "CAPTURED", "update_time": company.now()}
    unit["payments"] |= {"captures": [capture], "refunds": []}
    of = {"related_ids": {"order_id": order_id}}
    shown = {**capture, "supplementary_data": of}
    company.captures[capture["id"]] = {"shown": shown, "made_at": company.clock.at}
    company.settle(capture["id"])
    return shown, shown


def void(company: Company, ref: str) -> tuple[int, Row]:
    held = held_one(company, ref, "PREVIOUSLY_CAPTURED", "PREVIOUSLY_VOIDED")
    let_go(company, held)
    return 200, held


def held_one(company: Company, ref: str, captured: str, voided: str) -> Row:
    if ref not in company.held:
        raise Refusal(404, "INVALID_RESOURCE_ID")
    held: Row = company.held[ref]["shown"]
    if held["status"] != "CREATED":
        raise Refusal(422, captured if held["status"] == "CAPTURED" else voided)
    return held


def let_go(company: Company, held: Row) -> None:
    """By the merchant, or because its time is over."""
    held |= {"status": "VOIDED", "update_time": company.now()}
    of = {"related_ids": {"order_id": company.held[held["id"]]["order_id"]}}
    company.deliver("PAYMENT.AUTHORIZATION.VOIDED", "authorization", {**held, "supplementary_data": of})
