"""Offline payments as a rig. There is no vendor, so its hands have nothing to do."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.core.receipt import OFFLINE
from linktill.gateways.contract import Account, Gateway, Started
from linktill.gateways.offline import offline
from linktill.gateways.testing import Break, How, Wire
from linktill.platform.http import HttpRequest, HttpResponse

ACCOUNT = Account(MerchantId("mer_1"), GatewayAccountId("gwa_1"), OFFLINE, {"takes_cash": "yes"}, ())


class Nobody:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("offline payments ask nobody")


@dataclass
class OfflineRig:
    gateway: Gateway = field(default_factory=offline().load)
    account: Account = ACCOUNT
    wire: Wire = field(default_factory=lambda: Wire(Nobody()))
    currency: str = "USD"
    mode: None = None
    amounts: tuple[Money, ...] = (
        Money(1, "USD"),
        Money(500, "JPY"),
        Money(1_250, "KWD"),
        Money(999_999_999_999, "EUR"),
    )
    refused: tuple[Money, ...] = (Money(0, "USD"), Money(-1, "USD"), Money(1, "XXX"), Money(10**12, "USD"))
    past_max_s: int = 0

    def now(self) -> int:
        return 1_700_000_000_000_000

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={})

    async def pay(self, started: Started, how: How) -> None:
        raise AssertionError("a person says that it was paid")

    async def settle(self) -> None:
        raise AssertionError("nothing settles by itself")

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        return []

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return {}

    def break_next(self, how: Break, *, on: str = "") -> None:
        raise AssertionError("nothing can break")

    def break_look(self, how: Break) -> None:
        self.break_next(how)

    def lag(self, seconds: float) -> None:
        raise AssertionError("nothing can lag")

    async def references_at_vendor(self) -> list[str]:
        return []

    async def webhooks_at_vendor(self) -> Mapping[str, str]:
        return {}


@asynccontextmanager
async def offline_rig() -> AsyncIterator[OfflineRig]:
    yield OfflineRig()
