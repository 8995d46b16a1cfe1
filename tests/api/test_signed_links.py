"""Signed addresses over the API: what may be signed, and by whom."""

import hmac
import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any

import pytest

from linktill.core.signed_values import LIFE_S, SignedValues
from linktill.flows.signed_links import Unsigned, read_signed
from linktill.storage.link_secrets import link_secret_of
from linktill.storage.links import get_link
from tests.api.rig import Caller, Rig, problem

GIFT: dict[str, Any] = {
    "currency": "EUR",
    "description": "A gift",
    "open_amount": {"minimum_minor": 500, "maximum_minor": 9_000},
}


async def test_an_address_is_signed_with_the_merchants_own_secret(rig: Rig):
    bea = rig.bea
    link = (await bea.post("/v1/payment_links", GIFT)).json()
    path = f"/v1/payment_links/{link['id']}/signed_url"
    asked = {
        "amount_minor": 4_000,
        "client_reference_id": "INV-7",
        "email": "Sam@Example.com",
        "expires_at": "2099-01-01T00:00:00Z",
    }
    assert problem(await bea.post(path, asked)) == (422, "field_invalid", "expires_at")
    del asked["expires_at"]
    made = (await bea.post(path, asked)).json()
    url, _, signed = made.pop("url").partition("?signed=")
    assert url == link["url"]
    assert made.pop("expires_at") > link["created_at"]
    assert made == {
        "object": "signed_url",
        "payment_link_id": link["id"],
        "amount_minor": 4_000,
        "client_reference_id": "INV-7",
        "email": "Sam@example.com",
    }
    payload, _, signature = signed.partition(".")
    plain = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    now_s = rig.services.clock.now_us() // 1_000_000
    assert abs(plain.pop("exp") - now_s - LIFE_S) < 60
    assert plain == {
        "link": link["id"],
        "amount_minor": 4_000,
        "currency": "EUR",
        "reference": "INV-7",
        "email": "Sam@example.com",
    }
    sealed = await rig.services.database.read(link_secret_of, bea.merchant_id)
    assert sealed is not None
    secret = rig.services.vault.open(sealed, context=f"{bea.merchant_id}:link_secret")
    assert signature == hmac.new(secret, payload.encode(), sha256).hexdigest()
    assert len(secret) >= 32
    again = (await bea.post(path, asked)).json()["url"].rpartition(".")[2]
    assert len(again) == 64
    assert await rig.services.database.read(link_secret_of, bea.merchant_id) == sealed


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "amount_minor"),
        ({"amount_minor": 499}, "amount_minor"),
        ({"amount_minor": 9_001}, "amount_minor"),
        ({"email": "nobody"}, "email"),
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"client_reference_id": "4242 4242 4242 4242"}, "client_reference_id"),
        ({"email": "a@example.com", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"email": "a@example.com", "expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"price": 5}, "price"),
    ],
)
async def test_what_cannot_be_signed_is_refused_by_its_field(bea: Caller, asked: dict[str, Any], param: str):
    link = (await bea.post("/v1/payment_links", GIFT)).json()
    refused = await bea.post(f"/v1/payment_links/{link['id']}/signed_url", asked)
    assert problem(refused) == (422, "field_invalid", param)


async def test_a_price_is_not_signed_over(bea: Caller):
    link = await bea.link()
    refused = await bea.post(f"/v1/payment_links/{link['id']}/signed_url", {"amount_minor": 1})
    assert problem(refused) == (422, "field_invalid", "amount_minor")
    made = await bea.post(f"/v1/payment_links/{link['id']}/signed_url", {"client_reference_id": "INV-7"})
    assert made.status_code == 200


async def test_nobody_signs_for_anybody_else(rig: Rig):
    link = (await rig.bea.post("/v1/payment_links", GIFT)).json()
    unknown = await rig.bea.post(
        "/v1/payment_links/plink_01kan4s8q2f0vr1w9x3c5e7g9h/signed_url", {"email": "a@example.com"}
    )
    assert problem(unknown) == (404, "not_found", "id")
    others = await rig.cy.post(f"/v1/payment_links/{link['id']}/signed_url", {"email": "a@example.com"})
    assert problem(others) == (404, "not_found", "id")
    stored = await rig.services.database.read(get_link, rig.bea.merchant_id, link["id"])
    assert stored is not None
    # Nothing was ever signed: there is no secret that anything could be signed with.
    assert await read_signed(
        rig.services, stored, "e30." + hmac.new(b"", b"e30", sha256).hexdigest()
    ) == Unsigned("changed")


async def test_an_address_is_good_until_its_second(rig: Rig):
    assert rig.clock is not None
    link = (await rig.bea.post("/v1/payment_links", GIFT)).json()
    url = (await rig.bea.post(f"/v1/payment_links/{link['id']}/signed_url", {"amount_minor": 4_000})).json()[
        "url"
    ]
    signed = url.partition("?signed=")[2]
    stored = await rig.services.database.read(get_link, rig.bea.merchant_id, link["id"])
    assert stored is not None
    rig.clock.ahead_s = LIFE_S - 30
    values = await read_signed(rig.services, stored, signed)
    assert isinstance(values, SignedValues)
    assert (values.amount_minor, values.currency) == (4_000, "EUR")
    rig.clock.ahead_s = LIFE_S
    assert await read_signed(rig.services, stored, signed) == Unsigned("expired")
