"""The published test numbers, and what each does. No other number is accepted, stored or logged."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What happens when the payer presses Pay."""

    CAPTURED = "captured"
    FAILED = "failed"
    CHALLENGE = "challenge"
    DEBIT_SETTLES = "debit_settles"
    DEBIT_RETURNS = "debit_returns"


class Webhooks(StrEnum):
    """How the news of a captured payment travels."""

    PROMPT = "prompt"
    LATE = "late"
    DOUBLED = "doubled"
    OUT_OF_ORDER = "out_of_order"
    LOST = "lost"


class Later(StrEnum):
    """What happens to the money afterwards."""

    NOTHING = "nothing"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    REFUND_FAILS = "refund_fails"


@dataclass(frozen=True, slots=True)
class Card:
    """One published number. `name` is what the database keeps of it, besides the last four digits."""

    name: str
    number: str
    effect: str
    outcome: Outcome = Outcome.CAPTURED
    failure_code: str | None = None
    webhooks: Webhooks = Webhooks.PROMPT
    later: Later = Later.NOTHING
    brand: str = "visa"

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        """The number in groups of four, as on a card."""
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


CARDS: Final = (
    Card("success", "4242424242424242", "Succeeds."),
    Card("success_mastercard", "5555555555554444", "Succeeds, as a Mastercard.", brand="mastercard"),
    Card("declined", "4000000000000002", "Is declined without a reason.", Outcome.FAILED, "card_declined"),
    Card(
        "insufficient_funds",
        "4000000000009995",
        "Is declined: not enough money.",
        Outcome.FAILED,
        "insufficient_funds",
    ),
    Card(
        "expired_card",
        "4000000000000069",
        "Is declined: the card has expired.",
        Outcome.FAILED,
        "expired_card",
    ),
    Card("challenge", "4000002760003184", "Asks for 3-D Secure; you choose pass or fail.", Outcome.CHALLENGE),
    Card(
        "challenge_fails",
        "4000008400001629",
        "Fails 3-D Secure at once.",
        Outcome.FAILED,
        "authentication_failed",
    ),
    Card(
        "debit_settles",
        "4000000000020018",
        "Bank debit: processing first, settles some seconds later.",
        Outcome.DEBIT_SETTLES,
        brand="bank_debit",
    ),
    Card(
        "debit_returns",
        "4000000000020026",
        "Bank debit: processing first, returned by the bank some seconds later.",
        Outcome.DEBIT_RETURNS,
        brand="bank_debit",
    ),
    Card(
        "webhook_late", "4000000000030017", "Succeeds; the webhook comes 10 s late.", webhooks=Webhooks.LATE
    ),
    Card(
        "webhook_doubled",
        "4000000000030025",
        "Succeeds; each webhook comes twice.",
        webhooks=Webhooks.DOUBLED,
    ),
    Card(
        "webhook_out_of_order",
        "4000000000030033",
        "Succeeds; “captured” comes before “processing”.",
        webhooks=Webhooks.OUT_OF_ORDER,
    ),
    Card("webhook_lost", "4000000000030041", "Succeeds; the webhook never comes.", webhooks=Webhooks.LOST),
    Card(
        "dispute_lost",
        "4000000000040016",
        "Succeeds; disputed some seconds later, decided for the payer.",
        later=Later.DISPUTE_LOST,
    ),
    Card(
        "dispute_won",
        "4000000000040024",
        "Succeeds; disputed some seconds later, decided for the merchant.",
        later=Later.DISPUTE_WON,
    ),
    Card(
        "refund_fails",
        "4000000000050015",
        "Succeeds; a refund is pending first and fails some seconds later.",
        later=Later.REFUND_FAILS,
    ),
)

BY_NUMBER: Final = {card.number: card for card in CARDS}
BY_NAME: Final = {card.name: card for card in CARDS}

FAILURES: Final = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "The card has not enough money.",
    "expired_card": "The card has expired.",
    "authentication_failed": "The payer could not be authenticated.",
    "debit_returned": "The bank returned the debit.",
}
"""Failure code → what it means."""

_EXPIRY: Final = re.compile(r"(0[1-9]|1[0-2]) ?[/-]? ?(?:20)?([0-9]{2})", re.ASCII)
_CVC: Final = re.compile(r"[0-9]{3,4}", re.ASCII)


def find_card(typed: str) -> Card | None:
    """The test card behind what was typed (blanks and hyphens between digits are fine), or None."""
    return BY_NUMBER.get(re.sub(r"[ -]", "", typed.strip())) if len(typed) <= 40 else None


def is_expiry_ahead(typed: str, year: int, month: int) -> bool | None:
    """Is the `MM/YY` typed this month or later? None: it is no such date."""
    match = _EXPIRY.fullmatch(typed.strip())
    if match is None:
        return None
    return (2000 + int(match[2]), int(match[1])) >= (year, month)


def is_cvc(typed: str) -> bool:
    """Three or four digits."""
    return _CVC.fullmatch(typed.strip()) is not None
