"""Who may ask, where, and how: keys, addresses, methods, headers."""

import pytest

from linktill.flows.manage_api_keys import create_api_key, revoke_api_key
from tests.api.rig import LINK, Caller, Rig, problem

NOBODY = (401, "unauthorized", None)


async def ask(caller: Caller, authorization: str | None) -> tuple[int, str, str | None]:
    headers = {} if authorization is None else {"authorization": authorization}
    refused = await caller.http.get("/v1/payment_links", headers=headers)
    assert refused.headers["www-authenticate"] == 'Bearer realm="linktill"'
    return problem(refused)


async def test_without_a_key_nobody_is_let_in(bea: Caller):
    mistyped = bea.key[:-1] + ("0" if bea.key[-1] != "0" else "1")
    for authorization in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Basic {bea.key}",
        bea.key,
        f"Bearer {mistyped}",
        f"Bearer {bea.key.replace('lt_test_', 'lt_live_')}",
        f"Bearer {bea.key} {bea.key}",
    ):
        assert await ask(bea, authorization) == NOBODY, authorization


async def test_at17_a_key_in_the_address_is_never_taken(bea: Caller):
    refused = await bea.http.get(f"/v1/payment_links?api_key={bea.key}&access_token={bea.key}")
    assert problem(refused) == NOBODY


async def test_two_authorizations_are_one_too_many(bea: Caller):
    headers = [("authorization", f"Bearer {bea.key}"), ("authorization", f"Bearer {bea.key}")]
    refused = await bea.http.get("/v1/payment_links", headers=headers)
    assert problem(refused) == (422, "field_invalid", "Authorization")


async def test_the_scheme_may_be_written_in_any_case(bea: Caller):
    assert (
        await bea.http.get("/v1/payments", headers={"authorization": f"bearer {bea.key}"})
    ).status_code == 200


async def test_at08_a_revoked_key_is_out_at_once(rig: Rig):
    made = await create_api_key(rig.services, rig.bea.merchant_id, name="short-lived")
    caller = Caller(rig.bea.http, rig.bea.merchant_id, made.text)
    assert (await caller.get("/v1/payment_links")).status_code == 200
    await revoke_api_key(rig.services, rig.keys, rig.bea.merchant_id, made.key.id)
    assert problem(await caller.get("/v1/payment_links")) == NOBODY


async def test_a_stranger_learns_nothing_before_the_key(bea: Caller):
    """The key is looked at before the body: no oracle, and no work for strangers."""
    refused = await bea.http.post("/v1/payment_links", content=b"x" * 1_000_000)
    assert problem(refused) == NOBODY


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/payment_links/x/y/z", "/v1/.."])
async def test_an_unknown_address_is_a_problem(bea: Caller, path: str):
    assert problem(await bea.get(path)) == (404, "not_found", None)


async def test_an_address_has_one_spelling(bea: Caller):
    """IV05: an escaped slash does not lead from one object's address to another's."""
    link = await bea.link()
    for path in (
        "/v1/payment_links/",
        "/v1//payment_links",
        f"/v1/payment_links/{link['id']}/",
        f"/v1/payment_links%2f{link['id']}",
        f"/v1/payment_links/{link['id']}%2Fpause",
        f"/v1/payment_links/%70{link['id'][1:]}",
        "/v1/payment_links/%00",
    ):
        for method in ("GET", "OPTIONS", "POST"):
            answer = await bea.call(method, f"http://linktill.test{path}")
            assert answer.status_code in {404, 405}, (method, path)
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json()["status"] == "active"


async def test_options_tells_what_an_address_takes(bea: Caller):
    link = await bea.link()
    told = await bea.http.options(f"/v1/payment_links/{link['id']}")
    assert (told.status_code, told.content, told.headers["allow"]) == (204, b"", "GET, PATCH")
    assert problem(await bea.http.options("/v1/payment_links/"))[:2] == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "CONNECT", "PATCH", "LOOK"])
async def test_iv16_a_wrong_method_is_refused(bea: Caller, method: str):
    refused = await bea.call(method, "/v1/payment_links")
    assert problem(refused) == (405, "method_not_allowed", None)
    assert {"GET", "POST"} <= set(refused.headers["allow"].split(", "))


async def test_iv16_a_method_cannot_be_smuggled_in_a_header(bea: Caller):
    link = await bea.link()
    smuggled = await bea.call(
        "POST",
        f"/v1/payment_links/{link['id']}/pause",
        headers={"x-http-method-override": "DELETE", "x-method-override": "DELETE"},
    )
    assert smuggled.json()["status"] == "paused"


async def test_wh11_no_page_of_another_site_may_read_answers(bea: Caller):
    answer = await bea.call("GET", "/v1/payment_links", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    preflight = await bea.http.options("/v1/payment_links", headers={"origin": "null"})
    assert not [name for name in preflight.headers if name.startswith("access-control-")]


async def test_every_answer_is_named_and_kept_by_nobody(bea: Caller):
    for answer in (await bea.post("/v1/payment_links", LINK), await bea.get("/v1/payments")):
        assert answer.headers["request-id"].startswith("req_")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
