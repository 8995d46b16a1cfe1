"""What is said of a dispute, in Square's kinds of evidence. Pure.

Source: https://developer.squareup.com/reference/square/disputes-api/create-dispute-evidence-text. What Square takes as a file
only (`CARDHOLDER_COMMUNICATION` is one) goes along as generic evidence.
"""

from typing import Any, Final

import msgspec

from linktill.core.dispute_answer import Evidence

CHARS_MAX: Final = 500

_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("explanation", "REBUTTAL_EXPLANATION"),
    ("product_description", "PRODUCT_OR_SERVICE_DESCRIPTION"),
    ("agreement", "PURCHASE_ACKNOWLEDGEMENT"),
    ("delivery_proof", "PROOF_OF_DELIVERY_DOCUMENTATION"),
    ("service_date", "SERVICE_RECEIVED_DOCUMENTATION"),
    ("refund_policy", "CANCELLATION_OR_REFUND_DOCUMENTATION"),
    ("communication", "GENERIC_EVIDENCE"),
    ("customer_name", "CARDHOLDER_INFORMATION"),
    ("customer_email", "CARDHOLDER_INFORMATION"),
    ("customer_ip", "ONLINE_OR_APP_ACCESS_LOG"),
)
"""Our field → Square's kind."""
_HEADINGS: Final = {
    "service_date": "Delivered or done on: ",
    "customer_name": "Name: ",
    "customer_email": "E-mail: ",
    "customer_ip": "IP address: ",
}
_STATES: Final[dict[str | None, bool | None]] = {
    "PROCESSING": True,
    "INQUIRY_PROCESSING": True,
    "WON": True,
    # Lost or closed with evidence or without any: Square does not say which.
    "LOST": None,
    "INQUIRY_CLOSED": None,
}


def evidence_bodies(evidence: Evidence, key: str) -> tuple[bytes, ...]:
    """Each text as a request of its own, with a key of its own. Always the same bytes for the same evidence and key."""
    said = [(kind, name) for name, kind in _KINDS if getattr(evidence, name)]
    return tuple(
        msgspec.json.encode(_body(f"{key}-{number}", kind, name, getattr(evidence, name)))
        for number, (kind, name) in enumerate(said)
    )


def is_answered(state: str | None) -> bool | None:
    """As `DisputeFact.is_answered`."""
    return _STATES.get(state, False)


def _body(key: str, kind: str, name: str, text: str) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "evidence_type": kind,
        "evidence_text": (_HEADINGS.get(name, "") + text)[:CHARS_MAX],
    }
