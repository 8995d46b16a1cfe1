"""What the fields of a link's questions and of their answers mean, for the OpenAPI document and the reference page."""

from typing import Any, Final

ASKING_WORDS: Final[dict[str, str]] = {
    "answers": "What the payer answered, in the words that they were shown; what they left empty is left out.",
    "at": "When.",
    "client_reference_id": "Whom your own address named; null: nobody.",
    "collects": "Standard questions, such as an address; null: only name and e-mail, as the payer likes.",
    "consents": "Words to agree to, each with a box.",
    "custom_fields": "What the payer is asked, in this order.",
    "cut": "Names of those that were longer than what is kept of them.",
    "is_given": "Was the box ticked?",
    "is_signed": "Was what it asks for signed by you, so that the payer could not change it?",
    "key": "What you call it.",
    "label": "As the payer read it.",
    "language": "A language tag; empty: none was given.",
    "origin": "What came with the link's address; null: nothing.",
    "payer_email": "Where the receipt went.",
    "payer_name": "As the payer wrote it.",
    "redirect_url": "Where the payer may go on after paying.",
    "sha256": "Of `text` in UTF-8, as hexadecimal digits.",
    "text": "The very words that stood beside the box.",
    "utm_campaign": "As it came.",
    "utm_content": "As it came.",
    "utm_medium": "As it came.",
    "utm_source": "As it came.",
    "utm_term": "As it came.",
    "value": "Always text: of a choice its value, of a checkbox `true` or `false`, of a date YYYY-MM-DD, of a country its code.",
}
SIGNED_EXAMPLE: Final[dict[str, dict[str, Any]]] = {
    "SignedUrl": {
        "object": "signed_url",
        "url": "https://pay.example.com/p/Jq3xV9tYk0E?signed=eyJsaW5rIjoicGxpbmtfMDFrYW40czhxMmYwdnIxdzl4M2M1ZTdnOWgifQ.5b1d…",
        "payment_link_id": "plink_01kan4s8q2f0vr1w9x3c5e7g9h",
        "amount_minor": None,
        "client_reference_id": "invoice-117",
        "email": "sam@example.com",
        "expires_at": "2026-12-22T10:15:30Z",
    }
}
OF_ASKING: Final[dict[tuple[str, str], str]] = {
    ("SignedUrl", "amount_minor"): "What is charged, whatever the payer does; null: it is not locked.",
    ("SignedUrl", "client_reference_id"): "What stands on the payment; null: it is not locked.",
    ("SignedUrl", "email"): "The payer's e-mail address; null: it is not locked.",
    ("SignedUrl", "expires_at"): "Until when it is good.",
    ("SignedUrl", "url"): "What this payer opens.",
    ("Answer", "type"): "What the answer is.",
    ("ConsentGiven", "url"): "Where the whole of it could be read; null: nowhere.",
    ("ConsentGiven", "version"): "Your own name for this version of it.",
    (
        "Payment",
        "consents",
    ): "Proof of what the payer agreed to, or did not. Never changed by an edit of the link.",
}
ASKING_EXAMPLE: Final[dict[str, Any]] = {"custom_fields": [], "collects": None, "consents": []}
"""Of a link that asks for nothing more."""
GIVEN_EXAMPLE: Final[dict[str, Any]] = {
    "answers": [{"key": "size", "label": "Size of your shirt", "type": "choice", "value": "m"}],
    "consents": [
        {
            "key": "terms",
            "text": "I agree to the terms of the studio.",
            "url": "https://example.com/terms",
            "version": "2026-11",
            "language": "en",
            "is_given": True,
            "sha256": "89278aba993de801f68f37bc10c3581d22231a7cccd428bd65cba31b4194729c",
            "at": "2026-11-22T10:15:30.123456Z",
        }
    ],
    "origin": {
        "client_reference_id": "student-17",
        "utm_source": "newsletter",
        "utm_medium": "email",
        "utm_campaign": "autumn",
        "utm_term": None,
        "utm_content": None,
        "cut": [],
        "is_signed": False,
    },
}
"""Of a payment."""
