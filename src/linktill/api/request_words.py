"""What the fields of a request for a link mean, and an example: for the OpenAPI document and the reference page."""

from typing import Any, Final

OF_A_REQUEST: Final[dict[tuple[str, str], str]] = {
    ("LinkRequest", "answer_link_id"): "The link that the payer was sent; null: none.",
    ("LinkRequest", "closed_at"): "When it was answered or dismissed.",
    ("LinkRequest", "email"): "Where the payer is answered.",
    ("LinkRequest", "message"): "As the payer typed it; may be empty.",
    (
        "LinkRequest",
        "language",
    ): "What the payer read, in two letters (ISO 639-1). The answer is written in it.",
    ("LinkRequest", "name"): "As the payer typed it; may be empty.",
    ("LinkRequest", "payment_link_id"): "The link that they came to too late.",
    ("LinkRequest", "status"): "`open`, `answered` or `dismissed`.",
    ("PaymentLink", "takes_requests"): "May who comes too late ask for another link?",
    ("PaymentLinkTemplate", "takes_requests"): "May who comes too late ask for another link?",
    ("CustomerExport", "link_requests"): "What was asked for with the customer's e-mail address.",
}
REQUEST_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "LinkRequest": {
        "object": "link_request",
        "id": "lrq_01kan4x7z9b1d3f5h7k9m1p3r5",
        "payment_link_id": "plink_01kan4q3s5t7v9w1x3y5z7a9b1",
        "status": "open",
        "email": "ada@example.com",
        "name": "Ada Byron",
        "message": "I was away. May I still pay?",
        "language": "en",
        "answer_link_id": None,
        "created_at": "2026-11-22T10:15:30.123456Z",
        "closed_at": None,
    }
}
