"""The adapter for Square. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Choice, Connecting, CredentialField, Kind
from linktill.platform.http import HttpClient

NAME: Final = "square"
LABEL: Final = "Square"
PAGE_ORIGINS: Final = (
    "https://checkout.square.site https://square.link "
    "https://connect.squareupsandbox.com https://sandbox.square.link"
)
"""The page itself, the short address that leads to it, and both in Square's sandbox."""
CONNECTING: Final = Connecting(
    fields=(
        CredentialField(
            "environment",
            "For",
            "The switch at the top of Square's page for developers.",
            choices=(
                Choice("sandbox", "Tests (Sandbox)"),
                Choice("production", "Live payments (Production)"),
            ),
        ),
        CredentialField("access_token", "Access token", is_secret=True),
        CredentialField(
            "location_id",
            "Location ID",
            "Only needed where you have several places of business: Linktill then says which there are.",
            is_optional=True,
        ),
    ),
    steps=(
        "Sign in at https://developer.squareup.com/apps with your Square account and make an application with the name Linktill.",
        "Open it, and choose Sandbox (to try things out) or Production (for real payments) at the top.",
        "Open Credentials, copy the access token and paste it here. It can move your money: put it nowhere else.",
        (
            "If you also sell at a till with Square, make a location of its own for Linktill in the Square Dashboard and enter "
            "its ID. Square charges in the currency of the location only."
        ),
    ),
    webhook_steps=(
        (
            "At Square open Webhooks, then Subscriptions, and add one with the address above, letter for letter, and API version "
            "2025-08-20."
        ),
        (
            "Choose these events: payment.created, payment.updated, refund.created, refund.updated, dispute.created, "
            "dispute.state.updated."
        ),
        "Open the subscription, show its signature key and paste it here.",
    ),
    paste_label="Signature key",
    renews="Square makes a new signature key when Linktill asks for it.",
    has_renewal=True,
    test_event="Square sends a made-up event and says how your server answered.",
    has_test_event=True,
)


def square(http: HttpClient) -> Kind:
    """Square, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.square.gateway")
        return cast("Gateway", module.SquareGateway(http))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load, CONNECTING)
