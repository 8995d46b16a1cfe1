"""What the developers' page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key. Its secret is not known to us: only a hash is kept."""

    id: str
    name: str
    hint: str
    """The first characters, such as `lt_test_9f3a…`."""
    last_used_at: int | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A key just made: the only time that its secret is shown."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class EndpointListRow:
    """A webhook endpoint in the list."""

    id: str
    url: str
    is_enabled: bool
    failing: int
    """Deliveries that were given up or are being tried again."""


@dataclass(frozen=True, slots=True)
class TestNumber:
    """A number that the sandbox takes, and what it does."""

    number: str
    outcome: str


@dataclass(frozen=True, slots=True)
class DevelopersPage:
    """`GET /dashboard/developers`. Posts `csrf_token, submit_token, name` to `/dashboard/developers/keys`, `csrf_token` to
    `/dashboard/developers/keys/{id}/revoke`, and `csrf_token, submit_token, url` to `/dashboard/developers/endpoints`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/developers/page.html"

    shell: Shell
    submit_token: str
    api_base: str
    """Such as `https://pay.example.com/v1`."""
    keys: tuple[KeyRow, ...]
    endpoints: tuple[EndpointListRow, ...]
    test_numbers: tuple[TestNumber, ...]
    created_key: CreatedKey | None = None
    key_name: str = ""
    endpoint_url: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    """For `name` and `url`."""
