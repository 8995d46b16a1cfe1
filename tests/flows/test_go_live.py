"""Test and live books side by side: made once, seen by their own members only, and never mixed. LL18."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import GatewayAccountId, MemberId, MerchantId
from linktill.core.merchant import Member, Mode, Role
from linktill.flows.accounts import add_account
from linktill.flows.cancel_link import cancel_link
from linktill.flows.go_live import go_live, is_public, read_readiness
from linktill.flows.last_backup import MADE_FACT
from linktill.flows.manage_api_keys import KeyRing, create_api_key, parse_key
from linktill.flows.manage_links import find_links, read_link
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.sign_in import open_session, read_session, show_books, sign_in
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import Account
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.paypal import paypal
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.square import square
from linktill.gateways.stripe import stripe
from linktill.storage.gateway_accounts import StoredAccount, accounts_of, insert_account
from linktill.storage.installation import put_fact
from linktill.storage.invariants import merchants
from linktill.storage.members import insert_member
from linktill.storage.merchants import get_merchant, other_books
from tests.flows.people import OWNER, PASSWORD, NoWire, world_on
from tests.make import make_merchant


@pytest.fixture
def world(database):
    return world_on(database)


async def read_books(world, cookie):
    seen = await read_session(world.services, cookie)
    assert seen is not None
    return seen


async def test_live_books_begin_as_a_copy_and_are_their_own_from_then_on(world):
    new = await world.install()
    live = await go_live(world.services, new.merchant.id)
    assert live == replace(new.merchant, id=live.id, mode=Mode.LIVE, created_at=live.created_at)
    assert live.id != new.merchant.id
    assert await world.services.database.read(other_books, new.merchant.id) == live.id
    assert await world.services.database.read(other_books, live.id) == new.merchant.id
    await change_settings(world.services, new.merchant.id, MerchantSettings("Trial", "t@example.com", "USD"))
    assert await world.services.database.read(get_merchant, live.id) == live


async def test_live_books_are_made_once_by_however_many_at_once(world):
    new = await world.install()
    made = await asyncio.gather(*(go_live(world.services, new.merchant.id) for _ in range(8)))
    again = await go_live(world.services, new.merchant.id)
    assert {live.id for live in made} == {again.id}
    assert await go_live(world.services, again.id) == again  # asked from the live books
    assert len(await world.services.database.read(merchants)) == 2


async def test_there_are_no_live_books_of_nobody(world):
    with pytest.raises(NotFound):
        await go_live(world.services, MerchantId("mer_nobody"))
    assert await world.services.database.read(merchants) == []


async def test_a_session_shows_one_or_the_other(world):
    new = await world.install()
    cookie = (await open_session(world.services, new.owner)).cookie
    assert (await read_books(world, cookie)).other_id is None
    with pytest.raises(NotFound):
        await show_books(world.services, cookie, Mode.LIVE)
    assert (await read_books(world, cookie)).merchant == new.merchant
    live = await go_live(world.services, new.merchant.id)
    seen = await read_books(world, cookie)
    assert (seen.merchant, seen.other_id) == (new.merchant, live.id)  # until it is switched
    await show_books(world.services, cookie, Mode.LIVE)
    seen = await read_books(world, cookie)
    assert (seen.member, seen.merchant, seen.other_id) == (new.owner, live, new.merchant.id)
    await show_books(world.services, cookie, Mode.TEST)
    assert (await read_books(world, cookie)).merchant == new.merchant


async def test_a_new_session_begins_with_the_live_books(world):
    new = await world.install()
    before = await open_session(world.services, new.owner)
    live = await go_live(world.services, new.merchant.id)
    session = await sign_in(
        world.services, world.gate, email=OWNER.email, password=PASSWORD, address="192.0.2.1"
    )
    seen = await read_books(world, session.cookie)
    assert (seen.merchant, seen.csrf_token) == (live, session.csrf_token)
    assert (await read_books(world, before.cookie)).merchant == new.merchant


async def test_at18_a_form_acts_only_on_the_books_it_was_filled_in_for(world):
    """AT18, LL18: left open in another tab, a form of the test books must not act on the live ones."""
    new = await world.install()
    session = await open_session(world.services, new.owner)
    await go_live(world.services, new.merchant.id)
    await show_books(world.services, session.cookie, Mode.LIVE)
    seen = await read_books(world, session.cookie)
    assert seen.csrf_token != session.csrf_token
    assert (seen.has_token(session.csrf_token), seen.has_other_token(session.csrf_token)) == (False, True)
    assert (seen.has_token(seen.csrf_token), seen.has_other_token(seen.csrf_token)) == (True, False)
    other = await open_session(world.services, new.owner)
    assert not seen.has_token(other.csrf_token)
    assert not seen.has_other_token(other.csrf_token)
    assert not seen.has_other_token("test.")
    assert not seen.has_other_token("")


async def test_a_session_never_shows_another_business(world):
    new = await world.install()
    live = await go_live(world.services, new.merchant.id)
    theirs = await make_merchant(world.services, "Another business")
    member = Member(
        theirs.id, MemberId(world.services.ids.new(prefixes.MEMBER)), "a@b.example", "", Role.OWNER
    )
    await world.services.database.run(insert_member, member, password_hash="x", now=1)
    cookie = (await open_session(world.services, member)).cookie
    with pytest.raises(NotFound):
        await show_books(world.services, cookie, Mode.LIVE)
    seen = await read_books(world, cookie)
    assert (seen.merchant, seen.other_id) == (theirs, None)
    their_live = await go_live(world.services, theirs.id)
    await show_books(world.services, cookie, Mode.LIVE)
    seen = await read_books(world, cookie)
    assert (seen.merchant, seen.other_id) == (their_live, theirs.id)
    # The cookie of one with the id of another's merchant is nobody's.
    for foreign in (new.merchant.id, live.id, their_live.id):
        forged = f"{foreign}.{cookie.partition('.')[2]}"
        assert await read_session(world.services, forged) is None
        await show_books(world.services, forged, Mode.TEST)
    assert (await read_books(world, cookie)).merchant == their_live


async def test_at06_each_book_has_keys_of_its_own(world):
    """AT06: the prefix tells the mode, and a key of the test books never opens the live ones."""
    new = await world.install()
    live = await go_live(world.services, new.merchant.id)
    ring = KeyRing(world.services)
    for merchant in (new.merchant, live):
        text = (await create_api_key(world.services, merchant.id, name="Shop")).text
        assert text.startswith(f"lt_{merchant.mode}_")
        caller = await ring.caller(text)
        assert caller is not None
        assert (caller.merchant_id, caller.mode) == (merchant.id, merchant.mode)
        swapped = text.replace(f"lt_{merchant.mode}_", f"lt_{merchant.mode.other}_")
        assert parse_key(swapped) is None
        assert await ring.caller(swapped) is None


async def test_ll18_what_is_in_one_is_not_in_the_other(shop):
    live = await go_live(shop.services, shop.id)
    link = await shop.link()
    await shop.pay(link)
    with pytest.raises(NotFound):
        await read_link(shop.services, live.id, link.id)
    with pytest.raises(NotFound):
        await cancel_link(shop.services, live.id, link.id)
    assert (await find_links(shop.services, live.id, limit=10)).links == []
    verified = await verify_books(shop.services)
    assert verified.merchants == 2


GATEWAYS = {
    "stripe": ({"secret_key": "sk_live_1"}, {"secret_key": "rk_test_1"}),
    "paypal": ({"environment": "live"}, {"environment": "sandbox"}),
    "square": ({"environment": "production"}, {"environment": "sandbox"}),
}


def with_gateways(world):
    wire, clock = NoWire(), world.clock
    sandbox = loaded(SandboxGateway(wire, "http://localhost:8000/sandbox"))
    return replace(
        world.services, gateways=Gateways(stripe(wire), paypal(wire, clock), square(wire), sandbox)
    )


@pytest.mark.parametrize("gateway", [*GATEWAYS, "sandbox"])
async def test_ll18_keys_belong_to_the_books_of_their_mode(world, gateway):
    new = await world.install()
    live = await go_live(world.services, new.merchant.id)
    services = with_gateways(world)
    live_keys, test_keys = GATEWAYS.get(gateway, (None, {}))
    number = 0
    for merchant, keys, is_taken in (
        (new.merchant, test_keys, True),
        (new.merchant, live_keys, False),
        (live, live_keys, True),
        (live, test_keys, False),
    ):
        if keys is None:
            continue
        number += 1
        account = Account(merchant.id, GatewayAccountId(f"gwa_{number}"), gateway, keys, ())
        before = await services.database.read(accounts_of, merchant.id)
        if is_taken:
            await add_account(services, account)
            assert len(await services.database.read(accounts_of, merchant.id)) == len(before) + 1
        else:
            with pytest.raises(FieldInvalid) as refused:
                await add_account(services, account)
            assert refused.value.param == "gateway"
            assert f"{merchant.mode.other} books" in str(refused.value) or gateway == "sandbox"
            assert await services.database.read(accounts_of, merchant.id) == before


async def test_the_sandbox_is_not_offered_where_money_is_real(world):
    gateways = with_gateways(world).gateways
    assert [kind.name for kind in gateways.kinds_for(Mode.TEST)] == ["stripe", "paypal", "square", "sandbox"]
    assert [kind.name for kind in gateways.kinds_for(Mode.LIVE)] == ["stripe", "paypal", "square"]


async def test_what_is_missing_is_named(world):
    new = await world.install()
    services = replace(with_gateways(world), base_url="https://pay.example.com")
    has = await read_readiness(services, new.merchant.id, has_mail_server=False)
    assert (has.has_live_books, has.missing) == (False, ("gateway", "mail_server", "backup"))
    live = await go_live(services, new.merchant.id)
    # A gateway of the test books does not count.
    await add_account(services, Account(new.merchant.id, GatewayAccountId("gwa_1"), "sandbox", {}, ()))
    local = await read_readiness(world.services, live.id, has_mail_server=True)
    assert (local.has_live_books, local.missing) == (True, ("gateway", "base_url", "backup"))
    await add_account(
        services, Account(live.id, GatewayAccountId("gwa_2"), "stripe", {"secret_key": "sk_live_1"}, ())
    )
    now = services.clock.now_us()
    await services.database.run(put_fact, MADE_FACT, str(now))
    for merchant_id in (new.merchant.id, live.id):
        has = await read_readiness(services, merchant_id, has_mail_server=True)
        assert (has.missing, has.gateways, has.backup_at) == ((), ("Stripe",), now)
    world.clock.ahead_s = 27 * 3600
    has = await read_readiness(services, live.id, has_mail_server=True)
    assert has.missing == ("backup",)


async def test_an_account_of_a_gateway_that_pretends_does_not_count_as_live(world):
    """However it came into the database: a hand, or a release with another opinion."""
    new = await world.install()
    live = await go_live(world.services, new.merchant.id)
    await world.services.database.run(
        insert_account,
        StoredAccount(
            live.id, GatewayAccountId("gwa_1"), "sandbox", b"", b"", 1, 0, mode=Mode.LIVE, vendor_id="acct_1"
        ),
    )
    has = await read_readiness(with_gateways(world), live.id, has_mail_server=True)
    assert "gateway" in has.missing


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        ("https://pay.example.com", True),
        ("https://pay.example.com:8443", True),
        ("https://8.8.8.8", True),
        ("http://pay.example.com", False),
        ("https://localhost", False),
        ("https://pay.localhost", False),
        ("https://127.0.0.1", False),
        ("https://[::1]:8000", False),
        ("https://192.168.1.5", False),
        ("https://pay", False),
        ("https://shop.local", False),
    ],
)
def test_an_address_that_payers_can_open(url, is_it):
    assert is_public(url) is is_it
