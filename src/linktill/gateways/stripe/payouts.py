"""Stripe's payouts, each with what Stripe keeps for itself beside the fees of payments.

Source: https://docs.stripe.com/api/payouts, https://docs.stripe.com/api/balance_transactions/list and
https://docs.stripe.com/reports/balance-transaction-types.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.money import Money
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.contract import Account, Unavailable
from linktill.gateways.pages import PayoutPage
from linktill.gateways.stripe import currencies
from linktill.gateways.stripe.client import StripeClient, Value
from linktill.gateways.stripe.listing import Listing
from linktill.gateways.stripe.objects import BalanceTransaction, PageOf, PaidEntry, Payout

PAYOUTS: Final = "/v1/payouts"
BALANCE: Final = "/v1/balance_transactions"
OWN_FEES: Final = ("stripe_fee", "tax_fee")
"""The types of balance transactions by which Stripe takes fees that belong to no payment, and the tax on them."""
ENTRIES_MAX: Final = 100
_SECOND_US: Final = 1_000_000

_KINDS: Final[Mapping[str, PayoutFactKind]] = MappingProxyType(
    {
        "pending": PayoutFactKind.PENDING,
        "in_transit": PayoutFactKind.PENDING,
        "paid": PayoutFactKind.PAID,
        "failed": PayoutFactKind.FAILED,
        "canceled": PayoutFactKind.CANCELED,
    }
)


async def list_payouts(
    client: StripeClient, account: Account, created: Mapping[str, Value], cursor: str | None
) -> PayoutPage:
    """One page, oldest first. Raises GatewayError."""
    params: Mapping[str, Value] = {**created, "expand": ["data.balance_transaction"]}
    page = await Listing(client).oldest_first(account, PAYOUTS, Payout, params, cursor)
    facts = [await _with_fee(client, account, payout) for payout in page.items]
    return PayoutPage(tuple(facts), page.newer)


async def _with_fee(client: StripeClient, account: Account, payout: Payout) -> PayoutFact:
    """What Stripe says of it. While Stripe still works out what an automatic payout is made of, it is on its way."""
    amount = _money(payout.amount, payout.currency)
    kind = _KINDS.get(payout.status, PayoutFactKind.UNKNOWN)
    moved = payout.balance_transaction
    fee = moved.fee if isinstance(moved, BalanceTransaction) else 0
    if payout.automatic and kind is PayoutFactKind.PAID:
        if payout.reconciliation_status == "in_progress":
            kind = PayoutFactKind.PENDING
        elif payout.reconciliation_status == "completed":
            fee += await _own_fees(client, account, payout)
    return PayoutFact(
        gateway_ref=payout.id,
        kind=kind,
        amount=amount,
        made_at=payout.created * _SECOND_US,
        fee=_money(fee, payout.currency),
        arrives_at=payout.arrival_date * _SECOND_US,
        failure_code=payout.failure_code,
        vendor_status=payout.status,
    )


async def _own_fees(client: StripeClient, account: Account, payout: Payout) -> int:
    """In Stripe's integers: positive is taken."""
    taken = 0
    for kind in OWN_FEES:
        params: Mapping[str, Value] = {"payout": payout.id, "type": kind, "limit": ENTRIES_MAX}
        page = (await client.get_known(account, BALANCE, params)).read(PageOf[PaidEntry])
        if page.has_more:
            raise Unavailable(f"Stripe's payout {payout.id} has more than {ENTRIES_MAX} fees of its own.")
        taken -= sum(entry.net for entry in page.data if entry.currency == payout.currency)
    return taken


def _money(amount: int, currency: str) -> Money:
    found = currencies.from_stripe(amount, currency)
    if found is None:
        raise Unavailable(f"Stripe's payout of {amount} {currency} is no amount of that currency.")
    return found
