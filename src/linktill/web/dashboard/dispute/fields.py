"""The fields of evidence as a person is asked for them."""

from typing import Final

from linktill.core.dispute_answer import SHORT, SHORT_MAX, TEXT_MAX, Evidence
from linktill.web.dashboard.dispute.view import EvidenceField
from linktill.web.form import Form

_ASKED: Final = (
    ("explanation", "Why is the money yours?", "In your own words, the most important thing first."),
    ("product_description", "What was sold?", ""),
    ("agreement", "What was agreed, and how did the payer say so?", ""),
    (
        "delivery_proof",
        "How do you know that it was delivered or done?",
        "A tracking number, a signature, a log.",
    ),
    ("service_date", "When was it delivered or done?", "Such as 2026-11-22."),
    ("refund_policy", "What do you promise about refunds, and where did the payer read it?", ""),
    ("communication", "What did you write to each other?", "Copy the words that matter, with their dates."),
    ("customer_name", "The payer's name", ""),
    ("customer_email", "The payer's e-mail address", ""),
    ("customer_ip", "The payer's IP address", "If you know it from your own records."),
)


def asked_fields(evidence: Evidence, *, chars_max: int) -> tuple[EvidenceField, ...]:
    """The form's fields with what is in them."""
    return tuple(
        EvidenceField(
            name,
            label,
            hint,
            getattr(evidence, name),
            min(chars_max or TEXT_MAX, SHORT_MAX if name in SHORT else TEXT_MAX),
            is_short=name in SHORT,
        )
        for name, label, hint in _ASKED
    )


def said_fields(evidence: Evidence) -> tuple[EvidenceField, ...]:
    """What is said, without what is empty."""
    return tuple(each for each in asked_fields(evidence, chars_max=0) if each.value)


def typed_evidence(form: Form) -> Evidence:
    """The form as it was sent."""
    return Evidence(**{name: form.text(name) for name, _, _ in _ASKED})
