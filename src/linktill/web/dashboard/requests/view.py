"""What the list of requests shows, and what a link's page shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, Shell, Tab


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Somebody who asked. Open ones post `csrf_token` to `/dashboard/requests/{id}/dismiss`, and with `payment_link` to
    `…/answer`.
    """

    id: str
    link_id: str
    description: str
    """What the link was for."""
    status: str
    email: str
    name: str
    message: str
    answer_link_id: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class LinkRequests:
    """Who waits for an answer about one link. Posts `csrf_token` to `/dashboard/links/{id}/tell`."""

    rows: tuple[RequestRow, ...]
    """The latest; the list has them all."""
    count: int
    may_tell: bool
    """The link can be paid again: all may be told at once."""
    may_extend: bool
    """It can be opened again at its address."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """A link to send that was not taken: of which request, what was typed, and what is wrong with it."""

    request_id: str = ""
    payment_link: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """`GET /dashboard/requests?status=&link=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/requests/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    status: str
    link_id: str
    """Only requests about this link; empty: about all."""
    rows: tuple[RequestRow, ...]
    pager: Pager
    answer: AnswerForm = AnswerForm()
