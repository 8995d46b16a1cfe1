"""One key, one effect, one answer: whoever asks again, at once or a month later, in the middle of a crash or not."""

import asyncio

import pytest
from sqlalchemy import bindparam, func, select

from linktill.core.errors import FieldInvalid, IdempotencyInProgress, IdempotencyMismatch, RefundTooLarge
from linktill.core.ids import MerchantId
from linktill.flows.idempotent import Answer, idempotent_request, idempotently, purge_idempotency
from linktill.storage.idempotency import claim_key
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import foreign_payment
from tests.flows.people import world_on

MINE, OTHER = MerchantId("mer_1"), MerchantId("mer_2")
NOTE = compiled(
    insert(foreign_payment).values(
        gateway_account_id="gwa_1", reference="", status="x", found_at=1, resolved_by="", note="",
        merchant_id=bindparam("merchant_id"), gateway_ref=bindparam("gateway_ref"),
    )
)  # fmt: skip
COUNT = compiled(
    select(func.count()).select_from(foreign_payment).where(foreign_payment.c.merchant_id == bindparam("m"))
)


@pytest.fixture
def world(database):
    return world_on(database)


def request(key="k1", body=b'{"a": 1}'):
    return idempotent_request(key, method="POST", path="/v1/payment_links", body=body)


class Work:
    """Writes a row each time that it is carried out."""

    def __init__(self, world):
        self.world, self.calls, self.done = world, 0, 0

    async def __call__(self, tx, merchant_id=MINE):
        self.calls += 1
        number = self.calls
        await tx.run(
            NOTE, merchant_id=merchant_id, gateway_ref=f"{number}-{self.world.services.ids.new('x_')}"
        )
        return number

    async def ask(self, wanted, merchant_id=MINE):
        return await idempotently(
            self.world.services,
            merchant_id,
            wanted,
            lambda tx: self(tx, merchant_id),
            lambda number: Answer(201, b'{"number": %d, "\xc3\xa9": "\x00"}' % number),
        )

    async def rows(self, merchant_id=MINE):
        async def count(tx):
            return (await tx.one(COUNT, m=merchant_id))[0]

        return await self.world.services.database.read(count)


@pytest.fixture
def work(world):
    return Work(world)


async def test_cc04_a_repeated_request_is_answered_byte_for_byte(work):
    """CC04."""
    first = await work.ask(request())
    assert first == Answer(201, b'{"number": 1, "\xc3\xa9": "\x00"}', is_replay=False)
    assert await work.ask(request()) == Answer(201, first.body, is_replay=True)
    assert (work.calls, await work.rows()) == (1, 1)


async def test_cc04_twenty_at_once_are_carried_out_once(work):
    """CC04."""
    answers = await asyncio.gather(*(work.ask(request()) for _ in range(20)))
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert [answer.is_replay for answer in answers].count(False) == 1
    assert await work.rows() == 1


async def test_cc05_another_body_under_the_same_key_is_refused(work):
    """CC05."""
    await work.ask(request())
    for other in (
        request(body=b'{"a": 2}'),
        request(body=b'{"a":1}'),
        idempotent_request("k1", method="POST", path="/v1/refunds", body=b'{"a": 1}'),
        idempotent_request("k1", method="PATCH", path="/v1/payment_links", body=b'{"a": 1}'),
    ):
        with pytest.raises(IdempotencyMismatch):
            await work.ask(other)
    assert (work.calls, await work.rows()) == (1, 1)


async def test_cc05_two_bodies_at_once(work):
    """CC05: whoever comes second is refused, whichever that is."""
    results = await asyncio.gather(
        *(work.ask(request(body=b"%d" % number)) for number in range(8)), return_exceptions=True
    )
    assert [type(result) for result in results].count(Answer) == 1
    assert [type(result) for result in results].count(IdempotencyMismatch) == 7
    assert await work.rows() == 1


async def test_cc06_another_merchants_key_is_another_key(work):
    """CC06."""
    await work.ask(request())
    other = await work.ask(request(), OTHER)
    assert not other.is_replay
    assert (await work.rows(MINE), await work.rows(OTHER)) == (1, 1)


async def test_cc07_a_death_half_way_leaves_nothing_behind(world, work):
    """CC07: key, work and answer are one unit, so the next call starts from the beginning and is the only one."""

    async def dies(tx):
        await work(tx)
        raise RuntimeError("the process died here")

    with pytest.raises(RuntimeError):
        await idempotently(world.services, MINE, request(), dies, lambda _: Answer(201, b""))
    assert await work.rows() == 0
    assert not (await work.ask(request())).is_replay
    assert await work.rows() == 1


async def test_cc07_a_death_while_answering_leaves_nothing_behind(world, work):
    """CC07."""

    def dies(_number):
        raise RuntimeError("cannot be written as JSON")

    with pytest.raises(RuntimeError):
        await idempotently(world.services, MINE, request(), work, dies)
    assert await work.rows() == 0
    assert not (await work.ask(request())).is_replay


async def test_a_refusal_frees_the_key(world, work):
    async def refuses(tx):
        await work(tx)
        raise RefundTooLarge("more than is left")

    with pytest.raises(RefundTooLarge):
        await idempotently(world.services, MINE, request(), refuses, lambda _: Answer(201, b""))
    assert await work.rows() == 0
    assert not (await work.ask(request(body=b"mended"))).is_replay


async def test_a_key_that_was_never_answered_is_in_progress(world, work):
    wanted = request()
    await world.services.database.run(
        claim_key, MINE, wanted.key, request_hash=wanted.request_hash, now=world.clock.now_us()
    )
    with pytest.raises(IdempotencyInProgress):
        await work.ask(wanted)
    with pytest.raises(IdempotencyMismatch):
        await work.ask(request(body=b"other"))
    assert await work.rows() == 0


async def test_without_a_key_each_request_counts(work):
    answers = [await work.ask(None), await work.ask(None)]
    assert [answer.is_replay for answer in answers] == [False, False]
    assert await work.rows() == 2


async def test_answers_are_kept_for_thirty_days(world, work):
    await work.ask(request())
    world.clock.ahead_s += 30 * 24 * 3600 - 60
    assert await purge_idempotency(world.services) == 0
    assert (await work.ask(request())).is_replay
    world.clock.ahead_s += 120
    assert await purge_idempotency(world.services) == 1
    assert not (await work.ask(request())).is_replay


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "a\n", "é", "\x00", "\ud800", "a\x7f"])
def test_bad_keys_are_refused(key):
    with pytest.raises(FieldInvalid) as refused:
        request(key)
    assert refused.value.param == "Idempotency-Key"


def test_longest_key():
    assert request("~" * 255).key == "~" * 255
