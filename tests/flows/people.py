"""Services for tests about people, keys and settings: a real database, a clock that can be moved, no wire."""

from dataclasses import dataclass, field
from typing import Any

from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.flows.set_up import Installed, NewInstallation, create_installation
from linktill.flows.sign_in import SignInGate
from linktill.gateways.kind import Gateways
from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.platform.passwords import Passwords
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage.database import Database

PASSWORD = "brick lamp river nine"
OWNER = NewInstallation("Acme Tools", "owner@example.com", PASSWORD, "EUR")


class MovableClock:
    """The machine's clock plus what a test adds."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.ahead_s = 0.0

    def now_us(self) -> int:
        return self._system.now_us() + int(self.ahead_s * 1_000_000)

    def monotonic_s(self) -> float:
        return self._system.monotonic_s() + self.ahead_s

    async def sleep(self, seconds: float) -> None:
        await self._system.sleep(seconds)


class NoWire:
    """Nothing here goes over the wire."""

    async def send(self, request: Any) -> Any:
        raise AssertionError(f"a request to {request.url}")


@dataclass
class World:
    """What the tests act on."""

    services: Services
    clock: MovableClock
    gate: SignInGate
    opened: list[MerchantId] = field(default_factory=list)

    async def open_account(self, merchant_id: MerchantId) -> None:
        self.opened.append(merchant_id)

    async def install(self, fields: NewInstallation = OWNER) -> Installed:
        return await create_installation(
            self.services, self.gate.passwords, fields, open_account=self.open_account
        )


def world_on(database: Database, *, key: bytes = bytes(32)) -> World:
    clock = MovableClock()
    services = Services(
        database=database,
        clock=clock,
        ids=SystemIds(),
        randomness=SystemRandomness(),
        http=NoWire(),
        vault=Vault(key, SystemRandomness()),
        gateways=Gateways(),
        base_url="http://localhost:8000",
    )
    return World(services, clock, SignInGate(clock, Passwords()))
