"""What a payer's request says of the language that they read. No cookie: what they chose goes along in addresses and forms."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from linktill.core.card_numbers import has_card_number
from linktill.core.payers_language import Wish
from linktill.flows.open_checkout import Checkout
from linktill.platform.translation import LANGUAGES, preferred
from linktill.web.answer import Header
from linktill.web.form import AnyRequest

ASKED: Final = "lang"
"""Of a page's address, and of its forms."""
VARY: Final[Header] = (b"vary", b"accept-language")
SWITCH: Final = f"?{ASKED}="
_ACCEPT: Final = b"accept-language"


def known(text: str) -> str:
    """A language that pages are written in, or nothing."""
    return text if text in LANGUAGES else ""


def wish_of(request: AnyRequest, chosen: str = "") -> Wish:
    """What the address and the browser say. `chosen`: what a form says."""
    if not chosen and request.scope["query_string"]:
        chosen = request.query_params.get(ASKED, "")
    for name, value in request.scope["headers"]:
        if name == _ACCEPT:
            return Wish(known(chosen), preferred(value.decode("latin-1")) or "")
    return Wish(known(chosen))


def switch_of(request: AnyRequest) -> str:
    """The address of this page in another language, but for its two letters: what else it says is kept."""
    if not request.scope["query_string"]:
        return SWITCH
    kept = [
        (name, text)
        for name, text in request.query_params.multi_items()
        if name != ASKED and not has_card_number(text)
    ]
    return f"?{urlencode(kept)}&{ASKED}=" if kept else SWITCH


def with_language(url: str, wish: Wish) -> str:
    """The address with what the payer chose."""
    if not wish.chosen:
        return url
    return f"{url}{'&' if '?' in url else '?'}{ASKED}={wish.chosen}"


def language_field(wish: Wish) -> tuple[tuple[str, str], ...]:
    """What forms carry on of it."""
    return ((ASKED, wish.chosen),) if wish.chosen else ()


def language_of(checkout: Checkout, wish: Wish) -> str:
    """What the payer of this link is spoken to in."""
    return wish.language(checkout.link.terms.locale, checkout.merchant.language)


def in_own_words(checkout: Checkout, language: str) -> Checkout:
    """The link with its texts in this language, as far as its merchant has written them."""
    link = checkout.link.in_language(language)
    return checkout if link is checkout.link else replace(checkout, link=link)
