"""What mails say. Each kind is a frozen view and two templates, one for HTML and one for plain text.

A mail is written once, when the thing happens, and sent as it was written.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from linktill.core.bill import Bill
from linktill.core.money import Money
from linktill.core.sentence import Sentence, sentence
from linktill.platform.known_words import method_text
from linktill.platform.language import country_name, format_day, format_money
from linktill.platform.translated_templates import speaking
from linktill.platform.translation import ENGLISH, ISOLATES, say

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
    bill: Bill | None = None
    """How the amount came about, where there was more than a price."""
    answers: tuple[tuple[str, str], ...] = ()
    """What the payer answered: label and words."""
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return _subject(
            sentence("Receipt from %(name)s: %(amount)s", name=self.merchant_name, amount=self.amount),
            self.lang,
        )


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
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return _subject(
            sentence("Refund from %(name)s: %(amount)s", name=self.merchant_name, amount=self.amount),
            self.lang,
        )


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """To somebody who asked for a new link, or to be told when there is more: here it is."""

    TEMPLATE: ClassVar[str] = "link_answer"

    merchant_name: str
    contact_email: str
    is_test: bool
    description: str
    amount: Money | None
    """What is charged of whoever changes nothing; None: they choose."""
    closes_at: int | None
    url: str
    is_same: bool
    """It is the very link that was closed."""
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return _subject(
            sentence(
                "%(name)s: you can pay now for %(what)s", name=self.merchant_name, what=self.description
            ),
            self.lang,
        )


@dataclass(frozen=True, slots=True)
class Invitation:
    """To whom the merchant sends a link: what it is for, and where to pay. `note`: the merchant's own words, maybe empty."""

    TEMPLATE: ClassVar[str] = "invitation"

    merchant_name: str
    contact_email: str
    is_test: bool
    description: str
    reference: str
    amount: Money | None
    """What is charged of whoever changes nothing; None: they choose."""
    note: str
    due_at: int | None
    opens_at: int | None
    closes_at: int | None
    url: str
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        if self.amount is None:
            asked = sentence(
                "%(name)s asks you to pay for %(what)s", name=self.merchant_name, what=self.description
            )
        else:
            asked = sentence(
                "%(name)s asks you to pay for %(what)s: %(amount)s",
                name=self.merchant_name,
                what=self.description,
                amount=self.amount,
            )
        return say(asked, self.lang)


@dataclass(frozen=True, slots=True)
class DocumentLetter:
    """To whoever the merchant sends a receipt, an invoice or a credit note, as PDF. `title`: what it is and its number."""

    TEMPLATE: ClassVar[str] = "document"

    merchant_name: str
    contact_email: str
    is_test: bool
    title: str
    description: str
    amount: Money
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return f"{self.title} from {self.merchant_name}"


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what stands beside it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened, for the merchant. `tone` is good, wait or bad; `explanation` says what to do, and may be empty."""

    headline: str
    tone: str
    lines: tuple[Line, ...]
    action: str
    action_url: str
    subject: str
    amount: Money | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """To the merchant: news, and where to see them."""

    TEMPLATE: ClassVar[str] = "alert"

    merchant_name: str
    is_test: bool
    news: News
    lang: str = ENGLISH

    @property
    def subject(self) -> str:
        """The mail's subject."""
        return self.news.subject


View: TypeAlias = Receipt | RefundNotice | LinkAnswer | Invitation | DocumentLetter | Alert


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words."""

    subject: str
    text: str
    html: str


def _subject(words: Sentence, lang: str) -> str:
    """On its one line nothing is isolated: a mail's head has no characters that nobody sees."""
    return say(words, lang).translate({ord(char): None for char in ISOLATES})


def write(view: View) -> Written:
    """The mail. A name that the view lacks is an error, never an empty place in a mail."""
    html, text = (_environment(view.lang).get_template(f"{view.TEMPLATE}.{kind}") for kind in ("html", "txt"))
    return Written(view.subject, text.render(view=view), html.render(view=view))


@cache
def _environment(lang: str) -> Environment:
    """Everything is escaped for HTML; in plain text an escape would be read as one."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = made.filters
    filters.update(
        money=format_money, day=format_day, country=country_name, one_line=one_line, method=method_text
    )
    return speaking(made, lang)


def one_line(text: str) -> str:
    """What somebody typed, on one line: in plain text a line break could start a line that looks like ours."""
    return " ".join(text.split())
