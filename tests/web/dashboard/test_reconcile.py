"""Money without a link, link without money: each resolution once, and payouts that empty the clearing account (WI12)."""

import asyncio
from typing import Any

from linktill.core import ids as prefixes
from linktill.flows.reconcile import compare_accounts
from linktill.gateways.sandbox import SandboxGateway
from linktill.storage import attempts, foreign_payments, ledger
from linktill.storage.events import list_events
from tests.make import Shop
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

PATH = "/dashboard/reconcile"
CLEAR = "Every payment has its link, every link its money"
FEE = 146


async def clearing(shop: Shop) -> dict[str, int]:
    found = await shop.balances()
    return {name: found.get(name, 0) for name in ("clearing", "bank")}


async def events(shop: Shop) -> list[str]:
    found = await shop.services.database.read(list_events, shop.id, limit=100)
    return [each.type for each in reversed(found)]


async def compared(browser: Browser) -> Page:
    page = await browser.get(PATH)
    shown = await browser.follow(await browser.submit(page, f"{PATH}/compare"))
    check_page(shown)
    return shown


def foreign_form(page: Page, action: str) -> dict[str, str]:
    return page.form(f"{PATH}/{action}")


async def lost_payment(shop: Shop, amount_minor: int = 4_000) -> Any:
    """Paid at the gateway under a number of ours of which no record is left."""
    reference = shop.services.ids.new(prefixes.ATTEMPT)
    return await shop.running.paid(reference=reference, amount_minor=amount_minor)


async def test_the_journey_to_an_empty_clearing_account(site: Site) -> None:
    """Pay, give a part back, lose a dispute, win another, be paid out: all over pages and the company's own."""
    shop = site.shop
    browser = await site.member()
    check_page(await browser.get(PATH))
    first = await shop.pay(await shop.link())
    page = await browser.get(f"/dashboard/payments/{first.id}")
    refunded = await browser.submit(
        page, f"/dashboard/payments/{first.id}/refund", kind="partial", amount="10.00"
    )
    assert refunded.status == 303, refunded.text
    await shop.poll()
    await shop.pay(await shop.link(), card="dispute_lost")
    await shop.pay(await shop.link(), card="dispute_won")
    await shop.later(6)
    await shop.later(61)
    await shop.deliver()
    held = 3 * (4_000 - FEE) - 1_000 - 4_000 - 2 * 1_500
    assert await clearing(shop) == {"clearing": held, "bank": 0}
    page = await browser.get(PATH)
    for words in (
        "Payments, less their fees",
        "$115.62",
        "Refunds",
        "-$10.00",
        "Disputes and their fees",
        "-$70.00",
        "$35.62",
    ):
        assert words in page.text, words
    paying = await browser.follow(await browser.submit(page, f"{PATH}/pay_out", account_id=shop.account.id))
    assert "It pays out what it holds" in paying.text
    shown = await compared(browser)
    assert "On its way to your bank" in shown.text
    await shop.later(6)
    shown = await compared(browser)
    for words in (CLEAR, "Payouts to your bank", "Paid out", "$0.00"):
        assert words in shown.text, words
    assert await clearing(shop) == {"clearing": 0, "bank": held}
    # Once more changes nothing, and what is not held is not paid out.
    await browser.submit(shown, f"{PATH}/pay_out", account_id=shop.account.id)
    await shop.later(6)
    await compared(browser)
    assert await clearing(shop) == {"clearing": 0, "bank": held}
    assert (await events(shop)).count("payout.paid") == 1


async def test_wi12_money_that_is_not_ours_is_set_aside_once_with_a_note(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    paid = await shop.running.paid(reference="order-17")
    await compare_accounts(shop.services)
    home = await browser.get("/dashboard")
    assert "One thing does not fit what your gateways say." in home.text
    page = await browser.get(PATH)
    check_page(page)
    for words in (paid["id"], "order-17", "$40.00"):
        assert words in page.text, words
    form = {"account_id": shop.account.id, "gateway_ref": paid["id"]}
    empty = await browser.submit(page, f"{PATH}/set_aside", **form, note="  ")
    check_page(empty, 422)
    assert "Say in a few words what this money is" in empty.text
    forged = await browser.submit(page, f"{PATH}/set_aside", **form, note="x", csrf_token="x")
    check_page(forged, 403)
    answers = await asyncio.gather(
        *(browser.submit(page, f"{PATH}/set_aside", **form, note=f"In the shop {n}") for n in range(3))
    )
    assert sorted(answer.status for answer in answers) == [303, 422, 422]
    shown = await browser.get(PATH)
    check_page(shown)
    for words in (CLEAR, "Dealt with", "Set aside: In the shop", "owner@example.com"):
        assert words in shown.text, words
    assert (await events(shop)).count("gateway.foreign_payment_resolved") == 1
    # The next comparisons leave it where it is.
    await compared(browser)
    assert await shop.services.database.read(foreign_payments.list_foreign, shop.id) == []
    assert "does not fit" not in (await browser.get("/dashboard")).text
    assert await shop.balances() == {}


async def test_wi12_money_is_attached_to_its_link_once_and_can_be_refunded_from_there(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    paid = await lost_payment(shop)
    await compare_accounts(shop.services)
    page = await browser.get(PATH)
    form = {"account_id": shop.account.id, "gateway_ref": paid["id"]}
    other, full = await shop.link(3_500), await shop.link()
    await shop.pay(full)
    before = await shop.balances()
    for link, words in (
        ("plink_none", "No link of yours"),
        ("", "No link of yours"),
        ("http://[", "No link of yours"),
        (other.id, "This link asks for $35.00, and $40.00 was paid."),
        (full.id, "This link has no place left."),
    ):
        refused = await browser.submit(page, f"{PATH}/attach", **form, link=link)
        check_page(refused, 422)
        assert words in refused.text, link
    assert await shop.balances() == before
    place = await shop.link()
    url = f"{shop.services.base_url}/p/{place.slug}"
    answers = await asyncio.gather(
        *(browser.submit(page, f"{PATH}/attach", **form, link=f" {url} ") for _ in range(3))
    )
    # It carries a number of ours, so each press finds what the first has made.
    assert [answer.status for answer in answers] == [303, 303, 303]
    elsewhere = await browser.submit(page, f"{PATH}/attach", **form, link=(await shop.link()).id)
    check_page(elsewhere, 422)
    [attempt] = await shop.attempts(place)
    assert (attempt.status, attempt.captured_minor, attempt.gateway_ref) == ("captured", 4_000, paid["id"])
    assert (await shop.fresh(place)).status == "completed"
    assert (await shop.balances())["sales"] == -8_000
    shown = await browser.get(PATH)
    assert "Attached: " in shown.text
    assert f"/dashboard/payments/{attempt.id}" in shown.body.decode()
    # What the gateway says of it later is about a payment of ours, and contradicts nothing.
    await compared(browser)
    assert (await shop.attempt(attempt.id)).review_reason is None
    detail = await browser.get(f"/dashboard/payments/{attempt.id}")
    await browser.submit(detail, f"/dashboard/payments/{attempt.id}/refund", kind="full")
    await shop.poll()
    assert (await shop.attempt(attempt.id)).refunded_minor == 4_000


async def test_what_carries_another_programs_number_or_is_not_paid_is_not_attached(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    theirs = await shop.running.paid(reference="order-17")
    await compare_accounts(shop.services)
    page = await browser.get(PATH)
    link = await shop.link()
    form = {"account_id": shop.account.id, "gateway_ref": theirs["id"], "link": link.id}
    refused = await browser.submit(page, f"{PATH}/attach", **form)
    check_page(refused, 422)
    assert "of another program" in refused.text
    check_page(await browser.submit(page, f"{PATH}/attach", **{**form, "account_id": "gwa_none"}), 404)
    missing = await browser.submit(page, f"{PATH}/attach", **{**form, "gateway_ref": "sbpay_none"})
    assert missing.status in {404, 422}
    shop.wire.is_plugged = False
    check_page(await browser.submit(page, f"{PATH}/attach", **form), 502)
    shop.wire.is_plugged = True
    assert (await shop.attempts(link), await shop.balances()) == ([], {})


async def test_a_link_without_money_is_listed_settled_and_seen_again_when_it_changes(
    site: Site, monkeypatch: Any
) -> None:
    shop = site.shop
    browser = await site.member()
    payment = await shop.pay(await shop.link())
    shop.running.clock.advance(4_000)
    lists, look_up = SandboxGateway.list_attempts, SandboxGateway.look_up

    async def without(self: SandboxGateway, *arguments: Any, **named: Any) -> Any:
        page = await lists(self, *arguments, **named)
        return type(page)((), None)

    kind = "not_found"

    async def gone(self: SandboxGateway, *arguments: Any) -> Any:
        fact = await look_up(self, *arguments)
        return type(fact)(type(fact.kind)(kind), gateway_ref=fact.gateway_ref)

    monkeypatch.setattr(SandboxGateway, "list_attempts", without)
    await compared(browser)
    assert CLEAR in (await browser.get(PATH)).text  # left out of the list, and there when asked for
    monkeypatch.setattr(SandboxGateway, "look_up", gone)
    shown = await compared(browser)
    for words in ("Links without money", payment.id, "does not know it"):
        assert words in shown.text, words
    await compared(browser)
    assert (await events(shop)).count("gateway.mismatch_found") == 1
    form = {"payment_id": payment.id}
    check_page(await browser.submit(shown, f"{PATH}/settle", **form, note=""), 422)
    answers = await asyncio.gather(
        *(browser.submit(shown, f"{PATH}/settle", **form, note="They lost it") for _ in range(3))
    )
    assert sorted(answer.status for answer in answers) == [303, 404, 404]
    assert "They lost it" in (await compared(browser)).text
    assert CLEAR in (await browser.get(PATH)).text
    kind = "failed"
    assert "says: failed" in (await compared(browser)).text
    monkeypatch.setattr(SandboxGateway, "look_up", look_up)
    after = await compared(browser)
    assert CLEAR in after.text
    assert "The gateway has it as captured by now." in after.text
    assert (await shop.attempt(payment.id)).status == "captured"
    assert (await shop.services.database.read(attempts.get_attempt, shop.id, payment.id)) is not None


async def test_payouts_are_recorded_by_hand_where_no_gateway_tells_and_taken_back(
    site: Site, monkeypatch: Any
) -> None:
    shop = site.shop
    browser = await site.member()
    await shop.pay(await shop.link())
    assert "Record a payout" not in (await browser.get(PATH)).text
    monkeypatch.setattr(SandboxGateway, "lists_payouts", False)
    page = await browser.get(PATH)
    check_page(page)
    source = f"{shop.account.id} USD"
    right = {"source": source, "amount": "38.54", "paid_on": "2026-11-20", "note": "Withdrawn"}
    for wrong, field in (
        ({"amount": "38,54"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"paid_on": ""}, "paid_on"),
        ({"source": "gwa_none USD"}, "source"),
        ({"source": f"{source} cash"}, "source"),
        ({"source": ""}, "source"),
        ({"note": "x" * 501}, "note"),
    ):
        refused = await browser.submit(page, f"{PATH}/record", **{**right, **wrong})
        check_page(refused, 422)
        assert f'id="{field}-error"' in refused.body.decode(), wrong
    assert await clearing(shop) == {"clearing": 4_000 - FEE, "bank": 0}
    answers = [await browser.submit(page, f"{PATH}/record", **right) for _ in range(2)]
    assert [answer.status for answer in answers] == [303, 303]
    assert await clearing(shop) == {"clearing": 0, "bank": 4_000 - FEE}
    shown = await browser.get(PATH)
    assert "recorded by owner@example.com" in shown.text
    for _ in range(2):
        await browser.submit(shown, f"{PATH}/take_back")
    assert await clearing(shop) == {"clearing": 4_000 - FEE, "bank": 0}
    kinds = [
        each.transaction.kind
        for each in await shop.services.database.read(ledger.list_transactions, shop.id, limit=10)
    ]
    assert sorted(kinds) == ["capture", "payout", "payout_returned"]


async def test_a_gateway_that_cannot_be_asked_is_said(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    shop.wire.is_plugged = False
    shown = await compared(browser)
    assert "Not every gateway could be asked" in shown.text
    assert "cannot be reached" in shown.text
    shop.wire.is_plugged = True
    assert "Compared with your gateways." in (await compared(browser)).text
