"""What the sign-in page shows."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Posts `csrf_token, email, password, next` to `/sign-in`."""

    TEMPLATE: ClassVar[str] = "dashboard/sign_in/page.html"

    lang: str
    csrf_token: str
    email: str = ""
    next: str = ""
    """A local path to go to afterwards."""
    problem: str | None = None
    """Why the last try failed, without telling which of the two was wrong."""
    notice: str | None = None
    """Such as `You are signed out.`"""
