"""First run: only who reads the console sets up, once, and a race leaves one installation."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.errors import FieldInvalid, FieldsInvalid, GatewayTrouble, TransitionRefused
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.set_up import (
    OFFER_FACT,
    check_vault_key,
    create_installation,
    finish_set_up,
    is_set_up,
    new_set_up_token,
    set_up,
)
from linktill.flows.sign_in import sign_in
from linktill.platform.passwords import Passwords
from linktill.storage.errors import SettingInvalid
from linktill.storage.installation import get_fact
from linktill.storage.members import find_credentials
from linktill.storage.merchants import get_merchant
from tests.flows.people import OWNER, PASSWORD, world_on


@pytest.fixture
def world(database):
    return world_on(database)


async def do(world, token, fields=OWNER):
    return await set_up(
        world.services, world.gate.passwords, fields, token=token, open_account=world.open_account
    )


async def test_who_has_the_token_sets_up(world):
    token = await new_set_up_token(world.services)
    assert not await is_set_up(world.services)
    new = await do(world, token)
    assert await is_set_up(world.services)
    assert await world.services.database.read(get_merchant, new.merchant.id) == new.merchant
    known = await world.services.database.read(find_credentials, OWNER.email)
    assert known is not None
    assert known.member == new.owner
    assert (new.merchant.name, new.merchant.mode, new.merchant.currency) == ("Acme Tools", "test", "EUR")
    assert new.owner.role == "owner"
    assert world.opened == [new.merchant.id]
    signed_in = await sign_in(
        world.services, world.gate, email="Owner@Example.com ", password=PASSWORD, address="127.0.0.1"
    )
    assert signed_in.member == new.owner


async def test_the_token_may_be_typed_carelessly(world):
    token = await new_set_up_token(world.services)
    assert token is not None
    assert len(token) == 29
    typed = f"  {token.upper().replace('-', ' ').replace('0', 'O').replace('1', 'l')}\n"
    assert (await do(world, typed)).merchant.name == "Acme Tools"


async def test_at21_without_the_token_nothing_is_set_up(world, monkeypatch):
    """AT21: and a stranger cannot even make us hash a password."""
    monkeypatch.setattr(Passwords, "hash", None)
    token = await new_set_up_token(world.services)
    assert token is not None
    for wrong in ("", "x", token[:-1], token + "0", "\x00", "\ud800"):
        with pytest.raises(FieldInvalid) as refused:
            await do(world, wrong)
        assert refused.value.param == "token"
    assert not await is_set_up(world.services)
    assert world.opened == []


async def test_at21_no_token_was_ever_printed(world):
    """AT21."""
    with pytest.raises(FieldInvalid):
        await do(world, "")


async def test_at21_a_later_start_ends_the_token_before(world):
    """AT21."""
    first, second = await new_set_up_token(world.services), await new_set_up_token(world.services)
    with pytest.raises(FieldInvalid):
        await do(world, first)
    await do(world, second)


async def test_at21_a_token_that_ends_while_the_password_is_hashed_does_nothing(world, monkeypatch):
    """AT21: the server started again in between; the first look at the token alone would let this pass."""
    token = await new_set_up_token(world.services)
    real = Passwords.hash

    async def slow(self, password):
        await new_set_up_token(world.services)
        return await real(self, password)

    monkeypatch.setattr(Passwords, "hash", slow)
    with pytest.raises(FieldInvalid) as refused:
        await do(world, token)
    assert refused.value.param == "token"
    assert not await is_set_up(world.services)


async def test_at21_set_up_again_is_refused(world):
    """AT21: the page may be reachable afterwards, it does nothing."""
    token = await new_set_up_token(world.services)
    new = await do(world, token)
    with pytest.raises(TransitionRefused):
        await do(world, token, replace(OWNER, email="thief@example.com"))
    with pytest.raises(TransitionRefused):
        await world.install(replace(OWNER, email="thief@example.com"))
    assert await new_set_up_token(world.services) is None
    assert await world.services.database.read(get_fact, OFFER_FACT) is None
    assert world.opened == [new.merchant.id]


async def test_at21_raced_set_up_makes_one_installation(world):
    """AT21: both have the token and press at once."""
    token = await new_set_up_token(world.services)
    fields = [replace(OWNER, email=f"owner{number}@example.com") for number in range(8)]
    results = await asyncio.gather(*(do(world, token, each) for each in fields), return_exceptions=True)
    made = [result for result in results if not isinstance(result, BaseException)]
    assert len(made) == 1
    assert {type(result) for result in results if isinstance(result, BaseException)} == {TransitionRefused}
    assert set(world.opened) == {made[0].merchant.id}


async def test_every_wrong_field_is_named_and_nothing_moves(world):
    token = await new_set_up_token(world.services)
    wrong = replace(OWNER, business_name=" ", email="owner", password="short", currency="XXX")
    with pytest.raises(FieldsInvalid) as refused:
        await do(world, token, wrong)
    assert [error.param for error in refused.value.errors] == [
        "business_name",
        "email",
        "password",
        "currency",
    ]
    assert not await is_set_up(world.services)
    await do(world, token)


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x" * 129,
        "password1234",
        "PasswordPassword!",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "qwertyuiopas",
        "letmeinletmein",
        "owner@example.com",
        "Acme Tools 2026!",
        "acmetoolsacmetools",
        "correct horse battery staple",
        "twelve chars\x00",
    ],
)
async def test_at12_passwords_that_are_refused(world, password):
    """AT12."""
    with pytest.raises(FieldsInvalid) as refused:
        await world.install(replace(OWNER, password=password))
    assert [error.param for error in refused.value.errors] == ["password"]


@pytest.mark.parametrize(
    "password",
    [
        "all lower case words",
        "x9" + "lamp river " * 11 + "nine.",
        "п" * 3 + "ароль из слов",
        "brick lamp 🧱🧱",
        "            five é1x",
    ],
)
async def test_at12_passwords_that_are_taken_whole(world, password):
    """AT12: up to 128 characters, none of them cut off or composed by rule."""
    await world.install(replace(OWNER, password=password))
    await sign_in(world.services, world.gate, email=OWNER.email, password=password, address="a")
    for other in (password[:-1], password + "x", password[:72]):
        if other != password:
            with pytest.raises(Exception, match="do not fit"):
                await sign_in(world.services, world.gate, email=OWNER.email, password=other, address="a")


async def test_an_account_that_could_not_be_opened_is_opened_at_the_next_start(world):
    async def unreachable(_merchant_id):
        raise GatewayTrouble("no answer")

    new = await create_installation(world.services, world.gate.passwords, OWNER, open_account=unreachable)
    assert await is_set_up(world.services)
    await finish_set_up(world.services, world.open_account)
    assert world.opened == [new.merchant.id]


async def test_nothing_to_finish_before_set_up(world):
    await finish_set_up(world.services, world.open_account)
    assert world.opened == []


async def test_a_database_keeps_to_its_key(database):
    await check_vault_key(world_on(database).services)
    await check_vault_key(world_on(database).services)
    with pytest.raises(SettingInvalid, match="LINKTILL_SECRET_KEY"):
        await check_vault_key(world_on(database, key=b"x" * 32).services)


async def test_settings_are_changed(world):
    new = await world.install()
    changed = await change_settings(
        world.services, new.merchant.id, MerchantSettings(" Acme GmbH ", "hello@example.com", "CHF")
    )
    assert changed == await world.services.database.read(get_merchant, new.merchant.id)
    assert changed == replace(
        new.merchant,
        name="Acme GmbH",
        contact_email="hello@example.com",
        alert_email="hello@example.com",
        currency="CHF",
    )


async def test_wrong_settings_are_all_named_and_nothing_moves(world):
    new = await world.install()
    with pytest.raises(FieldsInvalid) as refused:
        await change_settings(
            world.services, new.merchant.id, MerchantSettings("a\u202eb", "no", "ABC", "neither")
        )
    assert [error.param for error in refused.value.errors] == [
        "business_name", "contact_email", "alert_email", "currency",
    ]  # fmt: skip
    assert await world.services.database.read(get_merchant, new.merchant.id) == new.merchant
