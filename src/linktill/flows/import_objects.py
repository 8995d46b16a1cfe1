"""Imports of links as programs see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.link_import import LinkImport
from linktill.flows.link_reports import page_url
from linktill.flows.plan_links import RowOutcome
from linktill.flows.representations import time_of


class PaymentLinkImportObject(msgspec.Struct, frozen=True, kw_only=True):
    """A file of links, and how far it is."""

    object: Literal["payment_link_import"] = "payment_link_import"
    id: str
    status: str
    file_name: str
    rows_count: int
    done_count: int
    ready_count: int
    link_count: int
    existing_count: int
    failed_count: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class ImportRowErrorObject(msgspec.Struct, frozen=True, kw_only=True):
    """A cell at fault."""

    column: str | None
    message: str


class PaymentLinkImportRowObject(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row."""

    object: Literal["payment_link_import_row"] = "payment_link_import_row"
    row: int
    key: str
    status: str
    payment_link_id: str | None
    url: str | None
    about: str
    remark: str
    errors: Sequence[ImportRowErrorObject]


def import_object(found: LinkImport) -> PaymentLinkImportObject:
    """The import as it stands."""
    return PaymentLinkImportObject(
        id=found.id,
        status=found.status.value,
        file_name=found.file_name,
        rows_count=found.rows,
        done_count=found.done,
        ready_count=found.ready,
        link_count=found.created,
        existing_count=found.existing,
        failed_count=found.failed,
        created_by=found.by,
        created_at=time_of(found.created_at),
        updated_at=time_of(found.updated_at),
    )


def row_object(origin: str, outcome: RowOutcome) -> PaymentLinkImportRowObject:
    """What became of a row. `origin`: how addresses of its merchant's links begin."""
    return PaymentLinkImportRowObject(
        row=outcome.number,
        key=outcome.key,
        status=outcome.status.value,
        payment_link_id=outcome.link_id,
        url=None if outcome.slug is None else page_url(origin, outcome.slug),
        about=outcome.about,
        remark=outcome.note,
        errors=[
            ImportRowErrorObject(column=fault.column or None, message=str(fault.message))
            for fault in outcome.faults
        ],
    )
