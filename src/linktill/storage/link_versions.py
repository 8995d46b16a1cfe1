"""The versions of a link: what it asked for, since when, and who set it so. Written by `links.insert_version`, never changed."""

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkTerms
from linktill.storage.database import Row, Tx
from linktill.storage.links import TERMS, terms_of
from linktill.storage.statements import compiled
from linktill.storage.tables import link_version

V: Final = link_version.c

_LATEST: Final = compiled(
    select(V.version, V.at, V.by, V.terms)
    .where(
        V.merchant_id == bindparam("merchant_id"),
        V.link_id == bindparam("link_id"),
        V.version < bindparam("before"),
    )
    .order_by(V.version.desc())
    .limit(bindparam("limit"))
)
BEFORE_ALL: Final = 2**31


@dataclass(frozen=True, slots=True)
class LinkVersion:
    """One version. `by`: a member's or API key's id, or words such as `command line`."""

    version: int
    at: int
    by: str
    terms: LinkTerms


async def latest_versions(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: int = BEFORE_ALL
) -> list[LinkVersion]:
    """Newest first, older than version `before`."""
    rows = await tx.all(_LATEST, merchant_id=merchant_id, link_id=link_id, before=before, limit=limit)
    return [_version(row) for row in rows]


def _version(row: Row) -> LinkVersion:
    kept = json.loads(row[3])
    return LinkVersion(row[0], row[1], row[2], terms_of([kept[name] for name in TERMS]))
