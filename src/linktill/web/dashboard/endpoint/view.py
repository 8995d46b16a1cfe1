"""What the page of one webhook endpoint shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, Shell


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One event on its way to the endpoint."""

    id: str
    event: str
    """Such as `payment.captured`."""
    status: str
    """`pending`, `delivered` or `dead` (given up)."""
    tries: int
    last_at: int | None
    next_at: int | None
    response: str | None
    """`200`, or why there was no answer."""


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """`GET /dashboard/developers/endpoints/{id}`. Posts `csrf_token` to `…/remove`, and `csrf_token` to
    `/dashboard/developers/deliveries/{delivery_id}/replay`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/endpoint/page.html"

    shell: Shell
    id: str
    url: str
    is_enabled: bool
    created_at: int
    secret: str | None
    """Shown once, right after it was made."""
    deliveries: tuple[DeliveryRow, ...]
    pager: Pager
