"""The adapter for Stripe. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Kind
from linktill.platform.http import HttpClient

NAME: Final = "stripe"
LABEL: Final = "Stripe"
PAGE_ORIGINS: Final = "https://checkout.stripe.com"


def stripe(http: HttpClient) -> Kind:
    """Stripe, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.stripe.gateway")
        return cast("Gateway", module.StripeGateway(http))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load)
