"""What the fields of a message mean, and an example: for the OpenAPI document and the reference page."""

from typing import Any, Final

OF_A_MESSAGE: Final[dict[tuple[str, str], str]] = {
    ("CustomerExport", "link_messages"): "Links that were sent from here to the customer's e-mail address.",
    ("LinkMessage", "error"): "Why it did not go out, in the mail server's words; null: nothing is wrong.",
    ("LinkMessage", "note"): "Your own words in it; may be empty.",
    ("LinkMessage", "payment_link_id"): "The link that was sent.",
    ("LinkMessage", "sent_at"): "When the mail server took it; null: not yet.",
    ("LinkMessage", "status"): "`pending`, `sent`, `failed`, or `kept`: no mail server is set.",
    ("LinkMessage", "to"): "Whom it was sent to.",
    ("LinkMessages", "data"): "A message for each address.",
}
MESSAGE_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "LinkMessage": {
        "object": "link_message",
        "id": "msg_01kan4x7z9b1d3f5h7k9m1p3r5",
        "payment_link_id": "plink_01kan4q3s5t7v9w1x3y5z7a9b1",
        "to": "ada@example.com",
        "note": "Thank you for coming by. Here is the bill.",
        "status": "sent",
        "error": None,
        "created_at": "2026-11-22T10:15:30.123456Z",
        "sent_at": "2026-11-22T10:15:31.654321Z",
    },
}
MESSAGE_EXAMPLES["LinkMessages"] = {
    "object": "list",
    "data": [{**MESSAGE_EXAMPLES["LinkMessage"], "status": "pending", "sent_at": None}],
}
