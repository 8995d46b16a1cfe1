"""A stand-in for the sandbox company, in a process of its own: knows every seeded payment, and has taken all of them.

What it answers follows from the id that it is asked for, so it keeps nothing and costs next to nothing: measured is who asks.
"""

import asyncio
import sys
from typing import cast

import msgspec
import uvloop

from bench.shop import AMOUNT_MINOR, CURRENCY, FEE_MINOR, PAYMENT, REFERENCE

PATH = "/v1/payments/"


def payment(payment_id: str) -> dict[str, object]:
    """A captured payment in the shape that docs/sandbox.md describes."""
    return {
        "id": payment_id,
        "object": "payment",
        "account": "sbacc_bench",
        "reference": REFERENCE + payment_id.removeprefix(PAYMENT),
        "status": "captured",
        "amount_minor": AMOUNT_MINOR,
        "currency": CURRENCY,
        "description": "Bicycle service, spring check",
        "payer_email": None,
        "hosted_url": f"http://127.0.0.1/pay/{payment_id}",
        "return_url": "http://127.0.0.1/return",
        "cancel_url": "http://127.0.0.1/cancel",
        "method": {"brand": "visa", "last4": "4242"},
        "failure": None,
        "fee_minor": FEE_MINOR,
        "refunded_minor": 0,
        "refund_pending_minor": 0,
        "expires_at": 1_900_000_000_000_000,
        "created_at": 1_700_000_000_000_000,
        "updated_at": 1_700_000_000_000_000,
        "captured_at": 1_700_000_000_000_000,
    }


def answer(target: str) -> tuple[bytes, object]:
    """Status line and body for what was asked."""
    path, _, _query = target.partition("?")
    if path.startswith(PATH):
        return b"200 OK", payment(path.removeprefix(PATH))
    if path in {"/v1/payments", "/v1/refunds"}:
        return b"200 OK", {"data": [], "next_cursor": None}
    return b"404 Not Found", {"error": {"code": "not_found", "message": "There is no such thing."}}


class Connection(asyncio.Protocol):
    """One connection, kept alive. Only GET is understood, so a request ends with its head."""

    def __init__(self) -> None:
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None, "data comes over a connection"
        self._unread += data
        while True:
            head, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                return
            self._unread = rest
            status, thing = answer(head.split(b" ", 2)[1].decode())
            body = msgspec.json.encode(thing)
            self._transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


async def serve() -> None:
    """Serves until killed; prints its port."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
