"""What connecting an account takes: its location and currency, and the webhook, which Square makes for us.

Source: https://developer.squareup.com/reference/square/webhook-subscriptions-api and /locations-api.
"""

import json
from typing import Final
from urllib.parse import quote, urlencode

from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, AccountFound, Rejected, Webhook
from linktill.gateways.square.account import check_location, check_token, find_location, trouble
from linktill.gateways.square.client import VERSION, SquareClient
from linktill.gateways.square.messages import (
    LocationList,
    NewKey,
    PaymentBody,
    Subscription,
    SubscriptionBody,
    SubscriptionPage,
    Tested,
)

SUBSCRIPTIONS: Final = "/v2/webhooks/subscriptions"
EVENTS: Final = (
    "payment.created",
    "payment.updated",
    "refund.created",
    "refund.updated",
    "dispute.created",
    "dispute.state.updated",
)
TEST_EVENT: Final = "payment.updated"
TEST_CARD: Final = "cnon:card-nonce-ok"
"""A card of Square's sandbox that is always paid with."""
PAGES_MAX: Final = 10
LISTED_MAX: Final = 100
_MODES: Final = {"production": Mode.LIVE, "sandbox": Mode.TEST}


async def complete(client: SquareClient, account: Account) -> AccountFound:
    """Checks the token, and finds the location where there is only one that it can be."""
    told = await check_token(client, account)
    location_id = account.credentials.get("location_id", "") or await _only_location(client, account)
    location = await find_location(client, account, location_id)
    check_location(location, None)
    environment = account.credentials.get("environment", "production")
    currency = location.currency or ""
    kept = {
        "access_token": account.credentials.get("access_token", ""),
        "environment": environment,
        "location_id": location.id,
        "currency": currency,
    }
    vendor_id = f"{told.merchant_id or ''} {location.id}".strip()
    return AccountFound(kept, vendor_id, location.name or location.id, _MODES[environment], (currency,))


async def _only_location(client: SquareClient, account: Account) -> str:
    answer = await client.search(account, "GET", "/v2/locations")
    found = [each for each in answer.read(LocationList).locations or () if each.status == "ACTIVE"]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise trouble(
            "location", "This Square account has no active location. Make one in the Square Dashboard."
        )
    names = ", ".join(f"{each.name or 'without a name'} ({each.id})" for each in found[:20])
    raise trouble("location", f"Enter the ID of the location that the money is for. There are: {names}.")


async def register(client: SquareClient, account: Account, url: str, *, key: str) -> Webhook:
    """The subscription for `url`. One that an earlier try made is taken over: Square tells its key again."""
    wanted = {"name": "Linktill", "enabled": True, "event_types": list(EVENTS)}
    for known in await _subscriptions(client, account):
        if known.notification_url != url:
            continue
        if not known.enabled or not set(EVENTS) <= set(known.event_types or ()):
            body = json.dumps({"subscription": wanted}).encode()
            await client.do(account, "PUT", _path(known.id), body)
        return Webhook(known.id, known.signature_key or await renew(client, account, known.id, key=key))
    subscription = {**wanted, "notification_url": url, "api_version": VERSION}
    body = json.dumps({"idempotency_key": key, "subscription": subscription}).encode()
    answer = await client.do(account, "POST", SUBSCRIPTIONS, body)
    made = answer.read(SubscriptionBody).subscription
    answer.must_be(made.notification_url, url)
    if not made.signature_key:
        raise answer.unsure("Square has told no signature key for the webhook.")
    return Webhook(made.id, made.signature_key)


async def _subscriptions(client: SquareClient, account: Account) -> list[Subscription]:
    found: list[Subscription] = []
    query = {"include_disabled": "true", "limit": str(LISTED_MAX)}
    for _ in range(PAGES_MAX):
        answer = await client.search(account, "GET", f"{SUBSCRIPTIONS}?{urlencode(query)}")
        page = answer.read(SubscriptionPage)
        found += page.subscriptions or ()
        if not page.cursor:
            break
        query["cursor"] = page.cursor
    return found


async def remove(client: SquareClient, account: Account, ref: str) -> None:
    """Gone, also if it was gone before."""
    try:
        await client.do(account, "DELETE", _path(ref))
    except Rejected as rejected:
        if rejected.code != "NOT_FOUND":
            raise


async def renew(client: SquareClient, account: Account, ref: str, *, key: str) -> str:
    """A new signature key; Square signs with it at once."""
    body = json.dumps({"idempotency_key": key}).encode()
    answer = await client.do(account, "POST", f"{_path(ref)}/signature-key", body)
    made = answer.read(NewKey).signature_key
    if not made:
        raise answer.unsure("Square has told no new signature key.")
    return made


async def send_test_event(client: SquareClient, account: Account, ref: str) -> str:
    """Square sends it while we wait, and says how we answered. Raises Rejected where it did not arrive."""
    body = json.dumps({"event_type": TEST_EVENT}).encode()
    answer = await client.do(account, "POST", f"{_path(ref)}/test", body)
    result = answer.read(Tested).subscription_test_result
    status = None if result is None else result.status_code
    if status is None:
        return "Square sends a test event."
    if 200 <= status < 300:
        return f"Square has sent a test event, and your server took it (status {status})."
    raise trouble(
        "test_event",
        f"Square has sent a test event, but your server answered with status {status}. Look whether the webhook's address leads "
        "to this server, through everything that stands before it.",
    )


async def pay_as_test(
    client: SquareClient, account: Account, amount: Money, *, reference: str, key: str
) -> str:
    """A payment by a card of Square's sandbox. What we call a payment is its order."""
    asked = {
        "source_id": TEST_CARD,
        "idempotency_key": key,
        "amount_money": {"amount": amount.minor, "currency": amount.currency},
        "location_id": account.credentials.get("location_id", ""),
        "reference_id": reference,
        "autocomplete": True,
    }
    answer = await client.do(account, "POST", "/v2/payments", json.dumps(asked).encode())
    payment = answer.read(PaymentBody).payment
    if payment.status != "COMPLETED" or payment.order_id is None:
        raise answer.unsure(f"Square's test card was not charged: the payment is {payment.status}.")
    return payment.order_id


def _path(ref: str) -> str:
    return f"{SUBSCRIPTIONS}/{quote(ref, safe='')}"
