"""What is said of a dispute, in Stripe's fields. Pure.

Source: https://docs.stripe.com/api/disputes/update and /api/disputes/close. What Stripe takes as a file only goes along as text.
"""

from collections.abc import Mapping
from typing import Final

from linktill.core.dispute_answer import Evidence
from linktill.gateways.stripe.client import Value
from linktill.gateways.stripe.objects import Dispute

CHARS_MAX: Final = 2_000
"""Of each field. Stripe takes 20,000 in each of its own and 150,000 together; four of ours share one."""

_WAITS: Final = frozenset({"needs_response", "warning_needs_response", "appeal_needs_response"})
_OWN: Final[tuple[tuple[str, str], ...]] = (
    ("product_description", "product_description"),
    ("customer_name", "customer_name"),
    ("customer_email", "customer_email_address"),
    ("customer_ip", "customer_purchase_ip"),
    ("service_date", "service_date"),
    ("refund_policy", "refund_policy_disclosure"),
)
"""Our field → Stripe's."""
_JOINED: Final[tuple[tuple[str, str], ...]] = (
    ("agreement", "What was agreed"),
    ("delivery_proof", "Proof of delivery or service"),
    ("communication", "Communication with the customer"),
)
"""Our field → its heading in the one text that Stripe has for everything else. The explanation comes first, without one."""


def evidence_params(evidence: Evidence) -> Mapping[str, Value]:
    """Submits it at once. The same evidence in, the same parameters out: the idempotency key depends on it."""
    parts = [evidence.explanation] if evidence.explanation else []
    for name, heading in _JOINED:
        text = getattr(evidence, name)
        if text:
            parts.append(f"{heading}:\n{text}")
    said: dict[str, Value] = {
        theirs: getattr(evidence, ours) for ours, theirs in _OWN if getattr(evidence, ours)
    }
    if parts:
        said["uncategorized_text"] = "\n\n".join(parts)
    return {"evidence": said, "submit": True}


def is_answered(dispute: Dispute) -> bool:
    """Evidence was submitted, and Stripe waits for no more: an inquiry may become a dispute that is answered anew."""
    return dispute.evidence_details.submission_count > 0 and dispute.status not in _WAITS
