"""PayPal as a gateway: an order that the payer approves on PayPal's page, and that we capture then.

PayPal takes no money by itself: an order that nobody captures lapses. So what is canceled here need not be closed there,
and what PayPal would not capture is dead.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, final

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Answer
from linktill.gateways.contract import (
    Account,
    AccountFound,
    AttemptRef,
    EvidenceOrder,
    Gateway,
    Hint,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    StartOrder,
    Webhook,
)
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage
from linktill.gateways.paypal import (
    LABEL,
    NAME,
    PAGE_ORIGINS,
    amounts,
    answers,
    connecting,
    holds,
    signature,
    translate,
)
from linktill.gateways.paypal.believe import Believing
from linktill.gateways.paypal.client import PayPalClient
from linktill.gateways.paypal.evidence import CHARS_MAX
from linktill.gateways.paypal.lists import Lists, segment
from linktill.gateways.paypal.shapes import Authorization, Capture, Order, Refund
from linktill.gateways.paypal.signature import Issuers
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient

ORDERS: Final = "/v2/checkout/orders"
SCOPES: Final[Mapping[str, str]] = {
    "https://uri.paypal.com/services/disputes/read-seller": "Customer disputes",
    "https://uri.paypal.com/services/reporting/search/read": "Transaction search",
}
"""What an app may do beyond taking payments, and how its switch is called on PayPal's page."""
DECLINES: Final = frozenset(
    {
        "COMPLIANCE_VIOLATION",
        "DOMESTIC_TRANSACTION_REQUIRED",
        "INSTRUMENT_DECLINED",
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
        "PAYEE_BLOCKED_TRANSACTION",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        "PAYER_ACCOUNT_RESTRICTED",
        "PAYER_ACTION_REQUIRED",
        "PAYER_CANNOT_PAY",
        "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
        "TRANSACTION_BLOCKED_BY_PAYEE",
        "TRANSACTION_LIMIT_EXCEEDED",
        "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",
        "TRANSACTION_REFUSED",
    }
)
"""Why PayPal would not take the money that the payer approved (Orders v2, `orders.capture-422`)."""
LOOK: Final = frozenset(
    {"ORDER_ALREADY_CAPTURED", "ORDER_COMPLETION_IN_PROGRESS", "ORDER_NOT_APPROVED", "INVALID_RESOURCE_ID"}
)
"""Answers to a capture that a look-up tells more about."""

MODES: Final[Mapping[str, Mode]] = MappingProxyType({"sandbox": Mode.TEST, "live": Mode.LIVE})
"""What PayPal calls an environment → what moves there."""


@final
class PayPalGateway(Gateway):
    """Each account names its environment, so test and live accounts go side by side.

    `issuers`: whose certificates sign webhooks; None: PayPal's own.
    """

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    # PayPal keeps the ids of requests 6 hours for orders and 45 days for refunds; less a margin.
    start_key_valid_s: ClassVar[int] = 5 * 3_600
    refund_key_valid_s: ClassVar[int] = 40 * 24 * 3_600
    # PayPal promises nothing about a key for an answer to a dispute: what was lost on its way is only looked for.
    answer_key_valid_s: ClassVar[int] = 0
    lists_payouts: ClassVar[bool] = True
    evidence_chars_max: ClassVar[int] = CHARS_MAX
    may_accept_disputes: ClassVar[bool] = True
    captures_manually: ClassVar[bool] = True
    authorization_lasts_s: ClassVar[int] = holds.LASTS_S

    def __init__(self, http: HttpClient, clock: Clock, issuers: Issuers | None = None) -> None:
        self.form_action_origin = PAGE_ORIGINS
        self._client = PayPalClient(http, clock)
        self._lists = Lists(self._client, clock)
        self._believing = Believing(http, clock, self._client, issuers)

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        return amounts.is_accepted(amount)

    @override
    def mode_of(self, account: Account) -> Mode | None:
        return MODES.get(account.credentials.get("environment", ""))

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        _check_amount(order.amount)
        answer = await self._client.post(account, ORDERS, translate.order_body(order), key=key)
        made = answer.read(Order)
        answer.must_be(translate.reference(made), order.reference)
        # PayPal answers with the first order to whatever is sent under its key.
        _must_be_for(answer, made, order.amount)
        return Started(made.id, translate.page_url(made) or _page(account, made.id))

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        # By a reference alone PayPal finds nothing. It need not: an order whose id never came here nobody can capture,
        # and the same key tells its id.
        found = None if ref.gateway_ref is None else await self._find(account, ref.gateway_ref)
        return AttemptFact(FactKind.NOT_FOUND) if found is None else found.told(Order, translate.attempt_fact)

    @override
    async def capture(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        if ref.is_manual:
            return await self._end_hold(account, ref, "capture", key)
        return await self._approved(account, ref, "capture", key)

    @override
    async def authorize(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._approved(account, ref, "authorize", key)

    @override
    async def void(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._end_hold(account, ref, "void", key)

    async def _approved(self, account: Account, ref: AttemptRef, how: str, key: str) -> AttemptFact:
        """The payer has approved the order: its money is taken, or held."""
        if ref.gateway_ref is None:
            return AttemptFact(FactKind.NOT_FOUND)
        path = f"{ORDERS}/{segment(ref.gateway_ref)}/{how}"
        try:
            answer = await self._client.post(account, path, b"{}", key=key)
        except Rejected as rejected:
            if rejected.code in DECLINES:
                return translate.declined(ref.gateway_ref, ref.reference, rejected.code)
            if rejected.code in LOOK | holds.LOOK:
                return await self.look_up(account, ref)
            raise
        answer.must_be(answer.read(Order).id, ref.gateway_ref)
        return answer.told(Order, translate.attempt_fact)

    async def _end_hold(self, account: Account, ref: AttemptRef, how: str, key: str) -> AttemptFact:
        """Held money is captured or voided by its authorization's id, which the order tells."""
        if ref.gateway_ref is None:
            return AttemptFact(FactKind.NOT_FOUND)
        found = await self._find(account, ref.gateway_ref)
        if found is None:
            return AttemptFact(FactKind.NOT_FOUND)
        held = holds.main_authorization(found.read(Order))
        if held is None or held.status != "CREATED":
            return found.told(Order, translate.attempt_fact)
        body = holds.CAPTURE_BODY if how == "capture" else b""
        try:
            answer = await self._client.post(
                account, f"{holds.AUTHORIZATIONS}/{segment(held.id)}/{how}", body, key=key
            )
        except Rejected as rejected:
            if rejected.code == holds.GONE:
                return holds.gone(ref.gateway_ref, ref.reference)
            if rejected.code in holds.LOOK:
                return await self.look_up(account, ref)
            raise
        order_id, reference = ref.gateway_ref, ref.reference
        if how == "capture":
            return answer.told(Capture, lambda made: translate.capture_fact(made, order_id))
        return answer.told(Authorization, lambda made: holds.hold_fact(made, order_id, reference, None))

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        """Asks PayPal for nothing but how the order stands: it takes no money unless `capture` is called again."""
        fact = await self.look_up(account, ref)
        if fact.is_held or fact.kind not in {FactKind.REQUIRES_ACTION, FactKind.AUTHORIZED}:
            return fact
        return AttemptFact(
            FactKind.CANCELED,
            gateway_ref=fact.gateway_ref,
            reference=fact.reference,
            vendor_status=fact.vendor_status,
        )

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        _check_amount(order.amount)
        found = await self._find(account, order.payment_ref)
        capture = None if found is None else translate.main_capture(found.read(Order))
        if capture is None:
            raise Rejected("PayPal has captured nothing of this order.", code="not_captured")
        path = f"/v2/payments/captures/{segment(capture.id)}/refund"
        answer = await self._client.post(account, path, translate.refund_body(order), key=key)
        fact = answer.told(Refund, lambda made: translate.refund_fact(made, order.payment_ref))
        answer.must_be(fact.reference or order.reference, order.reference)
        answer.must_be(str(fact.amount), str(order.amount))
        return fact

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        if ref.gateway_ref is not None:
            fact = await self._lists.refund(account, ref.gateway_ref, ref.payment_ref)
            return RefundFact(RefundFactKind.NOT_FOUND) if fact is None else fact
        found = await self._find(account, ref.payment_ref)
        if found is None:
            return RefundFact(RefundFactKind.NOT_FOUND)
        return found.told(Order, lambda order: _refund_of(order, ref))

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        return await self._lists.dispute(account, dispute_ref)

    @override
    async def submit_evidence(self, account: Account, order: EvidenceOrder, *, key: str) -> None:
        await answers.submit(self._client, account, order, key=key)

    @override
    async def accept_dispute(self, account: Account, dispute_ref: str, *, key: str) -> None:
        await answers.accept(self._client, account, dispute_ref, key=key)

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        return await self._lists.attempts(account, since, cursor)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        return await self._lists.refunds(account, since, cursor)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        return await self._lists.disputes(account, since, cursor)

    @override
    async def list_payouts(self, account: Account, *, since: int, cursor: str | None) -> PayoutPage:
        return await self._lists.payouts(account, since, cursor)

    @override
    async def check(self, account: Account) -> None:
        token = await self._client.tokens.fresh(account)
        missing = [
            label for scope, label in SCOPES.items() if token.scope and scope not in token.scope.split()
        ]
        if missing:
            raise Rejected(
                f"The PayPal app may not do everything: switch on {' and '.join(missing)} in its settings. PayPal may need "
                "some hours until that works.",
                code="missing_scope",
                is_account_trouble=True,
            )

    @override
    async def complete(self, account: Account) -> AccountFound:
        await self.check(account)
        return connecting.found(account)

    @override
    async def register_webhook(self, account: Account, url: str, *, key: str) -> Webhook:
        return await connecting.register(self._client, account, url, key=key)

    @override
    async def remove_webhook(self, account: Account, ref: str) -> None:
        await connecting.remove(self._client, account, ref)

    @override
    async def prepare(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> None:
        await self._believing.prepare(account, signature.delivery(headers, now=now), body, now=now)

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        sent = signature.delivery(headers, now=now)
        self._believing.check(account, sent, body, now=now)
        return translate.hint(body, sent_at=sent.at)

    async def _find(self, account: Account, order_id: str) -> Answer | None:
        answer = await self._client.get(account, f"{ORDERS}/{segment(order_id)}")
        if answer is not None:
            answer.must_be(answer.read(Order).id, order_id)
        return answer


def _check_amount(amount: Money) -> None:
    if not amounts.is_accepted(amount):
        raise Rejected("PayPal takes no such amount in this currency.", code="amount_not_accepted")


def _must_be_for(answer: Answer, order: Order, amount: Money) -> None:
    told = [unit.amount for unit in order.purchase_units if unit.amount is not None]
    asked = amounts.encoded(amount)
    answer.must_be(
        " ".join(f"{each.value} {each.currency_code}" for each in told),
        f"{asked['value']} {asked['currency_code']}",
    )


def _page(account: Account, order_id: str) -> str:
    """The page of an order that is approved or paid already: there PayPal sends the payer back to us."""
    middle = ".sandbox" if account.credentials.get("environment") == "sandbox" else ""
    return f"https://www{middle}.paypal.com/checkoutnow?token={segment(order_id)}"


def _refund_of(order: Order, ref: RefundRef) -> RefundFact:
    refunds = [each for unit in order.purchase_units for each in unit.payments.refunds]
    facts = [translate.refund_fact(each, order.id) for each in refunds if each.custom_id == ref.reference]
    # With several under one reference (which our keys prevent) the one that moved money is the one to know of.
    return min(
        facts,
        key=lambda each: each.kind is RefundFactKind.FAILED,
        default=RefundFact(RefundFactKind.NOT_FOUND),
    )
