"""What is said of a dispute, as PayPal takes it: a form of which one part is JSON. Pure.

Source: https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_provide-evidence and #disputes_accept-claim. The
published description names the file in the form only; its examples send the words as a part called `input`.
"""

from typing import Any, Final

import msgspec

from linktill.core.dispute_answer import Evidence
from linktill.gateways.paypal.shapes import Dispute

CHARS_MAX: Final = 2_000
PROVIDE: Final = "provide-evidence"
ACCEPT: Final = "accept-claim"
REFUND: Final = "REFUND"

_TYPES: Final[tuple[tuple[str, str], ...]] = (
    ("explanation", "OTHER"),
    ("product_description", "ITEM_DESCRIPTION"),
    ("agreement", "COPY_OF_CONTRACT"),
    ("delivery_proof", "PROOF_FOR_SOFTWARE_OR_SERVICE_DELIVERED"),
    ("refund_policy", "RETURN_POLICY"),
    ("communication", "INFORMATION_ON_RESOLUTION"),
)
"""Our field → PayPal's type of evidence, whose notes it becomes."""
_DETAILS: Final[tuple[tuple[str, str], ...]] = (
    ("service_date", "Delivered or done on"),
    ("customer_name", "Customer's name"),
    ("customer_email", "Customer's e-mail"),
    ("customer_ip", "Customer's IP address"),
)
_WAITS: Final = frozenset({"OPEN", "WAITING_FOR_SELLER_RESPONSE"})


def evidence_form(evidence: Evidence, key: str) -> tuple[str, bytes]:
    """The content type and the body. JSON has no line breaks of its own, so no text can hold the boundary's line."""
    said = [_piece(kind, getattr(evidence, name)) for name, kind in _TYPES if getattr(evidence, name)]
    details = [f"{label}: {getattr(evidence, name)}" for name, label in _DETAILS if getattr(evidence, name)]
    if details:
        said.append(_piece("ORDER_DETAILS", "\n".join(details)))
    boundary = f"linktill-{key}"
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="input"\r\ncontent-type: application/json\r\n\r\n'
    body = head.encode() + msgspec.json.encode({"evidences": said}) + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def acceptance_body() -> bytes:
    """The payer gets all of it back."""
    return msgspec.json.encode({"note": "The merchant accepts the claim.", "accept_claim_type": REFUND})


def is_offered(dispute: Dispute, action: str) -> bool:
    """PayPal takes an action only while the dispute shows a link for it."""
    return any(link.rel == action for link in dispute.links)


def may_refund(dispute: Dispute) -> bool:
    """A claim may be one that PayPal lets only be settled in another way."""
    kinds = dispute.allowed_response_options.accept_claim.accept_claim_types
    return not kinds or REFUND in kinds


def is_answered(dispute: Dispute) -> bool:
    """As `DisputeFact.is_answered`."""
    has_ours = any(each.source == "SUBMITTED_BY_SELLER" for each in dispute.evidences)
    return has_ours and dispute.status not in _WAITS


def _piece(kind: str, notes: str) -> dict[str, Any]:
    return {"evidence_type": kind, "notes": notes[:CHARS_MAX]}
