"""What a merchant signs, so that the payer who opens the address cannot change it."""

from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId
from linktill.core.link_terms import clean_text
from linktill.core.origin import KEPT_MAX
from linktill.core.payment_link import PaymentLink

SECOND_US: Final = 1_000_000
LIFE_S: Final = 30 * 24 * 3_600
"""Of an address of which nobody says how long it is good."""
LIFE_MAX_S: Final = 2 * 366 * 24 * 3_600


@dataclass(frozen=True, slots=True)
class SignedValues:
    """Of one link. What is None or empty is not locked. `expires_at`: microseconds UTC, in whole seconds."""

    link_id: LinkId
    expires_at: int
    amount_minor: int | None = None
    """Of a link with an open amount, in `currency`, which is locked with it."""
    currency: str = ""
    reference: str = ""
    email: str = ""


def checked_values(values: SignedValues, link: PaymentLink, *, now: int) -> SignedValues:
    """As they are signed. Raises FieldInvalid naming `amount_minor`, `client_reference_id` or `expires_at`. The e-mail address is
    checked by the caller.
    """
    amount = values.amount_minor
    if amount is not None:
        check_open(amount, link)
    life_us = values.expires_at - now
    if not 0 < life_us <= LIFE_MAX_S * SECOND_US:
        raise FieldInvalid("expires_at", "Send a time to come, at most two years from now.")
    reference = clean_text(values.reference, "client_reference_id", max_length=KEPT_MAX)
    if amount is None and not reference and not values.email:
        raise FieldInvalid(
            "amount_minor",
            "Say what to lock: amount_minor, client_reference_id or email, or several of them.",
        )
    whole = values.expires_at // SECOND_US * SECOND_US
    currency = "" if amount is None else link.terms.amount.currency
    return SignedValues(values.link_id, whole, amount, currency, reference, values.email)


def check_open(amount_minor: int, link: PaymentLink) -> None:
    """Would the link take this amount from a payer? Raises FieldInvalid."""
    pricing = link.terms.pricing
    if pricing is None or pricing.open_amount is None:
        raise FieldInvalid(
            "amount_minor", "This link has a price of its own. Only an open amount can be signed."
        )
    rule = pricing.open_amount
    if not rule.minimum_minor <= amount_minor <= rule.maximum_minor:
        raise FieldInvalid("amount_minor", f"From {rule.minimum_minor} to {rule.maximum_minor} minor units.")
