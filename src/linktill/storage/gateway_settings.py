"""What changes about a gateway account after it was added: its keys and webhook, whether it is open, how it has been."""

import json
from typing import Final

from sqlalchemy import and_, bindparam, update

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.offering import EVERYTHING, Offering, OfferRule
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount
from linktill.storage.statements import compiled
from linktill.storage.tables import gateway_account

G: Final = gateway_account.c
_THIS: Final = and_(G.merchant_id == bindparam("merchant_id"), G.id == bindparam("account_id"))
_SET: Final = compiled(
    update(gateway_account)
    .where(
        _THIS,
        # What was sealed is sealed anew with each change: whoever saw older bytes would undo a newer change.
        G.credentials == bindparam("credentials_before"),
        G.webhook_secrets == bindparam("webhook_secrets_before"),
    )
    .values(
        {
            name: bindparam(name)
            for name in ("credentials", "webhook_secrets", "label", "vendor_id", "webhook_ref")
        }
    )
    .returning(G.id)
)
_CLOSE: Final = compiled(
    update(gateway_account).where(_THIS).values(closed_at=bindparam("closed_at")).returning(G.id)
)
_PLACE: Final = compiled(update(gateway_account).where(_THIS).values(position=bindparam("position")))
_OFFER: Final = compiled(
    update(gateway_account).where(_THIS).values(offering=bindparam("offering")).returning(G.id)
)
_SEEN: Final = compiled(update(gateway_account).where(_THIS).values(last_event_at=bindparam("at")))
_FAILED: Final = compiled(
    update(gateway_account)
    .where(_THIS)
    .values(last_failure_at=bindparam("at"), last_failure=bindparam("words"))
)
_FOREIGN: Final = compiled(update(gateway_account).where(_THIS).values(foreign_events=G.foreign_events + 1))


async def set_connection(tx: Tx, before: StoredAccount, after: StoredAccount) -> bool:
    """Other keys, webhook secrets or names. False: somebody has changed them since `before` was read."""
    row = await tx.one(
        _SET,
        merchant_id=before.merchant_id,
        account_id=before.id,
        credentials_before=before.credentials,
        webhook_secrets_before=before.webhook_secrets,
        credentials=after.credentials,
        webhook_secrets=after.webhook_secrets,
        label=after.label,
        vendor_id=after.vendor_id,
        webhook_ref=after.webhook_ref,
    )
    return row is not None


async def set_closed(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, closed_at: int | None
) -> bool:
    """Closes or (None) opens it. False: there is no such account."""
    row = await tx.one(_CLOSE, merchant_id=merchant_id, account_id=account_id, closed_at=closed_at)
    return row is not None


async def set_position(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, position: int) -> None:
    """Its place in the merchant's order."""
    await tx.run(_PLACE, merchant_id=merchant_id, account_id=account_id, position=position)


async def set_offering(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, offering: Offering
) -> bool:
    """What the account is offered for. False: there is no such account."""
    row = await tx.one(
        _OFFER, merchant_id=merchant_id, account_id=account_id, offering=offering_text(offering)
    )
    return row is not None


def offering_text(offering: Offering) -> str:
    """As it is stored; empty for everything."""
    if offering == EVERYTHING:
        return ""
    rules = [[rule.currency, rule.minimum_minor, rule.maximum_minor] for rule in offering.rules]
    return json.dumps({"rules": rules, "others": offering.has_others}, separators=(",", ":"))


def offering_of(text: str) -> Offering:
    """Reads what `offering_text` wrote."""
    if not text:
        return EVERYTHING
    kept = json.loads(text)
    return Offering(tuple(OfferRule(*rule) for rule in kept["rules"]), kept["others"])


async def note_event(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, *, at: int) -> None:
    """A genuine webhook came."""
    await tx.run(_SEEN, merchant_id=merchant_id, account_id=account_id, at=at)


async def note_failure(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, *, at: int, words: str
) -> None:
    """Something went wrong between the gateway and us."""
    await tx.run(_FAILED, merchant_id=merchant_id, account_id=account_id, at=at, words=words)


async def count_foreign(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """One more webhook about a payment that is not ours."""
    await tx.run(_FOREIGN, merchant_id=merchant_id, account_id=account_id)
