"""Payment links from a file over the API."""

import re
from enum import StrEnum
from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, Parameter, choice_parameter, cursor_parameter
from linktill.api.schemas import Nothing
from linktill.core.ids import LINK_IMPORT, LinkImportId
from linktill.core.link_import import FILE_NAME_MAX, LinkImport
from linktill.flows import link_imports
from linktill.flows.import_objects import (
    PaymentLinkImportObject,
    PaymentLinkImportRowObject,
    import_object,
    row_object,
)
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.link_imports import BEFORE_ALL, list_imports

_ROW: Final = re.compile("[1-9][0-9]{0,8}", re.ASCII)


class OnlyFailed(StrEnum):
    """What a list of rows may be narrowed to."""

    FAILED = "failed"


class Start(StrEnum):
    """When the links are made."""

    LATER = "false"
    AT_ONCE = "true"


def _read_row(text: str) -> int:
    if _ROW.fullmatch(text) is None:
        raise ValueError("Send next_cursor of the page before.")
    return int(text)


def _read_name(text: str) -> str:
    if len(text) > FILE_NAME_MAX:
        raise ValueError(f"At most {FILE_NAME_MAX} characters.")
    return text


_START: Final = choice_parameter(
    "start",
    Start,
    "`true`: makes the links at once, without a check before. Rows at fault make none and are told in the rows.",
)
_FILE_NAME: Final = Parameter(
    "file_name",
    "What the file is called, to know it again.",
    {"type": "string", "maxLength": FILE_NAME_MAX},
    _read_name,
)
_STATUS: Final = choice_parameter("status", OnlyFailed, "Only rows that make no link.")
_CURSOR: Final = Parameter(
    "cursor",
    "`next_cursor` of the page before.",
    {"type": "string", "pattern": f"^{_ROW.pattern}$"},
    _read_row,
)
_EXAMPLE: Final = (
    "key,amount,currency,description,reference,expires_at\r\n"
    "2030-01/17,40.00,USD,Guitar lessons in January,INV-17,2030-01-31\r\n"
)


async def create(call: Call) -> Reply:
    uploaded = await link_imports.upload(
        call.services, call.merchant_id, call.body, file_name=call.query.get("file_name", ""), by=call.by
    )
    moment = moment_of(call.services)
    starts = call.query.get("start") is Start.AT_ONCE

    async def work(tx: Tx) -> LinkImport:
        return await link_imports.begin(tx, moment, uploaded, starts=starts)

    return await call.once(work, import_object, status=201)


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_imports, call.merchant_id, limit=call.limit + 1, before=call.query.get("cursor", BEFORE_ALL)
    )
    return call.page(found, import_object, lambda each: each.id)


async def read(call: Call) -> Reply:
    found = await link_imports.read_import(call.services, call.merchant_id, _id(call))
    return Reply(200, encoded(import_object(found)))


async def rows(call: Call) -> Reply:
    import_id = _id(call)
    await link_imports.read_import(call.services, call.merchant_id, import_id)
    found = await link_imports.row_outcomes(
        call.services,
        call.merchant_id,
        import_id,
        after=call.query.get("cursor", 0),
        limit=call.limit + 1,
        only_failed="status" in call.query,
    )
    origin = call.services.origin_of(call.merchant_id)
    return call.page(found, lambda each: row_object(origin, each), lambda each: str(each.number))


async def start(call: Call) -> Reply:
    import_id = _id(call)
    call.asked(Nothing)
    return await call.flow_once(
        lambda services: link_imports.start_import(services, call.merchant_id, import_id), import_object
    )


async def stop(call: Call) -> Reply:
    import_id = _id(call)
    call.asked(Nothing)
    return await call.flow_once(
        lambda services: link_imports.stop_import(services, call.merchant_id, import_id), import_object
    )


def _id(call: Call) -> LinkImportId:
    return LinkImportId(call.id(LINK_IMPORT))


_GROUP: Final = "Payment links from a file"
_CONTROLLED: Final = ("transition_refused",)

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_link_imports",
        "create_payment_link_import",
        _GROUP,
        "Send a file of payment links",
        "The body is the CSV file itself, up to 16 MiB and 100,000 rows. Every row is checked in the background and no link "
        "is made until the import is started. A file that was sent before makes no link twice: a row is known by its `key`, "
        "or where it has none by all that it holds.",
        create,
        PaymentLinkImportObject,
        status=201,
        csv_example=_EXAMPLE,
        query=(_START, _FILE_NAME),
        problems=("too_many",),
    ),
    Operation(
        "GET",
        "/v1/payment_link_imports",
        "list_payment_link_imports",
        _GROUP,
        "List imports",
        "Newest first. An import is forgotten when nobody has touched it for ninety days; its links stay.",
        find,
        PaymentLinkImportObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(LINK_IMPORT)),
    ),
    Operation(
        "GET",
        "/v1/payment_link_imports/{id}",
        "get_payment_link_import",
        _GROUP,
        "Get an import",
        "How far it is. Ask again until its status is `checked`, `done` or `stopped`.",
        read,
        PaymentLinkImportObject,
        prefix=LINK_IMPORT,
    ),
    Operation(
        "GET",
        "/v1/payment_link_imports/{id}/rows",
        "list_payment_link_import_rows",
        _GROUP,
        "List what became of the rows",
        "In the order of the file, as far as it was worked on: the link of each row, or everything that is wrong with it.",
        rows,
        PaymentLinkImportRowObject,
        is_list=True,
        prefix=LINK_IMPORT,
        query=(LIMIT, _CURSOR, _STATUS),
    ),
    Operation(
        "POST",
        "/v1/payment_link_imports/{id}/start",
        "start_payment_link_import",
        _GROUP,
        "Make the links",
        "Of every row that is right. Goes on by itself, whatever is restarted meanwhile.",
        start,
        PaymentLinkImportObject,
        takes=Nothing,
        prefix=LINK_IMPORT,
        problems=_CONTROLLED,
    ),
    Operation(
        "POST",
        "/v1/payment_link_imports/{id}/stop",
        "stop_payment_link_import",
        _GROUP,
        "Stop an import",
        "For good. Links that it has made stay; the same file, sent again, makes the others.",
        stop,
        PaymentLinkImportObject,
        takes=Nothing,
        prefix=LINK_IMPORT,
        problems=_CONTROLLED,
    ),
)
