"""What the form that sends a link by mail shows, and how what was sent fares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class LinkMessagePage:
    """`GET /dashboard/links/{id}/send`. Posts `csrf_token, submit_token, to, note` to the same address. `…/send/preview` shows
    the mail that comes of `note`, by GET and by POST.
    """

    TEMPLATE: ClassVar[str] = "dashboard/link_message/page.html"

    shell: Shell
    link_id: str
    description: str
    sender: str
    """Whose name and reply address the mail carries."""
    submit_token: str
    has_server: bool
    """False: the mail is kept and reaches nobody."""
    to: str = ""
    """As typed: addresses with commas, blanks or lines between."""
    note: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message on the link's page. `mail_id` None: its mail is about to be written."""

    at: int
    to: str
    status: str
    error: str | None
    mail_id: str | None
