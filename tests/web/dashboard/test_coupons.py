"""Coupons by hand: made, found, edited, switched off and on; what is typed is read exactly or refused beside its field."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from linktill.core.coupon import AUTOMATIC_MAX, Coupon, CouponFields
from linktill.flows.manage_coupons import create_coupon, find_coupons
from tests.make import make_merchant
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

COUPONS = "/dashboard/coupons"
NEW = "/dashboard/coupons/new"
GOOD = {"code": "SPRING-10", "kind": "percent", "percent": "10"}


async def coupons_of(site: Site) -> list[Coupon]:
    return (await find_coupons(site.shop.services, site.shop.id, limit=100)).coupons


async def kept(site: Site, code: str = "Spring", **fields: Any) -> Coupon:
    given: dict[str, Any] = {"rate_ppm": 100_000, **fields}
    return await create_coupon(site.shop.services, site.shop.id, CouponFields(code, **given))


async def create(browser: Browser, **typed: str) -> Page:
    return await browser.submit(await browser.get(NEW), COUPONS, **{**GOOD, **typed})


def day(year: int, month: int, at: int) -> int:
    return int(datetime(year, month, at, tzinfo=UTC).timestamp()) * 1_000_000


async def test_a_coupon_is_made_shown_and_listed(site: Site) -> None:
    browser = await site.member()
    link = await site.shop.link(description="Guitar <lesson>")
    made = await create(
        browser,
        name="Spring sale",
        percent="12.5%",
        minimum="50",
        currency="EUR",
        uses_max="100",
        uses_per_customer_max="1",
        starts_on="2026-12-01",
        expires_on="2099-02-28",
        where="some",
        is_automatic="yes",
        **{f"link_{link.id}": "yes"},
    )
    assert made.status == 303, made.text
    [coupon] = await coupons_of(site)
    assert made.location == f"{COUPONS}/{coupon.id}"
    assert (coupon.code, coupon.name, coupon.rate_ppm) == ("SPRING-10", "Spring sale", 125_000)
    assert (coupon.currency, coupon.minimum_minor, coupon.link_ids) == ("EUR", 5_000, (link.id,))
    assert (coupon.uses_max, coupon.uses_per_customer_max) == (100, 1)
    assert (coupon.starts_at, coupon.expires_at) == (day(2026, 12, 1), day(2099, 3, 1) - 1)
    assert coupon.is_automatic
    assert coupon.is_active
    page = await browser.follow(made)
    check_page(page)
    assert "The coupon is made" in page.text
    assert "12.5%" in page.text
    assert f'name="link_{link.id}" value="yes" checked' in page.text
    assert b"<lesson>" not in page.body
    listed = await browser.get(COUPONS)
    check_page(listed)
    assert "SPRING-10" in listed.text
    assert "applies by itself" in listed.text


async def test_an_amount_is_taken_off_in_its_currency(site: Site) -> None:
    browser = await site.member()
    made = await create(browser, kind="amount", percent="", amount="5.50", currency="EUR")
    assert made.status == 303, made.text
    [coupon] = await coupons_of(site)
    assert (coupon.rate_ppm, coupon.amount_minor, coupon.currency) == (0, 550, "EUR")
    page = await browser.follow(made)
    assert "€5.50" in page.text
    saved = await browser.submit(page, made.location, minimum="20", currency="USD")
    assert saved.status == 303, "the currency of an amount is not asked for, and not taken"
    [coupon] = await coupons_of(site)
    assert (coupon.minimum_minor, coupon.currency) == (2_000, "EUR")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"code": "%"}, "code"),
        ({"code": ""}, "code"),
        ({"code": "4242 4242 4242 4242"}, "code"),
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": "1,5"}, "percent"),
        ({"kind": "amount", "amount": ""}, "amount"),
        ({"kind": "amount", "amount": "5,00"}, "amount"),
        ({"kind": "amount", "amount": "0"}, "amount"),
        ({"kind": "amount", "amount": "5.001"}, "amount"),
        ({"kind": "amount", "amount": "5", "currency": "XXX"}, "currency"),
        ({"kind": "gift"}, "kind"),
        ({"minimum": "much"}, "minimum"),
        ({"minimum": "5", "currency": "XXX"}, "currency"),
        ({"name": "x" * 121}, "name"),
        ({"uses_max": "0"}, "uses_max"),
        ({"uses_max": "1e3"}, "uses_max"),
        ({"uses_per_customer_max": "-1"}, "uses_per_customer_max"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"starts_on": "2098-01-02", "expires_on": "2098-01-01"}, "expires_on"),
        ({"where": "some"}, "where"),
        ({"where": "some", "link_plink_0": "yes"}, "where"),
        ({"where": "some", "link_%00\u00e4": "yes"}, "where"),
        ({"where": "nowhere"}, "where"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(
    site: Site, typed: dict[str, str], field: str
) -> None:
    browser = await site.member()
    refused = await create(browser, **typed)
    check_page(refused, 422)
    assert f'id="{field}-error"' in refused.text
    assert refused.text.count('-error">') == 1, "one trouble is told once"
    assert await coupons_of(site) == []


async def test_a_form_sent_twice_makes_one_coupon(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(NEW)
    first, second = await asyncio.gather(*(browser.submit(page, COUPONS, **GOOD) for _ in range(2)))
    assert first.location == second.location
    [coupon] = await coupons_of(site)
    other = await browser.submit(page, COUPONS, **{**GOOD, "code": "Other"})
    check_page(other, 409)
    assert "has made a coupon already" in other.text
    without = await browser.submit(page, COUPONS, **{**GOOD, "code": "Other", "submit_token": ""})
    check_page(without, 422)
    taken = await create(browser, code="spring 10")
    check_page(taken, 422)
    assert f"There is a coupon with the code {coupon.code}" in taken.text
    assert await coupons_of(site) == [coupon]


async def test_a_coupon_is_edited_and_its_code_and_worth_stay(site: Site) -> None:
    browser = await site.member()
    coupon = await kept(site, name="Sale", currency="EUR", expires_at=day(2098, 1, 1) + 5, is_automatic=True)
    here = f"{COUPONS}/{coupon.id}"
    page = await browser.get(here)
    check_page(page)
    same = await browser.submit(page, here)
    assert same.status == 303
    assert await coupons_of(site) == [coupon], (
        "a form that is sent as it came changes nothing, to the microsecond"
    )
    assert "Saved." in (await browser.follow(same)).text
    form = page.form(here)
    del form["is_automatic"]
    form |= {
        "code": "Other",
        "percent": "90",
        "kind": "amount",
        "amount": "9",
        "minimum": "7",
        "name": "Late",
    }
    await browser.post(here, form)
    [after] = await coupons_of(site)
    assert (after.code, after.rate_ppm, after.amount_minor) == ("Spring", 100_000, 0)
    assert (after.name, after.minimum_minor, after.is_automatic) == ("Late", 700, False)
    stale = await browser.post(here, form | {"name": "Stale"})
    check_page(stale, 409)
    assert "Someone else has changed this coupon" in stale.text
    wrong = await browser.submit(await browser.get(here), here, uses_max="x")
    check_page(wrong, 422)
    assert 'id="uses_max-error"' in wrong.text
    assert await coupons_of(site) == [after]


async def test_it_is_switched_off_and_on(site: Site) -> None:
    browser = await site.member()
    coupon = await kept(site)
    here = f"{COUPONS}/{coupon.id}"
    off = await browser.submit(await browser.get(here), f"{here}/off")
    page = await browser.follow(off)
    assert "Nobody can use the code any more" in page.text
    assert not (await coupons_of(site))[0].is_active
    assert "Spring" in (await browser.get(f"{COUPONS}?status=off")).text
    assert "No coupon is on" in (await browser.get(f"{COUPONS}?status=on")).text
    on = await browser.submit(page, f"{here}/on")
    assert "can be used again" in (await browser.follow(on)).text
    assert (await coupons_of(site))[0].is_active


async def test_codes_are_found_as_they_are_typed(site: Site) -> None:
    browser = await site.member()
    await kept(site, "SPRING-10")
    await kept(site, "Summer")
    for text, found in (("spring 1", ["SPRING-10"]), ("s", ["SPRING-10", "Summer"]), ("%25", []), ("x", [])):
        page = await browser.get(f"{COUPONS}?q={text.replace(' ', '+')}")
        check_page(page)
        assert [code for code in ("SPRING-10", "Summer") if code in page.text] == found, text


async def test_too_many_that_apply_by_themselves_are_told(site: Site) -> None:
    browser = await site.member()
    for number in range(AUTOMATIC_MAX):
        await kept(site, f"auto {number}", is_automatic=True)
    refused = await create(browser, is_automatic="yes")
    check_page(refused, 409)
    assert "Switch one off" in refused.text
    typed = await kept(site, "typed")
    here = f"{COUPONS}/{typed.id}"
    check_page(await browser.submit(await browser.get(here), here, is_automatic="yes"), 409)


async def test_coupons_of_others_are_not_there(site: Site) -> None:
    browser, shop = await site.member(), site.shop
    mine, shop.merchant = shop.merchant, await make_merchant(shop.services, "Stranger")
    theirs, their_link = await kept(site, "Secret"), await shop.link(description="Secret link")
    shop.merchant = mine
    own = await kept(site)
    page = await browser.get(f"{COUPONS}/{own.id}")
    assert "Secret" not in (await browser.get(COUPONS)).text + page.text
    token = page.form(f"{COUPONS}/{own.id}")["csrf_token"]
    for path in (f"{COUPONS}/{theirs.id}", f"{COUPONS}/{theirs.id}/off", f"{COUPONS}/cpn_nonsense/on"):
        assert (await browser.post(path, {"csrf_token": token})).status == 404
    check_page(await browser.get(f"{COUPONS}/{theirs.id}"), 404)
    refused = await create(browser, code="mine", where="some", **{f"link_{their_link.id}": "yes"})
    check_page(refused, 422)
    assert "Secret" not in refused.text
    assert await coupons_of(site) == [own]
