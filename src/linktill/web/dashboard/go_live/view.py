"""What the way to real money shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.flows.go_live import Readiness
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class GoLivePage:
    """`GET /dashboard/go-live`. Posts `csrf_token` to `/dashboard/go-live` while there are no live books, and
    `csrf_token, mode, next` to `/dashboard/switch` afterwards.
    """

    TEMPLATE: ClassVar[str] = "dashboard/go_live/page.html"

    shell: Shell
    has: Readiness
    gateway_names: str
    """Those that could be connected, such as `Stripe, PayPal or Square`."""
    mail_setting: str = "LINKTILL_SMTP_URL"
    base_url_setting: str = "LINKTILL_BASE_URL"
