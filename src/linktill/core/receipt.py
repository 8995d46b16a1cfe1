"""Money that a person says has come: by bank transfer, in cash or as a check. No gateway tells of it, so who said so is kept.

A payment collects receipts until they are all of it; then it is captured. A receipt is never changed or deleted: it can be
taken back, once, with a reason.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.ids import AttemptId, LinkId, MerchantId, ReceiptId
from linktill.core.money import Money

OFFLINE: Final = "offline"
"""The gateway of payments whose facts are the words of people."""
NOTE_MAX: Final = 500
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST_YEAR: Final = 2000


class Way(StrEnum):
    """How money came, or went back."""

    TRANSFER = "transfer"
    CASH = "cash"
    CHECK = "check"


METHODS: Final = {Way.TRANSFER: "Bank transfer", Way.CASH: "Cash", Way.CHECK: "Check"}
"""What people read as the way that something was paid."""


class TakenBack(StrEnum):
    """Why a receipt does not count any more."""

    MISTAKE = "mistake"
    """It never came, or not for this payment."""
    GIVEN_BACK = "given_back"
    """It came, and the payer has it again."""
    BOUNCED = "bounced"
    """The bank took it away again: a check without funds, a transfer recalled."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as stored. `received_on` is a calendar day, `YYYY-MM-DD`, where the merchant is.

    `by` and `taken_back_by` name a member, an API key or the command line.
    """

    merchant_id: MerchantId
    id: ReceiptId
    attempt_id: AttemptId
    link_id: LinkId
    amount: Money
    way: Way
    received_on: str
    note: str
    by: str
    created_at: int
    taken_back_at: int | None = None
    taken_back_by: str | None = None
    taken_back_why: TakenBack | None = None


def checked_day(text: str, *, today: date, param: str = "received_on") -> str:
    """A day on which money can have come: not later than tomorrow, since the merchant's clock may be ahead of UTC."""
    if _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is not None and day.year >= _FIRST_YEAR:
            if (day - today).days > 1:
                raise FieldInvalid(param, "This day is still to come. Record money once it is there.")
            return text
    raise FieldInvalid(param, "Send the day as YYYY-MM-DD, such as 2026-11-22.")


def checked_way(text: str, *, param: str = "way") -> Way:
    """Raises FieldInvalid."""
    try:
        return Way(text)
    except ValueError:
        raise FieldInvalid(param, f"Send one of {', '.join(Way)}.") from None
