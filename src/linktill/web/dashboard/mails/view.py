"""What the mails show."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, Shell


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail in the list."""

    id: str
    at: int
    to: str
    subject: str
    status: str
    """`pending`, `sent`, `failed` or `kept`."""


@dataclass(frozen=True, slots=True)
class MailsPage:
    """`GET /dashboard/mails?cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/mails/page.html"

    shell: Shell
    rows: tuple[MailRow, ...]
    pager: Pager
    has_server: bool
    """False: mails are kept and reach nobody."""


@dataclass(frozen=True, slots=True)
class MailPage:
    """`GET /dashboard/mails/{id}`. Posts `csrf_token` to `/dashboard/mails/{id}/send`."""

    TEMPLATE: ClassVar[str] = "dashboard/mails/mail.html"

    shell: Shell
    id: str
    at: int
    sender: str
    to: str
    subject: str
    text: str
    """The plain-text part."""
    html_url: str | None
    """`/dashboard/mails/{id}/body`: the HTML part alone, served with its own policy `sandbox; style-src 'unsafe-inline'`, shown
    in a frame; None where the mail has none."""
    status: str
    error: str | None
    """Why it did not go out, in the mail server's words."""
    may_be_sent: bool
    """It failed or was kept, and there is a mail server."""
