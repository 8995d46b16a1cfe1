"""`linktill stuck`: what was given up, of all merchants or one, and another try (WI17)."""

import asyncio

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.gateways.contract import Hint
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import Shop
from tests.make import make_merchant
from tests.stuck import ERROR, stuck_news, stuck_webhook


async def _stick(shop: Shop) -> tuple[str, str, str, str]:
    """A stuck webhook and news of the merchant's, and news of another's; and the other merchant."""
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        mine = MerchantId(shop.merchant_id)
        hint = Hint("e1", "payment.captured", 1, payment_ref="sbpay_1")
        webhook = await stuck_webhook(services, mine, GatewayAccountId("gwa_1"), hint)
        news = await stuck_news(services, mine, "evt_1")
        other = (await make_merchant(services, "Other")).id
        return webhook, news, await stuck_news(services, other, "evt_1"), other


def test_wi17_it_is_listed_and_tried_again(shop: Shop) -> None:
    assert shop.run("stuck", "list", "--json").json == {"data": []}
    assert "Nothing is stuck." in shop.run("stuck", "list").out
    webhook, news, theirs, other = asyncio.run(_stick(shop))
    data = shop.run("stuck", "list", "--json").json["data"]
    assert finding(shop) == ("warning", "Run: linktill stuck list")
    assert {row["id"]: row["merchant_id"] for row in data} == {
        webhook: shop.merchant_id,
        news: shop.merchant_id,
        theirs: other,
    }
    [row] = [row for row in data if row["id"] == webhook]
    assert (row["kind"], row["event_type"], row["payment_id"]) == ("webhook", "payment.captured", None)
    assert (row["tries"], row["last_error"], row["since"][-1]) == (1, ERROR, "Z")
    own = shop.run("stuck", "list", "--json", "--merchant", other).json["data"]
    assert [row["id"] for row in own] == [theirs]
    words = shop.run("stuck", "list").out
    assert "Webhook" in words
    assert "News" in words
    # An id of another merchant than the one named is not there.
    refused = shop.run("stuck", "retry", theirs, "--merchant", shop.merchant_id, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "not_found")
    assert shop.run("stuck", "retry", theirs, webhook, "--json").json == {"retried": [theirs, webhook]}
    assert shop.run("stuck", "retry", webhook, "--json").json["error"]["code"] == "not_found"
    assert shop.run("stuck", "retry", "--all", "--json").json == {"retried": [news]}
    assert shop.run("stuck", "retry", "--all").out == "0 tried again.\n"
    assert shop.run("stuck", "list", "--json").json == {"data": []}
    assert finding(shop) == ("ok", "")


def finding(shop: Shop) -> tuple[str, str]:
    """What `doctor` says of it."""
    checks = shop.run("doctor", "--json").json["checks"]
    [found] = [check for check in checks if check["name"] == "stuck"]
    return found["status"], found["mend"]


def test_what_to_try_again_is_named(small: Shop) -> None:
    for arguments in ((), ("ib_1", "--all")):
        done = small.run("stuck", "retry", *arguments, "--json")
        assert (done.code, done.json["error"]["param"]) == (2, "ids")
    nobody = small.run("stuck", "list", "--merchant", "mer_none", "--json")
    assert (nobody.code, nobody.json["error"]["param"]) == (1, "merchant")
