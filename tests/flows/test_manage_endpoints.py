"""A merchant's endpoints: made, changed, switched off, renewed, removed; and what was told to them, told again."""

from dataclasses import replace

import pytest

from linktill.core.errors import FieldInvalid, NotFound, TooMany, TransitionRefused
from linktill.core.ids import DeliveryId
from linktill.flows import manage_endpoints
from linktill.flows.endpoint_objects import delivery_object, endpoint_object
from linktill.flows.endpoint_secrets import OVERLAP_US, unseal
from linktill.flows.manage_endpoints import EndpointTerms
from linktill.flows.representations import json_text
from linktill.storage import webhook_endpoints
from tests.flows.telling import Telling
from tests.make import make_merchant
from tests.notify.receivers import OK, answer, endpoint

CAPTURED = "payment.captured"


REFUSED = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://169.254.169.254/",
    "https://10.1.2.3/",
    "http://example.com/hook",
    "https://example.com:8443/",
    "https://user:pw@example.com/",
    "https://2130706433/",
    "https://exa mple.com/",
    "javascript:alert(1)",
    "",
    "https://example.com/" + "x" * 2048,
]


async def test_two_secrets_sign_while_one_follows_the_other(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        renewed = await manage_endpoints.rotate_secret(services, shop.id, made.endpoint.id)
        assert renewed.secret != made.secret
        await telling.pay()
        await telling.deliver()
        assert len(program.posts[0].headers["webhook-signature"].split(" ")) == 2
        program.posts[0].verified(made.secret)
        program.posts[0].verified(renewed.secret)
    stored = await telling.endpoint(made)
    secrets = unseal(services.vault, shop.id, stored.id, stored.secret)
    now = services.clock.now_us()
    assert secrets.signing(now) == (renewed.secret, made.secret)
    assert secrets.signing(now + OVERLAP_US) == (renewed.secret,)
    assert made.secret.encode() not in stored.secret


async def test_another_merchants_endpoint_is_not_there(telling: Telling) -> None:
    services = telling.shop.services
    async with endpoint() as program:
        made = await telling.listen(program)
        before = await telling.endpoint(made)
        other = await make_merchant(services, "Mallory")
        terms = EndpointTerms("http://127.0.0.1:9/")
        for refused in (
            manage_endpoints.get_endpoint(services, other.id, made.endpoint.id),
            manage_endpoints.update_endpoint(
                services, other.id, made.endpoint.id, terms, may_be_private=True
            ),
            manage_endpoints.delete_endpoint(services, other.id, made.endpoint.id),
            manage_endpoints.rotate_secret(services, other.id, made.endpoint.id),
            manage_endpoints.list_deliveries(services, other.id, made.endpoint.id, limit=10),
        ):
            with pytest.raises(NotFound):
                await refused
        assert await telling.endpoint(made) == before


async def test_sf01_a_url_that_must_not_be_told_is_refused_at_save(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    for url in REFUSED:
        with pytest.raises(FieldInvalid) as refused:
            await manage_endpoints.create_endpoint(
                services, shop.id, EndpointTerms(url), may_be_private=False
            )
        assert refused.value.param == "url", url
    assert await manage_endpoints.list_endpoints(services, shop.id) == []


async def test_sf09_linktill_itself_is_no_receiver(telling: Telling) -> None:
    with pytest.raises(FieldInvalid) as refused:
        await manage_endpoints.create_endpoint(
            telling.shop.services,
            telling.shop.id,
            EndpointTerms("http://linktill.test/x"),
            may_be_private=True,
        )
    assert refused.value.param == "url"


async def test_terms_are_checked(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    for terms, param in (
        (EndpointTerms("https://example.com/", event_types=["payment.kaptured"]), "event_types"),
        (EndpointTerms("https://example.com/", "x" * 201), "description"),
    ):
        with pytest.raises(FieldInvalid) as refused:
            await manage_endpoints.create_endpoint(services, shop.id, terms, may_be_private=False)
        assert refused.value.param == param
    assert await manage_endpoints.list_endpoints(services, shop.id) == []


async def test_there_are_twenty_endpoints_at_most(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    terms = EndpointTerms("https://example.com/hook")
    for _ in range(20):
        await manage_endpoints.create_endpoint(services, shop.id, terms, may_be_private=False)
    with pytest.raises(TooMany):
        await manage_endpoints.create_endpoint(services, shop.id, terms, may_be_private=False)
    assert len(await manage_endpoints.list_endpoints(services, shop.id)) == 20


async def test_objects_show_the_secret_once(telling: Telling) -> None:
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await telling.deliver()
        shown = json_text(endpoint_object(made.endpoint, secret=made.secret))
        assert made.secret in shown
        assert "secret" not in json_text(endpoint_object(await telling.endpoint(made)))
        [delivery] = await telling.deliveries(made)
        assert '"status":"delivered"' in json_text(delivery_object(delivery))
        assert await telling.database.read(webhook_endpoints.endpoints_of, telling.shop.id) == [
            await telling.endpoint(made)
        ]


async def test_a_removed_endpoint_is_told_nothing_and_its_secret_is_forgotten(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await manage_endpoints.delete_endpoint(services, shop.id, made.endpoint.id)
        await telling.deliver()
        assert program.posts == []
        assert await manage_endpoints.list_endpoints(services, shop.id) == []
        with pytest.raises(NotFound):
            await manage_endpoints.get_endpoint(services, shop.id, made.endpoint.id)
        with pytest.raises(NotFound):
            await manage_endpoints.delete_endpoint(services, shop.id, made.endpoint.id)
    assert await telling.outbox_rows() == 0


async def test_an_endpoint_that_is_off_costs_nothing_and_can_be_replayed(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    async with endpoint(answer(500), OK) as program:
        made = await telling.listen(program, CAPTURED)
        await telling.pay()
        await telling.deliver()
        terms = EndpointTerms(program.url(), "", [CAPTURED], is_enabled=False)
        await manage_endpoints.update_endpoint(
            services, shop.id, made.endpoint.id, terms, may_be_private=True
        )
        await telling.pass_time(61)
        await telling.deliver()
        [dead] = await telling.deliveries(made)
        assert (dead.status, dead.tries, dead.last_error) == ("dead", 1, "The endpoint is switched off.")
        assert (len(program.posts), await telling.outbox_rows()) == (1, 0)
        with pytest.raises(TransitionRefused):
            await manage_endpoints.replay_delivery(services, shop.id, dead.id)
        assert (await telling.deliveries(made), await telling.outbox_rows()) == ([dead], 0)
        terms = replace(terms, is_enabled=True)
        await manage_endpoints.update_endpoint(
            services, shop.id, made.endpoint.id, terms, may_be_private=True
        )
        replayed = await manage_endpoints.replay_delivery(services, shop.id, dead.id)
        assert replayed.status == "pending"
        again = await manage_endpoints.replay_delivery(services, shop.id, dead.id)
        assert (again, await telling.outbox_rows()) == (replayed, 2), "one row and the queue's turn"
        await telling.deliver()
        [delivered] = await telling.deliveries(made)
        assert (delivered.status, delivered.tries, delivered.response_status) == ("delivered", 2, 200)
        assert {post.id for post in program.posts} == {delivered.event_id}
        with pytest.raises(NotFound):
            await manage_endpoints.replay_delivery(services, shop.id, DeliveryId("whd_none"))
