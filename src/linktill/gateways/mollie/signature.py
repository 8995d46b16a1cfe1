"""`X-Mollie-Signature: sha256=<hex>`: HMAC-SHA256 over the raw bytes of the body. While a secret is renewed there are two.

Source: https://docs.mollie.com/reference/webhooks-best-practices. No time is signed: a body that is played again is known by its
event id, and only makes us look once more.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from linktill.gateways.contract import SignatureRefused

HEADER: Final = "x-mollie-signature"
PREFIX: Final = "sha256="
SIGNATURES_MAX: Final = 10


def verify(secrets: Sequence[str], header: str, body: bytes) -> None:
    """Any secret may match any signature. Raises SignatureRefused."""
    if not any(secrets):
        raise SignatureRefused("This account has no webhook secret: its webhook endpoint is off.")
    if not header:
        raise SignatureRefused(
            "The signature header is missing, as in Mollie's older webhooks: they are not taken."
        )
    given = [part.strip().removeprefix(PREFIX) for part in header.split(",", SIGNATURES_MAX)]
    is_genuine = False
    # No early end: the time taken tells nothing about which of them came close.
    for secret in filter(None, secrets):
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        for candidate in given[:SIGNATURES_MAX]:
            is_genuine |= hmac.compare_digest(expected, candidate.encode(errors="replace"))
    if not is_genuine:
        raise SignatureRefused("The signature does not fit the body.")
