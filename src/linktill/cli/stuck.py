"""`linktill stuck`: webhooks and news that were tried for a day and given up."""

from functools import partial

from linktill.cli.backup import time_of
from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import OK, AsJson, CommandFailed, Table, answer
from linktill.cli.parked import All, Ids
from linktill.cli.running import local_services, run, settings_now
from linktill.core.errors import NotFound
from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.flows.stuck_work import StuckWork, list_stuck, retry_stuck
from linktill.settings import Settings
from linktill.storage.invariants import merchants


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Newest first. Exit code 0 also where something is stuck."""
    found = run(partial(_list, settings_now(), whose))
    data = [
        {
            "id": work.id,
            "merchant_id": work.merchant_id,
            "kind": work.kind,
            "event_type": work.event_type,
            "payment_id": work.payment_id,
            "since": time_of(work.since),
            "tries": work.tries,
            "last_error": work.error,
        }
        for work in found
    ]
    answer({"data": data}, as_json=json, person=lambda: _table(found))
    return OK


def retry(ids: Ids = None, /, *, all_: All = False, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Try it again from the start: the worker does so next."""
    if bool(ids) is all_:
        raise CommandFailed("usage", "Name the ids that are listed, or say --all.", name="ids", status=2)
    tried = run(partial(_retry, settings_now(), whose, ids))
    answer({"retried": tried}, as_json=json, person=lambda: f"{len(tried)} tried again.")
    return OK


async def _list(settings: Settings, whose: Whose) -> list[StuckWork]:
    async with local_services(settings) as services:
        return [
            work
            for merchant_id in await _merchants(services, whose)
            for work in await list_stuck(services, merchant_id)
        ]


async def _retry(settings: Settings, whose: Whose, ids: list[str] | None) -> list[str]:
    async with local_services(settings) as services:
        meant = await _merchants(services, whose)
        if ids is None:
            return [work_id for each in meant for work_id in await _retry_all(services, each)]
        for each in ids:
            await _retry_one(services, meant, each)
        return ids


async def _retry_all(services: Services, merchant_id: MerchantId) -> list[str]:
    tried: list[str] = []
    # A list has an end, what is stuck may not: what was tried again is not on the next one.
    while found := await list_stuck(services, merchant_id):
        for work in found:
            await retry_stuck(services, merchant_id, work.id)
            tried.append(work.id)
    return tried


async def _retry_one(services: Services, meant: list[MerchantId], work_id: str) -> None:
    for merchant_id in meant:
        try:
            await retry_stuck(services, merchant_id, work_id)
        except NotFound:
            continue
        return
    raise CommandFailed("not_found", f"Nothing is stuck under {work_id[:80]}.", name="ids")


async def _merchants(services: Services, whose: Whose) -> list[MerchantId]:
    """All, unless some are meant."""
    return await services.database.read(merchants) if whose.is_any else [await merchant_of(services, whose)]


def _table(found: list[StuckWork]) -> Table:
    rows = [
        (
            str(time_of(work.since)),
            f"{'Webhook' if work.kind == 'webhook' else 'News of'} {work.event_type}".strip(),
            work.payment_id or "",
            str(work.tries),
            work.error,
            work.id,
        )
        for work in found
    ]
    heads = ("Since", "What", "Payment", "Tries", "Last error", "Id")
    return Table(heads, rows, empty="Nothing is stuck.")
