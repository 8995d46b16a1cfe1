"""What needs doing, as one list: what cannot wait first, each with the page on which it is done."""

from typing import Final

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId
from linktill.core.merchant import Mode
from linktill.flows.last_backup import is_overdue, last_backup
from linktill.flows.stuck_work import count_stuck
from linktill.platform.ids import encode
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import count_waiting
from linktill.storage.foreign_payments import count_foreign
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.held_payments import count_ending
from linktill.storage.link_requests import count_open
from linktill.storage.mismatches import count_mismatches
from linktill.storage.needs import Need, count_failed, count_links
from linktill.storage.overview import count_needs_review
from linktill.storage.recovery import count_parked
from linktill.web.dashboard.home.view import Task

DAY_US: Final = 24 * 3600 * 1_000_000
FAILED_US: Final = 7 * DAY_US


async def tasks_of(
    tx: Tx, merchant_id: MerchantId, mode: Mode, *, now: int, is_room_short: bool
) -> list[Task]:
    """Unit: in the order in which they are shown; those of which there are none are left out."""
    found = [
        Task("room", int(is_room_short)),
        Task("backup", int(is_overdue(await last_backup(tx), now))),
        Task("disputes", await count_waiting(tx, merchant_id, now=now), "/dashboard/disputes?status=waiting"),
        Task("review", await count_needs_review(tx, merchant_id), "/dashboard/payments?status=needs_review"),
        Task(
            "ending",
            await count_ending(tx, merchant_id, until=now + 2 * DAY_US),
            "/dashboard/payments?status=authorized",
        ),
        Task(
            "reconcile",
            await count_foreign(tx, merchant_id) + await count_mismatches(tx, merchant_id),
            "/dashboard/reconcile",
        ),
        Task("stuck", await count_stuck(tx, merchant_id), "/dashboard/stuck"),
        Task("parked", await count_parked(tx, merchant_id)),
        Task(
            "overdue",
            await count_links(tx, merchant_id, Need.OVERDUE, now=now),
            "/dashboard/links?status=overdue",
        ),
        Task("requests", await count_open(tx, merchant_id), "/dashboard/requests"),
        Task(
            "expiring",
            await count_links(tx, merchant_id, Need.EXPIRING, now=now),
            "/dashboard/links?status=expiring",
        ),
        Task(
            "failed",
            await count_failed(tx, merchant_id, since=prefixes.ATTEMPT + first_of(now - FAILED_US)),
            "/dashboard/payments?status=failed",
        ),
    ]
    if mode is Mode.LIVE and not await accounts_of(tx, merchant_id):
        found.insert(0, Task("gateway", 1, "/dashboard/gateways"))
    return [task for task in found if task.count]


def first_of(at_us: int) -> str:
    """The lowest id of that moment, without its prefix: a UUIDv7 begins with its milliseconds (RFC 9562, 5.7)."""
    return encode(at_us // 1_000 << 80)
