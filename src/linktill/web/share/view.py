"""What the card of a link shows."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from linktill.core.money import Money


@dataclass(frozen=True, slots=True)
class CardPage:
    """`GET /p/{slug}/card`: a link on a page of somebody else's, in a frame. It leads to the link's own page."""

    TEMPLATE: ClassVar[str] = "share/card.html"

    lang: str
    merchant_name: str
    description: str
    amount: Money | None
    """What is charged of whoever changes nothing; None: the page tells."""
    is_open_amount: bool
    """They choose what they pay."""
    url: str
    """Absolute: of the link's own page."""
    state: Literal["open", "later", "closed"]
    is_test: bool
    theme: Literal["", "light", "dark"]
    """Of the page around it; empty: as the reader's device has it."""
