"""Hears out whoever is refused in the middle of sending, so that they read why.

A connection that is closed on bytes that nobody has read is reset, and then many programs report a broken connection and
never see the answer. So what is still coming is read and dropped first, within limits.
"""

import asyncio
from typing import Final

from linktill.surface.asgi import Message, Receive, Scope, Send

HEARD_MAX_BYTES: Final = 16 * 1024 * 1024
HEARD_MAX_S: Final = 5.0
_REFUSED_UNREAD: Final = frozenset({413, 415})


def heard_out(scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """`receive` and `send` of a request with a body. Who asks first whether to send it (Expect) has not begun to."""
    if any(name == b"expect" for name, _ in scope["headers"]):
        return receive, send
    is_over = False

    async def receiving() -> Message:
        nonlocal is_over
        message = await receive()
        is_over = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drop_rest() -> None:
        heard = 0
        while not is_over and heard <= HEARD_MAX_BYTES:
            heard += len((await receiving()).get("body", b""))

    async def sending(message: Message) -> None:
        if not is_over and message["type"] == "http.response.start" and message["status"] in _REFUSED_UNREAD:
            try:
                async with asyncio.timeout(HEARD_MAX_S):
                    await drop_rest()
            except TimeoutError:
                pass
        await send(message)

    return receiving, sending
