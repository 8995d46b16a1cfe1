"""The adapter for the sandbox company."""

from typing import Final

from linktill.gateways.kind import Connecting
from linktill.gateways.sandbox.gateway import SandboxGateway

CONNECTING: Final = Connecting(
    fields=(),
    steps=(),
    renews="The sandbox makes a new secret when Linktill asks for it.",
    has_renewal=True,
    test_event="The sandbox sends an event about nothing.",
    has_test_event=True,
)
"""Its account is opened when the installation is set up: there is nothing to enter."""

__all__ = ["CONNECTING", "SandboxGateway"]
