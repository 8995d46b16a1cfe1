"""Which language a payer reads: what they chose, the link is fixed to, their browser likes, or the merchant speaks."""

from dataclasses import dataclass
from typing import Final

AUTO: Final = "auto"
"""Of a link: in the language of whoever opens it."""
OTHERWISE: Final = "en"
SPOKEN: Final = (OTHERWISE, "de", "fr", "es", "ja", "ar")
"""What pages are written in: two letters each (ISO 639-1)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of a payer. Two letters each (ISO 639-1), of languages that pages are written in; empty: nothing."""

    chosen: str = ""
    """On the page, by the payer."""
    liked: str = ""
    """By the browser."""

    def language(self, fixed: str = AUTO, otherwise: str = OTHERWISE) -> str:
        """What they are spoken to in. `fixed`: of the link, AUTO where it is not. `otherwise`: the merchant's."""
        return self.chosen or (fixed if fixed != AUTO else self.liked or otherwise)


NO_WISH: Final = Wish()
