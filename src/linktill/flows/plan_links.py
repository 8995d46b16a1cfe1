"""What rows of a file come to: a link, one that is there already, or what is wrong. Decides, and writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.ids import MerchantId
from linktill.core.link_import import Counted, RowStatus
from linktill.core.money import decimal_text
from linktill.core.payment_link import PaymentLink
from linktill.core.slug import checked_slug, taken
from linktill.flows.link_columns import SLUG, faults_of, read_fields
from linktill.flows.manage_links import new_link
from linktill.flows.offers import TermsCheck, terms_check
from linktill.flows.read_link_file import Fault, FileRow
from linktill.flows.services import Services
from linktill.storage import directory, link_imports
from linktill.storage.database import Tx
from linktill.storage.link_imports import Known

CHANGED: Final = (
    "The row is not what it was when it made this link; the link stays as it is. Edit the link instead."
)
ABOUT_MAX: Final = 80


class RowOutcome(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What became of a row, as kept. `about`: price and description of the link that it makes or has made;
    `note`: a word beside a link that was there already.
    """

    number: int
    key: str
    status: RowStatus
    link_id: str | None = None
    slug: str | None = None
    about: str = ""
    note: str = ""
    faults: list[Fault] = []


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and what it comes to. `link` None: it makes none."""

    row: FileRow
    outcome: RowOutcome
    link: PaymentLink | None = None


async def plan_rows(services: Services, merchant_id: MerchantId, rows: Sequence[FileRow]) -> list[Planned]:
    """What each of the rows comes to by what is known now."""
    takes = await terms_check(services, merchant_id)
    known, taken_slugs = await services.database.read(_look_up, merchant_id, rows)
    return [_planned(services, merchant_id, row, takes, known, taken_slugs) for row in rows]


async def _look_up(
    tx: Tx, merchant_id: MerchantId, rows: Sequence[FileRow]
) -> tuple[dict[str, Known], frozenset[str]]:
    """Unit: the links that these rows have made, and which of the addresses that they ask for are taken."""
    known = await link_imports.known_keys(tx, merchant_id, [row.identity for row in rows])
    asked = [row.cells[SLUG].lower() for row in rows if SLUG in row.cells and row.identity not in known]
    found = [slug for slug in asked if await directory.find(tx, directory.SLUG, slug) is not None]
    return known, frozenset(found)


def _planned(
    services: Services,
    merchant_id: MerchantId,
    row: FileRow,
    takes: TermsCheck,
    known: Mapping[str, Known],
    taken_slugs: frozenset[str],
) -> Planned:
    before = known.get(row.identity)
    if before is not None and not row.is_unclear:
        # Before any rule: an expiry that was to come when the link was made may have passed.
        return Planned(row, existing(row, before))
    made, faults = _link(services, merchant_id, row, takes)
    if made is not None and SLUG in row.cells and made.slug in taken_slugs:
        faults = [Fault(SLUG, taken(made.slug))]
    if faults or made is None:
        return Planned(row, failed(row, faults))
    return Planned(
        row, RowOutcome(number=row.number, key=row.key, status=RowStatus.READY, about=_about(made)), made
    )


def _link(
    services: Services, merchant_id: MerchantId, row: FileRow, takes: TermsCheck
) -> tuple[PaymentLink | None, list[Fault]]:
    """The link of the row, or every cell at fault, each once: what cannot be read is not told again by the rules."""
    told = {fault.column: fault for fault in row.faults}
    fields, unread = read_fields(row.cells)
    _tell(told, unread)
    slug = row.cells.get(SLUG, "")
    try:
        slug = checked_slug(slug) if slug else ""
    except FieldInvalid as invalid:
        _tell(told, faults_of(invalid))
        slug = ""
    try:
        made = new_link(services, merchant_id, fields, takes, slug=slug)
    except FieldInvalid as invalid:
        _tell(told, faults_of(invalid))
        return None, list(told.values())
    return (None, list(told.values())) if told else (made, [])


def _tell(told: dict[str, Fault], errors: Sequence[FieldError]) -> None:
    for error in errors:
        told.setdefault(error.param, Fault(error.param, error.message))


def existing(row: FileRow, before: Known) -> RowOutcome:
    """The row has made its link before."""
    return RowOutcome(
        number=row.number,
        key=row.key,
        status=RowStatus.EXISTING,
        link_id=before.link_id,
        slug=before.slug,
        note="" if before.digest == row.digest else CHANGED,
    )


def created(row: FileRow, link: PaymentLink) -> RowOutcome:
    """The row has made this link."""
    return RowOutcome(
        number=row.number,
        key=row.key,
        status=RowStatus.CREATED,
        link_id=link.id,
        slug=link.slug,
        about=_about(link),
    )


def _about(link: PaymentLink) -> str:
    """Enough to see that the row was read as it was meant."""
    amount = link.terms.amount
    return f"{decimal_text(amount)} {amount.currency}, {link.terms.description[:ABOUT_MAX]}"


def failed(row: FileRow, faults: Sequence[Fault]) -> RowOutcome:
    """The row makes no link."""
    return RowOutcome(number=row.number, key=row.key, status=RowStatus.FAILED, faults=list(faults))


def counted(outcomes: Sequence[RowOutcome]) -> Counted:
    """How many of each."""
    found = [outcome.status for outcome in outcomes]
    return Counted(*(found.count(status) for status in RowStatus))
