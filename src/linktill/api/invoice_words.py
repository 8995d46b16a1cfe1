"""What the fields of an invoice mean, and an example: for the OpenAPI document and the reference page."""

from typing import Any, Final

OF_AN_INVOICE: Final[dict[tuple[str, str], str]] = {
    ("Invoice", "invoice_id"): "Of a credit note: the invoice that it takes back, whole or in part.",
    ("Invoice", "issued_at"): "When it was issued. Nothing on it changes afterwards.",
    ("Invoice", "kind"): "`invoice` or `credit_note`. Each has a series of numbers of its own.",
    ("Invoice", "language"): "Two letters: what it is written in.",
    ("Invoice", "number"): "As people read it. Numbers of a series have no gaps.",
    (
        "Invoice",
        "payment_id",
    ): "The payment that it bills; null: all payments of a link that is paid in parts.",
    ("Invoice", "payment_link_id"): "The link that was paid.",
    ("Invoice", "refund_id"): "Of a credit note: the refund.",
    ("Invoice", "total_minor"): "What it is over, taxes included.",
    ("Invoice", "void_reason"): "Why it was voided, as somebody wrote it; may be empty.",
    ("Invoice", "voided_at"): "When it was voided; null: it stands. A voided one keeps its number.",
}
INVOICE_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Invoice": {
        "object": "invoice",
        "id": "inv_01kan5b2c4d6f8h1k3n5q7s9v1",
        "kind": "invoice",
        "number": "INV-0042",
        "payment_link_id": "plink_01kan4q3s5t7v9w1x3y5z7a9b1",
        "payment_id": "pay_01kan4v5t9h1k3n5q7s9v1x3z5",
        "refund_id": None,
        "invoice_id": None,
        "total_minor": 4000,
        "currency": "USD",
        "language": "en",
        "issued_at": "2026-11-22T10:15:30.123456Z",
        "voided_at": None,
        "void_reason": "",
    }
}
