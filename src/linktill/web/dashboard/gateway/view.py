"""What the page of one gateway account shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.gateway.offering import OfferingForm
from linktill.web.dashboard.gateways.view import CredentialRow, State
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class WebhookView:
    """Where the gateway sends its events. `registered`: the address that it was told, empty if none."""

    url: str
    registered: str
    has_secret: bool
    trouble: str
    """Why the gateway cannot reach us, as far as our own address tells."""
    renews: str
    has_renewal: bool
    test_event: str
    has_test_event: bool
    by_hand: tuple[str, ...]
    paste_label: str
    has_registration: bool = True
    """False: the merchant makes it, and there is nothing to press."""


@dataclass(frozen=True, slots=True)
class GatewayPage:
    """`GET /dashboard/gateways/{id}`. Posts `csrf_token` to `…/check`, `…/test`, `…/webhook`, `…/close` and `…/reopen`,
    `csrf_token, secret` to `…/secret`, `csrf_token` with the fields to `…/keys`, and an `OfferingForm` to `…/offering`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/gateway/page.html"

    shell: Shell
    id: str
    gateway: str
    name: str
    state: State
    created_at: int
    last_event_at: int | None
    last_failure_at: int | None
    last_failure: str
    foreign_events: int
    webhook: WebhookView | None
    """None where nobody sends any: offline payments."""
    fields: tuple[CredentialRow, ...] = ()
    """Empty: its keys are not entered by hand."""
    offering: OfferingForm | None = None
    """None while it is not offered at all."""
    said: str = ""
    """What the gateway said a moment ago."""
    problem: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
