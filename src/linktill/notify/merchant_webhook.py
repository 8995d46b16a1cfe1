"""Webhooks to merchants' programs, after Standard Webhooks (https://www.standardwebhooks.com): one signed POST, one answer.

Nothing here tries again or writes down: whether an event was delivered is decided from the `Answer`.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from standardwebhooks import Webhook

from linktill.platform.http import AddressRefused, HttpClient, HttpRequest, HttpResponse, NoAnswer, NotSent
from linktill.platform.log import escape

DEADLINE_S: Final = 15.0
RESPONSE_MAX_BYTES: Final = 64 << 10
"""What is read of an answer. `main` gives the client for webhooks this limit."""
LOG_MAX_BYTES: Final = 2 << 10
"""What is kept of an answer's body for the delivery log."""
RETRY_AFTER_MAX_S: Final = 12 * 3_600
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- how secrets begin, not one
USER_AGENT: Final = "Linktill-Webhooks/1"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAY_ASK_TO_WAIT: Final = frozenset({429, 503})
_CAUSES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Message:
    """An event to be told. `id` is the event's: the same at every try, so that a receiver knows it again."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom to tell. Two secrets while they are being rotated; `may_be_private` is the operator's setting."""

    url: str
    secrets: Sequence[str]
    may_be_private: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a POST. `error` None: delivered. `retry_after_s`: how long the receiver asked us to wait."""

    status: int | None
    body: str | None
    error: str | None
    retry_after_s: int | None = None

    @property
    def is_gone(self) -> bool:
        """Does the receiver want nothing any more (410)?"""
        return self.status == 410


async def post(http: HttpClient, receiver: Receiver, message: Message, *, now: int) -> Answer:
    """Sends once. Never raises for what the receiver or the way to it does."""
    signatures = [
        Webhook(secret).sign(message.id, _EPOCH + timedelta(microseconds=now), message.body)
        for secret in receiver.secrets
    ]
    request = HttpRequest(
        "POST",
        receiver.url,
        {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": message.id,
            "webhook-timestamp": str(now // 1_000_000),
            "webhook-signature": " ".join(signatures),
        },
        message.body.encode(),
        timeout_s=DEADLINE_S,
        may_be_private=receiver.may_be_private,
    )
    try:
        response = await http.send(request)
    except (NotSent, NoAnswer) as error:
        return Answer(None, None, reason(error))
    return _answer(response, hidden=(*signatures, *receiver.secrets), now=now)


def _answer(response: HttpResponse, *, hidden: Sequence[str], now: int) -> Answer:
    status = response.status
    body = shown(response.body, hidden)
    if 200 <= status < 300:
        return Answer(status, body, None)
    if 300 <= status < 400:
        return Answer(status, body, f"Answered {status}: redirects are not followed. Set the new URL.")
    wait = _retry_after_s(response.headers.get("retry-after"), now) if status in _MAY_ASK_TO_WAIT else None
    return Answer(status, body, f"Answered {status}.", wait)


def _retry_after_s(header: str | None, now: int) -> int | None:
    """Seconds from a number or a date (RFC 9110, 10.2.3), kept within bounds; None where it is neither."""
    if header is None:
        return None
    header = header.strip()
    if header.isascii() and header.isdigit():
        return min(int(header[:9]), RETRY_AFTER_MAX_S)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    seconds = (at - (_EPOCH + timedelta(microseconds=now))).total_seconds()
    return max(0, min(int(seconds), RETRY_AFTER_MAX_S))


def shown(body: bytes, hidden: Sequence[str]) -> str:
    """An answer's body as the log keeps it: harmless lines, without what proves that a request is ours, and short.

    A receiver that echoes our request would otherwise put its own signatures before everybody who reads the log.
    """
    text = body.decode(errors="replace")
    for secret in hidden:
        for piece in (secret, secret.partition(",")[2], secret.removeprefix(SECRET_PREFIX)):
            if piece:
                text = text.replace(piece, "[removed]")
    # Cut in two steps: escaping 64 KiB of control characters would make megabytes of it.
    lines = text[:LOG_MAX_BYTES].splitlines()
    return "\n".join(escape(line) for line in lines).encode()[:LOG_MAX_BYTES].decode(errors="ignore")


def reason(error: NotSent | NoAnswer) -> str:
    """Why there is no answer, in words for the merchant."""
    if isinstance(error, AddressRefused):
        return f"Not allowed: {escape(str(error))}"
    causes = list(_causes(error))
    for cause in causes:
        # aiohttp wraps the TLS library's error in one of the same kind that does not say why.
        why = getattr(cause, "verify_message", None)
        if isinstance(why, str):
            return f"The certificate is not valid: {escape(why).rstrip('.')}."
    for cause in causes:
        match cause:
            case ssl.SSLError():
                return "The TLS handshake failed."
            case socket.gaierror():
                return "The host name was not found."
            case ConnectionRefusedError():
                return "The connection was refused."
            case TimeoutError():
                return f"No answer within {DEADLINE_S:.0f} seconds."
            case ConnectionResetError():
                return "The connection was cut off."
            case _:
                continue
    return "No connection came about." if isinstance(error, NotSent) else "The answer was not whole."


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    for _ in range(_CAUSES_MAX):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
