"""`linktill` as it is, but that its sandbox gateway is the stand-in: the company's own work is not what is measured."""

import os

from linktill import main
from linktill.cli.app import main as linktill
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.sandbox import SandboxGateway
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient
from linktill.settings import Settings

GATEWAY_URL = "BENCH_GATEWAY_URL"


def gateways(settings: Settings, http: HttpClient, clock: Clock, own_url: str | None) -> Gateways:
    """The sandbox gateway, whose company is another process."""
    del settings, clock, own_url
    return Gateways(loaded(SandboxGateway(http, os.environ[GATEWAY_URL])))


if __name__ == "__main__":
    main._gateways = gateways  # noqa: SLF001 the product names no gateway of the bench
    linktill()
