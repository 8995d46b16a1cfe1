"""API keys: told from noise without asking anybody, useless in a stolen database, dead within a second of revocation."""

import asyncio
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.errors import FieldsInvalid, NotFound, TooMany
from linktill.core.ids import ApiKeyId, MerchantId
from linktill.core.merchant import Merchant, Mode
from linktill.flows.manage_api_keys import (
    KEYS_MAX,
    REMEMBERED_S,
    KeyRing,
    create_api_key,
    parse_key,
    read_api_keys,
    revoke_api_key,
)
from linktill.platform.ids import ALPHABET
from linktill.storage.merchants import insert_merchant
from linktill.storage.statements import compiled
from linktill.storage.tables import api_key
from tests.flows.people import world_on

SAMPLE = "lt_test_06d3f7rznw0000000000000000_0123456789abcdefghjkmnpqrstvwxyz" + "1y1m4h5"


@pytest.fixture
def world(database):
    return world_on(database)


@pytest.fixture
def ring(world):
    return KeyRing(world.services)


async def another_merchant(world, mode=Mode.TEST):
    new = Merchant(
        MerchantId(world.services.ids.new("mer_")), mode, "Other", "o@example.com", "USD", "o@example.com", 1
    )
    await world.services.database.run(insert_merchant, new)
    return new.id


async def test_a_key_is_recognized(world, ring):
    merchant_id = await another_merchant(world)
    created = await create_api_key(world.services, merchant_id, name=" till ")
    assert created.key.name == "till"
    assert created.text.endswith(created.key.last4)
    caller = await ring.caller(created.text)
    assert (caller.merchant_id, caller.key_id, caller.mode) == (merchant_id, created.key.id, "test")
    assert await read_api_keys(world.services, merchant_id) == [created.key]


async def test_a_live_merchants_key_says_so(world, ring):
    created = await create_api_key(world.services, await another_merchant(world, Mode.LIVE), name="till")
    assert created.text.startswith("lt_live_")
    assert (await ring.caller(created.text)).mode == "live"


async def test_at06_a_key_opens_its_own_merchant_only(world, ring):
    """AT06."""
    mine, other = await another_merchant(world), await another_merchant(world)
    theirs = await create_api_key(world.services, other, name="till")
    assert (await ring.caller(theirs.text)).merchant_id == other
    with pytest.raises(NotFound):
        await revoke_api_key(world.services, ring, mine, theirs.key.id)
    assert (await ring.caller(theirs.text)).merchant_id == other
    assert await read_api_keys(world.services, mine) == []


async def test_at24_a_key_has_a_checksum_and_enough_chance(world):
    """AT24."""
    created = await create_api_key(world.services, await another_merchant(world), name="till")
    start, mode, public_part, secret = created.text.split("_")
    assert (start, mode, len(public_part), len(secret)) == ("lt", "test", 26, 39)
    assert 32 * 5 >= 160
    number = 0
    for char in secret[-7:]:
        number = number * 32 + ALPHABET.index(char)
    assert number == crc32(created.text[:-7].encode())
    parts = parse_key(created.text)
    assert parts is not None
    assert parts.public_part == public_part


async def test_at24_each_single_typing_error_is_seen_offline(world):
    """AT24: CRC-32 finds every burst of up to 32 bits, so each changed character and most swaps."""
    text = (await create_api_key(world.services, await another_merchant(world), name="till")).text
    for at in range(len(text)):
        for char in ALPHABET + "A_-":
            if char != text[at]:
                assert parse_key(text[:at] + char + text[at + 1 :]) is None
    assert parse_key(text + "0") is None
    assert parse_key(text[:-1]) is None
    assert parse_key(text.upper()) is None
    assert parse_key(text + "\n") is None


@given(st.text(max_size=200))
def test_at24_noise_is_no_key(text):
    """AT24."""
    assert parse_key(text) is None


async def test_at24_only_a_hash_is_stored(world):
    """AT24."""
    created = await create_api_key(world.services, await another_merchant(world), name="till")
    secret = created.text.split("_")[3]

    async def rows(tx):
        return await tx.all(compiled(api_key.select().limit(10)))

    [row] = await world.services.database.read(rows)
    assert not any(secret[:8] in str(value) for value in row)


async def test_a_wrong_secret_with_a_right_checksum_is_nobody(world, ring):
    created = await create_api_key(world.services, await another_merchant(world), name="till")
    body = created.text[:-8] + ("0" if created.text[-8] != "0" else "1")
    number = crc32(body.encode())
    forged = body + "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))
    assert parse_key(forged) is not None
    assert await ring.caller(forged) is None
    assert await ring.caller(created.text) is not None


async def test_a_key_of_the_other_mode_is_nobody(world, ring):
    created = await create_api_key(world.services, await another_merchant(world), name="till")
    body = created.text[:-7].replace("lt_test_", "lt_live_")
    number = crc32(body.encode())
    forged = body + "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))
    assert parse_key(forged) is not None
    assert await ring.caller(forged) is None


@pytest.mark.parametrize("text", ["", "lt_test_", "\x00", "\ud800", "é" * 74, "x" * 100_000, SAMPLE])
async def test_what_is_no_key_is_nobody_and_asks_nobody(world, ring, text, monkeypatch):
    monkeypatch.setattr(type(world.services.database), "read", None)
    assert await ring.caller(text) is None


async def test_at08_revocation_works_at_once_here(world, ring):
    """AT08."""
    merchant_id = await another_merchant(world)
    created = await create_api_key(world.services, merchant_id, name="till")
    assert await ring.caller(created.text) is not None
    await revoke_api_key(world.services, ring, merchant_id, created.key.id)
    assert await ring.caller(created.text) is None
    [listed] = await read_api_keys(world.services, merchant_id)
    assert listed.revoked_at is not None
    await revoke_api_key(world.services, ring, merchant_id, created.key.id)
    assert (await read_api_keys(world.services, merchant_id)) == [listed]


async def test_at08_revocation_works_within_a_second_elsewhere(world, ring):
    """AT08: another process remembers a key for less than a second, however often it is used."""
    merchant_id = await another_merchant(world)
    created = await create_api_key(world.services, merchant_id, name="till")
    elsewhere = KeyRing(world.services)
    assert await elsewhere.caller(created.text) is not None
    await revoke_api_key(world.services, ring, merchant_id, created.key.id)
    world.clock.ahead_s += REMEMBERED_S / 2
    assert await elsewhere.caller(created.text) is not None
    world.clock.ahead_s += REMEMBERED_S / 2
    assert REMEMBERED_S < 1
    assert await elsewhere.caller(created.text) is None


async def test_a_remembered_key_asks_the_database_once(world, ring, monkeypatch):
    created = await create_api_key(world.services, await another_merchant(world), name="till")
    assert await ring.caller(created.text) is not None
    monkeypatch.setattr(type(world.services.database), "read", None)
    assert await ring.caller(created.text) is not None


async def test_what_is_revoked_while_we_look_is_not_remembered(world, ring, monkeypatch):
    merchant_id = await another_merchant(world)
    created = await create_api_key(world.services, merchant_id, name="till")
    real, waiting, go_on = type(world.services.database).read, asyncio.Event(), asyncio.Event()

    async def slow(self, unit, *args, **kwargs):
        found = await real(self, unit, *args, **kwargs)
        waiting.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(type(world.services.database), "read", slow)
    looking = asyncio.create_task(ring.caller(created.text))
    await waiting.wait()
    monkeypatch.setattr(type(world.services.database), "read", real)
    await revoke_api_key(world.services, ring, merchant_id, created.key.id)
    go_on.set()
    await looking
    assert await ring.caller(created.text) is None


async def test_uses_are_collected_and_written_later(world, ring):
    merchant_id = await another_merchant(world)
    created = await create_api_key(world.services, merchant_id, name="till")
    for _ in range(3):
        await ring.caller(created.text)
    [before] = await read_api_keys(world.services, merchant_id)
    assert before.used_at is None
    assert await ring.flush() == 1
    assert await ring.flush() == 0
    [after] = await read_api_keys(world.services, merchant_id)
    assert after.used_at is not None
    assert after.used_at >= created.key.created_at
    world.clock.ahead_s -= 3600
    await ring.caller(created.text)
    await ring.flush()
    assert [after] == await read_api_keys(world.services, merchant_id)


async def test_bad_names_and_too_many_keys_are_refused(world):
    merchant_id = await another_merchant(world)
    for name in ("", " ", "x" * 101, "a\nb"):
        with pytest.raises(FieldsInvalid) as refused:
            await create_api_key(world.services, merchant_id, name=name)
        assert refused.value.param == "name"
    for number in range(KEYS_MAX):
        await create_api_key(world.services, merchant_id, name=f"till {number}")
    with pytest.raises(TooMany):
        await create_api_key(world.services, merchant_id, name="one more")
    assert len(await read_api_keys(world.services, merchant_id)) == KEYS_MAX


async def test_nobodys_key(world, ring):
    with pytest.raises(NotFound):
        await create_api_key(world.services, MerchantId("mer_none"), name="till")
    with pytest.raises(NotFound):
        await revoke_api_key(world.services, ring, MerchantId("mer_none"), ApiKeyId("key_none"))
