"""An application behind the door, and a way to knock."""

from dataclasses import dataclass, field
from typing import Any

from linktill.platform.ids import SystemIds
from linktill.surface.door import Door

HTML = [(b"content-type", b"text/html; charset=utf-8")]


@dataclass
class Answered:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Inside:
    """Answers everything with the same, and remembers that it was asked."""

    def __init__(self, headers=HTML):
        self.headers, self.asked = headers, []

    async def __call__(self, scope, receive, send):
        self.asked.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": self.headers})
            await send({"type": "http.response.body", "body": b"inside"})


def door(inside, base_url="https://pay.example.com", foreign=("/sandbox",), own_url=None):
    return Door(inside, SystemIds(), base_url=base_url, own_url=own_url, foreign=foreign)


def scope_of(path, headers, *, method="GET", host="pay.example.com"):
    named = {"host": host, **{name.lower().replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value is not None]
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": raw,
        "client": ("192.0.2.1", 1234),
    }


async def knock(app, path="/", *, method="GET", host="pay.example.com", scope=None, **headers) -> Answered:
    answered = Answered()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            pairs = [(name.decode(), value.decode()) for name, value in message["headers"]]
            assert len({name for name, _ in pairs}) == len(pairs), "a header comes twice"
            answered.headers = dict(pairs)
        else:
            answered.body += message.get("body", b"")

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(scope or scope_of(path, headers, method=method, host=host), receive, send)
    return answered
