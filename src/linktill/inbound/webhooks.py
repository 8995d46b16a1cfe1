"""Takes webhooks: `POST /in/{gateway}/{account_id}`. Reads the raw bytes, has them verified and stored, answers.

Plain ASGI, no framework: what is signed are the bytes as they came, and a gateway that delivers a day's backlog at once
must not make payers wait. 200 promises that the webhook survives a crash; every other answer makes the gateway try again.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final, final

from linktill.core.errors import GatewayTrouble, NotFound
from linktill.flows.receive_webhook import receive_webhook
from linktill.flows.services import Services
from linktill.gateways.contract import GatewayError, SignatureRefused
from linktill.inbound.remarks import Remarks
from linktill.platform.log import get_logger
from linktill.platform.secrets import SealBroken
from linktill.storage.errors import StorageError
from linktill.surface.asgi import Header, Message, Receive, Scope, Send

PREFIX: Final = "/in/"
BODY_MAX_BYTES: Final = 256 * 1024
READ_MAX_S: Final = 10.0
AT_ONCE_MAX: Final = 128
"""So many are worked on together. A flood waits here, in memory, instead of at the database, where payers wait as well."""

_ID: Final = re.compile(r"[a-z0-9_]{1,64}")
"""Whatever a stranger puts here otherwise never gets near the database."""

_HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

log = get_logger("inbound")


@dataclass(frozen=True, slots=True)
class Answer:
    """Ready to be sent, headers and all."""

    start: Message
    body: bytes


def _answer(status: int, content_type: bytes, body: bytes, *more: Header) -> Answer:
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", content_type), length, *_HEADERS, *more]
    return Answer({"type": "http.response.start", "status": status, "headers": headers}, body)


def _problem(status: int, code: str, title: str, *more: Header) -> Answer:
    """RFC 9457. The words are constants of this module, so nothing in them needs an escape."""
    body = f'{{"type":"about:blank","title":"{title}","status":{status},"code":"{code}"}}'
    return _answer(status, b"application/problem+json", body.encode(), *more)


# What was not read to its end cannot be followed by another request on the same connection.
_CLOSE: Final = (b"connection", b"close")

RECEIVED: Final = _answer(200, b"application/json", b'{"received":true}')
REFUSED: Final = _problem(400, "signature_refused", "The webhook is not signed for this account.")
NOT_FOUND: Final = _problem(404, "not_found", "There is no such gateway account.")
METHOD: Final = _problem(405, "method_not_allowed", "Webhooks are sent with POST.", (b"allow", b"POST"))
TOO_SLOW: Final = _problem(408, "too_slow", "The body did not come in time.", _CLOSE)
TOO_LARGE: Final = _problem(413, "too_large", f"A webhook has at most {BODY_MAX_BYTES} bytes.", _CLOSE)
ENCODED: Final = _problem(415, "encoded", "Send the body as it was signed, without content encoding.", _CLOSE)
BROKEN: Final = _problem(500, "internal", "Something is broken here. Send the webhook again later.")
BUSY: Final = _problem(
    503, "unavailable", "The webhook could not be stored. Send it again later.", (b"retry-after", b"5")
)


class _TooLarge(Exception):
    """The body is longer than any webhook."""


class _Gone(Exception):
    """Whoever sent it hung up before the end."""


@final
class Inbound:
    """The ASGI app for everything below `/in/`."""

    def __init__(self, services: Services) -> None:
        self._services: Final = services
        self._room: Final = asyncio.Semaphore(AT_ONCE_MAX)
        self._refused: Final = Remarks(services.clock, "webhook.refused")
        self._not_stored: Final = Remarks(services.clock, "webhook.not_stored")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except _Gone:
            return
        # A copy, since servers and middleware may write into what they are given.
        await send({**answer.start, "headers": [*answer.start["headers"]]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        gateway, _, account_id = scope["path"][len(PREFIX) :].partition("/")
        if not gateway or not _ID.fullmatch(account_id):
            return NOT_FOUND
        if scope["method"] != "POST":
            return METHOD
        headers = _headers(scope)
        if headers.get("content-encoding", "identity") != "identity":
            return ENCODED
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > BODY_MAX_BYTES:
            return TOO_LARGE
        try:
            async with asyncio.timeout(READ_MAX_S):
                body = await _read(receive)
        except _TooLarge:
            return TOO_LARGE
        except TimeoutError:
            return TOO_SLOW
        return await self._received(gateway, account_id, headers, body)

    async def _received(self, gateway: str, account_id: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            async with self._room:
                await receive_webhook(self._services, gateway, account_id, headers, body)
        except NotFound:
            return NOT_FOUND
        except SignatureRefused as refused:
            self._refused.note(gateway, account_id, str(refused))
            return REFUSED
        except (StorageError, GatewayError, GatewayTrouble, SealBroken) as error:
            self._not_stored.note(gateway, account_id, f"{type(error).__name__}: {error}")
            return BUSY
        except Exception:
            log.exception("webhook.broken", gateway=gateway, account_id=account_id)
            return BROKEN
        return RECEIVED


def _headers(scope: Scope) -> dict[str, str]:
    """Names in lower case. Repeated ones are joined as HTTP allows (RFC 9110, 5.3), so that a second signature cannot hide."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _read(receive: Receive) -> bytes:
    """Raises _TooLarge as soon as it is, and _Gone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body = message.get("body", b"")
        if len(body) > BODY_MAX_BYTES:
            raise _TooLarge
        return bytes(body)
    gathered = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise _Gone
        gathered += message.get("body", b"")
        if len(gathered) > BODY_MAX_BYTES:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(gathered)
        message = await receive()
