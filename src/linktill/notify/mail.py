"""Mails: what one is, how it is written as a message, and where mails are handed in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal, Protocol
from urllib.parse import unquote, urlsplit

from linktill.platform.log import escape

PORTS: Final = {"smtp": 587, "smtps": 465}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAME_MAX: Final = 100
_SUBJECT_MAX: Final = 200
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Encryption = Literal["tls", "starttls", "if_offered"]


class MailRefused(Exception):
    """The mail can never be sent: the server refused it for good, or its address is none."""


class MailNotSent(Exception):
    """Not now. Trying again is right."""


class SmtpUrlInvalid(Exception):
    """The address of the mail server or of the sender cannot be used. The message says why, never with the password."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes along. `name`: letters, digits, hyphens and a point."""

    name: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send. `reply_to` None: answers go to the sender."""

    id: str
    recipient: str
    sender_name: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    written_at: int
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    """The seam for mail: tests hand in their own server, not their own mailer."""

    async def send(self, letter: Letter) -> None:
        """Sends once. Raises MailRefused or MailNotSent."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed in, and the address that they come from."""

    host: str
    port: int
    encryption: Encryption
    username: str | None
    password: str | None
    sender: str


def parse_smtp_url(url: str, *, sender: str) -> SmtpServer:
    """Reads `smtp://name:password@host:587` (STARTTLS) or `smtps://…:465` (TLS from the start). Raises SmtpUrlInvalid.

    `smtp` without a password takes TLS if it is offered; with one it must be, unless the server is on this machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SmtpUrlInvalid("is not a URL; write smtp://name:password@host:587") from None
    host = parts.hostname
    if parts.scheme not in PORTS or not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SmtpUrlInvalid("must look like smtp://name:password@host:587 or smtps://name:password@host:465")
    try:
        address = _address("", sender)
    except MailRefused:
        raise SmtpUrlInvalid(f"needs a sender address, not {sender[:100]!r}") from None
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    encryption: Encryption = "tls"
    if parts.scheme == "smtp":
        # Opportunistic TLS would hand the password to whoever strips the offer on the way.
        encryption = "starttls" if password is not None and host not in _LOCAL else "if_offered"
    return SmtpServer(host, port or PORTS[parts.scheme], encryption, username, password, address.addr_spec)


def compose(letter: Letter, *, sender: str) -> EmailMessage:
    """The message as sent, the same at every try. Raises MailRefused for an address that is none.

    What merchants and payers wrote goes through the header registry and is put on one line: it cannot add a header.
    """
    message = EmailMessage(policy.SMTP)
    message["From"] = _address(_line(letter.sender_name, _NAME_MAX), sender)
    message["To"] = _address("", letter.recipient)
    if letter.reply_to:
        message["Reply-To"] = _address("", letter.reply_to)
    message["Subject"] = _line(letter.subject, _SUBJECT_MAX)
    message["Date"] = format_datetime(_EPOCH + timedelta(microseconds=letter.written_at))
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    # Out-of-office programs do not answer what says that a program wrote it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    for each in letter.attachments:
        message.add_attachment(each.pdf, maintype="application", subtype="pdf", filename=each.name)
    return message


def _address(name: str, address: str) -> Address:
    try:
        return Address(name, addr_spec=address)
    except (
        ValueError,
        IndexError,
        MessageError,
    ) as error:  # IndexError: the parser reads past the end of `ada@`
        raise MailRefused(f"Not a mail address: {escape(address)!r}") from error


def _line(text: str, chars_max: int) -> str:
    line = " ".join(escape(" ".join(text.split())).split())
    return line if len(line) <= chars_max else f"{line[: chars_max - 1]}…"
