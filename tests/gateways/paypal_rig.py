"""PayPal as a rig."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import Account, AttemptRef, Started
from linktill.gateways.paypal.gateway import PayPalGateway
from linktill.gateways.paypal.signature import PAST_MAX_S
from linktill.gateways.testing import Break, How, Wire
from tests.gateways.paypal_answers import waiting
from tests.gateways.paypal_company import CLIENT_ID, CLIENT_SECRET, WEBHOOK, Fault, PayPalCompany
from tests.gateways.paypal_holds import let_go
from tests.gateways.paypal_words import Clock, Row

CAPTURED_AS = {How.SUCCESS: "COMPLETED", How.DECLINED: "DECLINED", How.SLOW: "PENDING"}
ACCOUNT = Account(
    MerchantId("mer_1"),
    GatewayAccountId("gwa_1"),
    "paypal",
    {"environment": "sandbox", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    (WEBHOOK,),
)


@dataclass
class PayPalRig:
    company: PayPalCompany
    gateway: PayPalGateway
    wire: Wire
    account: Account = ACCOUNT
    currency: str = "USD"
    mode: Mode = Mode.TEST
    amounts: tuple[Money, ...] = (Money(500, "JPY"), Money(1, "USD"), Money(999_999_999_999, "EUR"))
    refused: tuple[Money, ...] = (
        Money(0, "USD"),
        Money(-1, "USD"),
        Money(1, "XXX"),
        Money(10**12, "USD"),
        Money(1_250, "KWD"),
    )
    past_max_s: int = PAST_MAX_S

    def now(self) -> int:
        return self.company.clock.at

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={**self.account.credentials, "client_secret": "wrong"})

    async def pay(self, started: Started, how: How) -> None:
        """The payer approves, and we capture, as the flows do once they have recorded that."""
        self.company.approve(started.gateway_ref, CAPTURED_AS[how])
        reference = AttemptId(
            self.company.orders[started.gateway_ref]["shown"]["purchase_units"][0]["custom_id"]
        )
        ref = AttemptRef(reference, started.gateway_ref)
        assert (await self.gateway.look_up(self.account, ref)).kind is FactKind.AUTHORIZED
        await self.gateway.capture(self.account, ref, key=f"capture-{reference}")

    async def agree(self, started: Started) -> None:
        self.company.approve(started.gateway_ref)

    async def lapse(self, started: Started) -> None:
        self.company.clock.at += (29 * 86_400 + 1) * 1_000_000
        unit = self.company.orders[started.gateway_ref]["shown"]["purchase_units"][0]
        let_go(self.company, unit["payments"]["authorizations"][0])

    async def dispute(self, started: Started) -> str:
        unit = self.company.orders[started.gateway_ref]["shown"]["purchase_units"][0]
        ref = self.company.dispute(unit["payments"]["captures"][0]["id"])
        self.company.disputes[ref]["shown"] |= waiting(ref)
        return ref

    def break_answer(self, how: Break, dispute_ref: str) -> None:
        self.company.faults.append(Fault(how, f"/{dispute_ref}/"))

    async def settle(self) -> None:
        for capture_id, capture in self.company.captures.items():
            if capture["shown"]["status"] == "PENDING":
                self.company.settle(capture_id)

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        return self.company.deliveries

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return self.company.signer.headers(secret, body, at=at)

    async def webhooks_at_vendor(self) -> dict[str, str]:
        return {ref: each["url"] for ref, each in self.company.hooks.known.items()}

    def break_next(self, how: Break, *, on: str = "") -> None:
        self.company.faults.append(Fault(how, on or "/v2/"))

    def break_look(self, how: Break) -> None:
        self.break_next(how)

    def lag(self, seconds: float) -> None:
        self.company.lag_s = seconds

    async def references_at_vendor(self) -> list[str]:
        units = [order["shown"]["purchase_units"][0] for order in self.company.orders.values()]
        return [unit["custom_id"] for unit in units]


@asynccontextmanager
async def paypal_rig() -> AsyncIterator[PayPalRig]:
    company = PayPalCompany(Clock())
    wire = Wire(company)
    rig = PayPalRig(company, PayPalGateway(wire, company.clock, company.signer.issuers), wire)
    # As after the first webhook: its certificate is at hand, and so is the account's token.
    await rig.gateway.prepare(rig.account, rig.sign(WEBHOOK, b"{}", at=rig.now()), b"{}", now=rig.now())
    await rig.gateway.look_up(rig.account, AttemptRef(AttemptId("pay_0"), "NONE"))
    wire.sent.clear()
    yield rig


def withdraw(company: PayPalCompany, minor: int, code: str = "T0400", **more: Any) -> Row:
    """The merchant sends dollars to their bank. Answers the row of the account's list."""
    row = {
        "transaction_id": company.new_id("WDL"),
        "transaction_event_code": code,
        "transaction_initiation_date": company.now(),
        "transaction_amount": {"currency_code": "USD", "value": f"-{minor // 100}.{minor % 100:02}"},
        "transaction_status": "S",
        **more,
    }
    company.rows.append({"row": row, "at": company.clock.at})
    return row
