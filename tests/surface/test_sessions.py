"""Signed in or not, by one cookie; a form counts only with the token of its session."""

import pytest

from linktill.flows.sign_in import open_session
from linktill.surface.notices import no_notice_cookie, notice_cookie, read_notice
from linktill.surface.sessions import FormForged, NotSignedIn, Sessions, safe_next
from tests.flows.people import world_on
from tests.surface.knocking import scope_of


@pytest.fixture
def world(database):
    return world_on(database)


@pytest.fixture
async def session(world):
    return await open_session(world.services, (await world.install()).owner)


def value_of(header):
    name, text = header
    assert name == b"set-cookie"
    return text.decode().partition(";")[0]


async def test_the_cookie_signs_in(world, session):
    sessions = Sessions(world.services)
    header = sessions.cookie(session)
    signed_in = await sessions.member(scope_of("/dashboard", {"cookie": f"a=b; {value_of(header)}; c=d"}))
    assert signed_in.member == session.member
    assert header[1].decode().split("; ")[1:] == ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"]
    assert b"Max-Age=0" in sessions.no_cookie()[1]
    assert value_of(sessions.no_cookie()) == "linktill="


async def test_wh06_over_https_the_cookie_is_bound_to_the_host(world, session):
    """WH06."""
    object.__setattr__(world.services, "base_url", "https://pay.example.com")
    text = Sessions(world.services).cookie(session)[1].decode()
    assert text.startswith("__Host-linktill=")
    assert text.endswith("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure")
    assert "Domain" not in text


async def test_at17_an_address_signs_nobody_in(world, session):
    """AT17: neither as a parameter nor in another header."""
    sessions = Sessions(world.services)
    value = session.cookie
    for scope in (
        scope_of(f"/dashboard?linktill={value}&session={value}", {}),
        scope_of("/dashboard", {"authorization": f"Bearer {value}", "x_session": value}),
        scope_of("/dashboard", {"cookie": f"other={value}"}),
        scope_of("/dashboard", {"cookie": f"xlinktill={value}"}),
        scope_of("/dashboard", {"cookie": "linktill="}),
    ):
        assert await sessions.find(scope) is None


async def test_at16_of_two_cookies_none_counts(world, session):
    """AT16: one of them was planted."""
    sessions = Sessions(world.services)
    both = f"linktill=mer_1.planted; linktill={session.cookie}"
    assert await sessions.find(scope_of("/dashboard", {"cookie": both})) is None
    scope = scope_of("/dashboard", {"cookie": f"linktill={session.cookie}"})
    assert await sessions.find(scope) is not None
    scope["headers"].append((b"cookie", b"linktill=mer_1.planted"))
    assert await sessions.find(scope) is None


@pytest.mark.parametrize(
    ("path", "method", "back_to"),
    [
        ("/dashboard/links?status=active", "GET", "/dashboard/links?status=active"),
        ("/dashboard/links", "POST", "/dashboard"),
        ("//evil.example/x", "GET", "/dashboard"),
        ("/sign-out", "GET", "/dashboard"),
    ],
)
async def test_who_is_not_signed_in_comes_back_to_where_they_were(world, path, method, back_to):
    with pytest.raises(NotSignedIn) as refused:
        await Sessions(world.services).member(scope_of(path, {}, method=method))
    assert refused.value.back_to == back_to


@pytest.mark.parametrize(
    "fields", [{}, {"csrf_token": ""}, {"csrf_token": "x" * 43}, {"csrf_token": "é\ud800"}]
)
async def test_at18_a_form_without_the_sessions_token_does_nothing(world, session, fields):
    """AT18: even one that got past the door."""
    sessions = Sessions(world.services)
    signed_in = await sessions.member(scope_of("/dashboard", {"cookie": f"linktill={session.cookie}"}))
    with pytest.raises(FormForged):
        sessions.check_form(signed_in, fields)
    sessions.check_form(signed_in, {"csrf_token": session.csrf_token})


async def test_at18_another_sessions_token_does_nothing(world, session):
    """AT18."""
    other = await open_session(world.services, session.member)
    sessions = Sessions(world.services)
    signed_in = await sessions.member(scope_of("/dashboard", {"cookie": f"linktill={session.cookie}"}))
    with pytest.raises(FormForged):
        sessions.check_form(signed_in, {"csrf_token": other.csrf_token})


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/dashboard/links/plink_1?x=1", "/dashboard/links/plink_1?x=1"),
        ("", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("/x\\y", "/dashboard"),
        ("/\t/evil.example", "/dashboard"),
        ("/a\r\nset-cookie: x", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/é", "/dashboard"),
        ("/" + "x" * 600, "/dashboard"),
        ("/sign-in?next=/sign-in", "/dashboard"),
    ],
)
def test_nobody_is_sent_to_another_site(path, safe):
    assert safe_next(path) == safe


@pytest.mark.parametrize("is_https", [False, True])
def test_a_notice_comes_back_once(is_https):
    header = notice_cookie("done", "The link is paused. Ünïcode <b>", is_https=is_https)
    notice = read_notice(scope_of("/", {"cookie": value_of(header)}), is_https=is_https)
    assert notice == ("done", "The link is paused. Ünïcode <b>")
    assert b"Max-Age=60" in header[1]
    gone = value_of(no_notice_cookie(is_https=is_https))
    assert read_notice(scope_of("/", {"cookie": gone}), is_https=is_https) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "W10",
        "!!!!",
        "W" * 9_999,
        "WyJvdGhlciIsICJ4Il0",
        "WyJkb25lIiwgIlx1MDAwMCJd",
        "WyJkb25lIiwgMV0",
        "_w",
    ],
)
def test_what_is_no_notice_is_none(value):
    assert read_notice(scope_of("/", {"cookie": f"linktill-notice={value}"}), is_https=False) is None
