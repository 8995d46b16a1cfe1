"""What the page of a merchant's own domain shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class DomainPage:
    """`GET /dashboard/settings/domain`. Posts `csrf_token, domain` to it, and `csrf_token` to `…/check` and `…/remove`."""

    TEMPLATE: ClassVar[str] = "dashboard/domain/page.html"

    shell: Shell
    domain: str
    """As typed, or as it is set; empty: none is."""
    is_set: bool
    is_verified: bool
    checked_at: int | None
    failure: str
    """What the last check found wrong, and the fix."""
    host: str
    """The name that is set."""
    origin: str
    """How addresses on it begin."""
    own_host: str
    """The installation's, where the record leads."""
    record: str
    """`CNAME`, or `A` or `AAAA` where the installation has no name."""
    own_origin: str
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
