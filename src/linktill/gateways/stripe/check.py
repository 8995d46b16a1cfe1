"""Whether an account's key works: wrong key, missing permission and an account that may not charge are told apart.

A restricted key has a permission for each kind of thing. Reading is tried by looking; writing by asking for something to be
done to a thing that is not there, which Stripe refuses either for the permission or for the thing.
Source: https://docs.stripe.com/keys/restricted-api-keys.
"""

from collections.abc import Mapping
from typing import Final

from linktill.gateways.contract import Account, Rejected
from linktill.gateways.stripe.client import PERMISSION_MISSING, StripeClient, Value
from linktill.gateways.stripe.objects import Listed, PageOf, StripeAccount

READS: Final = (
    ("Checkout Sessions", "/v1/checkout/sessions"),
    ("PaymentIntents", "/v1/payment_intents"),
    ("Charges and Refunds", "/v1/charges"),
    ("Charges and Refunds", "/v1/refunds"),
    ("Disputes", "/v1/disputes"),
    ("Balance transaction sources", "/v1/balance_transactions"),
    ("Payouts", "/v1/payouts"),
)
"""The Dashboard's name of each permission, and what is looked at to try it."""
NOTHING: Final = "linktill_permission_check"
"""The id of nothing at all."""


async def check(client: StripeClient, account: Account) -> StripeAccount | None:
    """Raises GatewayError unless the account may take payments, and the key do all that we ask for.

    Returns the account where the key may see it.
    """
    key = account.credentials.get("secret_key", "")
    if not key.startswith(("sk_", "rk_")):
        raise Rejected(
            "This is no secret key of Stripe: it begins with sk_ or rk_ (a key with pk_ is for websites).",
            code="secret_key_required",
            is_account_trouble=True,
        )
    for permission, path in READS:
        try:
            answer = await client.get_known(account, path, {"limit": 1})
        except Rejected as rejected:
            raise explained(rejected, permission, "Read") from rejected
        answer.read(PageOf[Listed])
    await _may_write(client, account, "Checkout Sessions", f"/v1/checkout/sessions/cs_{NOTHING}/expire", {})
    refund: Mapping[str, Value] = {"payment_intent": f"pi_{NOTHING}", "amount": 1}
    await _may_write(client, account, "Charges and Refunds", "/v1/refunds", refund)
    await _may_write(client, account, "Disputes", f"/v1/disputes/du_{NOTHING}/close", {})
    return await _may_charge(client, account)


async def _may_write(
    client: StripeClient, account: Account, permission: str, path: str, params: Mapping[str, Value]
) -> None:
    try:
        await client.post(account, path, params, key=None)
    except Rejected as rejected:
        if rejected.is_account_trouble:
            raise explained(rejected, permission, "Write") from rejected
        # Refused for the thing, not for the permission.


async def _may_charge(client: StripeClient, account: Account) -> StripeAccount | None:
    try:
        answer = await client.get_known(account, "/v1/account", {})
    except Rejected as rejected:
        if rejected.code == PERMISSION_MISSING:
            return None  # A restricted key need not see the account.
        raise
    shown = answer.read(StripeAccount)
    if not shown.charges_enabled:
        raise Rejected(
            "Stripe does not let this account take payments yet: finish its set-up in Stripe's Dashboard.",
            code="charges_disabled",
            is_account_trouble=True,
        )
    return shown


def explained(rejected: Rejected, permission: str, needed: str) -> Rejected:
    """The same, with the permission's name where one is missing."""
    if rejected.code != PERMISSION_MISSING:
        return rejected
    return Rejected(
        f"The key needs the permission “{permission}: {needed}”. {rejected}",
        code=rejected.code,
        is_account_trouble=True,
    )
