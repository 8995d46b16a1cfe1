"""The gateway that asks nobody: the money comes to the merchant's own account or till, and a person says so.

Whatever it is asked about a payment, it knows only that somebody waits for it. What a person says becomes a fact in
`flows/record_money`, and what is asked here afterwards changes nothing: captured stays captured.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, final

from typing_extensions import override

from linktill.core.creditor_reference import creditor_reference
from linktill.core.currencies import EXPONENTS
from linktill.core.dispute import DisputeFact
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.offline_terms import terms_of
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.receipt import OFFLINE
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    Gateway,
    Hint,
    RefundOrder,
    RefundRef,
    Rejected,
    SignatureRefused,
    Started,
    StartOrder,
)
from linktill.gateways.offline import LABEL, PAGE_ORIGINS
from linktill.gateways.pages import DisputePage, Page, RefundPage

_DAY_US: Final = 24 * 3_600 * 1_000_000
_EVER_S: Final = 100 * 365 * 24 * 3_600
_WAITING: Final = "waiting for its money"


@final
class OfflineGateway(Gateway):
    """Nothing leaves this machine."""

    name: ClassVar[str] = OFFLINE
    label: ClassVar[str] = LABEL
    # There is no key to forget: the same order gives the same answer for ever.
    start_key_valid_s: ClassVar[int] = _EVER_S
    refund_key_valid_s: ClassVar[int] = _EVER_S
    form_action_origin = PAGE_ORIGINS

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        if amount.currency not in EXPONENTS or not 0 < amount.minor <= AMOUNT_MAX_MINOR:
            return False
        return account is None or bool(terms_of(account.credentials).ways)

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        wait_us = terms_of(account.credentials).wait_days * _DAY_US
        return Started(
            creditor_reference(order.reference), order.return_url, expires_at=order.expires_at + wait_us
        )

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        if ref.gateway_ref is None:
            # Its start was not recorded: started again, it gets the same reference.
            return AttemptFact(FactKind.NOT_FOUND)
        return AttemptFact(FactKind.REQUIRES_ACTION, ref.gateway_ref, ref.reference, vendor_status=_WAITING)

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return AttemptFact(
            FactKind.CANCELED, creditor_reference(ref.reference), ref.reference, vendor_status="canceled"
        )

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        return self._pending(order.reference, order.payment_ref)

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        return self._pending(ref.reference, ref.payment_ref)

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        raise Rejected("Nobody disputes cash, checks and transfers here.", code="not_found")

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        return Page((), None)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        return RefundPage((), None)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        return DisputePage((), None)

    @override
    async def check(self, account: Account) -> None:
        if not terms_of(account.credentials).ways:
            raise Rejected("No way to pay is set up: an IBAN, bank details, cash or check.")

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        raise SignatureRefused("Nobody sends webhooks for offline payments.")

    def _pending(self, reference: str, payment_ref: str) -> RefundFact:
        """It goes back when the merchant gives it back, and only they can say that they did."""
        return RefundFact(
            RefundFactKind.PENDING,
            gateway_ref=reference,
            reference=reference,
            vendor_status="to be given back by hand",
            payment_ref=payment_ref,
        )
