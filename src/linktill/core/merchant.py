"""Who sells, and who may sign in for them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldError
from linktill.core.ids import MemberId, MerchantId

NAME_MAX: Final = 100
EMAIL_MAX: Final = 254
"""The longest address that mail can carry (RFC 5321, 4.5.3.1.3, less the angle brackets)."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Mode(StrEnum):
    """Whether money is real. A merchant is always of one mode."""

    TEST = "test"
    LIVE = "live"

    @property
    def other(self) -> "Mode":
        """Of a business's other books."""
        return Mode.LIVE if self is Mode.TEST else Mode.TEST


class Role(StrEnum):
    """What a member may do. The owner may do everything."""

    OWNER = "owner"


class OnSurplus(StrEnum):
    """What becomes of money that a link had no room for."""

    REFUND = "refund"
    """It goes back by itself."""
    ASK = "ask"
    """It stays where it is until a person keeps it or gives it back."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """One set of books. `alert_email` is where news of payments goes; `contact_email` is shown to payers."""

    id: MerchantId
    mode: Mode
    name: str
    contact_email: str
    currency: str
    alert_email: str
    created_at: int
    on_surplus: OnSurplus = OnSurplus.REFUND
    language: str = "en"
    """What payers are spoken to in whose browser reads nothing that pages are written in."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person who signs in for a merchant. The password's hash stays in storage."""

    merchant_id: MerchantId
    id: MemberId
    email: str
    name: str
    role: Role


def name_error(param: str, name: str) -> FieldError | None:
    """What is wrong with a name that payers and mails will show, or None."""
    if not name.strip():
        return FieldError(param, "Give a name.")
    if len(name) > NAME_MAX:
        return FieldError(param, f"A name has at most {NAME_MAX} characters.")
    if _CONTROL.search(name):
        return FieldError(param, "A name is one line of text, without control or direction characters.")
    if has_card_number(name):
        return FieldError(param, REMOVE_IT)
    return None
