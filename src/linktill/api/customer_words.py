"""What the fields of a customer mean, and examples: for the OpenAPI document and the reference page."""

from typing import Any, Final

_MADE: Final = "2026-11-22T10:15:30.123456Z"

OF_A_CUSTOMER: Final[dict[tuple[str, str], str]] = {
    ("Customer", "company"): "For whom the person buys.",
    ("Customer", "email"): "Payments with this address are this customer's; empty: none.",
    ("Customer", "merged_into"): "The customer that it became part of; null: it stands for itself.",
    ("Customer", "metadata"): "Your own pairs.",
    ("Customer", "name"): "As you wrote it; of one that was kept by itself, as the payer did.",
    ("Customer", "note"): "For you; payers never see it.",
    ("Customer", "phone"): "As you wrote it.",
    ("CustomerTotal", "captured_minor"): "What came in, refunds not taken off.",
    ("CustomerTotal", "currency"): "ISO 4217 code.",
    ("CustomerTotal", "payments"): "How many payments that is.",
    ("CustomerTotal", "refunded_minor"): "How much of it went back.",
    ("CustomerExport", "customer"): "The customer.",
    ("CustomerExport", "exported_at"): "When it was asked for.",
    ("CustomerExport", "is_complete"): "False: of some kind there was more than an export holds.",
    ("CustomerExport", "payment_links"): "Links that name the customer.",
    ("CustomerExport", "payments"): "Payments of the customer.",
    ("CustomerExport", "receipts"): "Money without a gateway, as it was recorded.",
    ("CustomerExport", "refunds"): "Refunds of those payments.",
    ("CustomerExport", "totals"): "What was paid, by currency.",
    (
        "Payment",
        "customer",
    ): "Whose payment it is: found a moment after it was captured; null: nobody's that you have.",
    (
        "PaymentLink",
        "customer",
    ): "The customer that it is for; payments through it are theirs. Null: anybody.",
}

_CUSTOMER: Final[dict[str, Any]] = {
    "object": "customer",
    "id": "cus_01kan4r5v7x9z1b3d5f7h9k1m3",
    "name": "Ada Byron",
    "email": "ada@example.com",
    "phone": "+1 555 0100",
    "company": "Engines Ltd",
    "note": "",
    "metadata": {},
    "merged_into": None,
    "created_at": _MADE,
    "updated_at": _MADE,
}
CUSTOMER_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Customer": _CUSTOMER,
    "CustomerExport": {
        "object": "customer_export",
        "customer": _CUSTOMER,
        "totals": [{"currency": "USD", "payments": 1, "captured_minor": 4000, "refunded_minor": 0}],
        "payment_links": [],
        "payments": [],
        "refunds": [],
        "receipts": [],
        "link_requests": [],
        "link_messages": [],
        "is_complete": True,
        "exported_at": _MADE,
    },
}
