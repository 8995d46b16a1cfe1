"""A payer who came too late asks for a new link, or to be told when there is more.

One open request per link and e-mail address. It is answered with a link that can be paid, or dismissed; both are final.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.ids import LinkId, LinkRequestId, MerchantId
from linktill.core.link_terms import clean_text
from linktill.core.payment_link import LinkStatus, Payability

NAME_MAX: Final = 200
MESSAGE_MAX: Final = 1_000
OPEN_MAX: Final = 500
"""Open requests of one link. Whoever comes then is told to write to the merchant."""

REQUESTABLE: Final = frozenset({Payability.EXPIRED, Payability.CANCELED, Payability.SOLD_OUT})
"""Why a link cannot be paid, where asking for another makes sense: not of a bill that is paid, a draft or an archived link."""


class RequestStatus(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"
    """The payer was sent a link."""
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class RequestFields:
    """What a payer typed, not checked yet."""

    email: str
    name: str = ""
    message: str = ""
    language: str = "en"
    """Of the page that they typed it on."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A request as stored. `answer_link_id`: the link that was sent. Times are microseconds UTC."""

    merchant_id: MerchantId
    id: LinkRequestId
    link_id: LinkId
    status: RequestStatus
    email: str
    name: str
    message: str
    answer_link_id: LinkId | None
    created_at: int
    closed_at: int | None
    language: str = "en"
    """What the payer is answered in: two letters (ISO 639-1)."""


def checked_request(
    fields: RequestFields, check_email: Callable[[str, str], tuple[str, FieldError | None]]
) -> RequestFields:
    """What is kept. Raises FieldsInvalid with all that is wrong. `check_email`: field, text → the address, what is wrong."""
    errors: list[FieldError] = []
    email, wrong = check_email("email", fields.email.strip())
    if wrong is not None:
        errors.append(wrong)

    def clean(name: str, text: str, most: int, *, is_multiline: bool) -> str:
        try:
            return clean_text(text, name, max_length=most, is_multiline=is_multiline)
        except FieldInvalid as invalid:
            errors.append(FieldError(name, invalid.message))
            return ""

    name = clean("name", fields.name, NAME_MAX, is_multiline=False)
    message = clean("message", fields.message, MESSAGE_MAX, is_multiline=True)
    if errors:
        raise FieldsInvalid(tuple(errors))
    return RequestFields(email, name, message, fields.language)


def answered(request: LinkRequest, link_id: LinkId, status: LinkStatus, *, now: int) -> LinkRequest:
    """The request, answered with that link, which stands so now; the same where it was answered so before.

    Raises TransitionRefused: it is not open, or the link could not be paid.
    """
    if request.status is RequestStatus.ANSWERED and request.answer_link_id == link_id:
        return request
    _check_open(request)
    if status is not LinkStatus.ACTIVE:
        raise TransitionRefused(
            f"The link is {status.value.replace('_', ' ')}: nobody could pay it. Open it first, or send another one."
        )
    return replace(request, status=RequestStatus.ANSWERED, answer_link_id=link_id, closed_at=now)


def dismissed(request: LinkRequest, *, now: int) -> LinkRequest:
    """The request, put aside; the payer is not told. Raises TransitionRefused where it was answered."""
    if request.status is RequestStatus.DISMISSED:
        return request
    _check_open(request)
    return replace(request, status=RequestStatus.DISMISSED, closed_at=now)


def _check_open(request: LinkRequest) -> None:
    if request.status is not RequestStatus.OPEN:
        raise TransitionRefused(f"This request is {request.status.value} already.")
