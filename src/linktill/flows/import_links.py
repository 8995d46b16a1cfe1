"""The worker's turn at files of links: each takes the next rows of one merchant's file, then of another's.

A unit makes a few links, keeps what came of their rows and moves the import on, all or nothing: whoever is killed in the
middle, the next one goes on at the same row. One worker at a time holds the lease. It gives way while the news of what it has
made wait to be told, so that no payment's news wait behind those of fifty thousand links: a file goes no faster than the
merchant's endpoints take its news. One that takes none is not waited for.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NoRoom
from linktill.core.ids import LinkImportId, MerchantId
from linktill.core.link_import import UNDER_WAY, ImportStatus, LinkImport
from linktill.flows.link_columns import faults_of
from linktill.flows.manage_links import store_link
from linktill.flows.plan_links import Planned, RowOutcome, counted, created, failed, plan_rows
from linktill.flows.read_link_file import Fault, FileRow
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import link_imports, queues
from linktill.storage.database import Tx
from linktill.storage.leases import Lease, LeaseLost, acquire, confirm, release
from linktill.storage.link_imports import Settled
from linktill.storage.webhook_endpoints import endpoints_of

LEASE: Final = "import_links"
LEASE_US: Final = 30 * 1_000_000
TURN_S: Final = 5.0
"""Then the turn ends, well within the lease."""
PIECES_MAX: Final = 10
"""In one unit, of which at most one makes links."""
WAITING_MAX: Final = 200
"""So much of a merchant's news may wait to be told while links are made, and so much for any one of its endpoints."""
GIVE_WAY_S: Final = 0.05
KEPT_US: Final = 90 * 24 * 3600 * 1_000_000
UPLOAD_KEPT_US: Final = 24 * 3600 * 1_000_000
REMOVALS_MAX: Final = 20

ROWS: Final = msgspec.json.Decoder(list[FileRow])
OUTCOMES: Final = msgspec.json.Decoder(list[RowOutcome])
ENCODER: Final = msgspec.json.Encoder()


class _Overtaken(Exception):
    """Somebody else has made the link of one of these rows, or moved the import, meanwhile."""


async def import_links(services: Services, *, gives_way: bool = True) -> int:
    """Works on what is under way, a piece of each in turn; answers 0 where there was nothing to do. A worker step.

    `gives_way`: waits while much of the merchant's news is still to be told.
    """
    waiting = await services.database.read(link_imports.imports_under_way)
    if not waiting or not moment_of(services).has_room:
        return 0
    lease = await services.database.run(acquire, LEASE, services.randomness.token(9), LEASE_US)
    if lease is None:
        return 0
    taken = 0
    until_s = services.clock.monotonic_s() + TURN_S
    try:
        worked = True
        while worked and services.clock.monotonic_s() < until_s:
            worked = False
            for merchant_id, import_id in waiting:
                worked = (
                    await _take_piece(services, lease, merchant_id, import_id, gives_way=gives_way) or worked
                )
            taken += worked
    except LeaseLost:
        return taken
    await services.database.run(release, lease)
    if not taken:
        # Its news are being told: look again soon.
        await services.clock.sleep(GIVE_WAY_S)
    return max(1, taken)


async def forget_imports(services: Services) -> int:
    """Removes what nobody has touched for ninety days: a worker step. Which row made which link stays known."""
    now = services.clock.now_us()
    total = 0
    for _ in range(REMOVALS_MAX):
        removed = await services.database.run(
            link_imports.remove_old, before=now - KEPT_US, uploaded_before=now - UPLOAD_KEPT_US
        )
        total += removed
        if not removed:
            break
    return total


async def _take_piece(
    services: Services, lease: Lease, merchant_id: MerchantId, import_id: LinkImportId, *, gives_way: bool
) -> bool:
    """Takes the next piece. False: there is none, or it has to wait."""
    until = services.clock.now_us() if gives_way else None
    before = await services.database.read(_may_go_on, merchant_id, import_id, until)
    if before is None:
        return False
    planned = await _plan(services, before)
    try:
        await services.database.run(_settle, moment_of(services), lease, before, planned)
    except (_Overtaken, NoRoom):
        return False
    if before.status is ImportStatus.RUNNING:
        services.wake.now()
    return True


async def _may_go_on(
    tx: Tx, merchant_id: MerchantId, import_id: LinkImportId, until: int | None
) -> LinkImport | None:
    """Unit: the import, if there is something to do now. Links wait where much that was due by `until` is to be told."""
    found = await link_imports.get_import(tx, merchant_id, import_id)
    if found is None or found.status not in UNDER_WAY:
        return None
    if found.status is ImportStatus.RUNNING and until is not None:
        if await link_imports.count_waiting(tx, merchant_id, until=until, limit=WAITING_MAX) >= WAITING_MAX:
            return None
        for endpoint in await endpoints_of(tx, merchant_id):
            waiting = await queues.waiting(
                tx, merchant_id, endpoint.id, prefix=prefixes.DELIVERY, now=until, limit=WAITING_MAX
            )
            if waiting >= WAITING_MAX:
                return None
    return found


async def _plan(services: Services, of: LinkImport) -> list[list[Planned]]:
    """What the next pieces come to: as many as one unit may take, since it is the links that take its time."""
    pieces: list[list[Planned]] = []
    links = 0
    while len(pieces) < min(PIECES_MAX, of.pieces - of.next_piece) and not (
        links and of.status is ImportStatus.RUNNING
    ):
        number = of.next_piece + len(pieces)
        rows = await services.database.read(link_imports.read_piece, of.merchant_id, of.id, number)
        pieces.append(await plan_rows(services, of.merchant_id, ROWS.decode(rows)))
        links += sum(each.link is not None for each in pieces[-1])
        # Others want their turn, too.
        await services.clock.sleep(0)
    return pieces


async def _settle(
    tx: Tx, moment: Moment, lease: Lease, before: LinkImport, planned: Sequence[Sequence[Planned]]
) -> None:
    """Unit: makes the links, if that is what is asked for, and moves on. Raises _Overtaken, LeaseLost and NoRoom."""
    await confirm(tx, lease)
    now = await link_imports.lock_import(tx, before.merchant_id, before.id)
    if now != before:
        raise _Overtaken
    pieces: list[Settled] = []
    for number, piece in enumerate(planned, before.next_piece):
        outcomes = [each.outcome for each in piece]
        if before.status is ImportStatus.RUNNING:
            outcomes = [await _make(tx, moment, before, each) for each in piece]
        pieces.append(Settled(number, ENCODER.encode(outcomes).decode(), len(outcomes), counted(outcomes)))
    is_last = before.next_piece + len(pieces) == before.pieces
    after = before.status
    if is_last:
        after = ImportStatus.DONE if before.status is ImportStatus.RUNNING else ImportStatus.CHECKED
    is_ours = await link_imports.advance(tx, before, after, pieces, now=moment.now)
    assert is_ours, "the import is locked"


async def _make(tx: Tx, moment: Moment, of: LinkImport, planned: Planned) -> RowOutcome:
    link, row = planned.link, planned.row
    if link is None:
        return planned.outcome
    try:
        await store_link(tx, moment, link, of.by)
    except FieldInvalid as refusal:
        # The address was taken meanwhile; nothing was written.
        return failed(row, [Fault(error.param, error.message) for error in faults_of(refusal)])
    if not await link_imports.claim_key(tx, of.merchant_id, row.identity, link.id, row.digest):
        raise _Overtaken
    return created(row, link)
