"""Who is refused in the middle of sending reads why: over a real connection, with a client that sends first and reads then."""

import asyncio
import http.client

import pytest

from linktill.surface import hearing_out
from linktill.surface.door import BODY_MAX
from tests.sandbox.running import open_port, serving
from tests.surface.knocking import Inside, door, knock, scope_of


def sent(port: int, path: str, size: int, *, origin: str = "https://pay.example.com") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"host": "pay.example.com", "origin": origin}
        connection.request("POST", path, b"x" * size, headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/v1/payment_links", "/p/slug/pay", "/in/sandbox/gwa_1", "/sandbox/pay"])
async def test_five_megabytes_are_answered_on_every_door(path: str):
    inside = Inside()
    listening, port = open_port()
    async with serving(door(inside), listening):
        for _ in range(5):
            assert await asyncio.to_thread(sent, port, path, 5_000_000) == 413
    assert inside.asked == []


class Endless:
    """A body that never ends."""

    def __init__(self) -> None:
        self.given = 0

    async def __call__(self) -> dict[str, object]:
        self.given += 1
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}


async def refused(receive, **headers: str) -> list[int]:
    statuses: list[int] = []

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = scope_of("/v1/x", {"content_length": str(BODY_MAX + 1), **headers}, method="POST")
    await door(Inside())(scope, receive, send)
    return statuses


async def test_it_ends_after_so_many_bytes():
    endless = Endless()
    assert await refused(endless) == [413]
    assert endless.given * 65_536 <= hearing_out.HEARD_MAX_BYTES + 2 * 65_536


async def test_it_ends_after_some_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hearing_out, "HEARD_MAX_S", 0.05)

    async def silent():
        await asyncio.Event().wait()

    assert await refused(silent) == [413]


async def test_who_asks_first_is_told_at_once():
    endless = Endless()
    assert await refused(endless, expect="100-continue") == [413]
    assert endless.given == 0


async def test_what_was_read_to_its_end_is_not_waited_for():
    """A second look would wait until the sender hangs up."""
    asked = 0

    async def whole():
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(_message):
        pass

    async def refuses(_scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    await door(refuses)(scope_of("/v1/x", {}, method="POST"), whole, send)
    assert asked == 1


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PUT", "PATCH", "DELETE"])
async def test_iv16_odd_methods_reach_the_application_which_refuses_them(method: str):
    inside = Inside()
    assert (await knock(door(inside), "/dashboard", method=method)).status == 200
    assert [scope["method"] for scope in inside.asked] == [method]
    assert (
        await knock(door(inside), "/dashboard", method=method, origin="https://evil.example")
    ).status == 403
    assert len(inside.asked) == 1
