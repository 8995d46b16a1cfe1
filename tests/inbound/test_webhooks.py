"""What gateways send: genuine webhooks are kept once, everything else leaves nothing behind."""

import asyncio
import gzip
import hashlib
import hmac
import json
import logging
import time

import pytest
from sqlalchemy import select

from linktill.flows import verify_webhook
from linktill.flows.receive_webhook import process_inbox
from linktill.gateways.contract import Hint, NotVerifiedYet, Unavailable
from linktill.gateways.sandbox import SandboxGateway
from linktill.inbound.webhooks import BODY_MAX_BYTES, Inbound
from linktill.storage import ledger
from linktill.storage.database import Tx
from linktill.storage.errors import Busy
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox
from linktill.surface.asgi import Message, Scope
from tests.inbound.calling import call
from tests.inbound.conftest import Door
from tests.sandbox.running import SteppedClock

_KEPT = compiled(select(inbox.c.event_id, inbox.c.status).limit(100))
OLD_US = 301 * 1_000_000
EARLY_US = 660 * 1_000_000


async def kept(door: Door) -> list[tuple[str, str]]:
    async def read(tx: Tx) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in await tx.all(_KEPT)]

    return await door.shop.services.database.read(read)


async def work(door: Door) -> None:
    while await process_inbox(door.shop.services):
        pass


async def test_a_genuine_webhook_is_kept_before_it_is_answered(door: Door):
    answered = await door.post()
    assert (answered.status, answered.body) == (200, b'{"received":true}')
    assert answered.headers["content-type"] == "application/json"
    event_id = json.loads(door.body)["id"]
    assert await kept(door) == [(event_id, "pending")]
    await work(door)
    assert await door.shop.balances() == {"clearing": 3_854, "gateway_fees": 146, "sales": -4_000}


async def test_a_doubled_webhook_is_answered_alike_and_kept_once(door: Door):
    first, second = await door.post(), await door.post()
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert len(await kept(door)) == 1
    await work(door)


async def test_twenty_at_once_are_one_ledger_transaction(door: Door):
    answers = await asyncio.gather(*(door.post() for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    await asyncio.gather(*(process_inbox(door.shop.services) for _ in range(4)))
    await work(door)
    booked = await door.shop.services.database.read(ledger.list_transactions, door.shop.id, limit=10)
    assert len(booked) == 1


async def refused(door: Door, status: int, code: str, **changes: object) -> None:
    answered = await door.post(**changes)  # type: ignore[arg-type]
    assert (answered.status, answered.json["code"]) == (status, code)
    assert answered.headers["content-type"] == "application/problem+json"
    assert await kept(door) == []
    assert await door.shop.balances() == {}


async def test_without_a_signature_nothing_is_kept(door: Door):
    """WI01."""
    await refused(door, 400, "signature_refused", sandbox_signature=None)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=00", "t=,v1=", "t=1,v1=zz", "t=１,v1=00", "nonsense", "t=1,t=1,v1=00", "," * 9_999],
)
async def test_a_malformed_signature_is_refused(door: Door, header: str):
    raw = header.encode().decode("latin-1")
    await refused(door, 400, "signature_refused", sandbox_signature=raw)


async def test_a_second_signature_header_does_not_hide_the_first(door: Door):
    genuine = door.headers["sandbox-signature"]
    pairs = [*((name, value) for name, value in door.headers.items() if name != "sandbox-signature")]
    pairs += [("sandbox-signature", "t=1,v1=00"), ("sandbox-signature", genuine)]
    answered = await call(door.inbound, "POST", door.path, pairs, door.body)
    assert answered.status == 400
    assert await kept(door) == []


@pytest.mark.parametrize(("ahead_us", "status"), [(OLD_US, 400), (-EARLY_US, 400), (OLD_US // 2, 200)])
async def test_a_webhook_signed_too_long_ago_or_ahead_is_refused(door: Door, ahead_us: int, status: int):
    """WI04. The tests' clock runs ahead of, or behind, the one that signed."""
    clock = door.shop.services.clock
    assert isinstance(clock, SteppedClock)
    clock.ahead_us += ahead_us
    assert (await door.post()).status == status
    assert len(await kept(door)) == (status == 200)
    clock.ahead_us -= ahead_us


@pytest.mark.parametrize(
    "change",
    [
        lambda body: json.dumps(json.loads(body)).encode(),
        lambda body: json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode() + b"\n",
        lambda body: body + b" ",
        lambda body: body.replace(b"captured", b"\\u0063aptured", 1),
    ],
)
async def test_the_raw_bytes_are_what_is_signed(door: Door, change):
    """WI05."""
    await refused(door, 400, "signature_refused", body=change(door.body))


async def test_another_accounts_secret_does_not_sign_for_this_one(door: Door):
    now_s = door.shop.services.clock.now_us() // 1_000_000
    forged = signed("sbwh_another", door.body, now_s)
    await refused(door, 400, "signature_refused", sandbox_signature=forged)


def signed(secret: str, body: bytes, now_s: int) -> str:
    digest = hmac.new(secret.encode(), f"{now_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now_s},v1={digest}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"id":NaN}',
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b"\xff\xfe",
        b'{"id":"\\ud800"}',
        b'{"id":"evt_1","id":"evt_2"}',
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_nonsense_is_refused_even_when_it_is_signed(door: Door, body: bytes):
    """WI18."""
    now_s = door.shop.services.clock.now_us() // 1_000_000
    header = signed(door.shop.account.webhook_secrets[0], body, now_s)
    started_s = time.perf_counter()
    await refused(door, 400, "signature_refused", body=body, sandbox_signature=header)
    assert time.perf_counter() - started_s < 1.0


async def test_a_long_body_is_refused_by_its_announced_length(door: Door):
    """WI18: none of it is read."""
    answered = await door.post(b"x" * 10, content_length=str(BODY_MAX_BYTES + 1))
    assert (answered.status, answered.json["code"], answered.read) == (413, "too_large", 0)
    assert answered.headers["connection"] == "close"


async def test_a_long_body_is_refused_as_soon_as_it_is_too_long(door: Door):
    chunks = [b"x" * 65_536] * 320
    answered = await call(door.inbound, "POST", door.path, door.headers, chunks)
    assert (answered.status, answered.json["code"]) == (413, "too_large")
    assert answered.read <= BODY_MAX_BYTES + 65_536
    assert await kept(door) == []


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "99999999999999999999"])
async def test_a_length_that_is_none_is_refused(door: Door, length: str):
    assert (await door.post(content_length=length)).status == 413
    assert await kept(door) == []


async def test_a_compressed_body_is_never_unpacked(door: Door):
    """WI18: a megabyte of zeros is a kilobyte on the wire."""
    bomb = gzip.compress(bytes(1 << 20))
    await refused(door, 415, "encoded", body=bomb, content_encoding="gzip")


async def test_a_body_in_pieces_is_put_together(door: Door):
    chunks = [door.body[at : at + 100] for at in range(0, len(door.body), 100)]
    answered = await call(door.inbound, "POST", door.path, door.headers, chunks)
    assert answered.status == 200
    assert len(await kept(door)) == 1


async def test_a_sender_that_hangs_up_is_not_answered(door: Door):
    answered = await call(door.inbound, "POST", door.path, door.headers, [door.body[:100]], breaks_off=True)
    assert answered.status == 0
    assert await kept(door) == []


async def test_a_sender_that_stops_in_the_middle_is_let_go(door: Door, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linktill.inbound.webhooks.READ_MAX_S", 0.01)
    sent: list[int] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope: Scope = {"type": "http", "method": "POST", "path": door.path, "headers": []}
    await door.inbound(scope, receive, send)
    assert sent == [408]


@pytest.mark.parametrize(
    "path",
    [
        "/in/",
        "/in/sandbox",
        "/in/sandbox/",
        "/in/sandbox/gwa_unknown",
        "/in/stripe/{id}",
        "/in/sandbox/{id}/more",
        "/in/sandbox/gwa_\x00",
        "/in/sandbox/gwa_'; DROP TABLE inbox; --",
        "/in/sandbox/" + "a" * 65,
        "/in/sandbox/gwa_ÿ",
    ],
)
async def test_an_unknown_account_is_not_found(door: Door, path: str):
    answered = await call(
        door.inbound, "POST", path.replace("{id}", door.shop.account.id), door.headers, door.body
    )
    assert (answered.status, answered.json["code"]) == (404, "not_found")
    assert await kept(door) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_taken(door: Door, method: str):
    answered = await call(door.inbound, method, door.path, door.headers, door.body)
    assert (answered.status, answered.headers["allow"]) == (405, "POST")
    assert (answered.body == b"") is (method == "HEAD")
    assert await kept(door) == []


async def test_trouble_with_the_database_makes_the_gateway_try_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
):
    async def busy(*_args: object) -> bool:
        raise Busy("The queue is full.")

    monkeypatch.setattr("linktill.inbound.webhooks.receive_webhook", busy)
    answered = await door.post()
    assert (answered.status, answered.json["code"]) == (503, "unavailable")
    assert answered.headers["retry-after"] == "5"
    monkeypatch.undo()
    assert await kept(door) == []


@pytest.mark.parametrize("has_certificate", [True, False])
async def test_wi22_what_cannot_be_verified_now_is_kept_and_verified_later(
    door: Door, monkeypatch: pytest.MonkeyPatch, has_certificate: bool
):
    asked: list[bytes] = []

    def verify(*_args: object, **_more: object) -> Hint:
        raise NotVerifiedYet("A certificate must be fetched first.")

    async def prepare(_self: object, _account: object, _headers: object, body: bytes, *, now: int) -> None:
        assert now > 0
        asked.append(body)
        if not has_certificate:
            raise Unavailable("The certificate could not be fetched.")
        monkeypatch.undo()

    monkeypatch.setattr(SandboxGateway, "verify", verify)
    monkeypatch.setattr(SandboxGateway, "prepare", prepare)
    answered = await door.post()
    assert answered.status == 200
    assert asked == [door.body]
    [one] = await kept(door)
    assert ("unverified:" in str(one)) == (not has_certificate)


async def test_wi22_beyond_the_room_for_what_is_not_verified_yet_it_must_come_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
):
    async def prepare(*_: object, **_more: object) -> None:
        raise Unavailable("The certificate could not be fetched.")

    def verify(*_args: object, **_more: object) -> Hint:
        raise NotVerifiedYet("A certificate must be fetched first.")

    monkeypatch.setattr(SandboxGateway, "verify", verify)
    monkeypatch.setattr(SandboxGateway, "prepare", prepare)
    monkeypatch.setattr(verify_webhook, "KEPT_MAX", 2)
    statuses = [(await door.post(body=b"{%d}" % number)).status for number in range(3)]
    assert statuses == [200, 200, 503]
    assert (await door.post(body=b"\xff")).status == 400
    assert (await door.post(x_long="a" * verify_webhook.HEADERS_MAX_BYTES)).status == 503
    assert len(await kept(door)) == 2


async def test_a_flood_of_forgeries_is_one_line_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    """WI01, DA11: and an honest webhook among them is kept."""
    caplog.set_level(logging.DEBUG)
    inbound = Inbound(door.shop.services)
    honest = await asyncio.gather(
        *(call(inbound, "POST", door.path, {}, door.body) for _ in range(250)),
        call(inbound, "POST", door.path, door.headers, door.body),
        *(call(inbound, "POST", door.path, {}, door.body) for _ in range(250)),
    )
    assert sorted(answer.status for answer in honest) == [200] + [400] * 500
    assert len(await kept(door)) == 1
    out, err = capsys.readouterr()
    told = sum("webhook.refused" in line for line in (out + err + caplog.text).splitlines())
    assert told == 1
