"""A browser without a window: calls the app in this process, follows nothing by itself, keeps cookies as browsers do."""

import asyncio
import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass
class Page:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """The page as a person reads it: entities resolved, still with its tags."""
        return html.unescape(self.body.decode())

    def header(self, name: str) -> str:
        """The value of a header, empty if it is missing."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def location(self) -> str:
        return self.header("location")

    def form(self, action: str) -> dict[str, str]:
        """What the form with this action would send as it stands: hidden and filled-in fields, chosen options."""
        found = re.search(
            rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', self.body.decode(), re.DOTALL
        )
        assert found is not None, f"no form with action {action}"
        return _fields(found[1])

    @property
    def submit_token(self) -> str:
        found = re.search(r'name="submit_token" value="([^"]*)"', self.body.decode())
        assert found is not None, "no submit token on the page"
        return found[1]


def _fields(inside: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", inside):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = attributes.get("type", "text")
        if "name" not in attributes or (kind in {"radio", "checkbox"} and " checked" not in tag):
            continue
        fields.setdefault(attributes["name"], html.unescape(attributes.get("value", "")))
    for name, text in re.findall(
        r'<textarea\b[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', inside, re.DOTALL
    ):
        fields[name] = html.unescape(text)
    for name, options in re.findall(r'<select\b[^>]*name="([^"]*)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options)
        if chosen is not None:
            fields[name] = html.unescape(chosen[1])
    return fields


@dataclass
class Browser:
    """One person's browser."""

    app: Any
    cookies: dict[tuple[str, str], str] = field(default_factory=dict)
    """(name, path) → value."""
    headers: dict[str, str] = field(default_factory=dict)
    host: str = "linktill.test"

    async def get(self, url: str, **headers: str) -> Page:
        return await self.request("GET", url, b"", **headers)

    async def head(self, url: str) -> Page:
        return await self.request("HEAD", url)

    async def post(self, url: str, fields: dict[str, str] | None = None, **headers: str) -> Page:
        body = urlencode(fields or {}).encode()
        return await self.request(
            "POST", url, body, **{"content_type": "application/x-www-form-urlencoded", **headers}
        )

    async def submit(self, page: Page, action: str, **typed: str) -> Page:
        """Presses the button of a form on a page after typing."""
        return await self.post(action, {**page.form(action), **typed})

    async def follow(self, page: Page) -> Page:
        """Goes where a redirect leads."""
        assert page.status == 303, page.text
        return await self.get(page.location)

    async def request(self, method: str, url: str, body: bytes = b"", **headers: str) -> Page:
        parts = urlsplit(url)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        cookie = self._cookie_header(parts.path)
        if cookie:
            sent["cookie"] = cookie
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (b"host", self.host.encode()),
                (b"content-length", str(len(body)).encode()),
                *((name.encode(), value.encode()) for name, value in sent.items()),
            ],
            "client": ("127.0.0.1", 5),
            "server": ("linktill.test", 80),
            "state": {},
            "extensions": {},
        }
        page = await _call(self.app, scope, body)
        for name, value in page.headers:
            if name == "set-cookie":
                self._keep(value, parts.path)
        return page

    def _cookie_header(self, path: str) -> str:
        return "; ".join(
            f"{name}={value}"
            for (name, of), value in self.cookies.items()
            if path == of or path.startswith(of.rstrip("/") + "/")
        )

    def _keep(self, header: str, path: str) -> None:
        pair, *attributes = [part.strip() for part in header.split(";")]
        name, _, value = pair.partition("=")
        given = dict(attribute.lower().partition("=")[::2] for attribute in attributes)
        key = (name, given.get("path", path))
        for attribute in attributes:
            if attribute.lower().startswith("path="):
                key = (name, attribute.partition("=")[2])
        if given.get("max-age") == "0" or not value:
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = value


async def _call(app: Any, scope: dict[str, Any], body: bytes) -> Page:
    messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    answer = Page(0, [], b"")

    over = asyncio.Event()

    async def receive() -> Any:
        if not messages:
            # A browser hangs up when it has read the answer.
            await over.wait()
            return {"type": "http.disconnect"}
        return messages.pop()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [
                (name.decode().lower(), value.decode("latin-1")) for name, value in message["headers"]
            ]
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body", False):
                over.set()

    await app(scope, receive, send)
    return answer
