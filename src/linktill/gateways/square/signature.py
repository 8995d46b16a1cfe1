"""`x-square-hmacsha256-signature`: base64 of HMAC-SHA256 over the webhook's address and the raw bytes of its body.

Source: https://developer.squareup.com/docs/webhooks/step3validate. The address is the one that Square was told, byte for byte.
No time is signed: a body that is played again is known by its event id, and only makes us look once more.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from linktill.gateways.contract import SignatureRefused

HEADER: Final = "x-square-hmacsha256-signature"


def verify(secrets: Sequence[str], urls: Sequence[str], header: str, body: bytes) -> None:
    """Any secret with any address may match (old and new ones while they are changed). Raises SignatureRefused."""
    if not any(secrets):
        raise SignatureRefused("This account has no webhook signature key: its webhook endpoint is off.")
    if not any(urls):
        raise SignatureRefused("This account does not say at which address Square calls it (webhook_url).")
    if not header:
        raise SignatureRefused("The signature header is missing.")
    given = header.encode(errors="replace")
    is_genuine = False
    # No early end: the time taken tells nothing about which of them came close.
    for secret in filter(None, secrets):
        for url in filter(None, urls):
            digest = hmac.new(secret.encode(), url.encode() + body, hashlib.sha256).digest()
            is_genuine |= hmac.compare_digest(base64.b64encode(digest), given)
    if not is_genuine:
        raise SignatureRefused("The signature does not fit the body and the webhook's address.")
