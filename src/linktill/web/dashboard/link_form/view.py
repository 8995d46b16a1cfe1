"""What the form for a payment link shows, new or existing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.link_form.asking import NO_ASKING, AskingValues
from linktill.web.dashboard.link_form.languages import NO_LANGUAGES, LanguageValues
from linktill.web.dashboard.link_form.pricing import NO_PRICING, PricingValues
from linktill.web.dashboard.shell import Currency, Shell


@dataclass(frozen=True, slots=True)
class LinkValues:
    """The form's values as typed. The names are the names of the form's fields."""

    description: str = ""
    amount: str = ""
    """Decimal digits, such as `40.00`."""
    currency: str = "USD"
    template: str = ""
    """The id of the template that a new link starts from: what the form does not show is as in it. Hidden."""
    request: str = ""
    """The id of the request that a new link answers. Hidden."""
    takes_requests: str = "yes"
    """`yes` or `no`: may who comes too late ask for another?"""
    slug: str = ""
    """The last part of a new link's address; empty where it is drawn."""
    note: str = ""
    """A message to the payer, shown on the page."""
    use: str = "once"
    """`once`, `limited` (then `payments_max` says how often) or `unlimited`."""
    payments_max: str = ""
    due_on: str = ""
    """`2026-11-30`, as date inputs send it; so are the next two."""
    starts_on: str = ""
    """The link opens when this day begins."""
    expires_on: str = ""
    """The link closes when this day ends."""
    redirect_url: str = ""
    closed_message: str = ""
    """Shown instead of the standard words when the link is closed."""
    reference: str = ""
    """The merchant's own reference; payers never see it."""
    tags: str = ""
    """With commas between; payers never see them."""
    internal_note: str = ""
    """For the merchant; payers never see it."""
    customer: str = ""
    """Whom a new link is for: an e-mail address or a number."""
    ways: str = "all"
    """Through which gateways: `all`, `only` those in `gateways`, or all `but` those."""
    gateways: str = ""
    """Their names with blanks between, each ticked as a field `gateway_…` of its own."""
    capture: str = "automatic"
    """A `CaptureMethod`: when the money is taken."""
    pricing: PricingValues = NO_PRICING
    """Of more than a price."""
    asking: AskingValues = NO_ASKING
    """Of what the payer is asked."""
    languages: LanguageValues = NO_LANGUAGES
    """Of what it says in which language."""


@dataclass(frozen=True, slots=True)
class GatewayChoice:
    """A gateway that a link may be paid through, or not."""

    name: str
    label: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class LinkFormPage:
    """Posts all names of `LinkValues` and `csrf_token, submit_token` (new) or `csrf_token, version` (edit) to `action`."""

    TEMPLATE: ClassVar[str] = "dashboard/link_form/page.html"

    shell: Shell
    link_id: str | None
    """None for a new link."""
    action: str
    """`/dashboard/links` or `/dashboard/links/{id}/edit`."""
    submit_token: str
    """Makes a second press of the same form harmless (new links)."""
    version: int
    """The version being edited (0 for a new link), so that two editors do not overwrite one another."""
    currencies: tuple[Currency, ...]
    values: LinkValues
    gateways: tuple[GatewayChoice, ...]
    """Those that may be ticked: what is connected, and what the link names already."""
    address: str
    """What every link's address begins with."""
    time_zone: str
    """In which the three days begin and end, such as `UTC`; only told, not asked."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    asked_by: str = ""
    """Who asked for the new link and is sent it."""
    asked_words: str = ""
    """What they wrote."""
    template_name: str = ""
    """The name under which a new link is to be kept as a template, as typed."""
    problem: str | None = None
    """A trouble of the whole form, such as a newer version saved by someone else."""
