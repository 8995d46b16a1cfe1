"""Addresses of a link with values that its payer cannot change: signed with a secret of the merchant, good for a while.

An address ends with `?signed=VALUES.SIGNATURE`: the values as JSON in base64url, and their HMAC-SHA256 in hexadecimal digits.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

import msgspec

from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import PaymentLink
from linktill.core.signed_values import LIFE_S, SECOND_US, SignedValues, check_open, checked_values
from linktill.flows.representations import time_of
from linktill.flows.services import Services
from linktill.flows.set_up import checked_email
from linktill.storage import links
from linktill.storage.database import Tx
from linktill.storage.link_secrets import keep_link_secret, link_secret_of

SECRET_BYTES: Final = 32
SIGNED_MAX: Final = 2_000
"""Characters of `VALUES.SIGNATURE`."""


class SignedUrlObject(msgspec.Struct, frozen=True, kw_only=True):
    """An address with values that the payer cannot change."""

    object: Literal["signed_url"] = "signed_url"
    url: str
    payment_link_id: str
    amount_minor: int | None
    client_reference_id: str | None
    email: str | None
    expires_at: datetime


class _Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`exp`: seconds UTC."""

    link: str
    exp: int
    amount_minor: int | None = None
    currency: str = ""
    reference: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Why an address does not count: it was changed, or its time is over."""

    reason: Literal["changed", "expired"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants signed. `expires_at` None: as long as usual."""

    amount_minor: int | None = None
    reference: str = ""
    email: str = ""
    expires_at: int | None = None


def values_to_sign(wanted: Wanted, link_id: LinkId, *, now: int) -> SignedValues:
    """With a time where none was named. Raises FieldInvalid for an e-mail address that is none."""
    email, expires_at = wanted.email, wanted.expires_at
    kept = ""
    if email:
        kept, error = checked_email("email", email)
        if error is not None:
            raise FieldInvalid("email", error.message)
    until = now + LIFE_S * SECOND_US if expires_at is None else expires_at
    return SignedValues(link_id, until, wanted.amount_minor, reference=wanted.reference, email=kept)


async def sign_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, wanted: Wanted
) -> SignedUrlObject:
    """The address. Makes the merchant's secret when it is first needed. Raises NotFound and FieldInvalid."""
    values = values_to_sign(wanted, link_id, now=services.clock.now_us())
    drawn = services.vault.seal(
        services.randomness.token(SECRET_BYTES).encode(), context=_context(merchant_id)
    )
    link, sealed = await services.database.run(_link_and_secret, merchant_id, values.link_id, drawn)
    checked = checked_values(values, link, now=services.clock.now_us())
    secret = services.vault.open(sealed, context=_context(merchant_id))
    return SignedUrlObject(
        url=f"{services.origin_of(link.merchant_id)}/p/{link.slug}?signed={_signed(checked, secret)}",
        payment_link_id=link.id,
        amount_minor=checked.amount_minor,
        client_reference_id=checked.reference or None,
        email=checked.email or None,
        expires_at=time_of(checked.expires_at),
    )


async def read_signed(services: Services, link: PaymentLink, text: str) -> SignedValues | Unsigned:
    """What was signed for this link, or why it does not count."""
    sealed = await services.database.read(link_secret_of, link.merchant_id)
    payload, _, signature = text.partition(".")
    if sealed is None or len(text) > SIGNED_MAX or not text.isascii():
        return Unsigned("changed")
    secret = services.vault.open(sealed, context=_context(link.merchant_id))
    if not hmac.compare_digest(_signature(payload, secret), signature):
        return Unsigned("changed")
    found = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Payload)
    if found.link != link.id:
        return Unsigned("changed")
    expires_at = found.exp * SECOND_US
    if expires_at <= services.clock.now_us() or not _still_fits(found, link):
        return Unsigned("expired")
    return SignedValues(link.id, expires_at, found.amount_minor, found.currency, found.reference, found.email)


def _still_fits(found: _Payload, link: PaymentLink) -> bool:
    """Does the link take the signed amount as it is now? Its merchant may have edited it since."""
    if found.amount_minor is None:
        return True
    try:
        check_open(found.amount_minor, link)
    except FieldInvalid:
        return False
    return found.currency == link.terms.amount.currency


async def _link_and_secret(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, drawn: bytes
) -> tuple[PaymentLink, bytes]:
    link = await links.get_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    known = await link_secret_of(tx, merchant_id)
    return link, known if known is not None else await keep_link_secret(tx, merchant_id, drawn)


def _signed(values: SignedValues, secret: bytes) -> str:
    payload = _Payload(
        link=values.link_id,
        exp=values.expires_at // SECOND_US,
        amount_minor=values.amount_minor,
        currency=values.currency,
        reference=values.reference,
        email=values.email,
    )
    text = urlsafe_b64encode(msgspec.json.encode(payload)).decode().rstrip("=")
    return f"{text}.{_signature(text, secret)}"


def _signature(payload: str, secret: bytes) -> str:
    return hmac.new(secret, payload.encode(), sha256).hexdigest()


def _context(merchant_id: MerchantId) -> str:
    return f"{merchant_id}:link_secret"
