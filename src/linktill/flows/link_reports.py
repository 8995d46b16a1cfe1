"""Links, and what became of the rows of a file of links, as CSV to take along."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from linktill.core.ids import LinkId, LinkImportId, MerchantId
from linktill.core.money import Money, decimal_text
from linktill.core.payment_link import PaymentLink, standing
from linktill.flows.csv_text import MARK, csv_text
from linktill.flows.link_columns import COLUMNS, METADATA, SLUG
from linktill.flows.link_imports import row_outcomes
from linktill.flows.plan_links import RowOutcome
from linktill.flows.representations import time_of
from linktill.flows.services import Services

REPORT_COLUMNS: Final = ("row", "key", "status", "link_id", "url", "about", "remarks")
_ROWS_AT_ONCE: Final = 1_000
NO_OTHERS: Final[Mapping[LinkId, Sequence[Money]]] = MappingProxyType({})


async def import_report(
    services: Services, merchant_id: MerchantId, import_id: LinkImportId, *, only_failed: bool = False
) -> bytes:
    """A CSV file with a line for each row that was worked on."""
    parts = [MARK, csv_text([REPORT_COLUMNS])]
    after = 0
    while True:
        found = await row_outcomes(
            services, merchant_id, import_id, after=after, limit=_ROWS_AT_ONCE, only_failed=only_failed
        )
        parts.append(csv_text(report_line(services.origin_of(merchant_id), outcome) for outcome in found))
        if len(found) < _ROWS_AT_ONCE:
            return "".join(parts).encode()
        after = found[-1].number


def report_line(origin: str, outcome: RowOutcome) -> Sequence[str]:
    """A row's line in the report. `origin`: how addresses of its merchant's links begin."""
    return (
        str(outcome.number),
        outcome.key,
        outcome.status.value,
        outcome.link_id or "",
        "" if outcome.slug is None else page_url(origin, outcome.slug),
        outcome.about,
        told(outcome),
    )


def page_url(origin: str, slug: str) -> str:
    """What the payer opens."""
    return f"{origin}/p/{slug}"


def told(outcome: RowOutcome) -> str:
    """Everything that is to be said of a row, in one cell."""
    faults = [
        f"{fault.column}: {fault.message}" if fault.column else fault.message for fault in outcome.faults
    ]
    return " ".join([*faults, *([outcome.note] if outcome.note else [])])


def links_csv(
    services: Services, links: Sequence[PaymentLink], others: Mapping[LinkId, Sequence[Money]] = NO_OTHERS
) -> bytes:
    """Links as they stand now. The columns of an import are among the others, under their names. `others`: what came in
    currencies but the link's own (`flows/link_totals.py`).
    """
    now = services.clock.now_us()
    keys = sorted({key for link in links for key in link.terms.metadata})
    heading = ["id", "url", "status", "total", "payments", "received", "received_in_others"]
    heading += ["created_at", SLUG]
    heading += [column.name for column in COLUMNS]
    heading += [METADATA + key for key in keys]
    rows = [
        [
            link.id,
            page_url(services.origin_of(link.merchant_id), link.slug),
            standing(link, now).value,
            decimal_text(link.terms.due),
            str(link.captured_count),
            decimal_text(_received(link)),
            ", ".join(f"{decimal_text(each)} {each.currency}" for each in others.get(link.id, ())),
            time_of(link.created_at).isoformat(),
            link.slug,
            *(column.shown(link.terms) for column in COLUMNS),
            *(link.terms.metadata.get(key, "") for key in keys),
        ]
        for link in links
    ]
    return (MARK + csv_text([heading, *rows])).encode()


def _received(link: PaymentLink) -> Money:
    return Money(link.captured_minor - link.refunded_minor, link.terms.amount.currency)
