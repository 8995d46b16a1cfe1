"""What the first-run page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Currency


@dataclass(frozen=True, slots=True)
class SetupPage:
    """First run. Posts `csrf_token, token, business_name, email, password, currency` to `/setup`."""

    TEMPLATE: ClassVar[str] = "dashboard/setup/page.html"

    lang: str
    csrf_token: str
    currencies: tuple[Currency, ...]
    token: str = ""
    """From the console, or from the address that the console printed."""
    business_name: str = ""
    email: str = ""
    currency: str = "USD"
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    password_min: int = 12
