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

CHECKOUT: Final = "Checkout Sessions: Write"
CHARGES: Final = "Charges and Refunds: Write"
DISPUTES: Final = "Disputes: Write"
READS: Final = (
    (CHECKOUT, "/v1/checkout/sessions"),
    ("PaymentIntents: Write", "/v1/payment_intents"),
    (CHARGES, "/v1/charges"),
    (CHARGES, "/v1/refunds"),
    (DISPUTES, "/v1/disputes"),
    ("Balance transaction sources: Read", "/v1/balance_transactions"),
    ("Payouts: Read", "/v1/payouts"),
)
"""What the Dashboard calls each permission and what it is to be set to, and what is looked at to try it."""
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
    # All that are missing are named at once: whoever has to add them goes to Stripe one time.
    missing: dict[str, Rejected] = {}
    for permission, path in READS:
        try:
            answer = await client.get_known(account, path, {"limit": 1})
        except Rejected as rejected:
            _note(missing, permission, rejected)
        else:
            answer.read(PageOf[Listed])
    refund: Mapping[str, Value] = {"payment_intent": f"pi_{NOTHING}", "amount": 1}
    writes: tuple[tuple[str, str, Mapping[str, Value]], ...] = (
        (CHECKOUT, f"/v1/checkout/sessions/cs_{NOTHING}/expire", {}),
        (CHARGES, "/v1/refunds", refund),
        (DISPUTES, f"/v1/disputes/du_{NOTHING}/close", {}),
    )
    for permission, path, params in writes:
        try:
            await client.post(account, path, params, key=None)
        except Rejected as rejected:
            if rejected.is_account_trouble:
                _note(missing, permission, rejected)
            # Else refused for the thing, not for the permission.
    if missing:
        raise explained(next(iter(missing.values())), *missing)
    return await _may_charge(client, account)


def _note(missing: dict[str, Rejected], permission: str, rejected: Rejected) -> None:
    """Keeps a missing permission; whatever else is wrong is raised at once."""
    if rejected.code != PERMISSION_MISSING:
        raise rejected
    missing.setdefault(permission, rejected)


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


def explained(rejected: Rejected, *permissions: str) -> Rejected:
    """The same, with what is to be set where permissions are missing."""
    if rejected.code != PERMISSION_MISSING:
        return rejected
    names = ", ".join(f"“{each}”" for each in permissions)
    word = "permission" if len(permissions) == 1 else "permissions"
    return Rejected(
        f"The key needs the {word} {names}. Edit the key in Stripe's Dashboard (Developers, API keys) and try again.",
        code=rejected.code,
        is_account_trouble=True,
    )
