"""What loading one adapter costs, beyond what every Linktill has loaded: it happens at its first use, while a payer waits."""

import subprocess
import sys

import pytest

IMPORT_MAX_MS = 60
SCRIPT = """
import sys, time
import aiohttp, msgspec
import linktill.platform.http, linktill.platform.secrets, linktill.gateways.contract
start = time.process_time()
import linktill.gateways.{name}.gateway
print((time.process_time() - start) * 1_000)
print(*({heavy} & sys.modules.keys()))
"""
HEAVY = {
    "stripe",
    "paypalcheckoutsdk",
    "square",
    "mollie",
    "requests",
    "httpx",
    "urllib3",
    "cryptography.x509",
}
"""Vendors' SDKs and their clients are for tests; certificates are read when the first one comes."""


@pytest.mark.parametrize("name", ["stripe", "paypal", "square", "mollie", "sandbox", "offline"])
def test_an_adapter_costs_little_to_load(name: str):
    def loaded() -> tuple[float, str]:
        script = SCRIPT.format(name=name, heavy=HEAVY)
        ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        took, heavy = ran.stdout.split("\n")[:2]
        return float(took), heavy

    runs = [loaded() for _ in range(5)]
    assert {heavy for _, heavy in runs} == {""}
    assert min(took for took, _ in runs) <= IMPORT_MAX_MS
