"""Workers that want the same job, and workers that were asleep past their lease."""

from dataclasses import replace

from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.take_turn import take_rows
from linktill.storage import inbox, leases, outbox, queues
from linktill.storage.database import Database, Tx
from linktill.storage.inbox import NewReceived, Received
from linktill.storage.installation import get_fact, put_fact
from linktill.storage.leases import Lease, LeaseLost
from linktill.storage.outbox import Promise
from tests.concurrency.interleaver import Body, Ended
from tests.concurrency.world import Scene, World

LONG_US = 3_600_000_000
OVER_US = -1
QUEUE = "we_" + "0" * 26
PREFIX = "whd_"


def acquiring(name: str, holder: str, lasts_us: int = LONG_US) -> Body:
    async def body(database: Database) -> Lease | None:
        return await database.run(leases.acquire, name, holder, lasts_us)

    return body


def _one_holder(world: World, name: str) -> Scene:
    async def check(ended: Ended) -> None:
        held = [lease for lease in ended.values() if lease is not None]
        assert len(held) == 1

    return Scene([acquiring(name, "a"), acquiring(name, "b")], check)


async def two_want_a_free_lease(world: World) -> Scene:
    """CC16."""
    return _one_holder(world, f"job {world.id}")


async def two_want_a_lease_that_ran_out(world: World) -> Scene:
    """CC16."""
    await acquiring(f"job {world.id}", "c", OVER_US)(world.database)
    return _one_holder(world, f"job {world.id}")


async def sleeper_writes_against_new_holder(world: World) -> Scene:
    """CC17: what the new holder wrote is not written over by the one who was asleep."""
    name = f"job {world.id}"
    old: Lease = await acquiring(name, "sleeper", OVER_US)(world.database)

    async def write_late(tx: Tx) -> None:
        await leases.confirm(tx, old)
        await put_fact(tx, name, "late")

    async def write(tx: Tx, lease: Lease) -> None:
        await leases.confirm(tx, lease)
        await put_fact(tx, name, "new")

    async def sleeper(database: Database) -> None:
        await database.run(write_late)

    async def holder(database: Database) -> Lease:
        lease = await database.run(leases.acquire, name, "holder", LONG_US)
        assert lease is not None, "it ran out"
        await database.run(write, lease)
        return lease

    async def check(ended: Ended) -> None:
        late, lease = ended.values(LeaseLost)
        assert lease.token > old.token
        assert await world.database.read(get_fact, name) == "new"
        # Told that it was lost exactly when it was.
        assert isinstance(late, LeaseLost) or ended.when(0, "installation") < ended.when(1, "installation")

    return Scene([sleeper, holder], check)


async def two_sealers(world: World) -> Scene:
    """CC16: rows are sealed once, in one chain. (The lease is one for all: it is free here, and so it is afterwards.)"""
    await seal_ledger(world.services)  # what other scenarios have left, which is not counted here
    await world.paid(await world.link())

    async def seal(database: Database) -> int:
        return await seal_ledger(replace(world.services, database=database))

    async def check(ended: Ended) -> None:
        assert sum(ended.values()) == 1

    return Scene([seal, seal], check)


async def _received(world: World) -> None:
    new = NewReceived(
        world.id,
        world.services.ids.new("ib_"),
        world.account_id,
        "sbevt_1",
        "payment.captured",
        "{}",
        "{}",
        1,
    )
    await world.database.run(inbox.store, new)


def leasing_news(world: World, token: str, *, lasts_us: int = LONG_US) -> Body:
    now = world.services.clock.now_us()

    async def body(database: Database) -> list[Received]:
        return await database.run(
            inbox.lease, world.id, now=now, lease_until=now + lasts_us, lease_token=token, limit=9
        )

    return body


async def two_workers_lease_a_webhook(world: World) -> Scene:
    """CC16."""
    await _received(world)

    async def check(ended: Ended) -> None:
        assert sorted(len(leased) for leased in ended.values()) == [0, 1]

    return Scene([leasing_news(world, "a"), leasing_news(world, "b")], check)


async def sleeper_ends_a_webhook_against_another(world: World) -> Scene:
    """CC17: either it was still the sleeper's to end, or it is the other's to work on."""
    await _received(world)
    [held] = await leasing_news(world, "sleeper", lasts_us=OVER_US)(world.database)

    async def end(database: Database) -> bool:
        return await database.run(inbox.done, held)

    async def check(ended: Ended) -> None:
        has_ended, leased = ended.values()
        assert has_ended is not bool(leased)

    return Scene([end, leasing_news(world, "b")], check)


def enqueuing(world: World, subject: str) -> Body:
    async def body(database: Database) -> None:
        await database.run(
            queues.enqueue,
            world.id,
            QUEUE,
            kind="delivery",
            subject_id=PREFIX + subject * 26,
            now=world.services.clock.now_us(),
        )

    return body


def taking(world: World, token: str, *, lasts_us: int = LONG_US) -> Body:
    now = world.services.clock.now_us()

    async def body(database: Database) -> list[Promise]:
        return await database.run(
            outbox.lease, world.id, now=now, lease_until=now + lasts_us, lease_token=token, limit=9
        )

    return body


async def something_new_against_the_end_of_a_turn(world: World) -> Scene:
    """WO: what is put into a queue in the moment in which its turn ends is not forgotten there."""
    await enqueuing(world, "1")(world.database)
    [turn] = await taking(world, "a")(world.database)
    await world.database.run(queues.remove, world.id, queues.row_id(QUEUE, PREFIX + "1" * 26))

    async def end(database: Database) -> int:
        return len(await database.run(take_rows, turn, prefix=PREFIX, limit=9))

    async def check(ended: Ended) -> None:
        found, _ = ended.values()
        if found == 0:
            turns = await taking(world, "b")(world.database)
            assert [next_turn.subject_id for next_turn in turns] == [QUEUE]

    return Scene([end, enqueuing(world, "2")], check)


async def sleeper_holds_a_turn_against_another(world: World) -> Scene:
    """CC17: of a queue's turn there is one holder."""
    await enqueuing(world, "1")(world.database)
    [turn] = await taking(world, "sleeper", lasts_us=OVER_US)(world.database)
    until = world.services.clock.now_us() + LONG_US

    async def hold(database: Database) -> bool:
        return await database.run(queues.hold, turn, lease_until=until)

    async def check(ended: Ended) -> None:
        is_held, taken = ended.values()
        assert is_held is not bool(taken)

    return Scene([hold, taking(world, "b")], check)


async def two_workers_take_promises(world: World) -> Scene:
    """CC16: each promise is kept by one of them."""
    await world.link()

    async def check(ended: Ended) -> None:
        first, second = ended.values()
        assert sorted([len(first), len(second)]) == [0, 1]

    return Scene([taking(world, "a"), taking(world, "b")], check)


async def sleeper_and_two_workers(world: World) -> Scene:
    """CC16, CC17: with three."""
    await _received(world)
    [held] = await leasing_news(world, "sleeper", lasts_us=OVER_US)(world.database)

    async def end(database: Database) -> bool:
        return await database.run(inbox.done, held)

    async def check(ended: Ended) -> None:
        has_ended, first, second = ended.values()
        # Locked by somebody else at that moment, it is passed over: nobody has it, until somebody looks again.
        assert has_ended + len(first) + len(second) == 1

    return Scene([end, leasing_news(world, "b"), leasing_news(world, "c")], check)


TWO = (
    two_want_a_free_lease,
    two_want_a_lease_that_ran_out,
    sleeper_writes_against_new_holder,
    two_sealers,
    two_workers_lease_a_webhook,
    sleeper_ends_a_webhook_against_another,
    something_new_against_the_end_of_a_turn,
    sleeper_holds_a_turn_against_another,
    two_workers_take_promises,
)
THREE = (sleeper_and_two_workers,)
