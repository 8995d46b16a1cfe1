"""What the list of gateway accounts shows, and the form that connects one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from linktill.web.dashboard.shell import Shell

State = Literal["on", "no_webhook", "trouble", "closed"]


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A connected account."""

    id: str
    gateway: str
    """How people call the gateway."""
    name: str
    """How the account is called there; empty where nobody knows."""
    state: State
    last_event_at: int | None


@dataclass(frozen=True, slots=True)
class KindRow:
    """A gateway that can be connected."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class GatewaysPage:
    """`GET /dashboard/gateways`. Posts `csrf_token` to `/dashboard/gateways/{id}/up` and `…/down`."""

    TEMPLATE: ClassVar[str] = "dashboard/gateways/page.html"

    shell: Shell
    rows: tuple[AccountRow, ...]
    """Open ones, in the merchant's order."""
    closed: tuple[AccountRow, ...]
    kinds: tuple[KindRow, ...]


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A field to enter. A secret is never shown again, so its `value` is empty."""

    name: str
    label: str
    hint: str
    is_secret: bool
    is_optional: bool
    choices: tuple[tuple[str, str], ...]
    value: str = ""


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """`GET`, `POST /dashboard/gateways/connect/{name}`: `csrf_token` and the fields by name."""

    TEMPLATE: ClassVar[str] = "dashboard/gateways/connect.html"

    shell: Shell
    name: str
    label: str
    steps: tuple[str, ...]
    fields: tuple[CredentialRow, ...]
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str = ""
    has_registration: bool = True
    """As `Connecting.has_registration`."""
