"""`linktill links import`: links from a CSV file, on the database of this installation. Needs no server.

What is begun here is an import as any other: when this command is ended in the middle, a running server goes on with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from linktill.cli.files import path_parameter, to_read, to_replace
from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import FAILED, OK, AsJson, Table, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import LinkImportId, MerchantId
from linktill.core.link_import import FILE_MAX_BYTES, UNDER_WAY, LinkImport, RowStatus
from linktill.flows.csv_text import MARK, csv_text
from linktill.flows.import_links import import_links
from linktill.flows.import_objects import PaymentLinkImportRowObject, row_object
from linktill.flows.link_imports import begin_import, read_import, row_outcomes, upload
from linktill.flows.link_reports import REPORT_COLUMNS, import_report, report_line
from linktill.flows.plan_links import RowOutcome, plan_rows
from linktill.flows.read_link_file import read_rows
from linktill.flows.services import Services

BY: Final = "command line"
ROWS_AT_ONCE: Final = 200
SHOWN_MAX: Final = 100
LOOK_S: Final = 0.2
STANDSTILL_S: Final = 3.0
"""After so long without a new link nobody seems to tell the news of the links before: then nobody is waited for."""
TOLD_EVERY_S: Final = 5.0


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a file. `import_id` is left out where the file was only checked."""

    rows_count: int
    ready_count: int
    link_count: int
    existing_count: int
    failed_count: int
    failed: list[PaymentLinkImportRowObject]
    import_id: str | None = None


@dataclass
class _Check:
    """What the rows come to, as they are looked at."""

    found: dict[RowStatus, int] = field(default_factory=dict)
    failed: list[RowOutcome] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def import_(
    file: Annotated[
        Path, path_parameter(to_read, "The CSV file: docs/bulk.md says what may stand in it.", name="file")
    ],
    /,
    *,
    make: Annotated[
        bool, Parameter(negative="", help="Make the links. Without it every row is only checked.")
    ] = False,
    report: Annotated[
        Path | None,
        path_parameter(to_replace, "Write what became of each row into this CSV file.", name="--report"),
    ] = None,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Checks the file, row by row; with --make makes the links. A file that comes again makes no link twice.

    The exit code is 1 where a row is at fault.
    """
    with file.open("rb") as opened:
        data = opened.read(FILE_MAX_BYTES + 1)
    settings = settings_now()
    work = _make if make else _check

    async def command() -> tuple[Imported, bytes]:
        async with local_services(settings) as services:
            return await work(services, await merchant_of(services, whose), data, file.name)

    imported, lines = run(command)
    if report is not None:
        report.write_bytes(lines)
    answer(imported, as_json=json, person=lambda: _table(imported))
    if not json:
        message(_words(imported))
    return FAILED if imported.failed_count else OK


Work = Callable[[Services, MerchantId, bytes, str], Awaitable[tuple[Imported, bytes]]]


async def _check(
    services: Services, merchant_id: MerchantId, data: bytes, _name: str
) -> tuple[Imported, bytes]:
    """Nothing is written."""
    origin = services.origin_of(merchant_id)
    read, check = read_rows(data), _Check(lines=[MARK, csv_text([REPORT_COLUMNS])])
    while rows := list(islice(read, ROWS_AT_ONCE)):
        outcomes = [each.outcome for each in await plan_rows(services, merchant_id, rows)]
        check.lines.append(csv_text(report_line(origin, outcome) for outcome in outcomes))
        for outcome in outcomes:
            check.found[outcome.status] = check.found.get(outcome.status, 0) + 1
            if outcome.faults and len(check.failed) < SHOWN_MAX:
                check.failed.append(outcome)
    imported = Imported(
        rows_count=sum(check.found.values()),
        ready_count=check.found.get(RowStatus.READY, 0),
        link_count=0,
        existing_count=check.found.get(RowStatus.EXISTING, 0),
        failed_count=check.found.get(RowStatus.FAILED, 0),
        failed=[row_object(origin, outcome) for outcome in check.failed],
    )
    return imported, "".join(check.lines).encode()


async def _make(
    services: Services, merchant_id: MerchantId, data: bytes, name: str
) -> tuple[Imported, bytes]:
    uploaded = await upload(services, merchant_id, data, file_name=name, by=BY)
    begun = await begin_import(services, uploaded, starts=True)
    ended = await _worked_through(services, begun)
    failed = await row_outcomes(services, merchant_id, ended.id, after=0, limit=SHOWN_MAX, only_failed=True)
    imported = Imported(
        import_id=ended.id,
        rows_count=ended.rows,
        ready_count=0,
        link_count=ended.created,
        existing_count=ended.existing,
        failed_count=ended.failed,
        failed=[row_object(services.origin_of(merchant_id), outcome) for outcome in failed],
    )
    return imported, await import_report(services, merchant_id, ended.id)


async def _worked_through(services: Services, begun: LinkImport) -> LinkImport:
    """Works on it until its end, in turn with a server's worker if there is one."""
    clock = services.clock
    done, moved_s = 0, clock.monotonic_s()
    told_s, gives_way = moved_s, True
    while True:
        await import_links(services, gives_way=gives_way)
        now = await read_import(services, begun.merchant_id, LinkImportId(begun.id))
        if now.status not in UNDER_WAY:
            return now
        if now.done != done:
            done, moved_s = now.done, clock.monotonic_s()
        elif clock.monotonic_s() - moved_s > STANDSTILL_S:
            gives_way = False
        if clock.monotonic_s() - told_s > TOLD_EVERY_S:
            told_s = clock.monotonic_s()
            message(f"{now.done} of {now.rows} rows.")
        await clock.sleep(LOOK_S if now.done == done else 0)


def _table(imported: Imported) -> Table:
    rows = [
        (str(row.row), row.key, (error.column or ""), error.message)
        for row in imported.failed
        for error in row.errors
    ]
    return Table(("Row", "Key", "Column", "What to mend"), rows, empty="No row is at fault.")


def _words(imported: Imported) -> str:
    parts = [f"{imported.rows_count} rows"]
    if imported.import_id is None:
        parts.append(f"{imported.ready_count} would make a link")
    else:
        parts.append(f"{imported.link_count} links made")
    parts += [f"{imported.existing_count} have made theirs before", f"{imported.failed_count} at fault"]
    more = "" if imported.import_id is not None or not imported.ready_count else " Make them with --make."
    return f"{', '.join(parts)}.{more}"
