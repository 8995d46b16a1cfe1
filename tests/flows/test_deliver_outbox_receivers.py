"""What receivers do to us: redirect, refuse, stall, flood, vanish, and ask us to wait. Nobody else waits for it."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import bindparam

from linktill.core import ids as prefixes
from linktill.core.ids import EndpointId
from linktill.flows.deliver_outbox import OutboxDelivery
from linktill.notify import merchant_webhook
from linktill.notify.merchant_webhook import RETRY_AFTER_MAX_S
from linktill.platform.http import GuardedHttp
from linktill.storage import queues
from linktill.storage.database import Tx
from linktill.storage.statements import Value, compiled, insert
from linktill.storage.tables import event, outbox, webhook_delivery
from tests.flows.telling import Telling
from tests.notify.receivers import OK, answer, closed_port, endpoint, postbox

CAPTURED = "payment.captured"
BACKLOG = 10_000
Made: TypeAlias = dict[str, Value]


async def test_wo05_a_redirect_is_a_failure_and_is_not_followed(telling: Telling) -> None:
    async with endpoint() as elsewhere:
        moved = answer(307, location=elsewhere.url())
        async with endpoint(moved) as program:
            made = await telling.listen(program, CAPTURED)
            await telling.pay()
            await telling.deliver()
            assert (len(program.posts), len(elsewhere.posts)) == (1, 0)
            [delivery] = await telling.deliveries(made)
            assert (delivery.status, delivery.response_status) == ("pending", 307)
            assert delivery.last_error == "Answered 307: redirects are not followed. Set the new URL."


async def test_wo06_gone_switches_the_endpoint_off_and_says_so(telling: Telling) -> None:
    async with endpoint(answer(410)) as gone, endpoint() as other, postbox() as server:
        telling.with_mail(server)
        made, listening = await telling.listen(gone), await telling.listen(other)
        await telling.pay()
        await telling.deliver()
        assert 1 <= len(gone.posts) <= 8, "one round, then nothing more"
        found = await telling.endpoint(made)
        assert (found.status, found.disabled_reason) == ("disabled", "It answered that it is gone (410).")
        assert (await telling.events()).count("webhook_endpoint.disabled") == 1
        assert {delivery.status for delivery in await telling.deliveries(made)} == {"dead"}
        [off] = [post for post in other.posts if b"webhook_endpoint.disabled" in post.body]
        told = off.verified(listening.secret)["data"]["object"]
        assert (told["id"], told["status"]) == (made.endpoint.id, "disabled")
        assert "secret" not in told
        subjects = [mail["Subject"] for mail in server.to("alerts@example.com")]
        assert subjects.count("A webhook endpoint was switched off") == 1
        posts = len(gone.posts)
        await telling.pay()
        await telling.pass_time(3600)
        await telling.deliver()
        assert len(gone.posts) == posts
        assert (await telling.endpoint(listening)).is_enabled
    assert await telling.outbox_rows() == 0


@pytest.mark.parametrize("status", [429, 503])
async def test_wo06_retry_after_is_honored(telling: Telling, status: int) -> None:
    async with endpoint(answer(status, retry_after="600"), OK) as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await telling.deliver()
        [waiting] = await telling.deliveries(made)
        assert waiting.next_at is not None
        assert waiting.next_at - waiting.updated_at >= 599_000_000
        await telling.pay()
        await telling.deliver()
        assert len(program.posts) == 1, "not even for something new"
        await telling.pass_time(595)
        await telling.deliver()
        assert len(program.posts) == 1
        await telling.pass_time(100)
        await telling.deliver()
        assert len(program.posts) == 3
        assert {delivery.status for delivery in await telling.deliveries(made)} == {"delivered"}


async def test_retry_after_is_bounded(telling: Telling) -> None:
    async with endpoint(answer(429, retry_after="99999999"), OK) as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await telling.deliver()
        await telling.pass_time(RETRY_AFTER_MAX_S * 1.15 + 1)
        await telling.deliver()
        assert [delivery.status for delivery in await telling.deliveries(made)] == ["delivered"]


async def test_wo07_an_endless_answer_is_cut_off(telling: Telling) -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65_536)
                sent += 65_536
                await writer.drain()

    async with endpoint() as program:
        program.stalls = flood
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await telling.deliver()
        [delivery] = await telling.deliveries(made)
        assert (delivery.status, delivery.response_body) == ("delivered", "x" * 2_000 + "…")
        assert sent < 32 << 20


async def test_wo07_a_slow_answer_meets_one_deadline_for_all_of_it(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert merchant_webhook.DEADLINE_S == 15
    monkeypatch.setattr(merchant_webhook, "DEADLINE_S", 1.0)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(ConnectionError):
            for _ in range(1000):
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.05)

    async with endpoint() as program:
        program.stalls = drip
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        started = asyncio.get_running_loop().time()
        await telling.deliver()
        assert asyncio.get_running_loop().time() - started < 4
        [delivery] = await telling.deliveries(made)
        assert (delivery.status, delivery.last_error) == ("pending", "No answer within 1 seconds.")


async def _backlog(telling: Telling, endpoint_id: EndpointId) -> None:
    """So many events wait for this endpoint."""
    ids, now, merchant_id = telling.shop.services.ids, telling.shop.services.clock.now_us(), telling.shop.id
    rows, deliveries, happened = list[Made](), list[Made](), list[Made]()
    for _ in range(BACKLOG):
        name, event_id = ids.new(prefixes.DELIVERY), ids.new(prefixes.EVENT)
        row: Made = {"merchant_id": merchant_id, "id": queues.row_id(endpoint_id, name), "subject_id": name}
        rows.append(row | {"kind": "webhook", "status": "queued", "due_at": 0, "created_at": now})
        delivery: Made = {
            "merchant_id": merchant_id,
            "id": name,
            "endpoint_id": endpoint_id,
            "event_id": event_id,
        }
        deliveries.append(delivery | {"status": "pending", "created_at": now, "updated_at": now})
        told: Made = {
            "merchant_id": merchant_id,
            "id": event_id,
            "type": "refund.failed",
            "at": now,
            "data": "{}",
        }
        happened.append(told | {"object_id": "re_1"})

    async def unit(tx: Tx) -> None:
        for table, made in ((event, happened), (webhook_delivery, deliveries), (outbox, rows)):
            await tx.many(compiled(insert(table).values({name: bindparam(name) for name in made[0]})), made)
        # What calls the queue's turn; the row itself is there.
        await queues.enqueue(
            tx, merchant_id, endpoint_id, kind="webhook", subject_id=str(rows[0]["subject_id"]), now=now
        )

    await telling.database.run(unit)


async def test_wo09_a_dead_endpoint_with_a_backlog_keeps_nobody_waiting(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_webhook, "DEADLINE_S", 30.0)
    loop = asyncio.get_running_loop()

    over = asyncio.Event()

    async def swallow(_writer: asyncio.StreamWriter) -> None:
        await over.wait()

    async with endpoint() as dead, endpoint() as alive:
        dead.stalls = swallow
        buried = await telling.listen(dead, "refund.failed")
        await _backlog(telling, buried.endpoint.id)
        await telling.listen(alive, "payment_link.created")
        outgoing, took = OutboxDelivery(telling.channels), []
        await outgoing.step(telling.shop.services)
        for number in range(20):
            started, before = loop.time(), len(alive.posts)
            await telling.shop.link(description=f"Link {number}")
            while len(alive.posts) == before:
                await outgoing.step(telling.shop.services)
                await asyncio.sleep(0.005)
                assert loop.time() - started < 20, "others wait for the dead one"
            took.append(loop.time() - started)
        assert sorted(took)[18] < 5.0, took
        assert dead.open_most == 8, "bounded"
        with suppress(TimeoutError):
            await asyncio.wait_for(outgoing.drain(), 0.1)
        over.set()


async def test_sf01_a_private_address_is_refused_at_send_too(telling: Telling) -> None:
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        telling.channels = replace(telling.channels, may_be_private=False)
        await telling.deliver()
        [delivery] = await telling.deliveries(made)
        assert (program.posts, delivery.status) == ([], "pending")
        assert delivery.last_error == "Not allowed: The URL must lead to a public address."


def certificate(folder: Path, *, name: str, days: int) -> ssl.SSLContext:
    """A server that shows a certificate for `name`, signed by itself, valid until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(
    ("name", "days", "is_trusted", "why"),
    [
        ("localhost", 30, False, "self-signed certificate"),
        ("localhost", -1, True, "certificate has expired"),
        ("example.com", 30, True, "Hostname mismatch, certificate is not valid for 'localhost'"),
    ],
)
async def test_wo13_a_certificate_that_is_not_valid_is_said_to_be_so(
    telling: Telling, tmp_path: Path, name: str, days: int, *, is_trusted: bool, why: str
) -> None:
    server = certificate(tmp_path, name=name, days=days)
    trust = ssl.create_default_context(cafile=tmp_path / "server.pem") if is_trusted else None
    http = GuardedHttp(tls=trust)
    telling.channels = replace(telling.channels, http=http)
    async with endpoint(tls=server) as program:
        made = await telling.shop_endpoint(f"https://localhost:{program.port}/")
        await telling.pay()
        await telling.deliver()
        await http.close()
        [delivery] = await telling.deliveries(made)
        assert (program.posts, delivery.status, delivery.response_status) == ([], "pending", None)
        assert delivery.last_error is not None
        assert delivery.last_error.startswith(f"The certificate is not valid: {why}")


async def test_nobody_listens(telling: Telling) -> None:
    made = await telling.shop_endpoint(f"http://127.0.0.1:{closed_port()}/")
    await telling.pay()
    await telling.deliver()
    [delivery] = await telling.deliveries(made)
    assert (delivery.status, delivery.last_error) == ("pending", "The connection was refused.")
