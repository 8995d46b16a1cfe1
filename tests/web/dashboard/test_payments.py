"""A merchant looks at payments and the books, and gives money back."""

import asyncio

from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.refund import RefundStatus
from linktill.flows.apply_fact import apply_fact
from linktill.flows.enter_search import fill_search
from linktill.flows.services import moment_of
from linktill.storage.refunds import refunds_of
from tests.make import usd
from tests.web.site import Site
from tests.web.test_every_page import check_page

FEE = 146


async def test_a_payment_page_shows_its_money(site: Site) -> None:
    payment = await site.shop.pay(await site.shop.link())
    page = await (await site.member()).get(f"/dashboard/payments/{payment.id}")
    check_page(page)
    for words in (
        "$40.00",
        "-$1.46",
        "$38.54",
        "ada@example.com",
        "Ada",
        "4242",
        "Sandbox",
        "Payment received",
    ):
        assert words in page.text, words
    for words in ("Sales", "Gateway fees", "Held at the gateway"):
        assert words in page.text, words


async def test_cc11_a_refund_pressed_twice_is_one_refund(site: Site) -> None:
    shop = site.shop
    payment = await shop.pay(await shop.link())
    browser = await site.member()
    url = f"/dashboard/payments/{payment.id}"
    page = await browser.get(url)
    typed = {"kind": "partial", "amount": "15.50", "reason": "duplicate", "note": "Sorry"}
    first, second = await asyncio.gather(
        browser.submit(page, f"{url}/refund", **typed), browser.submit(page, f"{url}/refund", **typed)
    )
    third = await browser.submit(page, f"{url}/refund", **typed)
    assert [first.status, second.status, third.status] == [303, 303, 303]
    [refund] = await shop.services.database.read(refunds_of, shop.id, payment.id)
    assert (refund.amount, refund.reason.value, refund.note) == (usd(1_550), "duplicate", "Sorry")
    shown = await browser.follow(third)
    check_page(shown)
    assert "The refund is on its way" in shown.text
    await shop.later(1)
    done = await browser.get(url)
    for words in ("Partly refunded", "-$15.50", "$23.04", "Sorry", "Paid twice", "$24.50"):
        assert words in done.text, words
    rest = await browser.submit(done, f"{url}/refund")
    assert rest.status == 303
    await shop.later(1)
    refunds = await shop.services.database.read(refunds_of, shop.id, payment.id)
    assert [(refund.status, refund.amount.minor) for refund in refunds] == [
        (RefundStatus.SUCCEEDED, 2_450),
        (RefundStatus.SUCCEEDED, 1_550),
    ]
    over = await browser.get(url)
    assert "Give money back" not in over.text
    assert await shop.balances() == {
        "clearing": -FEE,
        "gateway_fees": FEE,
        "sales": -4_000,
        "refunds": 4_000,
    }


async def test_a_refund_that_cannot_be_is_refused_beside_its_field(site: Site) -> None:
    shop = site.shop
    payment = await shop.pay(await shop.link())
    browser = await site.member()
    url = f"/dashboard/payments/{payment.id}"
    page = await browser.get(url)
    for amount in ("", "0", "-1", "1e1", "１", "1,00", "NaN", "40.01", "99999999", "1.005"):
        answer = await browser.submit(page, f"{url}/refund", kind="partial", amount=amount, note="kept")
        assert answer.status == 422, amount
        check_page(answer, 422)
        assert 'id="amount-error"' in answer.text
        assert answer.form(f"{url}/refund")["note"] == "kept"
    for typed, field in (
        ({"kind": "all"}, "amount"),
        ({"reason": "surplus"}, "reason"),
        ({"reason": ""}, "reason"),
        ({"note": "x" * 501}, "note"),
        ({"note": "4242 4242 4242 4242"}, "note"),
        ({"submit_token": ""}, "amount"),
    ):
        answer = await browser.submit(page, f"{url}/refund", **typed)
        check_page(answer, 422)
        assert f'id="{field}-error"' in answer.text, typed
    assert (await browser.submit(page, f"{url}/refund", csrf_token="x")).status == 403
    assert await shop.services.database.read(refunds_of, shop.id, payment.id) == []
    assert (await shop.attempt(payment.id)).refund_requested_minor == 0


async def test_i7_two_refunds_of_all_from_two_pages_are_one(site: Site) -> None:
    shop = site.shop
    payment = await shop.pay(await shop.link())
    browser = await site.member()
    url = f"/dashboard/payments/{payment.id}"
    first, second = await browser.get(url), await browser.get(url)
    answers = await asyncio.gather(
        browser.submit(first, f"{url}/refund"), browser.submit(second, f"{url}/refund")
    )
    assert sorted(answer.status for answer in answers) == [303, 409]
    assert len(await shop.services.database.read(refunds_of, shop.id, payment.id)) == 1


async def test_what_failed_and_what_waits_for_a_person_says_why(site: Site) -> None:
    shop = site.shop
    link = await shop.link(payments_max=None)
    failed = await shop.pay(link, "1", "insufficient_funds")
    browser = await site.member()
    page = await browser.get(f"/dashboard/payments/{failed.id}")
    check_page(page)
    assert "The card has not enough money" in page.text
    assert "Give money back" not in page.text
    odd = (await shop.press_pay(link, "2")).session.attempt_id
    fact = AttemptFact(FactKind.CAPTURED, reference=odd, amount=usd(4_500))
    held = await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, odd, fact)
    assert held.status is AttemptStatus.NEEDS_REVIEW
    review = await browser.get(f"/dashboard/payments/{odd}")
    check_page(review)
    assert "45.00" in review.text
    home = await browser.get("/dashboard")
    assert "One payment needs your decision" in home.text
    listed = await browser.get("/dashboard/payments?status=needs_review")
    assert odd in listed.text
    assert failed.id not in listed.text


async def test_home_sums_what_came_in(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    empty = await browser.get("/dashboard")
    assert "Your first payment in three steps" in empty.text
    link = await shop.link(payments_max=None)
    await shop.pay(link, "1")
    payment = await shop.pay(link, "2")
    await shop.pay(await shop.link(700, "JPY"), "3")
    page = await browser.get(f"/dashboard/payments/{payment.id}")
    await browser.submit(page, f"/dashboard/payments/{payment.id}/refund", kind="partial", amount="10")
    await shop.later(1)
    home = await browser.get("/dashboard")
    check_page(home)
    assert home.text.count("$70.00") >= 2, "today and in total"
    assert home.text.count("¥700") >= 2
    assert payment.id in home.text


async def test_payments_are_found_filtered_and_paged(site: Site) -> None:
    shop = site.shop
    link = await shop.link(payments_max=None, description="100%_off \\ tea")
    ids = [(await shop.press_pay(link, str(number))).session.attempt_id for number in range(55)]
    paid = await shop.pay(await shop.link(description="Chair"), "paid")
    await fill_search(site.services)
    browser = await site.member()
    first = await browser.get("/dashboard/payments")
    check_page(first)
    assert paid.id in first.text
    assert ids[5] not in first.text
    older = await browser.get(f"/dashboard/payments?cursor={ids[6]}")
    assert ids[5] in older.text
    assert ids[6] not in older.text
    assert 'rel="prev" href="/dashboard/payments"' in older.text
    assert 'rel="next"' not in older.text
    for query, is_found in (
        ("chair", True),
        (paid.id, True),
        (str(paid.gateway_ref), True),
        ("ADA%40EXAMPLE", True),
        ("sofa", False),
    ):
        page = await browser.get(f"/dashboard/payments?q={query}")
        check_page(page)
        assert (paid.id in page.text) is is_found, query
    odd = await browser.get("/dashboard/payments?q=100%25_off+%5C")
    assert ids[-1] in odd.text
    assert paid.id not in odd.text, "a percent sign is a percent sign"
    assert paid.id not in (await browser.get("/dashboard/payments?q=100%25x")).text
    captured = await browser.get("/dashboard/payments?status=captured&q=ada")
    assert paid.id in captured.text
    assert ids[-1] not in captured.text


async def test_the_books_show_every_movement(site: Site) -> None:
    shop = site.shop
    payment = await shop.pay(await shop.link(description="Chair"))
    browser = await site.member()
    page = await browser.get("/dashboard/books")
    check_page(page)
    for words in ("Sales", "$40.00", "$38.54", "$1.46", "Chair", f"/dashboard/payments/{payment.id}"):
        assert words in page.text, words
    assert "-$40.00" not in page.text, "what one expects is positive"
    refunds = await browser.get("/dashboard/books?account=refunds")
    assert "Only <b>Refunds</b>" in refunds.text
    assert "Nothing here." in refunds.text
    sales = await browser.get("/dashboard/books?account=sales")
    assert "Chair" in sales.text
    for number in range(51):
        await shop.pay(await shop.link(), f"more{number}")
    first = await browser.get("/dashboard/books")
    assert "Chair" not in first.text
    older = first.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    assert "Chair" in (await browser.get(older)).text


async def test_money_without_a_place_is_kept_or_given_back_as_the_settings_say(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    settings = await browser.get("/dashboard/settings")
    assert "When a link is paid once too often" in settings.text
    refused = await browser.submit(settings, "/dashboard/settings", on_surplus="hide")
    assert refused.status == 422
    assert "Choose what becomes of a payment" in refused.text
    saved = await browser.submit(settings, "/dashboard/settings", on_surplus="ask")
    assert saved.status == 303
    surplus = await shop.surplus()
    assert "One payment needs your decision" in (await browser.get("/dashboard")).text
    url = f"/dashboard/payments/{surplus.id}"
    page = await browser.get(url)
    check_page(page)
    assert "Keep this money, or give it back below" in page.text
    payers = await site.browser().get(await shop.page_of(surplus))
    check_page(payers)
    assert "knows, and gives it back or comes back to you" in payers.text
    kept = await browser.follow(await browser.submit(page, f"{url}/keep"))
    check_page(kept)
    for words in ("You decided to keep the money", "Kept, though the link had no room for it"):
        assert words in kept.text, words
    assert "Keep this money" not in kept.text
    again = await browser.submit(page, f"{url}/keep")
    assert again.status == 303, "a second press changes nothing"
    assert "has accepted it" in (await site.browser().get(await shop.page_of(surplus))).text
    assert "needs your decision" not in (await browser.get("/dashboard")).text
    await shop.check()
