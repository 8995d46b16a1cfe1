"""`t=<unix seconds>,v1=<hex>[,v1=…]`: HMAC-SHA256 over the time, a point and the raw bytes of the body.

Stripe's form (https://docs.stripe.com/webhooks/signature), which the sandbox signs in as well. The whole secret is the
key, `whsec_` included. Other schemes in the header (`v0`, of Stripe's test events) are not looked at.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from linktill.gateways.contract import SignatureRefused

PAST_MAX_S: Final = 300
"""What Stripe's own libraries accept."""
FUTURE_MAX_S: Final = 600
"""Clocks differ; but a webhook from far ahead could be kept back and played again for long."""
SIGNATURES_MAX: Final = 20

_TIME: Final = re.compile(r"[0-9]{1,12}")


def verify(
    header_name: str, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now_s: int
) -> None:
    """Any secret and any `v1` may match (one is sent for each secret while rotating). Raises SignatureRefused.

    `header_name` as the vendor spells it; the names in `headers` are in lower case.
    """
    if not any(secrets):
        raise SignatureRefused("This account has no webhook secret: its webhook endpoint is off.")
    header = headers.get(header_name.lower(), "")
    pairs = [part.strip().partition("=") for part in header.split(",", SIGNATURES_MAX)]
    times = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or _TIME.fullmatch(times[0]) is None or not given:
        raise SignatureRefused(f"The {header_name} header is missing or not well-formed.")
    signed = f"{times[0]}.".encode() + body
    is_genuine = False
    # No early end: the time taken tells nothing about which of them came close.
    for secret in filter(None, secrets):
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
        for candidate in given:
            is_genuine |= hmac.compare_digest(expected, candidate.encode(errors="replace"))
    if not is_genuine:
        raise SignatureRefused("The signature does not fit the body.")
    age_s = now_s - int(times[0])
    if age_s > PAST_MAX_S:
        raise SignatureRefused(f"The webhook was signed {age_s} s ago; at most {PAST_MAX_S} s are accepted.")
    if -age_s > FUTURE_MAX_S:
        raise SignatureRefused(f"The webhook was signed {-age_s} s ahead of our clock.")
