"""Tries a gateway account from end to end with pretend money, and says of each step whether it worked.

What is paid here is no payment of Linktill's: no link, no attempt, nothing in the books. The daily comparison finds it at the
gateway and shows it as money without a link.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import GatewayTrouble, TransitionRefused
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.flows.accounts import Connection
from linktill.flows.connect_gateway import reach, read_account
from linktill.flows.gateway_webhook import GatewayRefused, send_test_event
from linktill.flows.services import Services
from linktill.gateways.contract import NO_CALL, AttemptRef, GatewayError, RefundOrder, Rejected, StartOrder

LASTS_US: Final = 3_600 * 1_000_000
AMOUNT_MINOR: Final = 1_000
CURRENCIES: Final = ("USD", "EUR", "GBP", "CAD", "AUD", "JPY")


@dataclass(frozen=True, slots=True)
class SmokeStep:
    """One thing that was tried. `is_ok` None: the gateway offers no such thing, and `words` say what a person may do."""

    name: str
    is_ok: bool | None
    words: str


async def smoke(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, *, may_be_live: bool = False
) -> list[SmokeStep]:
    """Check, test event, payment page opened, looked up and closed, payment and refund. Ends at what nothing can follow.

    Raises NotFound, GatewayTrouble, and TransitionRefused for a live account unless it may be: there no payment is made, but
    a page that takes real money is open for a moment.
    """
    stored = await read_account(services, merchant_id, account_id)
    if stored.mode == Mode.LIVE and not may_be_live:
        raise TransitionRefused(
            "These are live keys. Say --live to open and close a page that takes real money; nothing is paid by it."
        )
    found = await reach(services, merchant_id, account_id)
    trial = _Trial(services, found, is_live=stored.mode == Mode.LIVE)
    await trial.run()
    return trial.steps


class _Trial:
    def __init__(self, services: Services, found: Connection, *, is_live: bool) -> None:
        self.steps: list[SmokeStep] = []
        self._services: Final = services
        self._found: Final = found
        self._is_live: Final = is_live
        self._reference: Final = services.ids.new(prefixes.ATTEMPT)
        self._gateway_ref = ""
        self._page = ""

    async def run(self) -> None:
        """All steps, as far as they go."""
        if not await self._step("keys", self._check):
            return
        await self._step("test event", self._test_event)
        amount = self._amount()
        if amount is None:
            self.steps.append(
                SmokeStep(
                    "payment page", is_ok=False, words="The account takes none of the usual currencies."
                )
            )
            return
        if await self._step("payment page", lambda: self._open(amount)):
            await self._step("look-up", self._look)
            await self._step("closing", self._close)
        if not self._is_live:
            await self._step("payment and refund", lambda: self._pay_and_refund(amount))

    async def _step(self, name: str, act: Callable[[], Awaitable[str]]) -> bool:
        try:
            words = await act()
        except Rejected as rejected:
            is_ok = None if rejected.code == NO_CALL else False
            words = self._by_hand(name) if is_ok is None else str(rejected)
            self.steps.append(SmokeStep(name, is_ok, words))
            return False
        except GatewayRefused as refused:
            self.steps.append(SmokeStep(name, is_ok=False, words=str(refused)))
            return False
        except TransitionRefused as refused:  # our own side says that there is nothing to try
            self.steps.append(SmokeStep(name, None, str(refused)))
            return False
        except (GatewayError, GatewayTrouble, _NotSo) as error:
            self.steps.append(SmokeStep(name, is_ok=False, words=str(error)))
            return False
        self.steps.append(SmokeStep(name, is_ok=True, words=words))
        return True

    def _by_hand(self, name: str) -> str:
        label = self._found.gateway.label
        if name == "payment and refund":
            return (
                f"{label} lets only a person pay, on its page. Pay one of your links with its test numbers, and refund it in "
                "the dashboard."
            )
        return f"{label} has no call for it."

    async def _check(self) -> str:
        told = await self._found.gateway.complete(self._found.account)
        return f"They work{f' for {told.label}' if told.label else ''}."

    async def _test_event(self) -> str:
        account = self._found.account
        return await send_test_event(self._services, account.merchant_id, account.id)

    def _amount(self) -> Money | None:
        for currency in CURRENCIES:
            amount = Money(AMOUNT_MINOR, currency)
            if self._found.gateway.accepts(amount, self._found.account):
                return amount
        return None

    async def _open(self, amount: Money) -> str:
        back = self._services.base_url
        order = StartOrder(
            reference=AttemptId(self._reference),
            amount=amount,
            description="Linktill: a try that nobody pays",
            return_url=back,
            cancel_url=back,
            payer_email=None,
            expires_at=self._services.clock.now_us() + LASTS_US,
            own_page_url=back,
        )
        started = await self._found.gateway.start(self._found.account, order, key=self._reference)
        self._gateway_ref, self._page = started.gateway_ref, started.redirect_url
        said = f"{amount.minor} {amount.currency} (smallest unit) could be paid"
        if started.redirect_url != back:
            return f"{said} at {started.redirect_url}"
        if await self._found.gateway.own_page(self._found.account, self._ref()) is None:
            raise _NotSo(f"{self._found.gateway.label} shows no fields for a page of this Linktill.")
        return f"{said} on a page of this Linktill"

    async def _look(self) -> str:
        fact = await self._found.gateway.look_up(self._found.account, self._ref())
        if fact.kind is not FactKind.REQUIRES_ACTION:
            raise _NotSo(f"A payment that nobody has paid is {fact.kind.value} ({fact.vendor_status}).")
        return f"The payment waits for its payer ({fact.vendor_status})."

    async def _close(self) -> str:
        key = f"{self._reference}-cancel"
        fact = await self._found.gateway.cancel(self._found.account, self._ref(), key=key)
        if fact.kind is not FactKind.CANCELED:
            raise _NotSo(f"After canceling, the payment is {fact.kind.value} ({fact.vendor_status}).")
        return f"The payment is canceled ({fact.vendor_status})."

    async def _pay_and_refund(self, amount: Money) -> str:
        gateway, account = self._found.gateway, self._found.account
        reference = self._services.ids.new(prefixes.ATTEMPT)
        paid = await gateway.pay_as_test(account, amount, reference=reference, key=reference)
        refund_id = RefundId(self._services.ids.new(prefixes.REFUND))
        order = RefundOrder(refund_id, paid, amount, "other")
        fact = await gateway.refund(account, order, key=refund_id)
        if fact.kind is RefundFactKind.FAILED:
            raise _NotSo(
                f"Paid as {paid}, but the refund failed ({fact.failure_code or fact.vendor_status})."
            )
        return f"Paid as {paid} and refunded as {fact.gateway_ref} ({fact.vendor_status})."

    def _ref(self) -> AttemptRef:
        return AttemptRef(AttemptId(self._reference), self._gateway_ref, redirect_url=self._page)


class _NotSo(Exception):
    """The gateway answered, but not what it should."""
