"""Loads what the reconciliation page shows, and puts it into rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.ids import MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payout import Payout, PayoutStatus
from linktill.core.receipt import OFFLINE
from linktill.flows.record_payout import tells_payouts
from linktill.flows.representations import time_of
from linktill.flows.services import Services
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.clearing import ClearingBalance, clearing_balances
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import (
    ForeignPayment,
    list_foreign,
    resolved_foreign,
    sums_outside,
)
from linktill.storage.gateway_accounts import StoredAccount, every_account_of
from linktill.storage.members import emails_of
from linktill.storage.mismatches import Mismatch, open_mismatches, resolved_mismatches
from linktill.storage.payouts import list_payouts
from linktill.web.dashboard.account_names import account_names
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.reconcile.view import (
    AccountRow,
    Choice,
    ClearingRow,
    DoneRow,
    ForeignRow,
    MismatchRow,
    PayoutForm,
    PayoutRow,
    ReconcilePage,
)
from linktill.web.dashboard.rows import payment_rows, who
from linktill.web.dashboard.shell import PaymentRow

PAYOUTS: Final = 20
DONE: Final = 20
REVIEW: Final = 20
_PARTS: Final = {
    "capture": "payments",
    "capture_again": "payments",
    "capture_reversed": "payments",
    "fee": "payments",
    "refund": "refunds",
    "refund_returned": "refunds",
    "dispute": "disputes",
    "dispute_reinstated": "disputes",
    "payout": "payouts",
    "payout_returned": "payouts",
}
"""Kind of ledger transaction → what the page calls it. Everything else was recorded by a person."""
WAY_OF: Final = {"bank": "transfer", "cash": "cash", "checks": "check"}
"""Where offline money lies → the way it came there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it, of one moment."""

    accounts: Sequence[StoredAccount]
    balances: Sequence[ClearingBalance]
    outside: Mapping[tuple[str, str], int]
    foreign: Sequence[ForeignPayment]
    review: tuple[PaymentRow, ...]
    mismatches: Sequence[Mismatch]
    payouts: Sequence[Payout]
    resolved: Sequence[ForeignPayment]
    settled: Sequence[Mismatch]
    people: Mapping[str, str]


async def load(tx: Tx, merchant_id: MerchantId) -> Seen:
    """Unit: of one merchant."""
    review = await list_attempts(tx, merchant_id, limit=REVIEW, status=AttemptStatus.NEEDS_REVIEW)
    return Seen(
        await every_account_of(tx, merchant_id),
        await clearing_balances(tx, merchant_id),
        await sums_outside(tx, merchant_id),
        await list_foreign(tx, merchant_id),
        await payment_rows(tx, review),
        await open_mismatches(tx, merchant_id),
        await list_payouts(tx, merchant_id, limit=PAYOUTS),
        await resolved_foreign(tx, merchant_id, limit=DONE),
        await resolved_mismatches(tx, merchant_id, limit=DONE),
        await emails_of(tx, merchant_id),
    )


def page_of(
    desk: Desk, visitor: Visitor, seen: Seen, form: PayoutForm | None = None, problem: str = ""
) -> ReconcilePage:
    """The page; `form` and `problem` as they were sent and refused."""
    services = desk.services
    names = account_names(services, seen.accounts)
    fresh = PayoutForm(
        _choices(services, seen, names),
        desk.submit_token(),
        paid_on=time_of(services.clock.now_us()).date().isoformat(),
    )
    return ReconcilePage(
        shell=desk.shell(visitor),
        accounts=tuple(_account(services, each, names) for each in seen.accounts if each.gateway != OFFLINE),
        clearing=tuple(_clearing(seen, each, names) for each in seen.balances),
        foreign=tuple(_foreign(each, names) for each in seen.foreign),
        review=seen.review,
        mismatches=tuple(
            MismatchRow(
                each.attempt_id, names.get(each.gateway_account_id, ""), each.amount, each.says, each.found_at
            )
            for each in seen.mismatches
        ),
        payouts=tuple(_payout(each, names, seen.people) for each in seen.payouts),
        done=_done(seen),
        payout_form=form or (fresh if fresh.choices else None),
        problem=problem,
    )


def _account(services: Services, stored: StoredAccount, names: Mapping[str, str]) -> AccountRow:
    is_behind = stored.last_failure_at is not None and stored.last_failure_at > stored.listed_at
    kind = services.gateways.kinds.get(stored.gateway)
    return AccountRow(
        id=stored.id,
        name=names[stored.id],
        compared_at=stored.listed_at or None,
        trouble=stored.last_failure if is_behind else "",
        may_pay_out=kind is not None and kind.is_test_only and tells_payouts(services, stored.gateway),
    )


def _clearing(seen: Seen, balance: ClearingBalance, names: Mapping[str, str]) -> ClearingRow:
    currency = balance.currency
    parts: dict[str, int] = {}
    for kind, minor in balance.by_kind.items():
        part = _PARTS.get(kind, "moved")
        parts[part] = parts.get(part, 0) + minor
    on_its_way = sum(
        each.amount.minor
        for each in seen.payouts
        if each.status is PayoutStatus.PENDING
        and (each.gateway_account_id, each.amount.currency) == (balance.account_id, currency)
    )
    outside = 0 if balance.place else seen.outside.get((balance.account_id, currency), 0)
    return ClearingRow(
        name=names.get(balance.account_id, balance.account_id),
        place=f"clearing:{balance.account_id}:{balance.place}" if balance.place else "",
        balance=Money(balance.balance_minor, currency),
        parts=tuple((part, Money(minor, currency)) for part, minor in parts.items() if minor),
        on_its_way=Money(0 if balance.place else on_its_way, currency),
        outside=Money(outside, currency),
    )


def _foreign(found: ForeignPayment, names: Mapping[str, str]) -> ForeignRow:
    kind, _, ref = found.gateway_ref.rpartition(":")
    is_other = kind in {"refund", "dispute"}
    return ForeignRow(
        kind="refund" if kind == "refund" else "dispute" if kind == "dispute" else "payment",
        gateway_ref=found.gateway_ref,
        shown_ref=ref if is_other else found.gateway_ref,
        account_id=found.gateway_account_id,
        account_name=names.get(found.gateway_account_id, found.gateway_account_id),
        reference=found.reference,
        amount=_amount(found),
        found_at=found.found_at,
        may_attach=not is_other,
    )


def _amount(found: ForeignPayment) -> Money | None:
    is_told = found.amount_minor is not None and found.currency in EXPONENTS
    return Money(found.amount_minor or 0, found.currency or "") if is_told else None


def _payout(payout: Payout, names: Mapping[str, str], people: Mapping[str, str]) -> PayoutRow:
    return PayoutRow(
        id=payout.id,
        account_name=names.get(payout.gateway_account_id, payout.gateway_account_id),
        status=payout.status.value,
        amount=payout.amount,
        made_at=payout.made_at,
        note=payout.note,
        by=who(payout.by, people),
        gateway_ref=payout.gateway_ref or "",
        may_take_back=payout.gateway_ref is None and payout.status is PayoutStatus.PAID,
    )


def _done(seen: Seen) -> tuple[DoneRow, ...]:
    rows = [
        DoneRow(
            kind=each.resolution or "",
            what=each.gateway_ref,
            payment_id=each.attempt_id,
            amount=_amount(each),
            note=each.note,
            by=who(each.by, seen.people),
            at=each.resolved_at or 0,
        )
        for each in seen.resolved
    ]
    rows += [
        DoneRow(
            kind="settled",
            what=each.attempt_id,
            payment_id=each.attempt_id,
            amount=each.amount,
            note=each.note,
            by=who(each.by, seen.people),
            at=each.resolved_at or 0,
        )
        for each in seen.settled
    ]
    return tuple(sorted(rows, key=lambda row: -row.at)[:DONE])


def _choices(services: Services, seen: Seen, names: Mapping[str, str]) -> tuple[Choice, ...]:
    """What payouts can be recorded of: where no gateway tells of them, and something was ever held."""
    gateways = {each.id: each.gateway for each in seen.accounts}
    found: list[Choice] = []
    for each in seen.balances:
        gateway = gateways.get(each.account_id, "")
        if tells_payouts(services, gateway) or (gateway == OFFLINE and not each.place):
            continue
        way = WAY_OF.get(each.place, "")
        place = f", {way}" if way else ""
        found.append(
            Choice(
                f"{each.account_id} {each.currency} {way}".strip(),
                f"{names.get(each.account_id, '')}{place}, {each.currency}",
            )
        )
    return tuple(found)
