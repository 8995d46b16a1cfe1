"""The adapter for Stripe. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Choice, Connecting, CredentialField, Kind
from linktill.platform.http import HttpClient

NAME: Final = "stripe"
LABEL: Final = "Stripe"
PAGE_ORIGINS: Final = "https://checkout.stripe.com"
OWN_PAGE: Final = "linktill"
"""`credentials["payment_page"]`: payers fill in Stripe's Payment Element on a page of ours. Anything else: Stripe's page."""
CONNECTING: Final = Connecting(
    fields=(
        CredentialField(
            "secret_key",
            "Secret key",
            "A restricted key (rk_…) or the secret key (sk_…). Whether it is for tests or for real money, Stripe tells.",
            is_secret=True,
        ),
        CredentialField(
            "payment_page",
            "Where payers pay",
            "On Stripe's page there is nothing more to do. Your own page shows Stripe's form for cards and wallets and needs the "
            "publishable key.",
            choices=(
                Choice("stripe", "On Stripe's page (recommended)"),
                Choice(OWN_PAGE, "On a page of this Linktill"),
            ),
            is_optional=True,
        ),
        CredentialField(
            "publishable_key",
            "Publishable key",
            "Only for a page of this Linktill: pk_test_… or pk_live_…, from the same list as the secret key. It is no secret.",
            is_optional=True,
            begins_with=("pk_test_", "pk_live_"),
        ),
    ),
    steps=(
        "Sign in at https://dashboard.stripe.com. To try things out, open a sandbox or switch test mode on.",
        "Open Developers, then API keys, and create a restricted key with the name Linktill.",
        (
            "Set to Write: Checkout Sessions, PaymentIntents, Charges and Refunds, Disputes, Webhook Endpoints. "
            "Set to Read: Balance transaction sources, Payouts. Leave the rest at None."
        ),
        "Copy the key at once (Stripe shows it a single time) and paste it here.",
    ),
    webhook_steps=(
        (
            "In Stripe open Developers, then Webhooks, and add a destination for events on your account, "
            "with API version 2026-10-28.endive and the address above."
        ),
        (
            "Choose these events: checkout.session.completed, checkout.session.async_payment_succeeded, "
            "checkout.session.async_payment_failed, checkout.session.expired, charge.updated, charge.captured, charge.expired, "
            "payment_intent.canceled, refund.created, "
            "refund.updated, refund.failed, charge.dispute.created, charge.dispute.updated, "
            "charge.dispute.funds_withdrawn, charge.dispute.funds_reinstated, charge.dispute.closed."
        ),
        "Reveal the signing secret and paste it here.",
    ),
    paste_label="Signing secret (whsec_…)",
    paste_begins="whsec_",
    renews="Stripe renews it only in its Dashboard: open the webhook there, roll the secret, let the old one live for 24 hours, "
    "and paste the new one here.",
    test_event="Stripe has no call for test events. Linktill opens a page to pay on and closes it at once; Stripe tells of that.",
    has_test_event=True,
)


def stripe(http: HttpClient) -> Kind:
    """Stripe, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.stripe.gateway")
        return cast("Gateway", module.StripeGateway(http))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load, CONNECTING)
