"""A payer's browser, as far as a payment needs one."""

import http.client
import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from linktill.sandbox.cards import BY_NAME

_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')


class Line:
    """A connection that stays open, as a payer's browser keeps it."""

    def __init__(self, base_url: str) -> None:
        place = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=20)
        self._connection.connect()

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
        """The status, the text, and where it leads."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, target, body, named)
        response = self._connection.getresponse()
        return response.status, response.read().decode(), response.getheader("location", "")

    def close(self) -> None:
        self._connection.close()

    def create_link(self, api_key: str, key: str) -> tuple[int, Any]:
        body = json.dumps({"amount_minor": 700, "currency": "USD", "description": "A repair"}).encode()
        status, text, _ = self.ask(
            "POST",
            "/v1/payment_links",
            body,
            authorization=f"Bearer {api_key}",
            idempotency_key=key,
            content_type="application/json",
        )
        return status, json.loads(text)

    def press_pay(self, url: str) -> tuple[int, str, str]:
        _, page, _ = self.ask("GET", url)
        form = {**dict(_HIDDEN.findall(page)), "email": "ada@example.com", "name": "Ada"}
        return self.ask(
            "POST", f"{url}/pay", urlencode(form).encode(), content_type="application/x-www-form-urlencoded"
        )

    def fill_card(self, url: str) -> str:
        card = {"number": BY_NAME["success"].number, "expiry": "12/34", "cvc": "123", "name": "Ada"}
        _, _, back = self.ask(
            "POST", url, urlencode(card).encode(), content_type="application/x-www-form-urlencoded"
        )
        return back
