"""What Linktill asks of a gateway, in its own words. An adapter translates; it decides nothing.

Trouble has three kinds. `Unavailable`: nothing was done, asking again is safe. `Rejected`: the gateway understood and
refused, asking again is useless. `OutcomeUnknown`: only looking decides whether it was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.dispute_answer import Evidence
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.own_page import OwnPage
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage


class GatewayError(Exception):
    """Base of what can go wrong with a gateway. `message` is for the merchant and the log, never for a payer."""

    def __init__(self, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(GatewayError):
    """Surely not executed (no connection, 429 before any work): safe to send again with the same key."""


class Rejected(GatewayError):
    """The gateway refused the request itself (wrong key, wrong parameter, closed account). Not a decline."""

    def __init__(self, message: str, *, code: str = "", is_account_trouble: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_account_trouble = is_account_trouble


class OutcomeUnknown(GatewayError):
    """Time-out, reset, cut reply, 5xx, nonsense: it may have been executed."""


NO_CALL = "no_call"
"""The code of a `Rejected` that never left this machine: the gateway offers no such thing."""


class SignatureRefused(Exception):
    """A webhook that this gateway did not sign for this account, or too long ago. The message names no secret."""


class NotVerifiedYet(Exception):
    """Whether a webhook is genuine can only be told after `Gateway.prepare`: it may be kept until then, never processed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant's account at a gateway, with its secrets in the clear: never log, never store like this.

    `webhook_secrets` are all valid ones (two while rotating). Empty: the webhook endpoint is off.
    """

    merchant_id: MerchantId
    id: GatewayAccountId
    gateway: str
    credentials: Mapping[str, str]
    webhook_secrets: tuple[str, ...]

    @override
    def __repr__(self) -> str:
        return f"Account({self.id}, {self.gateway})"


@dataclass(frozen=True, slots=True)
class AccountFound:
    """What a gateway tells of an account whose credentials work. `credentials` are what is to be kept: completed.

    `vendor_id` tells one account at the gateway from another; empty: it does not show. `mode` None: the gateway has no modes.
    """

    credentials: Mapping[str, str] = field(repr=False)
    vendor_id: str
    label: str
    """How the merchant knows it there."""
    mode: Mode | None = None
    currencies: tuple[str, ...] = ()
    """The only ones that this account takes; empty: whatever the gateway takes."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that the gateway keeps for us: what it is called there, and what its events are verified with."""

    ref: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartOrder:
    """Asks the gateway for a page on which the payer pays `amount`. `reference` must come back in every answer."""

    reference: AttemptId
    amount: Money
    description: str
    return_url: str
    cancel_url: str
    payer_email: str | None
    expires_at: int
    """Microseconds UTC: until when the payer has time to pay."""
    own_page_url: str = ""
    """Where Linktill shows a page of its own for it, if the adapter leads there (`Gateway.own_page`). Empty: nowhere."""
    is_manual: bool = False
    """The money is only held when the payer pays, and taken by `Gateway.capture`. Asked only of who `captures_manually`."""
    language: str = ""
    """What the payer reads, in two letters (ISO 639-1), for a gateway whose page can be asked for one. Empty: nobody knows."""


@dataclass(frozen=True, slots=True)
class Started:
    """The gateway's page for the payer, and what it calls the payment."""

    gateway_ref: str
    redirect_url: str
    expires_at: int | None = None
    """Until when it waits for the payer (microseconds UTC), where that is longer than was asked for."""


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """How to find an attempt at the gateway: by its own id when we know it, else by our reference."""

    reference: AttemptId
    gateway_ref: str | None
    asked_at: int | None = None
    """When we first asked for it (microseconds UTC), where we know: some can only be found among all since then."""
    redirect_url: str | None = None
    """Where its payer was sent, as `Started` told it, where we know."""
    is_manual: bool = False
    """Was it started so (`StartOrder.is_manual`)?"""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Asks the gateway to send `amount` of a payment back."""

    reference: RefundId
    payment_ref: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class RefundRef:
    """How to find a refund at the gateway."""

    reference: RefundId
    gateway_ref: str | None
    payment_ref: str


@dataclass(frozen=True, slots=True)
class EvidenceOrder:
    """Gives the gateway what is to be said of a dispute. Each field that is not empty goes along, in the gateway's own terms."""

    dispute_ref: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Hint:
    """What a verified webhook is about. Only a hint: the truth is fetched.

    Exactly one of the `*_ref` fields says what to fetch; all None means that the event is of no interest.
    `reference` is our own id as the gateway carries it, where the event shows it.

    How something ended is never applied. It shows a look-up that is behind the event which led to it: that is asked again.
    An adapter fills it only where the gateway means it for good.
    """

    event_id: str
    event_type: str
    created_at: int
    payment_ref: str | None = None
    refund_ref: str | None = None
    dispute_ref: str | None = None
    reference: str | None = None
    payment_end: FactKind | None = None
    """CAPTURED, FAILED or CANCELED. Money that was captured stays CAPTURED in look-ups, whatever came after."""
    refund_end: RefundFactKind | None = None
    is_dispute_closed: bool = False


class Gateway(Protocol):
    """One gateway. Every method that asks raises only the three kinds of GatewayError."""

    name: ClassVar[str]
    label: ClassVar[str]
    is_test_only: ClassVar[bool] = False
    """Moves no money at all, and so is offered in test books only."""
    lists_payouts: ClassVar[bool] = False
    """Tells of all its payouts, so that nobody need record them."""
    start_key_valid_s: ClassVar[int]
    """So long after the first try the same start key may be sent again; after that, only look."""
    refund_key_valid_s: ClassVar[int]
    evidence_chars_max: ClassVar[int] = 0
    """So long each field of evidence may be; 0: it takes no evidence from us."""
    may_accept_disputes: ClassVar[bool] = False
    answer_key_valid_s: ClassVar[int] = 0
    """So long after the first try the same answer to a dispute may be sent again; 0: never, only look."""
    captures_manually: ClassVar[bool] = False
    """Can hold a payer's money for days, until it is captured or let go."""
    authorization_lasts_s: ClassVar[int] = 0
    """So long it holds it, by its documents, where it does not tell with the payment; 0: nobody knows."""
    form_action_origin: str
    """The origin of the gateway's page: CSP `form-action` must name it, Chromium applies it to the redirect after Pay.

    Several are separated by spaces: where the page moves on, or a gateway's test mode has a page of its own.
    """

    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        """Can this gateway charge this amount in this currency, over this account, or (None) over some account?"""
        ...

    def mode_of(self, account: Account) -> Mode | None:
        """Whether the account's keys move real money. None: they do not tell. As here for gateways without keys."""
        del account
        return None

    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        """Opens a payment. The same key gives the same answer."""
        ...

    async def own_page(self, account: Account, ref: AttemptRef) -> OwnPage | None:
        """What `StartOrder.own_page_url` shows of an attempt that `start` led there. None: there is nothing to pay on it (any
        more), as here for gateways whose payers pay on their own pages.
        """
        del account, ref
        return None

    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        """The truth now. `NOT_FOUND` may only mean that the gateway's index lags."""
        ...

    async def capture(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        """Takes the money of an attempt that a look-up called AUTHORIZED, and answers with what is true then.

        Asked only for attempts of ours that are open and recorded as authorized. The same key captures once. As here for
        gateways that take the money by themselves.
        """
        del key
        return await self.look_up(account, ref)

    async def authorize(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        """Holds the money of a manual attempt that a look-up called AUTHORIZED and not yet held: the payer has agreed.

        As here for gateways that hold it by themselves once the payer has paid.
        """
        del key
        return await self.look_up(account, ref)

    async def void(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        """Lets go of held money, and answers with what is true then: canceled, or captured when that won the race.

        Raises Rejected with NO_CALL, as here, where nothing is ever held.
        """
        del account, ref, key
        raise Rejected(f"{self.label} holds no money for us.", code=NO_CALL)

    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        """Asks to cancel and answers with what is true then: canceled, or captured when that won the race."""
        ...

    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        """Sends money back. The same key gives the same answer."""
        ...

    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        """The truth about one refund now."""
        ...

    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        """The truth about one dispute now."""
        ...

    async def submit_evidence(self, account: Account, order: EvidenceOrder, *, key: str) -> None:
        """Answers a dispute, once and for good. What is true then, `look_up_dispute` tells (`DisputeFact.is_answered`).

        Raises OutcomeUnknown only where the dispute may have been answered: what was uploaded before that and was not
        submitted is as good as nothing. Raises Rejected with NO_CALL, as here, where only the merchant can do it.
        """
        del account, order, key
        raise Rejected(f"{self.label} takes no evidence from us.", code=NO_CALL)

    async def accept_dispute(self, account: Account, dispute_ref: str, *, key: str) -> None:
        """Gives in: the payer keeps the money. Raises Rejected with NO_CALL, as here, where only the merchant can do it."""
        del account, dispute_ref, key
        raise Rejected(f"{self.label} closes no dispute for us.", code=NO_CALL)

    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        """All payments made since (microseconds UTC), for reconciliation."""
        ...

    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        """All refunds made since, each with its `payment_ref`."""
        ...

    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        """All disputes opened since."""
        ...

    async def list_payouts(self, account: Account, *, since: int, cursor: str | None) -> PayoutPage:
        """All payouts made since. As here for gateways that tell of none: then a person records them."""
        del account, since, cursor
        return PayoutPage((), None)

    async def check(self, account: Account) -> None:
        """Raises unless the credentials work."""
        ...

    async def complete(self, account: Account) -> AccountFound:
        """Finds out what the merchant need not enter, and checks like `check`. `account` holds what was entered.

        As here for gateways where nothing is to be found out.
        """
        await self.check(account)
        return AccountFound(account.credentials, account.id, self.label)

    async def register_webhook(self, account: Account, url: str, *, key: str) -> Webhook:
        """Has events sent to `url`, and to `url` once: what an earlier try left behind is found by it and taken over.

        Raises Rejected with NO_CALL, as here, where the merchant can only do so by hand.
        """
        del account, url, key
        raise Rejected(f"{self.label} takes no webhook from us.", code=NO_CALL)

    async def remove_webhook(self, account: Account, ref: str) -> None:
        """No more events are sent. One that is not there any more is no error."""
        del account, ref

    async def renew_webhook_secret(self, account: Account, ref: str, *, key: str) -> str:
        """A new secret for the webhook. Raises Rejected with NO_CALL, as here, where only the merchant can renew it."""
        del account, ref, key
        raise Rejected(f"{self.label} renews no secret for us.", code=NO_CALL)

    async def send_test_event(self, account: Account, ref: str, *, key: str) -> str:
        """Has the gateway send a genuine event that is about no payment of ours. What it said of that, in a sentence.

        Raises Rejected with NO_CALL, as here, where it has no such thing.
        """
        del account, ref, key
        raise Rejected(f"{self.label} sends no test events.", code=NO_CALL)

    async def pay_as_test(self, account: Account, amount: Money, *, reference: str, key: str) -> str:
        """A payment with the gateway's pretend money, without a payer: its `payment_ref`. Only for test accounts.

        Raises Rejected with NO_CALL, as here, where only a person can pay.
        """
        del account, amount, reference, key
        raise Rejected(f"{self.label} lets only a person pay.", code=NO_CALL)

    async def pay_out_as_test(self, account: Account, *, key: str) -> str:
        """Has a pretend gateway pay out what it holds. What it said of that, in a sentence. Only for test accounts.

        Raises Rejected with NO_CALL, as here, where payouts come as the gateway has it.
        """
        del account, key
        raise Rejected(f"{self.label} pays out as its own settings say.", code=NO_CALL)

    async def prepare(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> None:
        """Gets what `verify` needs and said `NotVerifiedYet` for, such as a certificate. As here for those who need nothing.

        Raises SignatureRefused for what is surely not genuine, and GatewayError where it could not be got now.
        """
        del account, headers, body, now

    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        """Checks the raw bytes of a webhook. `headers` have lower-case names. Raises SignatureRefused.

        Raises SignatureRefused as well for a body that the gateway could not have sent, and NotVerifiedYet where `prepare`
        must come first.
        """
        ...
