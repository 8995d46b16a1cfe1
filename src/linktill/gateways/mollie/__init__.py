"""The adapter for Mollie. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Connecting, CredentialField, Kind
from linktill.platform.http import HttpClient

NAME: Final = "mollie"
LABEL: Final = "Mollie"
PAGE_ORIGINS: Final = "https://www.mollie.com https://*.mollie.com"
"""Mollie's page, and wherever it moves within Mollie before the payer has chosen how to pay."""
CONNECTING: Final = Connecting(
    fields=(
        CredentialField(
            "api_key",
            "API key",
            "It begins with test_ (to try things out) or live_ (for real payments).",
            is_secret=True,
        ),
    ),
    steps=(
        "Sign in at https://my.mollie.com and open Developers, then API keys.",
        "Several websites at Mollie? Each is a profile with keys of its own: choose the one that payers shall see.",
        "Copy the test API key or the live API key and paste it here. It can refund your money: put it nowhere else.",
    ),
    webhook_steps=(
        (
            "At Mollie open Developers, then Webhooks, and create one with the address above, letter for letter. For a test key "
            "make it in test mode."
        ),
        (
            "Choose these events: payment.paid, payment.authorized, payment.failed, payment.canceled, payment.expired, "
            "payment.pending, refund.queued, refund.pending, refund.processing, refund.refunded, refund.failed, refund.canceled, "
            "chargeback.received, chargeback.reversed."
        ),
        "Copy the secret that Mollie signs with and paste it here.",
    ),
    paste_label="Webhook secret",
    has_registration=False,
    renews="Renew the secret of the webhook at Mollie, and paste the new one here.",
    test_event="Mollie sends none when it is asked with an API key. A payment with its test key brings genuine ones.",
)


def mollie(http: HttpClient) -> Kind:
    """Mollie, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.mollie.gateway")
        return cast("Gateway", module.MollieGateway(http))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load, CONNECTING)
