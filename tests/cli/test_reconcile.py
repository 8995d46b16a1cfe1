"""`linktill reconcile` and `linktill payout`: what fits, what a person must look at, and what reached the bank."""

import asyncio

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.accounts import add_account
from linktill.flows.offline_account import set_up_offline
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.services import moment_of
from linktill.gateways.contract import Account
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import Shop
from tests.make import usd
from tests.offline import TERMS

ACCOUNT = GatewayAccountId("gwa_1")


async def connect(shop: Shop) -> None:
    """An account at a sandbox that is not there, and money that was found at it."""
    merchant_id = MerchantId(shop.merchant_id)
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        account = Account(merchant_id, ACCOUNT, "sandbox", {"account_id": "a", "secret_key": "k"}, ("s",))
        await add_account(services, account, "Test account")
        found = Foreign("sbpay_1", "captured", usd(4_000))
        await services.database.run(park, moment_of(services), merchant_id, ACCOUNT, found)


async def take_offline(shop: Shop) -> None:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        await set_up_offline(services, MerchantId(shop.merchant_id), TERMS)


def test_nothing_to_compare_is_no_trouble(small: Shop) -> None:
    done = small.run("reconcile")
    assert (done.code, done.out.strip()) == (0, "No gateway is connected: there is nothing to compare.")
    [books] = small.run("reconcile", "--json", "--test").json["data"]
    assert (books["merchant_id"], books["accounts"]) == (small.merchant_id, [])
    assert books["needs_a_person"] is False


def test_what_needs_a_person_or_could_not_be_asked_is_an_exit_code(small: Shop) -> None:
    asyncio.run(connect(small))
    for more in ((), ("--account", ACCOUNT), ("--since", "2026-11-01T00:00:00Z"), ("--live",)):
        done = small.run("reconcile", "--json", *more)
        assert done.code == 1, done
    [books] = small.run("reconcile", "--json").json["data"]
    [account] = books["accounts"]
    assert (account["id"], account["payments"], account["is_whole"]) == (ACCOUNT, None, False)
    assert account["trouble"]
    assert books["to_look_at"]["money_without_a_link"] == 1
    people = small.run("reconcile")
    assert people.code == 1
    for words in ("Look at: 1 payment(s), refund(s) or dispute(s)", "/dashboard/reconcile"):
        assert words in people.err, people.err
    for arguments, name in (
        (("--account", "gwa_none"), "account"),
        (("--since", "yesterday"), "since"),
        (("--since", "2026-11-01"), "since"),
        (("--since", "2999-11-01T00:00:00Z"), "since"),
        (("--merchant", "mer_none"), "merchant"),
    ):
        refused = small.run("reconcile", "--json", *arguments)
        assert (refused.code, refused.json["error"]["param"]) == (1, name), refused
    unknown = small.run("reconcile", "--account", "gwa_none")
    assert "There is no gateway account gwa_none: linktill gateway list shows yours." in unknown.err


def test_cash_that_is_taken_to_the_bank_is_a_payout_once_and_can_be_taken_back(shop: Shop) -> None:
    asyncio.run(take_offline(shop))
    link = shop.run(
        *("links", "create", "--json", "--currency", "EUR", "--description", "A repair"),
        *("--amount-minor", "4000"),
    ).json
    paid = shop.run("payment", "record", link["id"], "--way", "cash", "--json").json
    account = paid["gateway_account_id"]
    record = ("payout", "record", account, "--currency", "EUR")
    for arguments, name in (
        (("--amount-minor", "40.00", "--way", "cash"), "amount_minor"),
        (("--amount-minor", "0", "--way", "cash"), "amount_minor"),
        (("--amount-minor", "4000"), "way"),
        (("--amount-minor", "4000", "--way", "cash", "--paid-on", "soon"), "paid_on"),
    ):
        refused = shop.run(*record, *arguments, "--json")
        assert (refused.code, refused.json["error"]["param"]) == (1, name), refused
    unknown = shop.run("payout", "record", "gwa_none", "--currency", "EUR", "--amount-minor", "1", "--json")
    assert (unknown.code, unknown.json["error"]["param"]) == (1, "account")
    made = shop.run(
        *record, "--amount-minor", "4000", "--way", "cash", "--note", "Tuesday's till", "--json"
    ).json
    assert (made["status"], made["recorded_by"], made["way"]) == ("paid", "command line", "cash")
    [books] = shop.run("reconcile", "--json").json["data"]
    held = {each["place"]: each["amount_minor"] for each in books["clearing"]}
    assert (held, books["needs_a_person"]) == ({"": 0, "cash": 0}, False)
    assert "Tuesday's till" in shop.run("payout", "list").out
    for _ in range(2):
        assert shop.run("payout", "take-back", made["id"], "--json").json["status"] == "canceled"
    assert shop.run("payout", "take-back", "po_none", "--json").json["error"]["param"] == "payout_id"
    [books] = shop.run("reconcile", "--json").json["data"]
    assert {each["place"]: each["amount_minor"] for each in books["clearing"]} == {"": 0, "cash": 4_000}
    assert shop.run("verify", "--json").json["status"] == "clean"
