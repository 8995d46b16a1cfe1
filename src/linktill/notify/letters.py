"""What mails say. Each kind is a frozen view and two templates, one for HTML and one for plain text.

A mail is written once, when the thing happens, and sent as it was written.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from linktill.core.money import Money
from linktill.platform.language import format_day, format_money

_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Receipt:
    """To the payer: what was paid, to whom, and where to ask."""

    TEMPLATE: ClassVar[str] = "receipt"

    merchant_name: str
    contact_email: str
    is_test: bool
    description: str
    reference: str
    amount: Money
    method: str | None
    paid_at: int
    payment_id: str
    receipt_url: str

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return f"Receipt from {self.merchant_name}: {format_money(self.amount)}"


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """To the payer: money is on its way back."""

    TEMPLATE: ClassVar[str] = "refund"

    merchant_name: str
    contact_email: str
    is_test: bool
    description: str
    amount: Money
    paid: Money
    method: str | None
    refunded_at: int
    payment_id: str
    refund_id: str
    receipt_url: str

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return f"Refund from {self.merchant_name}: {format_money(self.amount)}"


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what stands beside it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Alert:
    """To the merchant: what happened, and where to see it. `tone` is good, wait or bad."""

    TEMPLATE: ClassVar[str] = "alert"

    merchant_name: str
    is_test: bool
    tone: str
    headline: str
    amount: Money | None
    explanation: str
    """What it means, and what to do; may be empty."""
    lines: tuple[Line, ...]
    action: str
    action_url: str
    subject: str


View: TypeAlias = Receipt | RefundNotice | Alert


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words."""

    subject: str
    text: str
    html: str


def write(view: View) -> Written:
    """The mail. A name that the view lacks is an error, never an empty place in a mail."""
    html, text = _environments()
    return Written(
        view.subject,
        text.get_template(f"{view.TEMPLATE}.txt").render(view=view),
        html.get_template(f"{view.TEMPLATE}.html").render(view=view),
    )


@cache
def _environments() -> tuple[Environment, Environment]:
    """For HTML, escaping everything; for plain text, where an escape would be read as one."""
    made = [
        Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=is_html,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for is_html in (True, False)
    ]
    for environment in made:
        environment.filters.update(money=format_money, day=format_day, one_line=one_line)
    return made[0], made[1]


def one_line(text: str) -> str:
    """What somebody typed, on one line: in plain text a line break could start a line that looks like ours."""
    return " ".join(text.split())
