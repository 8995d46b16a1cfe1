"""What the sandbox company charges, how long it waits, and how often it tries. Pure."""

from typing import Final

from linktill.core.money import AMOUNT_MAX_MINOR, HALF_UP, divide, exponent

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US

AMOUNT_MAX: Final = AMOUNT_MAX_MINOR
FEE_BPS: Final = 290
FEE_FIXED_CENTS: Final = 30
DISPUTE_FEE_CENTS: Final = 1_500

PAYMENT_LASTS_US: Final = DAY_US
"""How long a payment waits for its payer if the merchant does not say."""
PAYMENT_LASTS_MAX_US: Final = 30 * DAY_US
KEY_LASTS_US: Final = DAY_US
"""An idempotency key is remembered so long."""
EVENT_LASTS_US: Final = 30 * DAY_US
SETTLES_AFTER_S: Final = 5.0
"""Bank debits settle, disputes open and refunds fail so much later, unless the account says otherwise."""
HOLDS_FOR_S: Final = 7 * 86_400.0
"""So long a payer's money is held that nobody captures, unless the account says otherwise."""
DISPUTE_DECIDED_AFTER_US: Final = 60 * SECOND_US
RULING_AFTER_US: Final = 5 * SECOND_US
"""So soon the bank rules on evidence that says how it wants to be ruled on."""
RESPOND_WITHIN_US: Final = 7 * DAY_US
LOOKS_EVERY_S: Final = 60.0
"""Whoever does what is due looks at least so often, and need not be woken for what comes later."""
LATE_US: Final = 10 * SECOND_US
OUT_OF_ORDER_US: Final = 3 * SECOND_US

TRIES_FOR_US: Final = 3 * DAY_US
RETRY_AFTER_S: Final = (1, 5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200)
"""Pauses between tries to deliver a webhook; the last one repeats until three days are over."""


def fee_minor(amount_minor: int, currency: str) -> int:
    """2.9 % half-up and 30 cents, never more than the amount. Where a currency has no cents, 30 of its units."""
    share = divide(amount_minor * FEE_BPS, 10_000, HALF_UP)
    return min(amount_minor, share + _cents(FEE_FIXED_CENTS, currency))


def dispute_fee_minor(currency: str) -> int:
    """15.00 in the payment's currency; where it has no cents, 1,500 units."""
    return _cents(DISPUTE_FEE_CENTS, currency)


def retry_at(created_at: int, now: int, tries: int, jitter: float) -> int | None:
    """When to deliver again after `tries` failures, or None once three days are over. `jitter` is about 1."""
    if now - created_at >= TRIES_FOR_US:
        return None
    pause_s = RETRY_AFTER_S[min(tries, len(RETRY_AFTER_S)) - 1]
    return now + int(pause_s * jitter * SECOND_US)


def _cents(cents: int, currency: str) -> int:
    return cents * 10 if exponent(currency) == 3 else cents
