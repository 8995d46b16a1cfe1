"""Stripe as a rig: the real adapter, and a fake that speaks Stripe's schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, Started
from linktill.gateways.stripe.gateway import StripeGateway
from linktill.gateways.testing import Break, How, Wire
from tests.gateways.stripe_fake import SECRET_KEY, WEBHOOK_SECRET, StripeFake, signed
from tests.gateways.stripe_holds import hold, let_go
from tests.gateways.stripe_objects import SEPA, VISA, Thing

PUBLISHABLE_KEY = "pk_test_51LinktillFake"
OWN_PAGE_KEYS = {
    "secret_key": SECRET_KEY,
    "payment_page": "linktill",
    "publishable_key": PUBLISHABLE_KEY,
}


@dataclass
class StripeRig:
    fake: StripeFake
    gateway: StripeGateway
    account: Account
    wire: Wire
    currency: str = "USD"
    mode: Mode = Mode.TEST
    amounts: tuple[Money, ...] = (
        Money(500, "JPY"),
        Money(1_250, "KWD"),
        Money(50, "USD"),
        Money(999_999_999_999, "EUR"),
        Money(5, "ISK"),
        Money(500, "UGX"),
        Money(100_100, "MGA"),
        Money(100_050, "HUF"),
    )
    refused: tuple[Money, ...] = (
        Money(0, "USD"),
        Money(-1, "USD"),
        Money(1, "XXX"),
        Money(10**12, "USD"),
        Money(49, "USD"),
        Money(1_255, "KWD"),
        Money(100_150, "MGA"),
        Money(10**10, "ISK"),
        Money(1_000, "IQD"),
    )
    past_max_s: int = 300

    def now(self) -> int:
        return self.fake.now_s * 1_000_000

    def wrong_account(self) -> Account:
        return replace(self.account, credentials={**self.account.credentials, "secret_key": "sk_test_wrong"})

    async def pay(self, started: Started, how: How) -> None:
        """DECLINED is a debit that its bank refuses: after a declined card the payer may try again on Stripe's page."""
        session = self.session(started)
        self.fake.now_s += 1
        if how is How.SUCCESS:
            self.fake.attempt(session, VISA, "succeeded")
            self.fake.capture(session)
            self.fake.tell("checkout.session.completed", session)
            return
        self.fake.attempt(session, SEPA, "pending")["status"] = "processing"
        session |= {"status": "complete", "url": None}
        self.fake.tell("checkout.session.completed", session)
        if how is How.DECLINED:
            self.fake.decline(session, "charge_declined", "insufficient_funds")
            self.fake.tell("checkout.session.async_payment_failed", session)

    async def agree(self, started: Started) -> None:
        session = self.session(started)
        assert self.fake._intent_data[session["id"]]["capture_method"] == "manual"
        self.fake.now_s += 1
        self.fake.attempt(session, VISA, "succeeded")
        hold(self.fake, session)
        self.fake.tell("checkout.session.completed", session)

    async def lapse(self, started: Started) -> None:
        self.fake.now_s += 7 * 86_400 + 1
        let_go(self.fake, self.intent(started), "automatic")

    async def dispute(self, started: Started) -> str:
        made = self.fake.dispute(self.intent(started), "needs_response")
        self.fake.move_dispute(made, "needs_response", -made["amount"], 1_500)
        return str(made["id"])

    def break_answer(self, how: Break, dispute_ref: str) -> None:
        self.break_next(how)

    async def settle(self) -> None:
        self.fake.now_s += 5
        for session in self.fake.things.get("checkout.session", {}).values():
            intent = self.fake.things.get("payment_intent", {}).get(session["payment_intent"] or "")
            if intent is not None and intent["status"] == "processing":
                self.fake.capture(session)
                self.fake.tell("checkout.session.async_payment_succeeded", session)

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        return self.fake.sent

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        return signed(secret, body, at_s=at // 1_000_000)

    async def webhooks_at_vendor(self) -> dict[str, str]:
        return {each["id"]: each["url"] for each in self.fake.things.get("webhook_endpoint", {}).values()}

    def break_next(self, how: Break, *, on: str = "") -> None:
        self.fake.faults.append(how)

    def break_look(self, how: Break) -> None:
        self.break_next(how)

    def lag(self, seconds: float) -> None:
        self.fake.lag_s = seconds

    def session(self, started: Started) -> Thing:
        return self.fake.things["checkout.session"][started.gateway_ref]

    def intent(self, started: Started) -> Thing:
        return self.fake.things["payment_intent"][self.session(started)["payment_intent"]]

    async def references_at_vendor(self) -> list[str]:
        sessions = self.fake.things.get("checkout.session", {}).values()
        return [session["client_reference_id"] for session in sessions]


@asynccontextmanager
async def stripe_elements_rig() -> AsyncIterator[StripeRig]:
    """The same, and its merchant has payers pay on a page of Linktill's."""
    async with stripe_rig() as rig:
        rig.account = replace(rig.account, credentials=OWN_PAGE_KEYS)
        yield rig


@asynccontextmanager
async def stripe_rig() -> AsyncIterator[StripeRig]:
    fake = StripeFake()
    wire = Wire(fake)
    account = Account(
        MerchantId("mer_1"),
        GatewayAccountId("gwa_1"),
        "stripe",
        {"secret_key": SECRET_KEY},
        (WEBHOOK_SECRET,),
    )
    yield StripeRig(fake, StripeGateway(wire), account, wire)
