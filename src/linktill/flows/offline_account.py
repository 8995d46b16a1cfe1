"""A merchant sets up how payers can pay without a gateway: one account of the gateway `offline`, sealed as others are."""

from dataclasses import dataclass, replace
from typing import Final

from linktill.core.creditor_reference import is_creditor_reference
from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.core.offline_terms import OfflineFields, OfflineTerms, checked_offline, credentials_of, terms_of
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.receipt import OFFLINE
from linktill.flows.accounts import forget, opened, sealed
from linktill.flows.services import Services
from linktill.gateways.contract import Account
from linktill.storage import directory
from linktill.storage.attempts import find_by_gateway_ref
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount, get_account, insert_account, set_credentials
from linktill.storage.merchants import get_merchant
from linktill.storage.receipts import waiting_rows

WAITING_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for money."""

    id: AttemptId
    reference: str
    amount: Money
    received: Money
    payer: str | None
    description: str
    created_at: int
    ends_at: int


def offline_account_id(merchant_id: MerchantId) -> GatewayAccountId:
    """Known beforehand, so that a merchant has one of them, whoever sets it up at the same time."""
    return GatewayAccountId(f"gwa_offline_{merchant_id.removeprefix('mer_')}")


async def read_offline(services: Services, merchant_id: MerchantId) -> OfflineTerms | None:
    """What is set up, or None."""
    stored = await services.database.read(get_account, merchant_id, offline_account_id(merchant_id))
    return None if stored is None else terms_of(opened(services, stored).account.credentials)


async def read_terms(services: Services, attempt: PaymentAttempt) -> OfflineTerms:
    """How this payment can be paid, by the terms of now. Also in a copy, where payers may still look."""
    stored = await services.database.read(get_account, attempt.merchant_id, attempt.gateway_account_id)
    assert stored is not None, "an attempt has an account"
    return terms_of(opened(services, stored).account.credentials)


async def set_up_offline(services: Services, merchant_id: MerchantId, fields: OfflineFields) -> OfflineTerms:
    """Keeps it from now on, for payments that wait already too. Raises FieldsInvalid."""
    terms = checked_offline(fields)
    account = Account(merchant_id, offline_account_id(merchant_id), OFFLINE, credentials_of(terms), ())
    merchant = await services.database.read(get_merchant, merchant_id)
    if merchant is None:
        raise NotFound("There is no such merchant.")
    stored = replace(sealed(services, account, ()), mode=merchant.mode)
    await services.database.run(_keep, stored)
    forget(services, merchant_id, account.id)
    return terms


async def _keep(tx: Tx, stored: StoredAccount) -> None:
    if await directory.claim(tx, directory.GATEWAY_ACCOUNT, stored.id, stored.merchant_id, stored.id):
        await insert_account(tx, stored)
    else:
        await set_credentials(tx, stored.merchant_id, stored.id, stored.credentials)


async def has_offline(services: Services, merchant_id: MerchantId) -> bool:
    """Are offline payments set up?"""
    return await services.database.read(get_account, merchant_id, offline_account_id(merchant_id)) is not None


async def account_to_record(services: Services, merchant_id: MerchantId) -> GatewayAccountId:
    """The account that money from hand to hand is recorded on. Raises TransitionRefused before it is set up."""
    if not await has_offline(services, merchant_id):
        raise TransitionRefused(
            "Say first how you can be paid offline: in the dashboard, Settings, Offline payments."
        )
    return offline_account_id(merchant_id)


async def waiting(services: Services, merchant_id: MerchantId) -> list[Waiting]:
    """Payments that wait for money, newest first, a hundred at most."""
    rows = await services.database.read(
        waiting_rows, merchant_id, offline_account_id(merchant_id), limit=WAITING_MAX
    )
    return [
        Waiting(
            attempt_id,
            reference or "",
            Money(amount_minor, currency),
            Money(received_minor, currency),
            email or name,
            description,
            created_at,
            expires_at,
        )
        for (attempt_id, reference, amount_minor, currency, received_minor, created_at, email, name,
             description, expires_at) in rows
    ]  # fmt: skip


async def find_by_reference(services: Services, merchant_id: MerchantId, typed: str) -> AttemptId | None:
    """The payment behind a reference as it stands on a bank statement, in whatever state it is; None: there is none."""
    reference = "".join(typed.split()).upper()
    if not is_creditor_reference(reference):
        return None
    return await services.database.read(
        find_by_gateway_ref, merchant_id, offline_account_id(merchant_id), reference
    )
