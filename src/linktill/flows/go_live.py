"""A business opens its live books beside its test books, and sees what is still missing before payers can come.

Both are merchants of their own: links, payments, keys, endpoints and gateway accounts of one are not there in the other.
Name, addresses and currency are copied once and are each book's own from then on: what is tried out under Settings in the
test books must not appear on a real payer's page.
"""

import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.ids import MerchantId
from linktill.core.merchant import Merchant, Mode
from linktill.flows.last_backup import is_overdue, last_backup
from linktill.flows.services import Services
from linktill.platform.log import get_logger
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.merchants import get_merchant, insert_merchant, other_books

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a business needs before it takes real money. None of it is needed to open the live books."""

    has_live_books: bool
    gateways: tuple[str, ...]
    """Labels of the gateways that are connected in the live books."""
    has_mail_server: bool
    base_url: str
    is_base_url_public: bool
    """https, at a name that is not this machine's own."""
    backup_at: int | None
    is_backup_current: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of what is missing."""
        needed = {
            "gateway": bool(self.gateways),
            "mail_server": self.has_mail_server,
            "base_url": self.is_base_url_public,
            "backup": self.is_backup_current,
        }
        return tuple(name for name, is_there in needed.items() if not is_there)


async def go_live(services: Services, merchant_id: MerchantId) -> Merchant:
    """The live books of this merchant's business: made once, however often and by how many at once this is asked.

    Raises NotFound.
    """
    new_id = MerchantId(services.ids.new(prefixes.MERCHANT))
    live = await services.database.run(_go_live, merchant_id, new_id, services.clock.now_us())
    if live.id == new_id:
        log.info("live_books.opened", merchant_id=live.id, test_merchant_id=merchant_id)
    return live


async def read_readiness(services: Services, merchant_id: MerchantId, *, has_mail_server: bool) -> Readiness:
    """What this merchant's business has and lacks, seen from either of its books."""
    live_id, gateways, backup_at = await services.database.read(_load, merchant_id)
    offered = {kind.name for kind in services.gateways.kinds_for(Mode.LIVE)}
    now = services.clock.now_us()
    return Readiness(
        has_live_books=live_id is not None,
        gateways=tuple(services.gateways.label(name) for name in gateways if name in offered),
        has_mail_server=has_mail_server,
        base_url=services.base_url,
        is_base_url_public=is_public(services.base_url),
        backup_at=backup_at,
        is_backup_current=backup_at is not None and not is_overdue(backup_at, now),
    )


def is_public(base_url: str) -> bool:
    """Whether payers elsewhere can open it, and nobody on the way can read what they type."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host == "localhost" or host.endswith((".localhost", ".local", ".test")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


async def _go_live(tx: Tx, merchant_id: MerchantId, new_id: MerchantId, now: int) -> Merchant:
    known = await get_merchant(tx, merchant_id)
    if known is None:
        raise NotFound("There is no such merchant.")
    if known.mode is Mode.LIVE:
        return known
    # Claimed first: of two who are here at once, the second waits for the first and then finds what that one made.
    if await directory.claim(tx, directory.OTHER_BOOKS, merchant_id, new_id, new_id):
        await directory.claim(tx, directory.OTHER_BOOKS, new_id, merchant_id, merchant_id)
        live = replace(known, id=new_id, mode=Mode.LIVE, created_at=now)
        await insert_merchant(tx, live)
        return live
    live_id = await other_books(tx, merchant_id)
    found = None if live_id is None else await get_merchant(tx, live_id)
    assert found is not None, "who claimed the place has made the books in the same unit"
    return found


async def _load(tx: Tx, merchant_id: MerchantId) -> tuple[MerchantId | None, tuple[str, ...], int | None]:
    known = await get_merchant(tx, merchant_id)
    if known is None:
        raise NotFound("There is no such merchant.")
    live_id = merchant_id if known.mode is Mode.LIVE else await other_books(tx, merchant_id)
    accounts = [] if live_id is None else await accounts_of(tx, live_id)
    # A gateway with two accounts counts once, in the order in which they were connected.
    gateways = tuple(dict.fromkeys(account.gateway for account in accounts))
    return live_id, gateways, await last_backup(tx)
