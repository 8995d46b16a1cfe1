"""Signing in: slow to guess at, the same words for every failure, and a token that only the browser knows."""

import asyncio
import time
from statistics import median

import pytest
from argon2 import PasswordHasher

from linktill.core.errors import SignInRefused, TooMany
from linktill.flows.sign_in import (
    AGE_MAX_US,
    IDLE_MAX_US,
    open_session,
    read_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from linktill.flows.throttle import Throttle
from linktill.platform.passwords import AT_ONCE_MAX, DUMMY_HASH, WAITING_MAX, Passwords
from linktill.storage.members import find_credentials, set_password_hash
from linktill.storage.statements import compiled
from linktill.storage.tables import member_session
from tests.flows.people import OWNER, PASSWORD, MovableClock, world_on

HOUR = 3600


@pytest.fixture
def world(database):
    return world_on(database)


async def enter(world, *, email=OWNER.email, password=PASSWORD, address="192.0.2.1", cookie=None):
    return await sign_in(
        world.services, world.gate, email=email, password=password, address=address, cookie=cookie
    )


async def test_a_member_signs_in_and_out(world):
    new = await world.install()
    session = await enter(world)
    seen = await read_session(world.services, session.cookie)
    assert seen is not None
    assert (seen.member, seen.merchant, seen.csrf_token) == (new.owner, new.merchant, session.csrf_token)
    assert seen.has_token(session.csrf_token)
    assert not seen.has_token("")
    assert not seen.has_token(session.csrf_token[:-1] + "\ud800")
    await sign_out(world.services, session.cookie)
    assert await read_session(world.services, session.cookie) is None
    await sign_out(world.services, session.cookie)


@pytest.mark.parametrize("email", [OWNER.email, "nobody@example.com", "", "\x00", "\ud800@x", "x" * 10_000])
async def test_at11_each_failure_says_the_same(world, email):
    """AT11."""
    await world.install()
    with pytest.raises(SignInRefused) as refused:
        await enter(world, email=email, password="wrong")
    assert str(refused.value) == "E-mail address and password do not fit together."


async def test_at11_a_stranger_takes_as_long_as_a_member(world):
    """AT11: an unknown address costs an Argon2 hash of the same parameters."""
    assert not world.gate.passwords.is_outdated(DUMMY_HASH)
    await world.install()
    times: dict[str, list[float]] = {OWNER.email: [], "nobody@example.com": []}
    for number in range(7):
        for email, taken in times.items():
            start = time.perf_counter()
            with pytest.raises(SignInRefused):
                await enter(world, email=email, password="wrong", address=f"192.0.2.{number}")
            taken.append(time.perf_counter() - start)
    known, unknown = (median(taken) for taken in times.values())
    assert 0.5 < known / unknown < 2


async def test_at11_guessing_is_stopped_but_the_owner_is_not_locked_out(world):
    """AT11: ten tries from one address, and the owner still gets in from another."""
    await world.install()
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await enter(world, password="wrong")
    with pytest.raises(TooMany):
        await enter(world)
    await enter(world, address="192.0.2.2")
    world.clock.ahead_s += 901
    await enter(world)


async def test_at11_tries_at_once_count_too(world):
    """AT11: thirty at the same moment are not thirty free tries."""
    await world.install()
    results = await asyncio.gather(
        *(enter(world, password="wrong") for _ in range(30)), return_exceptions=True
    )
    assert [type(result) for result in results].count(SignInRefused) == 10
    assert [type(result) for result in results].count(TooMany) == 20


async def test_at11_one_address_tries_many_accounts(world):
    """AT11."""
    await world.install()
    for number in range(50):
        world.gate.pairs.forget(f"192.0.2.1 {number}@example.com")
        assert world.gate.addresses.take("192.0.2.1")
    with pytest.raises(TooMany):
        await enter(world)
    await enter(world, address="192.0.2.2")


async def test_signing_in_well_uses_up_no_tries(world):
    await world.install()
    for _ in range(12):
        await enter(world)
    assert world.gate.addresses.take("192.0.2.1")


async def test_da10_a_flood_of_hashes_is_turned_away():
    """DA10: what waits for a hash is bounded."""
    passwords = Passwords()
    results = await asyncio.gather(
        *(passwords.is_right("x", "no hash") for _ in range(AT_ONCE_MAX + WAITING_MAX + 5)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(TooMany) == 5
    assert not await passwords.is_right("x", "no hash")
    passwords.close()


async def test_at16_signing_in_makes_a_new_token_and_ends_the_old(world):
    """AT16: a cookie that was planted before is worth nothing afterwards."""
    await world.install()
    first = await enter(world)
    second = await enter(world, cookie=first.cookie)
    assert second.cookie != first.cookie
    assert second.csrf_token != first.csrf_token
    assert await read_session(world.services, first.cookie) is None
    assert await read_session(world.services, second.cookie) is not None
    merchant_id = second.member.merchant_id
    third = await enter(world, cookie=f"{merchant_id}.chosen-by-a-thief")
    assert third.cookie != f"{merchant_id}.chosen-by-a-thief"
    assert await read_session(world.services, f"{merchant_id}.chosen-by-a-thief") is None
    assert await read_session(world.services, second.cookie) is not None


async def test_at16_only_a_hash_is_stored(world):
    """AT16: the database gives nobody a session."""
    await world.install()
    session = await enter(world)
    token = session.cookie.partition(".")[2]

    async def rows(tx):
        return await tx.all(compiled(member_session.select().limit(10)))

    [row] = await world.services.database.read(rows)
    assert token not in map(str, row)
    assert await read_session(world.services, f"{row[0]}.{row[1]}") is None


async def test_at16_idle_sessions_end(world):
    """AT16."""
    await world.install()
    session = await enter(world)
    for _ in range(3):
        world.clock.ahead_s += IDLE_MAX_US / 1_000_000 - 60
        assert await read_session(world.services, session.cookie) is not None
    world.clock.ahead_s += IDLE_MAX_US / 1_000_000 + 60
    assert await read_session(world.services, session.cookie) is None


async def test_at16_sessions_in_use_end_too(world):
    """AT16."""
    await world.install()
    session = await enter(world)
    while world.clock.ahead_s < AGE_MAX_US / 1_000_000 - 11 * HOUR:
        world.clock.ahead_s += 11 * HOUR
        assert await read_session(world.services, session.cookie) is not None
    world.clock.ahead_s += 11 * HOUR
    assert await read_session(world.services, session.cookie) is None


async def test_at08_every_session_of_a_member_ends(world):
    """AT08."""
    new = await world.install()
    sessions = [await enter(world) for _ in range(3)]
    await sign_out_everywhere(world.services, new.owner)
    assert [await read_session(world.services, session.cookie) for session in sessions] == [None] * 3


async def test_sessions_that_are_over_are_removed_at_the_next_sign_in(world):
    new = await world.install()
    await open_session(world.services, new.owner)
    world.clock.ahead_s += 13 * HOUR
    await open_session(world.services, new.owner)

    async def rows(tx):
        return await tx.all(compiled(member_session.select().limit(10)))

    assert len(await world.services.database.read(rows)) == 1


@pytest.mark.parametrize(
    "cookie", [None, "", ".", "mer_1", "mer_1.", ".token", "mer_1.x", "mer_1.x\x00", "é.x", "m." + "x" * 500]
)
async def test_what_is_no_session_is_nobody(world, cookie):
    await world.install()
    assert await read_session(world.services, cookie) is None
    await sign_out(world.services, cookie)


async def test_an_outdated_hash_is_renewed_at_sign_in(world):
    new = await world.install()
    before = await world.services.database.read(find_credentials, OWNER.email)
    weak = PasswordHasher(memory_cost=1_024, time_cost=1, parallelism=1).hash(PASSWORD)
    assert await world.services.database.run(
        set_password_hash, new.owner, before=before.password_hash, after=weak
    )
    await enter(world)
    after = await world.services.database.read(find_credentials, OWNER.email)
    assert after.password_hash != weak
    assert not world.gate.passwords.is_outdated(after.password_hash)
    await enter(world)
    # Someone was faster: their hash stays.
    assert not await world.services.database.run(set_password_hash, new.owner, before=weak, after=weak)


def test_a_throttle_forgets_the_longest_unused_key():
    throttle = Throttle(MovableClock(), limit=1, window_s=60, keys_max=2)
    assert [throttle.take(key) for key in "abacabc"] == [True, True, False, True, False, True, True]


def test_a_try_is_given_back():
    throttle = Throttle(MovableClock(), limit=1, window_s=60, keys_max=2)
    assert throttle.take("a")
    throttle.give_back("a")
    throttle.give_back("a")
    throttle.give_back("b")
    assert [throttle.take("a"), throttle.take("a")] == [True, False]
