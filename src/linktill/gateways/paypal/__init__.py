"""The adapter for PayPal. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Kind
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient

NAME: Final = "paypal"
LABEL: Final = "PayPal"
PAGE_ORIGINS: Final = "https://*.paypal.com"
"""`www.paypal.com` and `www.sandbox.paypal.com`, as a source in a Content-Security-Policy."""


def paypal(http: HttpClient, clock: Clock) -> Kind:
    """PayPal, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.paypal.gateway")
        return cast("Gateway", module.PayPalGateway(http, clock))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load)
