"""`linktill` as it is, but that its sandbox gateway is the stand-in: the company's own work is not what is measured."""

import os
from collections.abc import Mapping

from linktill import main
from linktill.cli.app import main as linktill
from linktill.gateways.contract import Gateway
from linktill.gateways.sandbox import SandboxGateway
from linktill.platform.http import HttpClient
from linktill.settings import Settings

GATEWAY_URL = "BENCH_GATEWAY_URL"


def gateways(settings: Settings, http: HttpClient, own_url: str | None) -> Mapping[str, Gateway]:
    """The sandbox gateway, whose company is another process."""
    del settings, own_url
    return {SandboxGateway.name: SandboxGateway(http, os.environ[GATEWAY_URL])}


if __name__ == "__main__":
    main._gateways = gateways  # noqa: SLF001 the product names no gateway of the bench
    linktill()
