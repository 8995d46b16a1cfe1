"""What connecting an account takes: its name and mode, and the webhook, which Stripe makes for us.

Source: https://docs.stripe.com/api/accounts/object and /api/webhook_endpoints.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from linktill.core.merchant import Mode
from linktill.gateways.contract import Account, AccountFound, Rejected, Webhook
from linktill.gateways.stripe.check import CHECKOUT, check, explained
from linktill.gateways.stripe.client import API_VERSION, StripeClient, Value
from linktill.gateways.stripe.elements import checked
from linktill.gateways.stripe.objects import Endpoint, Listed, PageOf, StripeAccount

ENDPOINTS: Final = "/v1/webhook_endpoints"
EVENTS: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.updated",
    # Of payments that are captured by hand.
    "charge.captured",
    "charge.expired",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
LISTED_MAX: Final = 100
"""Stripe lets an account have 16 webhook endpoints: one page of the list holds them all."""
PERMISSION: Final = "Webhook Endpoints: Write"

_KEY: Final = re.compile(r"[sr]k_(test|live)_")


async def complete(client: StripeClient, account: Account) -> AccountFound:
    """Checks the keys, and reads the account's name where the secret one may see it."""
    key = account.credentials.get("secret_key", "")
    match = _KEY.match(key)
    page = {} if match is None else checked(account, Mode(match[1]))
    shown = await check(client, account)
    if match is None:
        raise Rejected(
            "This key does not say whether it is for tests (sk_test_…, rk_test_…) or for real money (sk_live_…, rk_live_…).",
            code="secret_key_required",
            is_account_trouble=True,
        )
    mode = Mode(match[1])
    vendor_id = "" if shown is None else shown.id
    return AccountFound({"secret_key": key, **page}, vendor_id, _name(shown), mode)


def _name(shown: StripeAccount | None) -> str:
    if shown is None:
        return ""
    dashboard = None if shown.settings is None else shown.settings.dashboard
    profile = shown.business_profile
    names = (
        None if dashboard is None else dashboard.display_name,
        None if profile is None else profile.name,
        shown.email,
    )
    return next((name for name in names if name), shown.id)


async def register(client: StripeClient, account: Account, url: str, *, key: str) -> Webhook:
    """A webhook endpoint for `url`. Those that an earlier try left are removed: nobody can find their secret out again."""
    before = await _known(client, account, url)
    params: Mapping[str, Value] = {
        "url": url,
        "enabled_events": EVENTS,
        "api_version": API_VERSION,
        "description": "Linktill",
    }
    try:
        answer = await client.post(account, ENDPOINTS, params, key=key)
    except Rejected as rejected:
        raise explained(rejected, PERMISSION) from rejected
    made = answer.read(Endpoint)
    answer.must_be(made.url, url)
    if not made.secret:
        raise answer.unsure("Stripe has told no signing secret for the webhook.")
    # Only now: were we stopped between, there would be none.
    for each in before:
        await remove(client, account, each.id)
    return Webhook(made.id, made.secret)


async def _known(client: StripeClient, account: Account, url: str) -> list[Endpoint]:
    try:
        answer = await client.get_known(account, ENDPOINTS, {"limit": LISTED_MAX})
    except Rejected as rejected:
        raise explained(rejected, PERMISSION) from rejected
    return [each for each in answer.read(PageOf[Endpoint]).data if each.url == url]


async def remove(client: StripeClient, account: Account, ref: str) -> None:
    """Gone, also if it was gone before."""
    await client.delete(account, f"{ENDPOINTS}/{quote(ref, safe='')}")


async def send_test_event(client: StripeClient, account: Account, *, key: str) -> str:
    """A page to pay on that is closed at once: `checkout.session.expired` is a real event, and about nobody's payment."""
    params: Mapping[str, Value] = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 1_000,
                    "product_data": {"name": "Linktill: test of the webhook"},
                },
            }
        ],
        "success_url": "https://example.com/",
    }
    try:
        made = (await client.post(account, "/v1/checkout/sessions", params, key=key)).read(Listed)
    except Rejected as rejected:
        raise explained(rejected, CHECKOUT) from rejected
    path = f"/v1/checkout/sessions/{quote(made.id, safe='')}/expire"
    await client.post(account, path, {}, key=f"{key}-expire")
    return "Stripe has closed a page to pay on, and tells of it now."
