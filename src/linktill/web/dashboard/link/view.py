"""What the page of one link shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.link.share import Share
from linktill.web.dashboard.link_message.view import MessageRow
from linktill.web.dashboard.link_templates.view import TemplateForm
from linktill.web.dashboard.links.view import TagLink
from linktill.web.dashboard.money.view import MoneyForm
from linktill.web.dashboard.requests.view import LinkRequests
from linktill.web.dashboard.shell import CustomerLink, Pager, PaymentRow, Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class LinkActions:
    """What may be done now. Each posts `csrf_token` to `/dashboard/links/{id}/…`."""

    may_edit: bool
    may_publish: bool
    may_pause: bool
    may_resume: bool
    may_cancel: bool
    may_archive: bool
    may_unarchive: bool


@dataclass(frozen=True, slots=True)
class FilingForm:
    """Tags, the merchant's note and whom it is for, as typed. Posts all and `csrf_token` to `…/filing`."""

    tags: str = ""
    """With commas between."""
    internal_note: str = ""
    customer: str = ""
    """An e-mail address or a number; empty: nobody."""
    takes_requests: bool = True
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class StockRow:
    """Something there is a number of. `held`: so many are being bought."""

    name: str
    stock: int
    sold: int
    held: int


@dataclass(frozen=True, slots=True)
class LinkDetailPage:
    """`GET /dashboard/links/{id}`. Posts `csrf_token` to `…/publish`, `…/pause`, `…/resume`, `…/cancel`, `…/archive`,
    `…/unarchive`; `csrf_token, submit_token` to `…/duplicate`; `csrf_token, name` to `…/template`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/link/page.html"

    shell: Shell
    id: str
    share: Share
    status: str
    description: str
    note: str
    reference: str
    amount: Money
    """What a payer who changes nothing is charged; zero: they choose first."""
    pricing: tuple[str, ...]
    """What it is made up of, in words; empty: one price."""
    asking: tuple[str, ...]
    """What it asks its payer, in words."""
    collected: Money
    """Captured less refunded, in the link's own currency."""
    collected_in: tuple[Money, ...]
    """The same of other currencies, each for itself."""
    payments_count: int
    payments_max: int | None
    left: Money | None
    """What can still be paid, in parts or under the limit by amount."""
    is_bill: bool
    is_partly_paid: bool
    """Then canceling asks what becomes of what was paid, and fills nothing in."""
    stock: tuple[StockRow, ...]
    """None for no limit."""
    due_at: int | None
    starts_at: int | None
    expires_at: int | None
    redirect_url: str | None
    created_at: int
    version: int
    open_sessions: int
    """Payers who are paying right now; canceling lets them finish."""
    actions: LinkActions
    submit_token: str
    payments: tuple[PaymentRow, ...]
    payments_pager: Pager
    timeline: tuple[TimelineEntry, ...]
    tags: tuple[TagLink, ...]
    internal_note: str
    filing_form: FilingForm
    template_form: TemplateForm
    money_form: MoneyForm | None = None
    """Where money from hand to hand can be recorded: offline payments are set up."""
    customer: CustomerLink | None = None
    """Whom it is for; payments through it are theirs."""
    messages: tuple[MessageRow, ...] = ()
    """To whom it was sent from here, newest first."""
    requests: LinkRequests | None = None
    """Who came too late and waits for an answer."""
