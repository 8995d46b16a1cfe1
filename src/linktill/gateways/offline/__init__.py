"""Payments without a gateway: bank transfer, cash, check. What is known without loading it is here."""

from importlib import import_module
from typing import Final, cast

from linktill.core.receipt import OFFLINE
from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Kind

LABEL: Final = "Bank transfer, cash or check"
PAGE_ORIGINS: Final = "'self'"
"""Its page is the payer's own page of the checkout, on this server."""


def offline() -> Kind:
    """The adapter, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.offline.gateway")
        return cast("Gateway", module.OfflineGateway())

    return Kind(OFFLINE, LABEL, PAGE_ORIGINS, load, is_far=False)
