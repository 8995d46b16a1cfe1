"""Requests that come twice, and places of which there are only so many: keys, sign-ups, limits."""

from dataclasses import replace

from linktill.core import ids as prefixes
from linktill.core.errors import TooMany, TransitionRefused
from linktill.core.ids import LinkId, MemberId, MerchantId
from linktill.core.merchant import Member, Merchant, Mode, Role
from linktill.core.payment_link import PaymentLink
from linktill.flows import manage_api_keys, manage_endpoints
from linktill.flows.idempotent import Answer, idempotent_request, idempotently
from linktill.flows.manage_links import store_link
from linktill.flows.set_up import MERCHANT_FACT, Installed, _install
from linktill.storage import api_keys, link_lists, webhook_endpoints
from linktill.storage.database import Database, Tx
from linktill.storage.installation import remove_fact
from linktill.storage.merchants import get_merchant
from tests.concurrency.interleaver import Body, Ended
from tests.concurrency.world import Scene, World, new_world

KEYS_MAX = 1
"""As the tests set the limits: each merchant may have one."""


def creating(world: World, link: PaymentLink, key: str) -> Body:
    """A request for a new link, with an idempotency key. Each try would make a link of its own."""
    draft = replace(
        link, id=LinkId(world.services.ids.new(prefixes.LINK)), slug=world.services.randomness.token(8)
    )
    request = idempotent_request(key, method="POST", path="/v1/payment_links", body=b"{}")

    async def work(tx: Tx) -> PaymentLink:
        return await store_link(tx, world.moment(), draft, "test")

    async def body(database: Database) -> Answer:
        services = replace(world.services, database=database)
        return await idempotently(
            services, world.id, request, work, lambda made: Answer(201, made.id.encode())
        )

    return body


async def count_links(world: World) -> int:
    return sum((await world.database.read(link_lists.count_by_status, world.id)).values())


async def one_key_twice(world: World) -> Scene:
    """CC04: one is carried out, the other gets its answer, byte for byte."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        first, second = ended.values()
        assert (first.status, first.body) == (second.status, second.body)
        assert sorted((first.is_replay, second.is_replay)) == [False, True]
        assert await count_links(world) == 2

    return Scene([creating(world, link, "key-1"), creating(world, link, "key-1")], check)


async def one_key_of_two_merchants(world: World) -> Scene:
    """CC06: they know nothing of one another, and do not even wait."""
    other = await new_world(world.services, world.numbers)
    request = idempotent_request("key-1", method="POST", path="/v1/payment_links", body=b"{}")

    def answered(whose: World) -> Body:
        async def work(tx: Tx) -> bytes:
            return whose.id.encode()

        async def body(database: Database) -> Answer:
            services = replace(world.services, database=database)
            return await idempotently(services, whose.id, request, work, lambda made: Answer(200, made))

        return body

    async def check(ended: Ended) -> None:
        assert [answer.body.decode() for answer in ended.values()] == [world.id, other.id]
        assert not ended.had_waited

    return Scene([answered(world), answered(other)], check)


async def two_first_owners(world: World) -> Scene:
    """Two people set the installation up in the same moment: it is the first one's."""
    await world.database.run(remove_fact, MERCHANT_FACT)
    new = [_installed(world, number) for number in range(2)]

    def install(one: Installed) -> Body:
        async def body(database: Database) -> None:
            await database.run(_install, one, "hash", None)

        return body

    async def check(ended: Ended) -> None:
        results = ended.values(TransitionRefused)
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "TransitionRefused"]
        for result, one in zip(results, new, strict=True):
            is_there = await world.database.read(get_merchant, one.merchant.id) is not None
            assert is_there is (result is None)

    return Scene([install(one) for one in new], check)


def _installed(world: World, number: int) -> Installed:
    merchant_id = MerchantId(world.services.ids.new(prefixes.MERCHANT))
    email = f"{merchant_id}.{number}@example.com"
    merchant = Merchant(merchant_id, Mode.TEST, "Shop", email, "USD", email, world.services.clock.now_us())
    owner = Member(merchant_id, MemberId(world.services.ids.new(prefixes.MEMBER)), email, "", Role.OWNER)
    return Installed(merchant, owner)


async def two_last_api_keys(world: World) -> Scene:
    """CC20: a limit is exact."""

    def make() -> Body:
        async def body(database: Database) -> object:
            services = replace(world.services, database=database)
            return await manage_api_keys.create_api_key(services, world.id, name="key")

        return body

    async def check(ended: Ended) -> None:
        results = ended.values(TooMany)
        assert sum(isinstance(result, TooMany) for result in results) == 1
        assert len(await world.database.read(api_keys.list_api_keys, world.id)) == KEYS_MAX

    return Scene([make(), make()], check)


async def two_last_webhook_endpoints(world: World) -> Scene:
    """CC20: a limit is exact."""
    terms = manage_endpoints.EndpointTerms("https://example.com/hook")

    def make() -> Body:
        async def body(database: Database) -> object:
            services = replace(world.services, database=database)
            return await manage_endpoints.create_endpoint(services, world.id, terms, may_be_private=False)

        return body

    async def check(ended: Ended) -> None:
        results = ended.values(TooMany)
        assert sum(isinstance(result, TooMany) for result in results) == 1
        assert len(await world.database.read(webhook_endpoints.endpoints_of, world.id)) == KEYS_MAX

    return Scene([make(), make()], check)


TWO = (
    one_key_twice,
    one_key_of_two_merchants,
    two_first_owners,
    two_last_api_keys,
    two_last_webhook_endpoints,
)
