"""A link that is sent to somebody from here: by whom, to which address, with which words. How it fares is the mail's business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.customer import email_key
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, TooMany, TransitionRefused
from linktill.core.ids import EventId, LinkId, LinkMessageId, MerchantId
from linktill.core.link_terms import clean_text
from linktill.core.payment_link import LinkStatus

RECIPIENTS_MAX: Final = 20
"""Of one call. A list of hundreds belongs into a program for newsletters."""
NOTE_MAX: Final = 2_000
DAY_US: Final = 24 * 3600 * 1_000_000
TO_ONE_MAX: Final = 5
"""Messages of one merchant to one address in a day: more is a nuisance, whoever meant it."""
A_DAY_MAX: Final = 500
"""Messages of one merchant in a day: whoever gets at an account cannot make it a source of spam."""
_SENDABLE: Final = frozenset({LinkStatus.ACTIVE, LinkStatus.SCHEDULED})


@dataclass(frozen=True, slots=True)
class MessageFields:
    """What was asked for, not checked yet."""

    to: Sequence[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkMessage:
    """A message as stored. `by`: who sent it, as histories name them; `event_id`: of the event that the mail is written for."""

    merchant_id: MerchantId
    id: LinkMessageId
    link_id: LinkId
    recipient: str
    note: str
    by: str
    event_id: EventId
    created_at: int


def checked_message(
    fields: MessageFields, check_email: Callable[[str, str], tuple[str, FieldError | None]]
) -> MessageFields:
    """What is sent; an address that is named twice gets one. Raises FieldsInvalid with all that is wrong: `to.0`, `note`."""
    if not 0 < len(fields.to) <= RECIPIENTS_MAX:
        raise FieldInvalid("to", f"Name 1 to {RECIPIENTS_MAX} addresses.")
    errors: list[FieldError] = []
    found: dict[str, str] = {}
    for at, text in enumerate(fields.to):
        address, wrong = check_email(f"to.{at}", text.strip())
        if wrong is None:
            found.setdefault(email_key(address), address)
        else:
            errors.append(wrong)
    note = ""
    try:
        note = clean_text(fields.note, "note", max_length=NOTE_MAX, is_multiline=True)
    except FieldInvalid as invalid:
        errors.append(FieldError("note", str(invalid)))
    if errors:
        raise FieldsInvalid(tuple(errors))
    return MessageFields(tuple(found.values()), note)


def check_sendable(status: LinkStatus) -> None:
    """Raises TransitionRefused for a link that nobody could pay."""
    if status not in _SENDABLE:
        raise TransitionRefused(
            f"The link is {status.value.replace('_', ' ')}: nobody could pay it. Open it first, or send another one."
        )


def check_caps(*, new: int, a_day: int, to_one: int, recipient: str) -> None:
    """Raises TooMany where a cap would be broken. `a_day`, `to_one`: messages of the last 24 hours, of all and to the address."""
    if a_day + new > A_DAY_MAX:
        raise TooMany(f"At most {A_DAY_MAX} messages in 24 hours. Send the others tomorrow.")
    if to_one >= TO_ONE_MAX:
        raise TooMany(f"{recipient} got {TO_ONE_MAX} messages from you in 24 hours. Write to them tomorrow.")
