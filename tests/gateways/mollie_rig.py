"""Mollie as a rig: the adapter over a fake that speaks Mollie's published interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, Started
from linktill.gateways.mollie.gateway import MollieGateway
from linktill.gateways.mollie.signature import HEADER
from linktill.gateways.testing import Break, How, Wire
from tests.gateways.mollie_fake import API_KEY, WEBHOOK_SECRET, MollieFake, Thing, sign

CARD = {"cardLabel": "Mastercard", "cardNumber": "6787"}
ACCOUNT = Account(
    MerchantId("mer_1"), GatewayAccountId("gwa_1"), "mollie", {"api_key": API_KEY}, (WEBHOOK_SECRET,)
)


@dataclass
class MollieRig:
    fake: MollieFake
    gateway: MollieGateway
    wire: Wire
    account: Account = ACCOUNT
    currency: str = "EUR"
    mode: Mode = Mode.TEST
    amounts: tuple[Money, ...] = (
        Money(1, "EUR"),
        Money(999_999_999_999, "EUR"),
        Money(500, "JPY"),
        Money(5, "ISK"),
        Money(100_000, "HUF"),
    )
    refused: tuple[Money, ...] = (
        Money(0, "EUR"),
        Money(-1, "EUR"),
        Money(1, "XXX"),
        Money(10**12, "EUR"),
        Money(1_250, "KWD"),
        Money(100_050, "HUF"),
    )
    past_max_s: int = 0

    def now(self) -> int:
        return self.fake.now_s * 1_000_000

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={"api_key": "test_wrong"})

    def payment(self, started: Started) -> Thing:
        return self.fake.payments[started.gateway_ref]

    async def pay(self, started: Started, how: How) -> None:
        payment = self.payment(started)
        if how is How.SUCCESS:
            self.fake.end(payment, "paid", method="creditcard", details=CARD)
        elif how is How.DECLINED:
            details = {**CARD, "failureReason": "insufficient_funds"}
            self.fake.end(payment, "failed", method="creditcard", details=details)
        else:
            self.fake.end(payment, "pending", method="directdebit")

    async def settle(self) -> None:
        for payment in self.fake.payments.values():
            if payment["status"] == "pending":
                self.fake.end(payment, "paid")
        for refund in self.fake.refunds.values():
            if refund["status"] == "pending":
                refund["status"] = "refunded"
                self.fake.tell("refund.refunded", refund)

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        return [
            ({HEADER: sign(WEBHOOK_SECRET, body), "content-type": "application/json"}, body)
            for body in self.fake.events
        ]

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return {HEADER: sign(secret, body)}

    def break_next(self, how: Break, *, on: str = "") -> None:
        self.fake.to_do.append((how, on))

    def break_look(self, how: Break) -> None:
        self.fake.to_look.append(how)

    def lag(self, seconds: float) -> None:
        self.fake.lag_s = seconds

    async def references_at_vendor(self) -> list[str]:
        return [payment["metadata"]["linktill"] for payment in self.fake.payments.values()]

    async def webhooks_at_vendor(self) -> dict[str, str]:
        return {}


@asynccontextmanager
async def mollie_rig() -> AsyncIterator[MollieRig]:
    fake = MollieFake()
    wire = Wire(fake)
    yield MollieRig(fake, MollieGateway(wire), wire)
    assert not fake.to_do, "a planned fault did not happen"
    assert not fake.to_look, "a planned fault did not happen"
