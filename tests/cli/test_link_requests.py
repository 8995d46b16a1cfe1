"""`linktill request`, on both databases: who asks is listed, answered and dismissed."""

import asyncio

from linktill.core.errors import Refusal
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_request import RequestFields
from linktill.flows.ask_for_link import Asked, AskGate, ask_for_link
from linktill.flows.manage_links import read_link
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import PLAIN, Shop


async def _ask(shop: Shop, link_id: str, email: str) -> None:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        link = (await read_link(services, MerchantId(shop.merchant_id), LinkId(link_id))).link
        fields = RequestFields(email, "Ada", "May I\nstill pay?")
        try:
            asked = await ask_for_link(services, AskGate(services.clock), link, fields, address="a")
        except Refusal as refusal:
            raise AssertionError(str(refusal)) from refusal
        assert asked is Asked.NOTED


def test_who_asks_is_listed_answered_and_dismissed(shop: Shop):
    old = shop.run("links", "create", "--json", *PLAIN).json
    shop.run("links", "cancel", old["id"])
    new = shop.run("links", "create", "--json", *PLAIN).json
    for email in ("ada@example.com", "bo@example.com"):
        asyncio.run(_ask(shop, old["id"], email))
    second, first = shop.run("request", "list", "--json").json["data"]
    assert (first["email"], second["email"]) == ("ada@example.com", "bo@example.com")
    assert shop.run("request", "list", "--limit", "1", "--json").json["next_cursor"] == second["id"]
    shown = shop.run("request", "list", "--link", old["id"], "--status", "open").out
    for word in ("ada@example.com", "May I still pay?", first["id"]):
        assert word in shown
    answered = shop.run("request", "answer", first["id"], "--link", new["id"], "--json").json
    assert (answered["status"], answered["answer_link_id"]) == ("answered", new["id"])
    gone = shop.run("request", "dismiss", second["id"], "--json").json
    assert gone["status"] == "dismissed"
    assert shop.run("request", "list", "--status", "open", "--json").json["data"] == []
    assert "Nobody asks" in shop.run("request", "list", "--link", new["id"]).out


def test_what_cannot_be_is_refused_by_name(shop: Shop):
    old = shop.run("links", "create", "--json", *PLAIN).json
    shop.run("links", "cancel", old["id"])
    asyncio.run(_ask(shop, old["id"], "ada@example.com"))
    [request] = shop.run("request", "list", "--json").json["data"]
    refused = shop.run("request", "answer", request["id"], "--link", old["id"], "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "transition_refused")
    refused = shop.run("request", "answer", "lrq_none", "--link", old["id"], "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "not_found")
    refused = shop.run("request", "list", "--status", "new", "--json")
    assert (refused.json["error"]["code"], refused.json["error"]["param"]) == ("field_invalid", "status")
