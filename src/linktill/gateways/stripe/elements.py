"""Stripe's Payment Element on a page of Linktill's: who gets it, and what that page needs.

Source: https://docs.stripe.com/payments/quickstart-checkout-sessions, /js/custom_checkout and /security/guide.
"""

import re
from typing import Final

from linktill.core.merchant import Mode
from linktill.gateways.contract import Account, Rejected, StartOrder
from linktill.gateways.own_page import OwnPage
from linktill.gateways.stripe import OWN_PAGE
from linktill.gateways.stripe.objects import OwnPageSession

UI_MODE: Final = "elements"
SCRIPT_URL: Final = "https://js.stripe.com/endive/stripe.js"
"""Of the same release as the API version. Stripe wants it loaded from there, never from a copy."""
MODULE: Final = "stripe_elements.js"
SCRIPTS: Final = ("https://js.stripe.com", "https://*.js.stripe.com")
FRAMES: Final = (*SCRIPTS, "https://hooks.stripe.com")
CONNECTIONS: Final = ("https://api.stripe.com",)

_PUBLISHABLE: Final = re.compile(r"pk_(test|live)_[0-9A-Za-z_]+", re.ASCII)


def checked(account: Account, mode: Mode) -> dict[str, str]:
    """What is to be kept of the choice between the two pages. Raises Rejected, which never repeats what was entered."""
    is_own = account.credentials.get("payment_page") == OWN_PAGE
    key = account.credentials.get("publishable_key", "")
    if is_own and not key:
        raise _refused("To have payers pay on a page of this Linktill, enter the publishable key, too.")
    match = _PUBLISHABLE.fullmatch(key)
    if key and match is None:
        raise _refused("This is no publishable key of Stripe: it begins with pk_test_ or pk_live_.")
    if match is not None and match[1] != mode.value:
        raise _refused(
            f"The secret key is for {mode.value} mode and the publishable key for {match[1]} mode: copy both from one list."
        )
    page = {"payment_page": OWN_PAGE} if is_own else {}
    return {**page, "publishable_key": key} if key else page


def leads_there(account: Account, order: StartOrder, mode: Mode | None) -> bool:
    """Whether the order is paid on a page of ours. With live keys Stripe's form works over https only."""
    is_chosen = account.credentials.get("payment_page") == OWN_PAGE
    has_key = bool(account.credentials.get("publishable_key"))
    is_safe = mode is Mode.TEST or order.own_page_url.startswith("https://")
    return is_chosen and has_key and bool(order.own_page_url) and is_safe


def page_of(account: Account, session: OwnPageSession) -> OwnPage | None:
    """What the page needs; None: this session is not paid there, or not any more. Raises Rejected without a publishable key."""
    if session.ui_mode != UI_MODE or session.status != "open" or session.client_secret is None:
        return None
    key = account.credentials.get("publishable_key")
    if not key:
        raise _refused("The publishable key is gone: enter it again with the other keys.")
    return OwnPage(
        module=MODULE,
        script_url=SCRIPT_URL,
        publishable_key=key,
        client_secret=session.client_secret,
        asks_email=session.customer_email is None,
        script_sources=SCRIPTS,
        frame_sources=FRAMES,
        connect_sources=CONNECTIONS,
    )


def _refused(words: str) -> Rejected:
    return Rejected(words, code="publishable_key", is_account_trouble=True)
