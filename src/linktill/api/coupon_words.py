"""What the fields of a coupon mean, and an example of one: for the OpenAPI document and the reference page."""

from typing import Any, Final

_MADE: Final = "2026-11-22T10:15:30.123456Z"

OF_A_COUPON: Final[dict[tuple[str, str], str]] = {
    ("Coupon", "amount_minor"): "What it takes off; null where it takes off a percentage.",
    ("Coupon", "code"): "What payers type.",
    ("Coupon", "currency"): "Of the amounts; null: payments in any currency take it.",
    ("Coupon", "expires_at"): "Cannot be used from then on.",
    ("Coupon", "is_active"): "Can it be used? False: it is switched off.",
    ("Coupon", "is_automatic"): "Applied without typing, on links that take codes.",
    ("Coupon", "minimum_minor"): "What is sold must come to at least so much; 0: to anything.",
    ("Coupon", "name"): "What the bill calls it; empty: the code.",
    ("Coupon", "payment_link_ids"): "The links that it is for; empty: every link that takes codes.",
    ("Coupon", "percent"): "What it takes off; null where it takes off an amount.",
    ("Coupon", "starts_at"): "Cannot be used before.",
    ("Coupon", "status"): "`active`, `scheduled`, `used_up`, `expired` or `off`.",
    ("Coupon", "uses"): "How often it was paid with.",
    ("Coupon", "uses_max"): "How often it can be used in all; null: no limit.",
    ("Coupon", "uses_per_customer_max"): "How often one e-mail address can use it; null: no limit.",
}

COUPON_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Coupon": {
        "object": "coupon",
        "id": "cpn_01kan4r5v7x9z1b3d5f7h9k1m3",
        "code": "SPRING-10",
        "name": "Spring sale",
        "status": "active",
        "percent": "10",
        "amount_minor": None,
        "currency": None,
        "minimum_minor": 0,
        "uses": 12,
        "uses_max": 100,
        "uses_per_customer_max": 1,
        "starts_at": None,
        "expires_at": "2027-06-01T00:00:00Z",
        "payment_link_ids": [],
        "is_automatic": False,
        "is_active": True,
        "created_at": _MADE,
        "updated_at": _MADE,
    }
}
