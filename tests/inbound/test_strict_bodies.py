"""WI18: a signed webhook that can be read in two ways, or hardly at all, is refused at once and leaves nothing behind."""

import gzip
import json
import time
import tracemalloc

import pytest
from sqlalchemy import func, select

from linktill.inbound.webhooks import BODY_MAX_BYTES
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox
from tests.inbound.calling import call
from tests.inbound.conftest import Door
from tests.inbound.test_webhooks import signed

SECONDS_MAX = 0.1
BYTES_MAX = 8 << 20
_COUNT = compiled(select(func.count()).select_from(inbox))


async def kept(door: Door) -> int:
    async def count(tx: Tx) -> int:
        row = await tx.one(_COUNT)
        assert row is not None
        return int(row[0])

    return await door.shop.services.database.read(count)


async def refused(door: Door, status: int, body: bytes, **headers: str) -> None:
    now_s = door.shop.services.clock.now_us() // 1_000_000
    header = signed(door.shop.account.webhook_secrets[0], body, now_s)
    # The first one loads what every later one finds.
    assert (await door.post(body=body, sandbox_signature=header, **headers)).status == status
    started_s = time.process_time()
    answered = await door.post(body=body, sandbox_signature=header, **headers)
    seconds = time.process_time() - started_s
    # Counting memory takes as long again.
    tracemalloc.start()
    assert (await door.post(body=body, sandbox_signature=header, **headers)).status == status
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answered.status == status
    assert answered.headers["content-type"] == "application/problem+json"
    assert await kept(door) == 0
    assert await door.shop.balances() == {}
    assert seconds < SECONDS_MAX
    assert peak < BYTES_MAX


def within(body: bytes, more: bytes) -> bytes:
    """The genuine event with something more in it, which our own reader would not even look at."""
    assert body.endswith(b"}")
    return body[:-1] + b"," + more + b"}"


async def test_wi18_what_is_only_new_is_taken(door: Door):
    """WI20: else these tests would prove nothing."""
    body = within(door.body, b'"news":{"a":[1,2.5,null,true,"\\ud83d\\ude00"],"b":{"a":1e3}}')
    now_s = door.shop.services.clock.now_us() // 1_000_000
    header = signed(door.shop.account.webhook_secrets[0], body, now_s)
    assert (await door.post(body=body, sandbox_signature=header)).status == 200
    assert await kept(door) == 1


@pytest.mark.parametrize(
    "more",
    [
        b'"id":"evt_another"',
        b'"data":{"object":{"id":"sbpay_another","object":"payment"}}',
        b'"news":{"a":1,"a":1}',
        b'"news":[[{"a":1,"b":{"c":1,"\\u0063":2}}]]',
        b'"news":NaN',
        b'"news":[-Infinity]',
        b'"news":"\\ud800"',
        b'"news":"\\udc00\\ud800"',
        b'"\\ud800":1',
        b'"news":' + b"[" * 100_000,
        b'"news":' + b"[" * 100_000 + b"]" * 100_000,
        b'"news":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b'"news":' + b"9" * 200_000 + b"x",
        b'"news":1,',
        b'"news":"\xff"',
        b'"news":"\xed\xa0\x80"',
        b'"news":"a\x00b"',
        b'"news":01',
        b"'news':1",
    ],
    ids=lambda more: repr(more[:24]),
)
async def test_wi18_what_has_two_meanings_is_refused_though_it_is_signed(door: Door, more: bytes):
    await refused(door, 400, within(door.body, more))


async def test_wi18_a_hundred_thousand_names_are_read_at_once(door: Door):
    names = b",".join(b'"%d":0' % number for number in range(20_000))
    await refused(door, 400, within(door.body, b'"news":{' + names + b',"0":1}'))


async def test_wi18_a_byte_order_mark_or_another_encoding_is_refused(door: Door):
    await refused(door, 400, b"\xef\xbb\xbf" + door.body)
    for encoding in ("utf-16", "utf-32", "utf-16-be"):
        await refused(door, 400, door.body.decode().encode(encoding))


async def test_wi18_gzip_is_not_unpacked_whatever_it_says(door: Door):
    bomb = gzip.compress(bytes(20 << 20))
    await refused(door, 415, bomb, content_encoding="gzip")
    await refused(door, 415, bomb, content_encoding="identity, gzip")
    await refused(door, 400, gzip.compress(door.body))


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
async def test_wi18_a_long_body_is_refused_before_it_is_read(door: Door, size: int):
    """Signed or not: announced, nothing of it is read; unannounced, no more than fits."""
    body = json.dumps({"news": "x" * size}).encode()
    await refused(door, 413, body, content_length=str(len(body)))
    answered = await call(
        door.inbound,
        "POST",
        door.path,
        door.headers,
        [body[at : at + 65_536] for at in range(0, size, 65_536)],
    )
    assert (answered.status, answered.read <= BODY_MAX_BYTES + 65_536) == (413, True)
    assert await kept(door) == 0
