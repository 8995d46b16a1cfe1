"""A merchant brings a domain along: what may be one, whose it is, when it is used, and what is said where it is not."""

import asyncio

import pytest

from linktill.core.errors import FieldInvalid, NotFound, Refusal
from linktill.flows.domains import Domains, origin_of
from linktill.flows.manage_domain import (
    WELL_KNOWN,
    check_domain,
    checked_host,
    read_domain,
    refresh_domains,
    remove_domain,
    set_domain,
)
from linktill.flows.manage_links import read_link
from linktill.flows.payers_pages import return_url
from linktill.flows.representations import link_object
from linktill.flows.services import moment_of
from linktill.flows.tell import drafts, load_stories
from linktill.platform.http import AddressRefused, NoAnswer, NotSent
from linktill.storage import directory
from linktill.storage.domains import token_at
from linktill.storage.events import list_events
from tests.flows.leading import HOST, Names, answer, verified, with_names
from tests.make import BASE_URL, Shop, make_merchant


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("pay.example.com", "pay.example.com"),
        (" Pay.Example.COM. ", "pay.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_name_is_kept_as_the_dns_has_it(typed: str, host: str) -> None:
    assert checked_host(typed, BASE_URL) == host


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "pay",
        "https://pay.example.com",
        "pay.example.com/p",
        "pay.example.com:8443",
        "192.0.2.1",
        "2001:db8::1",
        "[2001:db8::1]",
        "1.2.3",
        "localhost",
        "x@pay.example.com",
        "pay example.com",
        "-a.example.com",
        "a..example.com",
        "x" * 64 + ".example.com",
        "a." * 200 + "example.com",
        "linktill.test",
        "LINKTILL.test.",
        "pay.example.com\x00",
        "pay_me.example.com",
    ],
)
def test_what_is_no_name_of_ones_own_is_refused(typed: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        checked_host(typed, BASE_URL)
    assert refused.value.param == "domain"


def test_addresses_on_it_have_the_scheme_and_port_of_the_installation() -> None:
    assert origin_of("https://till.example.com", "pay.example.com") == "https://pay.example.com"
    assert origin_of("http://127.0.0.1:8000", "pay.example.com") == "http://pay.example.com:8000"


async def test_links_are_on_it_once_it_is_verified_and_no_longer_than_it_is_set(shop: Shop) -> None:
    services, link = shop.services, await shop.link()
    domain = await set_domain(services, shop.id, HOST)
    assert (domain.host, domain.verified_at, domain.failure) == (HOST, None, "")
    assert services.origin_of(shop.id) == BASE_URL
    names = Names({HOST: answer(domain.token)})
    checked = await check_domain(with_names(services, names), shop.id)
    assert checked.verified_at is not None
    assert [(each.url, each.may_be_private) for each in names.asked] == [(f"http://{HOST}{WELL_KNOWN}", True)]
    assert services.origin_of(shop.id) == f"http://{HOST}"
    detail = await read_link(services, shop.id, link.id)
    shown = link_object(
        detail.link, detail.filing, base_url=services.origin_of(shop.id), now=services.clock.now_us()
    )
    assert shown.url == f"http://{HOST}/p/{link.slug}"
    await set_domain(services, shop.id, HOST)
    assert services.origin_of(shop.id) == f"http://{HOST}"
    await set_domain(services, shop.id, "other.bikes.example")
    assert services.origin_of(shop.id) == BASE_URL
    await remove_domain(services, shop.id)
    await remove_domain(services, shop.id)
    assert await read_domain(services, shop.id) is None
    assert services.origin_of(shop.id) == BASE_URL


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (NotSent("ClientConnectorDNSError from x"), "leads nowhere yet"),
        (NotSent("ClientConnectorCertificateError from x"), "no certificate"),
        (NotSent("ClientConnectorError from x"), "Nobody answers"),
        (AddressRefused("private"), "not public"),
        (NoAnswer("ServerDisconnectedError from x"), "does not answer"),
        (answer("<html>parked</html>"), "Something else answers at pay.bikes.example (status 200)"),
        (answer("", 404), "(status 404)"),
        (answer("", 302), "(status 302)"),
    ],
)
async def test_what_is_wrong_is_said_with_the_fix(shop: Shop, found: object, words: str) -> None:
    await set_domain(shop.services, shop.id, HOST)
    names = Names({HOST: found})  # type: ignore[dict-item]  # an answer or an exception
    checked = await check_domain(with_names(shop.services, names), shop.id)
    assert words in checked.failure
    assert (checked.verified_at, shop.services.origin_of(shop.id)) == (None, BASE_URL)


async def test_the_token_of_another_merchant_or_of_before_proves_nothing(shop: Shop) -> None:
    services = shop.services
    cy = await make_merchant(services, "Cy")
    theirs = await set_domain(services, cy.id, "pay.cy.example")
    old = await set_domain(services, shop.id, HOST)
    await remove_domain(services, shop.id)
    new = await set_domain(services, shop.id, HOST)
    assert len({theirs.token, old.token, new.token}) == 3
    for token in (theirs.token, old.token, "", f"{new.token}x"):
        checked = await check_domain(with_names(services, Names({HOST: answer(token)})), shop.id)
        assert checked.verified_at is None


async def test_one_that_was_verified_stays_in_use_when_it_does_not_answer_for_a_moment(shop: Shop) -> None:
    await verified(shop)
    checked = await check_domain(with_names(shop.services, Names()), shop.id)
    assert checked.failure
    assert checked.verified_at is not None
    assert shop.services.origin_of(shop.id) == f"http://{HOST}"


async def test_a_name_that_is_only_written_down_is_kept_from_nobody(shop: Shop) -> None:
    services = shop.services
    cy = await make_merchant(services, "Cy")
    await set_domain(services, cy.id, HOST)
    await verified(shop)
    assert await read_domain(services, cy.id) is None
    assert services.origin_of(shop.id) == f"http://{HOST}"
    with pytest.raises(NotFound):
        await check_domain(services, cy.id)


async def test_a_domain_is_one_merchants(shop: Shop) -> None:
    services = shop.services
    cy = await make_merchant(services, "Cy")
    await verified(shop)
    with pytest.raises(FieldInvalid, match="Other books"):
        await set_domain(services, cy.id, f" {HOST.upper()} ")
    assert await read_domain(services, cy.id) is None
    await set_domain(services, shop.id, "other.bikes.example")
    assert (await set_domain(services, cy.id, HOST)).merchant_id == cy.id
    mine = await read_domain(services, shop.id)
    assert mine is not None
    assert await services.database.read(token_at, mine.host) == mine.token
    await remove_domain(services, shop.id)
    assert await services.database.read(token_at, mine.host) is None


async def test_of_two_who_take_one_domain_at_once_one_has_it(shop: Shop) -> None:
    services = shop.services
    cy = await make_merchant(services, "Cy")
    done = await asyncio.gather(
        *(set_domain(services, merchant_id, HOST) for merchant_id in (shop.id, cy.id) * 3),
        return_exceptions=True,
    )
    assert all(isinstance(each, Refusal) for each in done if isinstance(each, BaseException))
    owners = [each for each in (shop.id, cy.id) if await read_domain(services, each) is not None]
    assert len(owners) == 1
    place = await services.database.read(directory.find, directory.DOMAIN, HOST)
    assert place is not None
    assert place.merchant_id == owners[0]


async def test_what_is_checked_while_it_is_changed_verifies_nothing(shop: Shop) -> None:
    services = shop.services
    before = await set_domain(services, shop.id, HOST)

    class Changing(Names):
        async def send(self, request: object) -> object:  # type: ignore[override]
            await set_domain(services, shop.id, "other.bikes.example")
            return answer(before.token)

    with pytest.raises(NotFound):
        await check_domain(with_names(services, Changing()), shop.id)
    assert services.origin_of(shop.id) == BASE_URL
    await remove_domain(services, shop.id)
    with pytest.raises(NotFound):
        await check_domain(services, shop.id)


async def test_other_processes_know_it_after_a_look(shop: Shop) -> None:
    await verified(shop)
    shop.services.domains.replace(BASE_URL, ())
    assert shop.services.origin_of(shop.id) == BASE_URL
    await refresh_domains(shop.services)
    place = shop.services.domains.place_at(HOST)
    assert place is not None
    assert (place.merchant_id, place.origin) == (shop.id, f"http://{HOST}")
    assert Domains().place_at(HOST) is None


async def test_the_gateway_and_the_payers_mails_lead_to_it(shop: Shop) -> None:
    await verified(shop)
    link = await shop.link()
    result = await shop.press_pay(link)
    back = return_url(f"http://{HOST}", link.slug, result.session)
    [sent] = [each for each in shop.wire.sent if each.method == "POST"]
    assert back.encode() in sent.body.replace(b"\\/", b"/")
    await shop.fill_card(result)
    await shop.deliver()
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    [paid] = [event for event in events if event.type == "payment.captured"]
    stories = await shop.services.database.read(load_stories, shop.id, [paid.id])
    to_payer, to_merchant = drafts(stories[paid.id], BASE_URL, shop.services.origin_of(shop.id))
    assert getattr(to_payer.view, "receipt_url", "") == back
    assert f"{BASE_URL}/dashboard/payments/" in repr(to_merchant.view)
    assert moment_of(shop.services).origin_of(shop.id) == f"http://{HOST}"
