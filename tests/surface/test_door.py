"""The door: foreign names get nothing, foreign forms do nothing, pages say what browsers may do with them."""

import json
from typing import Any

import pytest

from linktill.core.ids import MerchantId
from linktill.flows.domains import DomainPlace
from linktill.platform.ids import SystemIds
from linktill.surface.door import BODY_MAX, Door, request_id
from linktill.surface.page_headers import PageHeaders
from tests.surface.knocking import HTML, Inside, door, knock, scope_of

OURS = "https://pay.example.com"


@pytest.fixture
def inside():
    return Inside()


# ---- hosts


@pytest.mark.parametrize(
    "host",
    ["pay.example.com", "PAY.example.com", "pay.example.com:443", "pay.example.com:84", "localhost", "127.0.0.1:80", "[::1]:80"],
)  # fmt: skip
async def test_own_names_are_answered(inside, host):
    assert (await knock(door(inside), host=host)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        None, "", "evil.example", "pay.example.com.evil.example", "evil.example:443", "evilpay.example.com", "pay.example.com:x",
        "pay.example.com:443:443", "pay.example.com@evil.example", "pay.example.com/", "localhost.evil.example", "127.0.0.2",
        "[::1]x", "[::1", "169.254.169.254", "pay.example.com evil.example",
    ],
)  # fmt: skip
async def test_other_names_are_not(inside, host):
    """DNS rebinding, poisoned Host headers."""
    answer = await knock(door(inside), host=host)
    assert (answer.status, inside.asked) == (421, [])
    assert b"LINKTILL_BASE_URL" in answer.body


async def test_where_the_process_listens_is_ours_but_sends_no_forms(inside):
    """The gateway that we mount is called there; browsers know us by the base URL."""
    app = door(inside, own_url="http://192.168.1.5:8000")
    assert (await knock(app, "/sandbox/v1/payments", host="192.168.1.5:8000", method="POST")).status == 200
    crossed = await knock(
        app, "/sign-in", host="192.168.1.5:8000", method="POST", origin="http://192.168.1.5:8000"
    )
    assert crossed.status == 403


async def test_health_is_asked_by_address(inside):
    assert (await knock(door(inside), "/healthz", host="10.0.0.7")).status == 200


@pytest.mark.parametrize("name", [b"host", b"origin", b"content-length", b"sec-fetch-site"])
async def test_a_header_that_comes_twice_is_refused(inside, name):
    scope = scope_of("/", {})
    scope["headers"] += [(name, b"pay.example.com"), (name, b"pay.example.com")]
    assert (await knock(door(inside), scope=scope)).status == 400
    assert inside.asked == []


async def test_websockets_are_closed_and_lifespan_goes_through(inside):
    sent = []

    async def send(message):
        sent.append(message)

    await door(inside)({"type": "websocket", "path": "/", "headers": []}, None, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    await door(inside)({"type": "lifespan"}, None, send)
    assert [scope["type"] for scope in inside.asked] == ["lifespan"]


# ---- forms


@pytest.mark.parametrize("path", ["/sign-in", "/setup", "/dashboard/links", "/p/slug/pay"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://pay.example.com.evil.example"},
        {"origin": "http://pay.example.com"},
        {"origin": "https://pay.example.com:8443"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost:8000"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": OURS, "sec_fetch_site": "cross-site"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"origin": "https://evil.example", "content_type": "text/plain"},
    ],
)
async def test_at18_a_foreign_pages_form_does_nothing(inside, path, method, headers):
    """AT18."""
    answer = await knock(door(inside), path, method=method, **headers)
    assert (answer.status, inside.asked) == (403, [])


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/dashboard/links/preview"])
async def test_at18_the_dashboard_wants_proof(inside, path):
    """AT18: neither Origin nor Sec-Fetch-Site."""
    assert (await knock(door(inside), path, method="POST")).status == 403
    assert inside.asked == []


async def test_at18_a_program_may_post_to_a_payers_page(inside):
    """AT18: there is nothing to steal: no cookie decides what is charged."""
    assert (await knock(door(inside), "/p/slug/pay", method="POST")).status == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": OURS}, {"sec_fetch_site": "same-origin"}, {"origin": OURS, "sec_fetch_site": "same-origin"}],
)
async def test_at18_own_forms_pass(inside, headers):
    """AT18."""
    for path in ("/sign-in", "/dashboard/links", "/p/slug/pay"):
        assert (await knock(door(inside), path, method="POST", **headers)).status == 200


async def test_own_forms_under_a_loopback_name_pass(inside):
    """Whoever opens http://localhost:8000 of an installation that calls itself 127.0.0.1."""
    app = door(inside, "http://127.0.0.1:8000")
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert (await knock(app, "/sign-in", method="POST", host=host, origin=f"http://{host}")).status == 200
    crossed = await knock(
        app, "/sign-in", method="POST", host="127.0.0.1:8000", origin="http://localhost:9000"
    )
    assert crossed.status == 403


async def test_programs_and_the_foreign_company_are_not_browsers(inside):
    for path in ("/v1/payment_links", "/in/sandbox/gwa_1", "/sandbox/pay"):
        assert (await knock(door(inside), path, method="POST", origin="https://evil.example")).status == 200


async def test_get_may_come_from_anywhere(inside):
    assert (
        await knock(door(inside), "/p/slug", origin="https://evil.example", sec_fetch_site="cross-site")
    ).status == 200


# ---- bodies


@pytest.mark.parametrize("length", [str(BODY_MAX + 1), "9" * 30, "-1", "1e3", "x", ""])
async def test_a_body_that_is_too_long_is_not_even_read(inside, length):
    """WI18, DA: refused by what it says of itself."""
    answer = await knock(door(inside), "/v1/payment_links", method="POST", content_length=length)
    assert (answer.status, answer.headers["connection"], inside.asked) == (413, "close", [])


async def test_the_longest_body_passes(inside):
    assert (await knock(door(inside), "/v1/x", method="POST", content_length=str(BODY_MAX))).status == 200


async def test_programs_are_refused_with_a_problem(inside):
    answer = await knock(door(inside), "/v1/payment_links", method="POST", host="evil.example")
    problem = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["code"]) == (421, "host_unknown")
    assert problem["request_id"] == answer.headers["request-id"]


# ---- headers


async def test_every_request_has_a_name(inside):
    app = door(inside)
    names = {(await knock(app, "/")).headers["request-id"] for _ in range(10)}
    assert len(names) == 10
    assert {request_id(scope) for scope in inside.asked} == names
    assert all(name.startswith("req_") and len(name) == 30 for name in names)
    assert request_id({}) == ""


async def test_wh01_wh04_wh05_pages_are_guarded(inside):
    """WH01, WH04, WH05, WH07."""
    headers = (await knock(door(inside), "/dashboard")).headers
    assert headers["content-security-policy"].startswith(
        "default-src 'none'; base-uri 'none'; form-action 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "camera=()" in headers["permissions-policy"]
    assert "cross-origin-embedder-policy" not in headers
    payers = (await knock(door(inside), "/p/slug")).headers
    assert payers["cross-origin-opener-policy"] == "same-origin-allow-popups"


async def test_what_a_page_says_itself_stays():
    policy = b"default-src 'none'; frame-ancestors 'self'"
    inside = Inside([*HTML, (b"content-security-policy", policy), (b"cache-control", b"private")])
    headers = (await knock(door(inside), "/dashboard/links/preview")).headers
    assert headers["content-security-policy"] == policy.decode()
    assert headers["cache-control"] == "private"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert len(inside.headers) == 3


async def test_over_plain_http_browsers_are_not_told_to_stay_on_https(inside):
    headers = (await knock(door(inside, "http://localhost:8000"), host="localhost:8000")).headers
    assert "strict-transport-security" not in headers


async def test_what_is_no_page_gets_little():
    inside = Inside([(b"content-type", b"application/json")])
    headers = (await knock(door(inside), "/v1/x")).headers
    assert set(headers) == {
        "content-type",
        "request-id",
        "x-content-type-options",
        "strict-transport-security",
    }


async def test_the_foreign_companys_pages_are_its_own(inside):
    assert (await knock(door(inside), "/sandbox/pay")).headers == {"content-type": "text/html; charset=utf-8"}


def test_headers_already_there_are_found_in_any_case():
    made = PageHeaders(is_https=False).completed(
        [(b"Content-Type", b"text/html"), (b"Content-Security-Policy", b"x")],
        is_payers=False,
        request_id=b"r",
    )
    assert [value for name, value in made if name.lower() == b"content-security-policy"] == [b"x"]


# ---- the end


async def test_ub11_a_door_that_closes_lets_nobody_in_but_to_the_company_inside(inside):
    app = door(inside)
    app.close()
    for path in ("/", "/p/abc", "/v1/payments", "/in/sandbox/gwa_1", "/healthz"):
        answer = await knock(app, path)
        assert (answer.status, answer.headers["connection"], answer.headers["retry-after"]) == (
            503,
            "close",
            "5",
        )
    assert inside.asked == []
    problem = json.loads((await knock(app, "/v1/payments")).body)
    assert (problem["code"], problem["retryable"], problem["source"]) == ("busy", True, "linktill")
    assert (await knock(app, "/sandbox/v1/payments")).status == 200


class OneDomain:
    """Knows one merchant's host, and all of that merchant's links."""

    def place_at(self, host):
        return (
            DomainPlace(MerchantId("mer_1"), "https://pay.bikes.example")
            if host == b"pay.bikes.example"
            else None
        )

    async def narrow(self, scope, place):
        assert place.merchant_id == "mer_1"


ONE_DOMAIN: Any = OneDomain()


async def test_below_a_merchants_own_name_nothing_else_is_bound_to_https():
    page = Door(Inside(), SystemIds(), ONE_DOMAIN, base_url="https://pay.example.com")
    here = await knock(page, "/p/x", host="pay.bikes.example")
    assert (here.status, here.headers["strict-transport-security"]) == (200, "max-age=31536000")
    ours = await knock(page, "/p/x")
    assert ours.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert (await knock(page, "/p/x", host="x.pay.bikes.example")).status == 421


async def test_a_merchants_own_host_takes_forms_of_its_own_pages_only():
    inside = Inside()
    page = Door(inside, SystemIds(), ONE_DOMAIN, base_url="https://pay.example.com")
    host = "pay.bikes.example"
    for origin in ("https://pay.example.com", "http://pay.bikes.example", "https://evil.example", "null"):
        refused = await knock(page, "/p/x/pay", method="POST", host=host, origin=origin)
        assert refused.status == 403, origin
    crossing = {"origin": "https://pay.bikes.example", "sec_fetch_site": "cross-site"}
    assert (await knock(page, "/p/x/pay", method="POST", host=host, **crossing)).status == 403
    assert inside.asked == []
    sent = await knock(page, "/p/x/pay", method="POST", host=host, origin="https://pay.bikes.example")
    assert sent.status == 200
