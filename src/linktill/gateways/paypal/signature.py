"""Checks webhooks with a certificate's key. Pure.

PayPal signs `<transmission id>|<transmission time>|<webhook id>|<CRC32 of the raw body>` with RSA PKCS#1 v1.5 and SHA-256.
The sum alone would not bind the body: bodies of the same CRC32 are easily made. So what a webhook says is only ever a hint.
Source: https://developer.paypal.com/api/rest/webhooks/rest/
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from linktill.gateways.answers import Nonsense
from linktill.gateways.contract import SignatureRefused
from linktill.gateways.paypal.shapes import micros

ALGORITHM: Final = "SHA256withRSA"
PAST_MAX_S: Final = 4 * 24 * 3_600
"""PayPal tries for three days and does not say that it signs anew. A webhook that is played again is known by its event's id."""
FUTURE_MAX_S: Final = 600
SIMULATOR: Final = "WEBHOOK_ID"
"""What PayPal's simulator signs for, for everybody alike: never an account's own."""

_CERTIFICATE: Final = re.compile(
    r"https://(api|api-m)(\.sandbox)?\.paypal\.com/v1/notifications/certs/CERT-[0-9A-Za-z-]{1,80}"
)


class NotTrusted(Exception):
    """The certificate does not lead to an issuer that we know, or is not PayPal's."""


@dataclass(frozen=True, slots=True)
class Issuers:
    """Whose certificates are believed, in PEM: roots, and what stands between them and PayPal's."""

    roots: tuple[bytes, ...]
    between: tuple[bytes, ...] = ()


class Key(Protocol):
    """The key of a certificate of PayPal's."""

    def is_valid(self, at: int) -> bool:
        """Whether the certificate is valid then (microseconds UTC)."""
        ...

    def has_signed(self, signature: bytes, signed: bytes) -> bool:
        """Whether the signature is the key's, over these very bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a webhook's headers say. `time` as written, since it is signed like that; `at` in microseconds UTC."""

    id: str
    time: str
    at: int
    signature: bytes
    certificate_url: str


def delivery(headers: Mapping[str, str], *, now: int) -> Delivery:
    """Reads the headers. Raises SignatureRefused for what PayPal would not send, or would not send now."""
    found = {name: headers.get(f"paypal-{name}", "") for name in _NAMES}
    if not all(found.values()):
        raise SignatureRefused("The signature headers are missing.")
    if found["auth-algo"] != ALGORITHM:
        raise SignatureRefused("The signature is of another kind.")
    if _CERTIFICATE.fullmatch(found["cert-url"]) is None:
        raise SignatureRefused("The certificate is not at PayPal.")
    try:
        at = micros(found["transmission-time"])
        signature = base64.b64decode(found["transmission-sig"].encode("ascii"), validate=True)
    except (Nonsense, UnicodeError, binascii.Error):
        raise SignatureRefused("The signature headers are not well-formed.") from None
    age_s = (now - at) // 1_000_000
    if age_s > PAST_MAX_S:
        raise SignatureRefused(f"The webhook was signed {age_s} s ago; at most {PAST_MAX_S} s are accepted.")
    if -age_s > FUTURE_MAX_S:
        raise SignatureRefused(f"The webhook was signed {-age_s} s ahead of our clock.")
    return Delivery(found["transmission-id"], found["transmission-time"], at, signature, found["cert-url"])


_NAMES: Final = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")


def webhook_ids(secrets: Iterable[str]) -> tuple[str, ...]:
    """The ids of the account's webhooks, which stand where other gateways have a secret. Raises SignatureRefused if none."""
    found = tuple(each for each in secrets if each and each != SIMULATOR)
    if not found:
        raise SignatureRefused("This account has no webhook id: its webhook endpoint is off.")
    return found


def verify(key: Key, ids: Iterable[str], sent: Delivery, body: bytes) -> None:
    """Any of the webhook ids may match (two while one follows the other). Raises SignatureRefused."""
    for webhook_id in ids:
        signed = f"{sent.id}|{sent.time}|{webhook_id}|{binascii.crc32(body)}".encode()
        if key.has_signed(sent.signature, signed):
            return
    raise SignatureRefused("The signature does not fit the body.")
