"""Is a webhook genuine? Where that cannot be found out when it comes (the gateway gives no certificate and no verdict), it is
kept unverified, and verified by the worker before anything else is done with it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.accounts import Connection
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import Account, Hint, NotVerifiedYet, SignatureRefused
from linktill.storage import inbox
from linktill.storage.database import Tx
from linktill.storage.inbox import Received

UNVERIFIED: Final = "unverified"
"""The type of an event of which nobody knows yet what it is."""
KEPT_MAX: Final = 200
"""So many wait for one account: a stranger can send some, too. Further ones are not taken, and come again."""
HEADERS_MAX_BYTES: Final = 16 * 1024
_EVENT_ID: Final = re.compile(rf"{UNVERIFIED}:[0-9a-f]{{64}}")
_NOT_KEPT: Final = frozenset({"authorization", "cookie"})


class _Kept(msgspec.Struct, frozen=True):
    """What verifying needs besides the body."""

    headers: dict[str, str]
    received_at: int


_read_kept: Final = msgspec.json.Decoder(_Kept).decode


async def verified(
    services: Services, found: Connection, headers: Mapping[str, str], body: bytes, *, now: int
) -> Hint:
    """What a webhook is about that came at `now`. Raises SignatureRefused, and GatewayError where nobody can tell now."""
    try:
        return found.gateway.verify(found.account, headers, body, now=now)
    except NotVerifiedYet:
        services.standing.check()
        await found.gateway.prepare(found.account, headers, body, now=now)
        return found.gateway.verify(found.account, headers, body, now=now)


async def keep_unverified(
    services: Services, account: Account, headers: Mapping[str, str], body: bytes
) -> bool:
    """Stores what could not be verified. False: there is no room for it. Raises SignatureRefused for what is no text."""
    kept = _Kept(
        {name: text for name, text in headers.items() if name not in _NOT_KEPT}, services.clock.now_us()
    )
    told = msgspec.json.encode(kept)
    if len(told) > HEADERS_MAX_BYTES:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SignatureRefused("The body is not an event.")
    new = _Unverified(account, told.decode(), text)
    return await services.database.run(_keep, moment_of(services), new)


@dataclass(frozen=True, slots=True)
class _Unverified:
    account: Account
    kept: str
    body: str


async def _keep(tx: Tx, moment: Moment, new: _Unverified) -> bool:
    account = new.account
    if await inbox.count_pending(tx, account.merchant_id, account.id, UNVERIFIED) >= KEPT_MAX:
        return False
    # The same delivery again has the same signature: its headers and body, without when it came.
    headers = sorted(_read_kept(new.kept).headers.items())
    digest = hashlib.sha256(repr((headers, new.body)).encode()).hexdigest()
    row = inbox.NewReceived(
        merchant_id=account.merchant_id,
        id=moment.ids.new(prefixes.INBOX),
        gateway_account_id=account.id,
        event_id=f"{UNVERIFIED}:{digest}",
        event_type=UNVERIFIED,
        hint=new.kept,
        body=new.body,
        received_at=moment.now,
    )
    await inbox.store(tx, row)
    return True


def genuine(
    moment: Moment, merchant_id: MerchantId, account_id: GatewayAccountId, hint: Hint, body: str
) -> inbox.NewReceived:
    """A verified webhook as it is kept."""
    return inbox.NewReceived(
        merchant_id=merchant_id,
        id=moment.ids.new(prefixes.INBOX),
        gateway_account_id=account_id,
        event_id=hint.event_id,
        event_type=hint.event_type,
        hint=msgspec.json.encode(hint).decode(),
        body=body,
        received_at=moment.now,
    )


def is_unverified(received: Received) -> bool:
    """Was it kept before anybody knew whether it is genuine?"""
    return _EVENT_ID.fullmatch(received.event_id) is not None


async def verify_late(services: Services, found: Connection, received: Received) -> None:
    """A genuine one joins the others, under its own event id; another one is done. Raises GatewayError: not yet."""
    kept = _read_kept(received.hint)
    body = await services.database.read(inbox.body_of, received.merchant_id, received.id)
    try:
        hint = await verified(services, found, kept.headers, body.encode(), now=kept.received_at)
    except SignatureRefused as refused:
        await services.database.run(_refused, received, str(refused))
        return
    await services.database.run(_exchange, moment_of(services), received, hint, body)
    services.wake.now()


async def _refused(tx: Tx, received: Received, words: str) -> None:
    await inbox.done(tx, received, remark=f"not genuine: {words}"[:300])


async def _exchange(tx: Tx, moment: Moment, received: Received, hint: Hint, body: str) -> None:
    await inbox.store(tx, genuine(moment, received.merchant_id, received.gateway_account_id, hint, body))
    await inbox.done(tx, received, remark=f"genuine: {hint.event_id}"[:300])
