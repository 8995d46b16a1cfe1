"""The versions of a payment link over the API: to read."""

import re
from typing import Final

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, Parameter
from linktill.core.ids import LINK, LinkId
from linktill.flows.link_history import PaymentLinkVersionObject, link_history, version_object
from linktill.storage.link_versions import BEFORE_ALL

_VERSION: Final = re.compile("[1-9][0-9]{0,8}", re.ASCII)


def _read_cursor(text: str) -> int:
    if _VERSION.fullmatch(text) is None:
        raise ValueError("Send next_cursor of the page before.")
    return int(text)


CURSOR: Final = Parameter(
    "cursor",
    "`next_cursor` of the page before.",
    {"type": "string", "pattern": f"^{_VERSION.pattern}$"},
    _read_cursor,
)


async def find(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    before = call.query.get("cursor", BEFORE_ALL)
    found = await link_history(call.services, call.merchant_id, link_id, limit=call.limit + 1, before=before)
    return call.page(
        found, lambda edited: version_object(link_id, edited), lambda edited: str(edited.now.version)
    )


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/payment_links/{id}/versions",
        "list_payment_link_versions",
        "Payment links",
        "List the versions of a payment link",
        "What the link asked for, newest first: each edit makes a version, which is kept for good with who made it and when. "
        "`changed` names what the edit set anew.",
        find,
        PaymentLinkVersionObject,
        is_list=True,
        prefix=LINK,
        query=(LIMIT, CURSOR),
    ),
)
