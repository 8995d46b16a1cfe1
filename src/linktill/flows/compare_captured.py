"""Links without money: payments that are captured here, and that their gateway does not have as we do.

A payment that the gateway has just listed as captured is not asked for again; of each other one the gateway is asked by itself,
since lists lag and leave things out. Nothing is undone: a person looks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.receipt import OFFLINE
from linktill.flows.accounts import Connection
from linktill.flows.announce import Subject, announce
from linktill.flows.comparing import Compared
from linktill.flows.representations import time_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import AttemptRef, Rejected
from linktill.platform.ids import encode
from linktill.platform.log import get_logger
from linktill.storage import mismatches
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount

SETTLED_US: Final = 3_600 * 1_000_000
"""A payment must be captured for so long: a look-up may lag behind the news of it."""
LOOKED_UP_MAX: Final = 200
"""In one comparison. The next day's goes on."""
PAGES_MAX: Final = 10_000
AGREES: Final = "The gateway has it as captured by now."

log = get_logger(__name__)


class MismatchObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is captured here, and that its gateway does not have so."""

    payment_id: str
    gateway_account_id: str
    gateway_says: str
    resolution: str | None = None
    """None: it needs a person. `gateway_agrees`: it has it by now. `settled`: a person has looked."""
    note: str = ""
    at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Payments made since then, and listed as captured by the gateway."""

    since: int
    listed: frozenset[str]


async def compare_captured(
    services: Services, stored: StoredAccount, found: Connection, window: Window, compared: Compared
) -> None:
    """Puts on the list what the gateway does not have, and takes off it what it has by now. Raises GatewayError."""
    if stored.gateway == OFFLINE:
        return  # what people said is all there is
    asked = dict(await services.database.read(mismatches.open_of_account, stored.merchant_id, stored.id))
    until, after = services.clock.now_us() - SETTLED_US, _first_id(window.since)
    for _ in range(PAGES_MAX):
        page = await services.database.report(_page, stored, window.since, until, after)
        asked.update({attempt_id: ref for attempt_id, ref in page if ref not in window.listed})
        if not page:
            break
        after = page[-1][0]
    for attempt_id, ref in list(asked.items())[:LOOKED_UP_MAX]:
        try:
            fact = await found.gateway.look_up(found.account, AttemptRef(attempt_id, ref))
        except Rejected as error:
            # One that cannot be asked for must not keep the comparison from being over.
            log.warning("payment.not_asked", attempt_id=attempt_id, error=str(error))
            continue
        compared.mismatched += await services.database.run(
            _note, moment_of(services), stored, attempt_id, fact
        )


async def settle_mismatch(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, *, by: str, note: str
) -> bool:
    """Unit: a person has looked, and takes it off the list. False: it is not on it."""
    account_id = await mismatches.resolve_mismatch(
        tx, merchant_id, attempt_id, by=by, note=note, now=moment.now
    )
    if account_id is None:
        return False
    thing = _object(moment, attempt_id, account_id, "settled", note=note)
    await _announce(tx, moment, merchant_id, thing)
    return True


def _first_id(at: int) -> str:
    """The lowest attempt id of that moment: a UUIDv7 begins with its milliseconds (RFC 9562, 5.7)."""
    return prefixes.ATTEMPT + encode(at // 1_000 << 80)


async def _page(
    tx: Tx, stored: StoredAccount, since: int, until: int, after: str
) -> list[tuple[AttemptId, str]]:
    return await mismatches.captured_since(
        tx, stored.merchant_id, stored.id, since=since, until=until, after=after
    )


async def _note(
    tx: Tx, moment: Moment, stored: StoredAccount, attempt_id: AttemptId, fact: AttemptFact
) -> bool:
    """Unit: True where this is news for a person."""
    if fact.kind is FactKind.UNKNOWN:
        return False
    merchant_id = stored.merchant_id
    if fact.kind is FactKind.CAPTURED:
        agreed = await mismatches.resolve_mismatch(
            tx, merchant_id, attempt_id, by="", note=AGREES, now=moment.now
        )
        if agreed is not None:
            thing = _object(moment, attempt_id, stored.id, "gateway_agrees", says="captured", note=AGREES)
            await _announce(tx, moment, merchant_id, thing)
        return False
    says = fact.kind.value
    if not await mismatches.put_mismatch(tx, merchant_id, attempt_id, stored.id, says, now=moment.now):
        return False
    await _announce(tx, moment, merchant_id, _object(moment, attempt_id, stored.id, None, says=says))
    return True


def _object(
    moment: Moment,
    attempt_id: AttemptId,
    account_id: str,
    resolution: str | None,
    *,
    says: str = "",
    note: str = "",
) -> MismatchObject:
    return MismatchObject(
        payment_id=attempt_id,
        gateway_account_id=account_id,
        gateway_says=says,
        resolution=resolution,
        note=note,
        at=time_of(moment.now),
    )


async def _announce(tx: Tx, moment: Moment, merchant_id: MerchantId, thing: MismatchObject) -> None:
    event = EventType.MISMATCH_FOUND if thing.resolution is None else EventType.MISMATCH_RESOLVED
    subject = Subject(merchant_id, thing.payment_id, None, thing.payment_id)
    await announce(tx, moment, event, subject, thing)
