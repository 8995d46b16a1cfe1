"""Compares with the gateways now, because a person asks for it, and says what a person must look at."""

from dataclasses import dataclass
from typing import Final

from linktill.core.errors import NotFound, Refusal
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.account_health import note_trouble
from linktill.flows.comparing import Compared
from linktill.flows.reconcile import compare
from linktill.flows.services import Services
from linktill.gateways.contract import GatewayError
from linktill.storage import mismatches
from linktill.storage.clearing import ClearingBalance, clearing_balances
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import count_foreign
from linktill.storage.gateway_accounts import StoredAccount, every_account_of, get_account
from linktill.storage.overview import count_needs_review

BUSY: Final = "Somebody else is comparing this account right now."


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one account. `compared` None: it could not be asked, and `trouble` says why."""

    account: StoredAccount
    compared: Compared | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """What a person must look at, in all accounts or in one."""

    foreign: int
    mismatches: int
    needs_review: int
    below_zero: tuple[ClearingBalance, ...]
    """More was paid out than the books have."""

    @property
    def count(self) -> int:
        """How many things."""
        return self.foreign + self.mismatches + self.needs_review + len(self.below_zero)


async def compare_now(
    services: Services,
    merchant_id: MerchantId,
    *,
    account_id: GatewayAccountId | None = None,
    since: int | None = None,
) -> list[Outcome]:
    """One account, or each that there is. Raises NotFound, and GatewayTrouble in a copy."""
    services.standing.check()
    accounts = await services.database.read(every_account_of, merchant_id)
    chosen = [each for each in accounts if account_id in {None, each.id}]
    if account_id is not None and not chosen:
        raise NotFound(
            f"There is no gateway account {account_id[:60]}: linktill gateway list shows yours.",
            param="account",
        )
    return [await _one(services, each, since) for each in chosen]


async def to_look_at(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId | None = None
) -> ToLookAt:
    """As things stand. Payments that need review are counted over all accounts."""
    return await services.database.report(look_at, merchant_id, account_id)


async def look_at(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId | None = None) -> ToLookAt:
    """Unit: as `to_look_at`."""
    one = account_id or ""
    balances = await clearing_balances(tx, merchant_id)
    return ToLookAt(
        await count_foreign(tx, merchant_id, one),
        await mismatches.count_mismatches(tx, merchant_id, one),
        await count_needs_review(tx, merchant_id),
        tuple(each for each in balances if each.balance_minor < 0 and account_id in {None, each.account_id}),
    )


async def _one(services: Services, stored: StoredAccount, since: int | None) -> Outcome:
    # As it is now: comparing takes its time, and the worker may have been there meanwhile.
    fresh = await services.database.read(get_account, stored.merchant_id, stored.id) or stored
    try:
        compared = await compare(services, fresh, since=since)
    except (GatewayError, Refusal) as error:
        await note_trouble(services, stored.merchant_id, stored.id, error)
        return Outcome(fresh, None, str(error))
    return Outcome(fresh, compared, BUSY if compared is None else None)
