"""What the settings show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Currency, Shell


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mails leave. Set by whoever runs the server; shown so that a merchant can tell."""

    server: str | None
    """`smtp.example.com:587`, or None: mails are kept instead."""
    sender: str
    setting: str = "LINKTILL_SMTP_URL"
    """The environment variable that names the mail server."""


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """`GET /dashboard/settings`. Posts `csrf_token, business_name, contact_email, currency, language, on_surplus` to
    `/dashboard/settings`, and `csrf_token` to `/sign-out` and `/sign-out/everywhere`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/settings/page.html"

    shell: Shell
    business_name: str
    contact_email: str
    currency: str
    currencies: tuple[Currency, ...]
    mail: MailSettings
    gateway_name: str
    product_version: str
    origin: str = ""
    """How the addresses of this merchant's links begin."""
    has_sandbox: bool = True
    """The gateway to play with is among them."""
    on_surplus: str = "refund"
    """An `OnSurplus`."""
    language: str = "en"
    """For payers whose browser reads nothing that pages are written in."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
