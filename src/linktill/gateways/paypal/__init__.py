"""The adapter for PayPal. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Choice, Connecting, CredentialField, Kind
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient

NAME: Final = "paypal"
LABEL: Final = "PayPal"
PAGE_ORIGINS: Final = "https://*.paypal.com"
"""`www.paypal.com` and `www.sandbox.paypal.com`, as a source in a Content-Security-Policy."""
CONNECTING: Final = Connecting(
    fields=(
        CredentialField(
            "environment",
            "For",
            "PayPal's sandbox and live payments have keys of their own.",
            choices=(Choice("sandbox", "Tests (PayPal's sandbox)"), Choice("live", "Live payments")),
        ),
        CredentialField("client_id", "Client ID"),
        CredentialField("client_secret", "Secret", "In PayPal's page beside the client ID.", is_secret=True),
    ),
    steps=(
        "Sign in at https://developer.paypal.com/dashboard with your business account, and choose Sandbox or Live at the top.",
        "Open Apps & Credentials and create an app with the name Linktill.",
        "In the app's settings switch on Customer disputes and Transaction search. PayPal says that this may take hours to work.",
        "Copy the client ID and the secret and paste them here.",
    ),
    webhook_steps=(
        "In the app at PayPal add a webhook with the address above.",
        "Choose these events: Checkout order approved, all of Payment capture, and all of Customer dispute.",
        "Copy the webhook ID that PayPal then shows and paste it here.",
    ),
    paste_label="Webhook ID",
    renews="PayPal signs with a certificate that it renews by itself. There is no secret to renew, only the webhook's ID: "
    "it changes when the webhook is made anew.",
    test_event="None that can be believed: PayPal's simulator does not sign its events for your webhook, so Linktill refuses "
    "them. Pay a link of yours with an account of PayPal's sandbox instead.",
)


def paypal(http: HttpClient, clock: Clock) -> Kind:
    """PayPal, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.paypal.gateway")
        return cast("Gateway", module.PayPalGateway(http, clock))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load, CONNECTING)
