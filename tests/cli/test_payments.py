"""`linktill payment`: money that came without a gateway, recorded from the command line."""

import asyncio

from linktill.core.ids import MerchantId
from linktill.flows.offline_account import set_up_offline
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import Shop
from tests.offline import TERMS

CREATE = (
    "links",
    "create",
    "--json",
    "--currency",
    "EUR",
    "--description",
    "A repair",
    "--amount-minor",
    "4000",
)


async def take_offline(shop: Shop) -> None:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        await set_up_offline(services, MerchantId(shop.merchant_id), TERMS)


def test_cash_is_recorded_in_parts_listed_and_taken_back(shop: Shop):
    link = shop.run(*CREATE).json
    refused = shop.run("payment", "record", link["id"], "--way", "cash", "--json")
    assert (refused.code, "Offline payments" in refused.out + refused.err) == (1, True)
    asyncio.run(take_offline(shop))
    part = shop.run("payment", "record", link["id"], "--way", "cash", "--amount-minor", "1500", "--json").json
    assert (part["status"], part["received_minor"]) == ("requires_action", 1_500)
    paid = shop.run(
        *("payment", "mark-paid", part["id"], "--way", "transfer"),
        *("--received-on", "2026-11-20", "--note", "Statement 47", "--json"),
    ).json
    assert (paid["status"], paid["method"]) == ("captured", "Cash, Bank transfer")
    again = shop.run("payment", "mark-paid", part["id"], "--way", "transfer", "--json")
    assert (again.code, "paid in full already" in again.out + again.err) == (1, True)
    cash, transfer = shop.run("payment", "receipts", part["id"], "--json").json["data"]
    assert [(each["amount_minor"], each["recorded_by"]) for each in (cash, transfer)] == [
        (1_500, "command line"),
        (2_500, "command line"),
    ]
    people = shop.run("payment", "receipts", part["id"])
    assert ("Statement 47" in people.out, "€25.00" in people.out) == (True, True)
    taken = shop.run("payment", "take-back", cash["id"], "--reason", "mistake", "--json").json
    assert (taken["status"], taken["received_minor"]) == ("requires_action", 2_500)
    taken = shop.run("payment", "take-back", transfer["id"], "--reason", "mistake", "--json").json
    assert (taken["status"], taken["received_minor"]) == ("requires_action", 0)
    assert shop.run("payment", "cancel", part["id"], "--json").json["status"] == "canceled"
    assert shop.run("verify", "--json").json["status"] == "clean"


def test_bad_input_names_the_field(small: Shop):
    for arguments, field in (
        (("mark-paid", "pay_1", "--way", "bitcoin"), "way"),
        (("mark-paid", "pay_1", "--way", "cash", "--amount-minor", "1.5"), "amount_minor"),
        (("mark-paid", "pay_1", "--way", "cash", "--received-on", "soon"), "received_on"),
        (("take-back", "rcp_1", "--reason", "whim"), "reason"),
        (("take-back", "rcp_1", "--reason", "mistake"), "receipt_id"),
        (("receipts", "pay_1"), "payment_id"),
    ):
        done = small.run("payment", *arguments, "--json")
        assert done.code == 1, done
        assert f'"{field}"' in done.out + done.err, (arguments, done)


def test_a_link_captured_by_hand_needs_a_gateway_that_holds_money(shop: Shop):
    made = shop.run(*CREATE, "--capture", "manual").json
    assert made["capture_method"] == "manual"
    shown = shop.run("links", "show", made["id"])
    assert "by hand" in shown.out
    wrong = shop.run(*CREATE, "--capture", "later")
    assert (wrong.code, "automatic or manual" in wrong.out + wrong.err) == (1, True)
    for what in ("capture", "void"):
        missing = shop.run("payment", what, "pay_01kan4v0zqf7wv9h6m2s8d3r5t", "--json")
        assert (missing.code, "There is no payment" in missing.out + missing.err) == (1, True)
