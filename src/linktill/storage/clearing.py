"""What gateways hold for the merchant, and what makes it up: the clearing accounts of the ledger, by what was booked on them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, select

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import ledger_entry, ledger_transaction

T: Final = ledger_transaction.c
E: Final = ledger_entry.c
PREFIX: Final = "clearing:"
_SUMS: Final = compiled(
    select(E.account, E.currency, T.kind, func.sum(E.amount_minor))
    .join(ledger_transaction, and_(T.merchant_id == E.merchant_id, T.id == E.ledger_transaction_id))
    .where(
        E.merchant_id == bindparam("merchant_id"),
        E.account >= PREFIX,
        E.account < "clearing;",  # the next character after the colon
    )
    .group_by(E.account, E.currency, T.kind)
    .order_by(E.account, E.currency, T.kind)
)


@dataclass(frozen=True, slots=True)
class ClearingBalance:
    """What stands on one clearing account in one currency, and by what kind of ledger transaction it came there.

    `place`: of offline money, where it lies (`bank`, `cash`, `checks`); else empty.
    """

    account_id: GatewayAccountId
    place: str
    currency: str
    by_kind: dict[str, int]

    @property
    def balance_minor(self) -> int:
        """The sum."""
        return sum(self.by_kind.values())


async def clearing_balances(tx: Tx, merchant_id: MerchantId) -> list[ClearingBalance]:
    """Each that was ever booked on, in the order of the accounts."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for account, currency, kind, minor in await tx.all(_SUMS, merchant_id=merchant_id):
        found.setdefault((account, currency), {})[kind] = int(minor)
    return [
        ClearingBalance(GatewayAccountId(account_id), place, currency, by_kind)
        for (account, currency), by_kind in found.items()
        for account_id, _, place in [account.removeprefix(PREFIX).partition(":")]
    ]
