"""What connecting an app takes: its mode, and the webhook, which PayPal makes for us.

Source: https://developer.paypal.com/docs/api/webhooks/v1/. Where other gateways have a webhook's secret, PayPal has its id.
"""

import json
from typing import Final

from linktill.core.merchant import Mode
from linktill.gateways.contract import Account, AccountFound, Rejected, Webhook
from linktill.gateways.paypal.client import PayPalClient
from linktill.gateways.paypal.lists import segment
from linktill.gateways.paypal.shapes import Hook, Hooks, KnownEvents

WEBHOOKS: Final = "/v1/notifications/webhooks"
EVENTS: Final = (
    "CHECKOUT.ORDER.APPROVED",
    "PAYMENT.AUTHORIZATION.CREATED",
    "PAYMENT.AUTHORIZATION.VOIDED",
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.DECLINED",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED",
    "CUSTOMER.DISPUTE.RESOLVED",
)
_MODES: Final = {"sandbox": Mode.TEST, "live": Mode.LIVE}


def found(account: Account) -> AccountFound:
    """Of an account whose token was given out. PayPal tells an app nothing of the account behind it but its own id."""
    kept = {name: account.credentials.get(name, "") for name in ("environment", "client_id", "client_secret")}
    app = kept["client_id"]
    return AccountFound(kept, app, f"App {app[:8]}…", _MODES[kept["environment"]])


async def register(client: PayPalClient, account: Account, url: str, *, key: str) -> Webhook:
    """The app's webhook for `url`. One that an earlier try made is taken over, or made anew where it lacks events."""
    wanted = await _events(client, account)
    for hook in (await client.get_known(account, WEBHOOKS)).read(Hooks).webhooks:
        if hook.url != url:
            continue
        heard = {each.name for each in hook.event_types}
        if "*" in heard or heard.issuperset(wanted):
            return Webhook(hook.id, hook.id)
        # PayPal keeps one webhook for each address, so the old one goes first.
        await remove(client, account, hook.id)
    body = {"url": url, "event_types": [{"name": name} for name in wanted]}
    answer = await client.post(account, WEBHOOKS, json.dumps(body).encode(), key=key)
    made = answer.read(Hook)
    answer.must_be(made.url, url)
    return Webhook(made.id, made.id)


async def _events(client: PayPalClient, account: Account) -> list[str]:
    """Of what we want to hear, what there is: one name that PayPal does not know would have all refused."""
    answer = await client.get_known(account, "/v1/notifications/webhooks-event-types")
    known = {each.name for each in answer.read(KnownEvents).event_types}
    return [name for name in EVENTS if name in known]


async def remove(client: PayPalClient, account: Account, ref: str) -> None:
    """Gone, also if it was gone before."""
    try:
        await client.delete(account, f"{WEBHOOKS}/{segment(ref)}")
    except Rejected as rejected:
        if rejected.code not in {"INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"}:
            raise
