"""Calls an ASGI app as a server does, and counts what it reads."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Answered:
    """An answer; `status` 0: none came. `read`: bytes of the body that the app took."""

    status: int
    headers: dict[str, str]
    body: bytes
    read: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app: Any,
    method: str,
    path: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]],
    body: bytes | Sequence[bytes],
    *,
    breaks_off: bool = False,
) -> Answered:
    chunks = [body] if isinstance(body, bytes) else list(body)
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }
    answered = Answered(0, {}, b"", 0)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        if not chunks:
            return {"type": "http.disconnect"}
        chunk = chunks.pop(0)
        answered.read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks) or breaks_off}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            answered.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answered.body += message["body"]

    await app(scope, receive, send)
    return answered
