"""A merchant decides about money that is held; the payer reads that it is only reserved."""

from linktill.core.capture import CaptureMethod, Verdict
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows.capture_payment import decide
from linktill.flows.manage_links import find_links
from linktill.flows.services import moment_of
from tests.web.site import Site
from tests.web.test_every_page import check_page

DAY_S = 86_400


async def held(site: Site) -> PaymentAttempt:
    attempt = await site.shop.pay(await site.shop.link(capture_method="manual"))
    assert attempt.is_resting
    return attempt


async def test_a_held_payment_is_captured_by_its_button(site: Site) -> None:
    attempt = await held(site)
    browser = await site.member()
    url = f"/dashboard/payments/{attempt.id}"
    page = await browser.get(url)
    check_page(page)
    for words in ("Authorized, not taken yet", "Take $40.00 from the payer now?", "Let it go…"):
        assert words in page.text, words
    assert "Give money back" not in page.text
    done = await browser.submit(page, f"{url}/capture")
    assert done.status == 303
    shown = await browser.follow(done)
    check_page(shown)
    for words in ("Captured. The money is yours.", "Payment received", "Give money back"):
        assert words in shown.text, words
    assert "not taken yet" not in shown.text
    again = await browser.submit(page, f"{url}/capture")
    assert "Captured. The money is yours." in (await browser.follow(again)).text
    refused = await browser.submit(page, f"{url}/void")
    assert refused.status == 409
    assert (await site.shop.attempt(attempt.id)).captured_minor == 4_000


async def test_a_held_payment_is_let_go_by_its_button(site: Site) -> None:
    attempt = await held(site)
    browser = await site.member()
    url = f"/dashboard/payments/{attempt.id}"
    done = await browser.submit(await browser.get(url), f"{url}/void")
    shown = await browser.follow(done)
    check_page(shown)
    assert "Nothing was charged, and the payer has the money free again." in shown.text
    assert (await site.shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    assert await site.shop.balances() == {}


async def test_what_was_asked_for_is_shown_while_the_gateway_has_not_answered(site: Site) -> None:
    attempt = await held(site)
    shop = site.shop
    await shop.services.database.run(
        decide, moment_of(shop.services), shop.id, attempt.id, Verdict.CAPTURE, "command line"
    )
    page = await (await site.member()).get(f"/dashboard/payments/{attempt.id}")
    check_page(page)
    assert "It is being captured." in page.text
    assert "command line" in page.text
    assert "Capture…" not in page.text
    await shop.poll()


async def test_home_tells_of_what_ends_within_two_days(site: Site) -> None:
    await held(site)
    browser = await site.member()
    assert "within two days" not in (await browser.get("/dashboard")).text
    for _ in range(5):
        await site.shop.later(DAY_S)
    await site.shop.later(3_600)
    browser = await site.member()
    page = await browser.get("/dashboard")
    check_page(page)
    assert "One authorized payment ends within two days." in page.text


async def test_the_form_makes_a_link_that_is_captured_by_hand(site: Site) -> None:
    browser = await site.member()
    page = await browser.get("/dashboard/links/new")
    typed = {"description": "Deposit", "amount": "40", "capture": "manual"}
    made = await browser.submit(page, "/dashboard/links", **typed)
    assert made.status == 303, made.text
    [link] = (await find_links(site.shop.services, site.shop.id, limit=1)).links
    assert link.terms.capture_method is CaptureMethod.MANUAL
    edit = f"/dashboard/links/{link.id}/edit"
    form = await browser.get(edit)
    assert form.form(edit)["capture"] == "manual"
    saved = await browser.submit(form, edit, capture="automatic")
    assert saved.status == 303
    assert (await site.shop.fresh(link)).terms.capture_method is CaptureMethod.AUTOMATIC
    versions = await browser.get(f"/dashboard/links/{link.id}/versions")
    assert ("when you capture it" in versions.text, "at once" in versions.text) == (True, True)
    wrong = await browser.submit(page, "/dashboard/links", **{**typed, "capture": "later"})
    assert wrong.status == 422


async def test_the_payer_reads_that_it_is_reserved_and_then_how_it_ended(site: Site) -> None:
    for verdict, words in (
        (Verdict.CAPTURE, "Paid. Thank you!"),
        (Verdict.VOID, "The reservation was let go"),
    ):
        shop = site.shop
        attempt = await held(site)
        own = await shop.page_of(attempt)
        browser = site.browser()
        page = await browser.get(own)
        check_page(page)
        assert "The amount is reserved" in page.text
        assert "Nothing has been taken yet." in page.text
        assert "Pay $" not in page.text
        await shop.services.database.run(
            decide, moment_of(shop.services), shop.id, attempt.id, verdict, "test"
        )
        await shop.poll()
        end = await browser.get(own)
        check_page(end)
        assert words in end.text


async def test_who_is_about_to_pay_reads_that_it_is_only_reserved(site: Site) -> None:
    words = "The amount is only reserved now."
    for is_manual in (True, False):
        link = await site.shop.link(capture_method="manual" if is_manual else "automatic")
        page = await site.browser().get(f"/p/{link.slug}")
        check_page(page)
        assert (words in page.text) is is_manual
