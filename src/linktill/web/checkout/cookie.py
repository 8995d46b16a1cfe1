"""The payer's cookie: set when Pay was pressed and for this one link, so that the payer finds their own payment again.

It holds the id of the checkout session and the token that proves it; a page that nobody has paid on sets none.
"""

import re
from dataclasses import dataclass
from typing import Final

from linktill.core.checkout_session import CheckoutSession
from linktill.web.answer import Header
from linktill.web.form import AnyRequest

MAX_AGE_S: Final = 7 * 24 * 3600
"""A bank debit takes days to settle."""
_NAME: Final = "lt_checkout"
_SECURE_NAME: Final = "__Secure-lt_checkout"
_VALUE: Final = re.compile(r"(cs_[0-9a-z_]{1,40})\.([0-9A-Za-z_-]{16,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class OwnCheckout:
    """The checkout session that a payer's browser says is theirs."""

    session_id: str
    token: str


def checkout_cookie(session: CheckoutSession, slug: str, *, is_https: bool) -> Header:
    """The header that gives the payer this session's cookie. Scripts cannot read it, other links do not get it."""
    name = _SECURE_NAME if is_https else _NAME
    text = (
        f"{name}={session.id}.{session.token}; Path=/p/{slug}; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax"
        f"{'; Secure' if is_https else ''}"
    )
    return b"set-cookie", text.encode()


def own_checkout(request: AnyRequest, *, is_https: bool) -> OwnCheckout | None:
    """The session that the cookie names, or None. That it is theirs is checked by whoever reads it."""
    if not any(name == b"cookie" for name, _ in request.scope["headers"]):
        # Almost everybody who opens a link: no parsing of what is not there.
        return None
    value = request.cookies.get(_SECURE_NAME if is_https else _NAME)
    match = None if value is None else _VALUE.fullmatch(value)
    return None if match is None else OwnCheckout(match[1], match[2])
