"""The way in: set-up by the console's token, signing in and out."""

from linktill.flows.set_up import new_set_up_token
from linktill.flows.sign_in import AGE_MAX_US, IDLE_MAX_US
from tests.web.browsing import Browser, Page
from tests.web.site import EMAIL, PASSWORD, Site
from tests.web.test_every_page import check_page

FIELDS = {
    "business_name": "Studio Nord",
    "email": "owner@nord.example",
    "password": "brick lamp river nine",
    "currency": "EUR",
}


async def test_at21_who_has_the_consoles_token_sets_up_once(new_site: Site) -> None:
    site = new_site
    token = await new_set_up_token(site.shop.services)
    assert token is not None
    browser = site.browser()
    assert (await browser.get("/dashboard")).location.startswith("/sign-in")
    assert (await browser.get("/sign-in")).location == "/setup"
    page = await browser.get(f"/setup?token={token}")
    check_page(page)
    assert page.form("/setup")["token"] == token
    made = await browser.submit(page, "/setup", **FIELDS)
    assert made.status == 303, made.text
    assert made.location == "/dashboard"
    home = await browser.follow(made)
    check_page(home)
    for words in (
        "Hello, Studio Nord",
        "Linktill is yours",
        "Your first payment in three steps",
        "4242 4242",
    ):
        assert words in home.text
    assert len(site.opened) == 1
    assert (await browser.get("/setup")).location == "/sign-in"
    late = await site.browser().post("/setup", {**FIELDS, "token": token, "email": "thief@example.com"})
    assert late.location == "/sign-in"
    assert len(site.opened) == 1


async def test_a_set_up_form_is_mended_beside_its_fields(new_site: Site) -> None:
    site = new_site
    token = await new_set_up_token(site.shop.services)
    assert token is not None
    browser = site.browser()
    wrong = await browser.post("/setup", {**FIELDS, "token": "aaaaa-aaaaa-aaaaa-aaaaa-aaaaa"})
    check_page(wrong, 422)
    assert 'id="token-error"' in wrong.text
    bad = await browser.post(
        "/setup", {"token": token, "business_name": " ", "email": "x", "password": "short", "currency": "XXX"}
    )
    check_page(bad, 422)
    for field in ("business_name", "email", "password", "currency"):
        assert f'id="{field}-error"' in bad.text, field
    assert 'value="short"' not in bad.text, "a password is never sent back"
    assert bad.form("/setup")["token"] == token
    assert site.opened == []
    assert (await browser.submit(bad, "/setup", **FIELDS)).status == 303


async def test_sign_in_leads_to_where_one_wanted_to_go(site: Site) -> None:
    browser = site.browser()
    asked = await browser.get("/dashboard/links?status=active&q=a%20b")
    page = await browser.follow(asked)
    check_page(page)
    done = await browser.submit(page, "/sign-in", email=f" {EMAIL.upper()} ", password=PASSWORD)
    assert done.status == 303
    assert done.location == "/dashboard/links?status=active&q=a%20b"
    cookie = done.header("set-cookie")
    for part in ("Path=/", "HttpOnly", "SameSite=Lax"):
        assert part in cookie.split("; ")
    check_page(await browser.follow(done))
    assert (await browser.get("/sign-in?next=/dashboard/books")).location == "/dashboard/books"


async def test_another_sites_address_is_no_place_to_go_to(site: Site) -> None:
    for wanted in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/sign-out",
    ):
        browser = site.browser()
        done = await browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD, "next": wanted})
        assert done.location == "/dashboard", wanted


async def test_at11_a_wrong_password_and_an_unknown_address_look_alike(site: Site) -> None:
    browser = site.browser()
    wrong = await browser.post("/sign-in", {"email": EMAIL, "password": "wrong"})
    unknown = await browser.post("/sign-in", {"email": "other@example.com", "password": "wrong"})
    check_page(wrong, 401)
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("other@example.com", "")
    assert wrong.header("set-cookie") == ""
    for _ in range(9):
        await browser.post("/sign-in", {"email": EMAIL, "password": "wrong"})
    stopped = await browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    check_page(stopped, 429)
    assert "Too many tries" in stopped.text
    assert browser.cookies == {}


async def test_at16_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    browser = await site.member()
    stolen = Browser(site.app, dict(browser.cookies), {"origin": "http://linktill.test"})
    page = await browser.get("/dashboard")
    forged = await browser.post("/sign-out", {"csrf_token": "x"})
    check_page(forged, 403)
    out: Page = await browser.submit(page, "/sign-out")
    assert out.location == "/sign-in?signed_out=1"
    assert out.header("clear-site-data") == '"cache"'
    assert browser.cookies == {}
    assert "You are signed out" in (await browser.follow(out)).text
    assert (await stolen.get("/dashboard")).status == 303


async def test_at08_signing_out_everywhere_ends_the_sessions_of_all_browsers(site: Site) -> None:
    here, there = await site.member(), await site.member()
    page = await here.get("/dashboard/settings")
    forged = await here.post("/sign-out/everywhere", {"csrf_token": "x"})
    check_page(forged, 403)
    check_page(await there.get("/dashboard"))
    out = await here.submit(page, "/sign-out/everywhere")
    assert (out.location, out.header("clear-site-data")) == ("/sign-in?signed_out=1", '"cache"')
    assert here.cookies == {}
    assert (await there.get("/dashboard")).status == 303
    check_page(await (await site.member()).get("/dashboard"))


async def test_at16_a_session_ends_by_itself(site: Site) -> None:
    idle = await site.member()
    check_page(await idle.get("/dashboard"))
    site.shop.running.clock.advance(IDLE_MAX_US / 1_000_000 + 1)
    assert (await idle.get("/dashboard")).status == 303
    busy = await site.member()
    page = await busy.get("/dashboard")
    for _ in range(2 * AGE_MAX_US // IDLE_MAX_US + 2):
        site.shop.running.clock.advance(IDLE_MAX_US / 2_000_000)
        page = await busy.get("/dashboard")
        if page.status == 303:
            break
    assert page.status == 303, "thirty days are the end"


async def test_at17_a_session_in_the_address_is_nobody(site: Site) -> None:
    browser = await site.member()
    [(name, _)] = browser.cookies
    value = next(iter(browser.cookies.values()))
    assert (await site.browser().get(f"/dashboard?{name}={value}")).status == 303
    twice = site.browser()
    answer = await twice.get("/dashboard", cookie=f"{name}={value}; {name}=other")
    assert answer.status == 303
