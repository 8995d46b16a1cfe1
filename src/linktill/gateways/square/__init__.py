"""The adapter for Square. What is known of it without loading it is here; the adapter itself is in `gateway`."""

from importlib import import_module
from typing import Final, cast

from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Kind
from linktill.platform.http import HttpClient

NAME: Final = "square"
LABEL: Final = "Square"
PAGE_ORIGINS: Final = (
    "https://checkout.square.site https://square.link "
    "https://connect.squareupsandbox.com https://sandbox.square.link"
)
"""The page itself, the short address that leads to it, and both in Square's sandbox."""


def square(http: HttpClient) -> Kind:
    """Square, loaded when it is first asked for something."""

    def load() -> Gateway:
        module = import_module("linktill.gateways.square.gateway")
        return cast("Gateway", module.SquareGateway(http))

    return Kind(NAME, LABEL, PAGE_ORIGINS, load)
