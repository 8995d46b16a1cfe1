"""A request to an ASGI app, without a network in between."""

from urllib.parse import urlsplit

from linktill.platform.http import HttpRequest, HttpResponse
from linktill.surface.asgi import Asgi, Message, Scope


async def ask(app: Asgi, request: HttpRequest) -> HttpResponse:
    """The app's whole answer."""
    target = urlsplit(request.url)
    body = request.body
    scope: Scope = {
        "type": "http",
        "method": request.method,
        "path": target.path,
        "query_string": target.query.encode(),
        "headers": [
            *((name.encode(), value.encode()) for name, value in request.headers.items()),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    status = 0
    headers: dict[str, str] = {}
    answer = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update((name.decode(), value.decode()) for name, value in message["headers"])
        else:
            answer.extend(message.get("body", b""))

    await app(scope, receive, send)
    return HttpResponse(status, headers, bytes(answer))
