"""Sample pages of sharing: the card on pages of others, and the form that sends a link by mail."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.link_message.view import LinkMessagePage, MessageRow
from linktill.web.look.look import View
from linktill.web.share.view import CardPage
from tests.web.look.checkout_samples import LONG_EMAIL, LONG_TITLE, NOW, URL
from tests.web.look.dashboard_samples import ID, LINK, SHELL

CARD = CardPage(
    "en", "Studio Nord", "Logo design, final invoice", Money(4_000, "USD"), False, URL, "open", False, ""
)
CARDS: dict[str, View] = {
    "card": CARD,
    "card-long": replace(
        CARD, merchant_name="Studio Nord and Daughters " * 4, description=LONG_TITLE, is_test=True
    ),
    "card-open-amount": replace(CARD, amount=None, is_open_amount=True, theme="dark"),
    "card-closed": replace(CARD, state="closed", theme="light"),
    "card-arabic": replace(CARD, lang="ar", state="later"),
}
SEND = LinkMessagePage(SHELL, f"plink_{ID}", "Logo design, final invoice", "Studio Nord", "tok_1", True)
SHARING: dict[str, View] = {
    "link-send": SEND,
    "link-send-errors": replace(
        SEND,
        has_server=False,
        description=LONG_TITLE,
        to="anna@example.com nobody",
        note="Hi Anna,\nthank you.",
        errors={"to": "Give an e-mail address, such as name@example.com."},
    ),
    "link-sent": replace(
        LINK,
        messages=(
            MessageRow(NOW, "anna@example.com", "pending", None, None),
            MessageRow(NOW, LONG_EMAIL, "failed", "550 5.1.1 No such person here", "mail_2"),
            MessageRow(NOW, "bo@example.com", "sent", None, "mail_1"),
        ),
    ),
}
