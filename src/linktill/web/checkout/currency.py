"""Which currency a payer's page is in: the one they have chosen, else that of where they are, else the link's own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from linktill.platform.region import currencies_of, regions
from linktill.web.checkout.choosing import Chosen
from linktill.web.checkout.typed import Typed
from linktill.web.form import AnyRequest

ASKED: Final = "currency"
"""Of the link's address."""
_SECOND_US: Final = 1_000_000
_LANGUAGES_CHARS: Final = 400
_AMOUNTS: Final = frozenset(
    {"amount", "amount_choice", "tip_amount", "tip_minor", "part", "part_amount", "part_minor"}
)


def currency_for(request: AnyRequest, offered: Sequence[str], before: str, now_us: int) -> str:
    """What a page that is opened begins with. `before`: what the payer has tried to pay in; empty: nothing yet."""
    asked = request.query_params.get(ASKED, "").strip().upper() if request.scope["query_string"] else ""
    if asked in offered:
        return asked
    if before in offered:
        return before
    day = datetime.fromtimestamp(now_us // _SECOND_US, UTC).date()
    for region in regions(request.headers.get("accept-language", "")[:_LANGUAGES_CHARS]):
        for currency in currencies_of(region, day):
            if currency in offered:
                return currency
    return offered[0]


def in_currency(typed: Typed, currency: str) -> Typed:
    """The form in this currency. Amounts that were typed in another one are not said in this."""
    if typed.currency in {"", currency}:
        return replace(typed, currency=currency)
    return replace(typed, currency=currency, chosen=without_amounts(typed.chosen))


def without_amounts(chosen: Chosen) -> Chosen:
    """What else was chosen."""
    kept = {name: text for name, text in chosen.typed.items() if name not in _AMOUNTS}
    if kept.get("tip") == "other":
        del kept["tip"]
    errors = {name: words for name, words in chosen.errors.items() if name not in _AMOUNTS}
    choices = replace(chosen.choices, amount_minor=None, tip_minor=0, part_minor=None)
    return replace(chosen, choices=choices, typed=kept, errors=errors)
