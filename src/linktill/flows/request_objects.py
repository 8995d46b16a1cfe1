"""Requests for a new link as programs see them: the one shape for API answers, event data and command-line output."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.link_request import LinkRequest
from linktill.flows.representations import time_of, time_or_none


class LinkRequestObject(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came too late asks for a new link."""

    object: Literal["link_request"] = "link_request"
    id: str
    payment_link_id: str
    status: str
    email: str
    name: str
    message: str
    answer_link_id: str | None
    created_at: datetime
    closed_at: datetime | None
    language: str = "en"


def request_object(request: LinkRequest) -> LinkRequestObject:
    """The request as stored."""
    return LinkRequestObject(
        id=request.id,
        payment_link_id=request.link_id,
        status=request.status.value,
        email=request.email,
        name=request.name,
        message=request.message,
        answer_link_id=request.answer_link_id,
        created_at=time_of(request.created_at),
        closed_at=time_or_none(request.closed_at),
        language=request.language,
    )
