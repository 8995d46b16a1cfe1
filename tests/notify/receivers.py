"""Those whom we tell, for real: a merchant's endpoint that answers what it is told to, and a mail server."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from linktill.notify.mail import SmtpServer
from linktill.notify.smtp import SmtpMailer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A raw answer; `retry_after="3"` is the header `retry-after`."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Post:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> Any:
        """The body as the receiver's library reads it, if the signature holds."""
        return Webhook(secret).verify(self.body, self.headers)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Endpoint:
    """A merchant's program. `says`: raw answers in turn, the last one forever; `stalls`: the talk instead of an answer."""

    says: list[bytes] = field(default_factory=lambda: [OK])
    posts: list[Post] = field(default_factory=list)
    port: int = 0
    stalls: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    open_now: int = 0
    open_most: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {
            line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.posts.append(Post(head[0].split()[1], headers, body))
        self.came.set()
        if self.stalls is not None:
            await self.stalls(writer)
            return
        writer.write(self.says.pop(0) if len(self.says) > 1 else self.says[0])
        await writer.drain()


@asynccontextmanager
async def endpoint(*says: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Endpoint]:
    """A listening endpoint."""
    made = Endpoint(list(says) or [OK])
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Postbox:
    """A mail server. `says`: answers to the content of each mail in turn, the last one forever."""

    says: list[str] = field(default_factory=lambda: ["250 OK"])
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    port: int = 0

    def mailer(self) -> SmtpMailer:
        return SmtpMailer(SmtpServer("127.0.0.1", self.port, "if_offered", None, None, "till@shop.example"))

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail, to in zip(self.mails, self.recipients, strict=True) if recipient in to]

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if said.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients.append(envelope.rcpt_tos)
        return said


@asynccontextmanager
async def postbox(*says: str) -> AsyncIterator[Postbox]:
    """A listening mail server."""
    made = Postbox(list(says) or ["250 OK"])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop, hostname="postbox.test"), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def plain(mail: EmailMessage) -> str:
    """The plain-text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
