"""Money in test and live books at once: all that works by itself works for both, and mixes nothing. LL18, UB08."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from linktill.core.ids import AttemptId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import PaymentLink
from linktill.flows.accounts import add_account, new_account_id
from linktill.flows.adopt import adopt
from linktill.flows.back_up import Wanted, back_up
from linktill.flows.go_live import go_live
from linktill.flows.reconcile import compare_accounts
from linktill.flows.restore_backup import Order, restore_backup
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.standing import Standing
from linktill.flows.verify_books import Verified, verify_books
from linktill.gateways.contract import Account
from linktill.gateways.sandbox import SandboxGateway
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage import ledger
from linktill.storage.backup_file import Opener
from linktill.storage.database import Database, open_database
from linktill.storage.foreign_payments import list_foreign
from linktill.storage.merchants import other_books
from tests.flows.refunding import refunded
from tests.flows.telling import Telling, telling_on
from tests.make import KEY, Shop
from tests.notify.receivers import endpoint, plain, postbox
from tests.recovery.places import new_place


def of_any_mode(_gateway: SandboxGateway, _account: Account) -> Mode | None:
    """As a gateway whose keys do not tell."""
    return None


@dataclass
class Both:
    """One business's test and live books, each with a gateway account of its own."""

    test: Telling
    live: Telling


@pytest_asyncio.fixture
async def both(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    # Only the sandbox is there to take payments here: for these tests it is the live books' gateway as well.
    monkeypatch.setattr(SandboxGateway, "mode_of", of_any_mode)
    async with telling_on(database) as test:
        shop = test.shop
        merchant = await go_live(shop.services, shop.id)
        opened = await shop.running.app.open_account(shop.running.receiver.url)
        keys = {"account_id": opened.account_id, "secret_key": opened.secret_key}
        account_id = new_account_id(shop.services)
        account = Account(merchant.id, account_id, "sandbox", keys, (opened.webhook_secret,))
        await add_account(shop.services, account)
        live = Shop(shop.services, merchant, account, shop.running, shop.wire, shop.other_wire)
        yield Both(test, Telling(live, test.channels))


async def pay(shop: Shop, amount_minor: int, form: str, link: PaymentLink | None = None) -> AttemptId:
    """A payer pays a link, a new one unless it is given; the news come by asking."""
    result = await shop.press_pay(link or await shop.link(amount_minor), form)
    await shop.fill_card(result)
    await shop.later(30)
    attempt = await shop.attempt(result.session.attempt_id)
    assert attempt.status is AttemptStatus.CAPTURED
    return attempt.id


async def sales(database: Database, merchant_id: MerchantId) -> int:
    found = await database.read(ledger.balances, merchant_id)
    return sum(-balance.amount_minor for balance in found if balance.account == "sales")


async def test_ll18_each_book_takes_its_own_money_and_tells_its_own_news(both: Both) -> None:
    async with endpoint() as program, postbox() as server:
        both.test.with_mail(server)
        both.live.with_mail(server)
        secrets = {
            mode: (await telling.listen(program, "payment.captured", path=f"/{mode}")).secret
            for mode, telling in (("test", both.test), ("live", both.live))
        }
        of_test = await pay(both.test.shop, 1_100, "a")
        of_live = await pay(both.live.shop, 2_300, "b")
        await both.test.deliver()
        told = {}
        for post in program.posts:
            mode = post.path.strip("/")
            event = post.verified(secrets[mode])
            assert event["mode"] == mode
            told[mode] = event["data"]["object"]["id"]
        assert told == {"test": of_test, "live": of_live}
        receipts = {of_test: True, of_live: False}
        for mail in server.to("ada@example.com"):
            [payment_id] = [each for each in receipts if each in plain(mail)]
            assert ("Test mode" in plain(mail)) is receipts.pop(payment_id)
        assert receipts == {}
        for mail in server.to("alerts@example.com"):
            assert ("Test mode" in plain(mail)) is (of_test in plain(mail))
    database = both.test.database
    assert await sales(database, both.test.shop.id) == 1_100
    assert await sales(database, both.live.shop.id) == 2_300


async def test_what_works_by_itself_works_for_both(both: Both) -> None:
    services = both.test.shop.services
    for number, telling in enumerate((both.test, both.live)):
        shop = telling.shop
        await refunded(shop, await pay(shop, 5_000, f"r{number}"))
        await shop.later(60)
    await both.test.shop.later(25 * 3600)
    await compare_accounts(services)
    for telling in (both.test, both.live):
        # Each account's list was compared with its own books: nothing of one is foreign money in the other.
        assert await telling.database.read(list_foreign, telling.shop.id) == []
    while await seal_ledger(services):
        pass
    verified = await verify_books(services)
    assert (verified.merchants, [each for each in verified.problems if each.invariant != "I6"]) == (2, [])
    assert verified.ledger_rows >= 4


@pytest.mark.parametrize("is_other", [False, True], ids=["same kind", "other kind"])
async def test_ub08_a_backup_brings_both_back(
    both: Both, database_url: str, tmp_path: Path, request: pytest.FixtureRequest, is_other: bool
) -> None:
    services = both.test.shop.services
    await pay(both.test.shop, 1_100, "a")
    await pay(both.live.shop, 2_300, "b")
    link = await both.live.shop.link(7_000)
    await seal_ledger(services)
    opener, path = Opener(KEY, None), tmp_path / "one.backup"
    await back_up(services, Wanted(path, opener, "0.1.0", None), lambda _table, _rows: None)
    of_live = await pay(both.live.shop, 7_000, "after", link)
    url = new_place(request, tmp_path, database_url, is_other=is_other)
    order = Order(path, opener, url, tmp_path / "sandbox.sqlite3", tmp_path / "secret.key", may_replace=False)
    await restore_backup(SystemClock(), SystemRandomness(), order)
    again = await open_database(url, services.clock)
    try:
        restored = replace(services, database=again, standing=Standing(url))
        await restored.standing.judge(again)
        adopted = await adopt(restored)
        # What was paid in the live books after the backup is found at the live books' account, and booked there.
        assert (adopted.unanswered, adopted.foreign) == ((), 0)
        assert adopted.booked == {"capture": 1}, of_live
        assert await again.read(other_books, both.test.shop.id) == both.live.shop.id
        assert await sales(again, both.test.shop.id) == 1_100
        assert await sales(again, both.live.shop.id) == 9_300
        verified: Verified = await verify_books(restored)
        assert [each for each in verified.problems if each.invariant != "I6"] == []
    finally:
        await again.close()
