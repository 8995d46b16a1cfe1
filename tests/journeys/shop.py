"""A demo, and its API as a merchant's program uses it."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.journeys.installation import Installation, demo


@dataclass
class Shop:
    """A running demo."""

    linktill: Installation
    http: aiohttp.ClientSession
    _keys: "itertools.count[int]" = field(default_factory=itertools.count)

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call that must succeed."""
        headers = {} if method == "GET" else {"idempotency-key": f"journey-{next(self._keys):08d}"}
        async with self.http.request(method, f"/v1{path}", json=body, headers=headers) as response:
            assert response.ok, await response.text()
            answer = await response.json()
        assert isinstance(answer, dict)
        return answer

    async def link(self, **fields: Any) -> dict[str, Any]:
        body = {"amount_minor": 4200, "currency": "USD", "description": "Bicycle service", **fields}
        return await self.call("POST", "/payment_links", body)

    async def payments(self, link: dict[str, Any]) -> list[tuple[str, int]]:
        """What came of a link's payments, oldest first."""
        found = await self.call("GET", f"/payments?payment_link_id={link['id']}")
        return [(payment["status"], payment["amount_minor"]) for payment in reversed(found["data"])]


@asynccontextmanager
async def open_shop(folder: Path, database_url: str, **settings: str) -> AsyncIterator[Shop]:
    """A shop that is open. When it closes, its books must be in order."""
    async with demo(folder, database_url, **settings) as linktill:
        headers = {"authorization": f"Bearer {linktill.story['api_key']}"}
        async with aiohttp.ClientSession(linktill.base_url, headers=headers) as http:
            yield Shop(linktill, http)
        await linktill.verified()
