"""What a payer paid with, in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.gateways.stripe.objects import Method

_BRANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amex": "American Express",
        "diners": "Diners Club",
        "discover": "Discover",
        "jcb": "JCB",
        "mastercard": "Mastercard",
        "unionpay": "UnionPay",
        "visa": "Visa",
    }
)
_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acss_debit": "Bank debit",
        "au_becs_debit": "BECS debit",
        "bacs_debit": "Bacs debit",
        "sepa_debit": "SEPA debit",
        "us_bank_account": "Bank debit",
        "cashapp": "Cash App",
        "ideal": "iDEAL",
        "paypal": "PayPal",
    }
)


def label(method: Method) -> str:
    """As people know it, such as `Visa •••• 4242`."""
    card = method.card
    banks = (
        method.sepa_debit,
        method.us_bank_account,
        method.bacs_debit,
        method.acss_debit,
        method.au_becs_debit,
    )
    bank = next((each for each in banks if each is not None), None)
    last4 = card.last4 if card is not None else None if bank is None else bank.last4
    name = (
        _METHODS.get(method.type, method.type.replace("_", " ").capitalize())
        if card is None
        else _BRANDS.get(card.brand or "", "Card")
    )
    return name if last4 is None else f"{name} •••• {last4}"
