"""What the home page shows."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import PaymentRow, Shell


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs the merchant, or whoever runs the server."""

    reason: str
    """Which; the template chooses the words."""
    count: int
    url: str | None = None
    """Where it is done; None: on the server."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the chart, in its units: ten to the right for each day, a hundred down."""

    x: int
    y: int
    width: int
    height: int
    day: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Chart:
    """Thirty days of one currency, the last of them today. Amounts are captured less refunded."""

    bars: tuple[Bar, ...]
    today: Money
    same_day: Money
    """A week ago, the whole day."""
    same_day_on: date
    average: Money
    """Of the seven days before today."""
    total: Money
    best: Bar


@dataclass(frozen=True, slots=True)
class HomePage:
    """What is to be done and what came in, one amount per currency. Amounts are captured less refunded."""

    TEMPLATE: ClassVar[str] = "dashboard/home/page.html"

    shell: Shell
    tasks: tuple[Task, ...]
    """The most urgent first."""
    today: tuple[Money, ...]
    month: tuple[Money, ...]
    """Of thirty days, today too."""
    chart: Chart | None
    """None: nothing came in."""
    links_open: int
    """Links that can be paid now, counted up to `links_max`."""
    links_max: int
    has_links: bool
    """False on the very first visit: the page then says what to do first."""
    first_link_url: str | None
    """The public URL of a link that waits for its first payment, for the steps of the first visit."""
    recent: tuple[PaymentRow, ...]
    test_number: str
    """A number that succeeds, for the first try in test mode."""
