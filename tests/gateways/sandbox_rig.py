"""The sandbox company as a rig."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, Started
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.sandbox.client import SandboxClient
from linktill.gateways.sandbox.gateway import WEBHOOK
from linktill.gateways.testing import Break, How, Wire
from linktill.sandbox.cards import BY_NAME
from linktill.sandbox.disputes import open_dispute
from linktill.sandbox.events import signature
from linktill.sandbox.faults import FaultKind
from tests.sandbox.running import Running, running_sandbox

CARDS = {How.SUCCESS: "success", How.DECLINED: "declined", How.SLOW: "debit_settles"}


@dataclass
class SandboxRig:
    running: Running
    gateway: SandboxGateway
    account: Account
    wire: Wire
    currency: str = "USD"
    mode: Mode = Mode.TEST
    amounts: tuple[Money, ...] = (
        Money(500, "JPY"),
        Money(1_250, "KWD"),
        Money(1, "USD"),
        Money(999_999_999_999, "EUR"),
    )
    refused: tuple[Money, ...] = (Money(0, "USD"), Money(-1, "USD"), Money(1, "XXX"), Money(10**12, "USD"))
    past_max_s: int = 300

    def now(self) -> int:
        return self.running.clock.now_us()

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={**self.account.credentials, "secret_key": "sbsk_wrong"})

    async def pay(self, started: Started, how: How) -> None:
        response = await self.running.pay(started.gateway_ref, BY_NAME[CARDS[how]].number)
        assert response.status == 303

    async def agree(self, started: Started) -> None:
        await self.pay(started, How.SUCCESS)

    async def lapse(self, started: Started) -> None:
        await self.running.step(7 * 86_400 + 1)

    async def dispute(self, started: Started) -> str:
        made = await self.running.app._company.db.write(lambda tx: open_dispute(tx, started.gateway_ref))
        assert made is not None
        return made.id

    def break_answer(self, how: Break, dispute_ref: str) -> None:
        self.break_next(how)

    async def settle(self) -> None:
        await self.running.step(5.1)

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        return self.running.receiver.received

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return {"sandbox-signature": signature(secret, at // 1_000_000, body)}

    async def webhooks_at_vendor(self) -> dict[str, str]:
        answer = await SandboxClient(self.running.http, self.running.url).get_known(
            self.account, "/v1/account"
        )
        url = json.loads(answer.body)["webhook_url"]
        return {WEBHOOK: url} if url else {}

    def break_next(self, how: Break, *, on: str = "") -> None:
        self.running.app.faults.plan(FaultKind(how))

    def break_look(self, how: Break) -> None:
        self.break_next(how)

    def lag(self, seconds: float) -> None:
        self.running.app.faults.lookup_lag_s = seconds

    async def references_at_vendor(self) -> list[str]:
        page = await self.gateway.list_attempts(self.account, since=0, cursor=None)
        return [fact.reference or "" for fact in page.attempts]


@asynccontextmanager
async def sandbox_rig() -> AsyncIterator[SandboxRig]:
    async with running_sandbox() as running:
        wire = Wire(running.http)
        opened = running.account
        account = Account(
            MerchantId("mer_1"),
            GatewayAccountId("gwa_1"),
            "sandbox",
            {"account_id": opened.account_id, "secret_key": opened.secret_key},
            (opened.webhook_secret,),
        )
        yield SandboxRig(running, SandboxGateway(wire, running.url), account, wire)
