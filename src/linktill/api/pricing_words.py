"""What the fields of a link's pricing mean and how they look, for the OpenAPI document and the reference page."""

from typing import Any, Final

PRICING_WORDS: Final[dict[str, str]] = {
    "amount_limit_minor": "What all payments together may come to; null: any sum.",
    "goal_minor": "What is to be raised; null: no goal is shown.",
    "left_minor": "What may still be paid, of what is paid in parts and where there is a limit by amount; else null.",
    "partial_payments": "Set: the total may be paid in several payments.",
    "takes_codes": "May the payer enter the code of a coupon?",
    "discounts": "Taken off, one after the other.",
    "merchant_country": "The country that you sell from; null where it does not matter.",
    "shipping_rates": "Ways to send it; the payer chooses.",
    "currency_options": "What else it can be paid in, each with prices of its own.",
}

PRICING_SAMPLE: Final[dict[str, Any]] = {
    "line_items": [],
    "open_amount": None,
    "tax_rates": [],
    "discounts": [],
    "tips": None,
    "partial_payments": None,
    "amount_limit_minor": None,
    "goal_minor": None,
    "takes_codes": False,
    "shipping_rates": [],
    "merchant_country": None,
    "currency_options": [],
}
"""Of a link with nothing but a price."""
