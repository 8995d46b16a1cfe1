"""`linktill domain`, on both databases: set, checked, shown and removed; links are told with the addresses that payers open."""

import asyncio
from dataclasses import replace

from linktill.core.ids import MerchantId
from linktill.flows.manage_domain import check_domain, read_domain
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import BASE_URL, PLAIN, Shop
from tests.flows.leading import HOST, Names, answer


async def _verify(shop: Shop) -> None:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        merchant_id = MerchantId(shop.merchant_id)
        domain = await read_domain(services, merchant_id)
        assert domain is not None
        names = Names({HOST: answer(domain.token)})
        checked = await check_domain(replace(services, http=names), merchant_id)
        assert checked.failure == ""
        assert [(each.url.partition("/.")[0], each.may_be_private) for each in names.asked] == [
            (f"https://{HOST}", False)
        ]


def test_a_domain_is_set_checked_shown_and_removed(shop: Shop):
    nothing = {"domain": None, "is_verified": False, "failure": "", "links_begin_with": f"{BASE_URL}/p/"}
    assert shop.run("domain", "show", "--json").json == nothing
    assert shop.run("domain", "set", HOST.upper(), "--json").json == {**nothing, "domain": HOST}
    link = shop.run("links", "create", "--json", *PLAIN).json
    assert link["url"].startswith(f"{BASE_URL}/p/")
    failed = shop.run("domain", "check", "--json")
    assert failed.code == 1
    assert failed.json["is_verified"] is False
    assert HOST in failed.json["failure"]
    warned = [each for each in shop.run("doctor", "--json").json["checks"] if each["name"] == "domain"]
    assert [each["status"] for each in warned] == ["warning"]
    asyncio.run(_verify(shop))
    shown = shop.run("domain", "show")
    assert f"https://{HOST}/p/" in shown.out
    moved = shop.run("links", "show", link["id"], "--json").json
    assert moved["url"] == link["url"].replace(BASE_URL, f"https://{HOST}")
    assert shop.run("links", "list", "--json").json["data"] == [moved]
    checks = [each for each in shop.run("doctor", "--json").json["checks"] if each["name"] == "domain"]
    assert [(each["status"], HOST in each["message"]) for each in checks] == [("ok", True)]
    assert shop.run("domain", "remove", "--json").json == nothing
    assert shop.run("links", "show", link["id"], "--json").json == link


def test_what_cannot_be_is_refused_by_name(shop: Shop):
    for typed in ("https://pay.example.com", "192.0.2.1", "pay.example.com", "x"):
        refused = shop.run("domain", "set", typed, "--json")
        assert (refused.json["error"]["code"], refused.json["error"]["param"]) == ("field_invalid", "domain")
    refused = shop.run("domain", "check", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "not_found")
