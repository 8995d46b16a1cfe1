"""Square as a rig: the adapter over a fake that speaks Square's published interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, Started
from linktill.gateways.square.gateway import SquareGateway
from linktill.gateways.square.signature import HEADER
from linktill.gateways.testing import Break, How, Wire
from tests.gateways.square_fake import SquareFake, sign
from tests.gateways.square_faults import Fault

STATUS = {How.SUCCESS: "COMPLETED", How.DECLINED: "FAILED", How.SLOW: "PENDING"}
WEBHOOK_URL = "https://pay.example.com/in/square/gwa_1"


@dataclass
class SquareRig:
    square: SquareFake
    gateway: SquareGateway
    account: Account
    wire: Wire
    currency: str = "USD"
    mode: Mode = Mode.LIVE
    amounts: tuple[Money, ...] = (Money(1, "USD"), Money(999_999_999_999, "USD"))
    refused: tuple[Money, ...] = (Money(0, "USD"), Money(-1, "USD"), Money(1, "XXX"), Money(10**12, "USD"))
    past_max_s: int = 0

    def now(self) -> int:
        return self.square.now

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={**self.account.credentials, "access_token": "EAAAwrong"})

    async def pay(self, started: Started, how: How) -> None:
        self.square.pay(started.gateway_ref, STATUS[how])

    async def dispute(self, started: Started) -> str:
        order = self.square.orders[started.gateway_ref]
        return self.square.dispute(order["tenders"][0]["id"], "EVIDENCE_REQUIRED")

    def break_answer(self, how: Break, dispute_ref: str) -> None:
        self.square.to_end.append(Fault(how))

    async def settle(self) -> None:
        self.square.settle()

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        secret = self.account.webhook_secrets[0]
        return [({HEADER: sign(secret, WEBHOOK_URL, body)}, body) for body in self.square.events]

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return {HEADER: sign(secret, WEBHOOK_URL, body)}

    async def webhooks_at_vendor(self) -> dict[str, str]:
        return {ref: each["notification_url"] for ref, each in self.square.hooks.subscriptions.items()}

    def break_next(self, how: Break, *, on: str = "") -> None:
        self.square.to_do.append(Fault(how))

    def break_look(self, how: Break) -> None:
        self.square.to_look.append(Fault(how))

    def lag(self, seconds: float) -> None:
        self.square.lag_us = int(seconds * 1_000_000)

    async def references_at_vendor(self) -> list[str]:
        return [order["reference_id"] for order in self.square.orders.values()]


@asynccontextmanager
async def square_rig() -> AsyncIterator[SquareRig]:
    square = SquareFake()
    wire = Wire(square)
    credentials = {
        "access_token": square.token,
        "location_id": square.location_id,
        "currency": square.currency,
        "webhook_url": WEBHOOK_URL,
    }
    account = Account(
        MerchantId("mer_1"), GatewayAccountId("gwa_1"), "square", credentials, ("square-secret",)
    )
    yield SquareRig(square, SquareGateway(wire), account, wire)
    assert not square.to_do, "a planned fault did not happen"
    assert not square.to_look, "a planned fault did not happen"
