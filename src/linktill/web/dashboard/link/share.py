"""The ways in which a link is handed on: messages ready to be sent, and code for pages of one's own."""

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from linktill.core.money import Money
from linktill.platform.language import format_money


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a message begins that only has to be sent. `icon`: one of ours."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Share:
    """`message`: what it is for, how much and the address. `path`: of the link on this host, for its QR code and its card."""

    url: str
    path: str
    message: str
    channels: tuple[Channel, ...]
    button_code: str
    card_code: str
    script_code: str


_CHANNELS: Final = (
    ("E-mail", "mailto:?subject={title}&body={message}", "mail"),
    ("SMS", "sms:?&body={message}", "phone"),
    ("WhatsApp", "https://wa.me/?text={message}", "chat"),
    ("Telegram", "https://t.me/share/url?url={url}&text={title}", "plane"),
    ("X", "https://x.com/intent/tweet?url={url}&text={title}", "share"),
    ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}", "share"),
    ("LinkedIn", "https://www.linkedin.com/sharing/share-offsite/?url={url}", "share"),
)
"""Each opens the sender's own program or account, with the words filled in. Nothing is sent before they say so, and nothing is
loaded from there until they press.
"""


def share_of(origin: str, slug: str, description: str, due: Money) -> Share:
    """`due`: what is charged of whoever changes nothing; zero: they choose, and no amount is named."""
    url, words = f"{origin}/p/{slug}", " ".join(description.split())
    title = words
    if due.minor:
        title = f"{title}: {format_money(due)}"
    message = f"{title}\n{url}"
    parts = {"url": quote(url, safe=""), "title": quote(title, safe=""), "message": quote(message, safe="")}
    link = escape(url)
    return Share(
        url,
        f"/p/{slug}",
        message,
        tuple(Channel(label, form.format_map(parts), icon) for label, form, icon in _CHANNELS),
        button_code=f'<linktill-button><a href="{link}">Pay now</a></linktill-button>',
        card_code=f'<linktill-card><a href="{link}">{escape(words)}</a></linktill-card>',
        script_code=f'<script async src="{escape(origin)}/static/embed.js"></script>',
    )
