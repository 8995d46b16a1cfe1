"""The versions of a link: what it asked for, since when, and who set it so. Written by `links.insert_version`, never changed."""

from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_link import LinkTerms
from linktill.storage.database import Row, Tx
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


class _Kept(msgspec.Struct, frozen=True):
    """The terms as kept. What came into the world later has a default."""

    amount_minor: int
    currency: str
    description: str
    note: str = ""
    reference: str = ""
    payments_max: int | None = None
    starts_at: int | None = None
    due_at: int | None = None
    expires_at: int | None = None
    redirect_url: str | None = None
    closed_message: str = ""
    metadata: str = "{}"
    allowed_gateways: str = ""
    denied_gateways: str = ""


_read: Final = msgspec.json.Decoder(_Kept).decode
_read_metadata: Final = msgspec.json.Decoder(dict[str, str]).decode


async def latest_versions(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: int = BEFORE_ALL
) -> list[LinkVersion]:
    """Newest first, older than version `before`."""
    rows = await tx.all(_LATEST, merchant_id=merchant_id, link_id=link_id, before=before, limit=limit)
    return [_version(row) for row in rows]


def _version(row: Row) -> LinkVersion:
    kept = _read(row[3])
    terms = LinkTerms(
        Money(kept.amount_minor, kept.currency),
        kept.description,
        kept.note,
        kept.reference,
        kept.payments_max,
        kept.starts_at,
        kept.due_at,
        kept.expires_at,
        kept.redirect_url,
        kept.closed_message,
        _read_metadata(kept.metadata),
        tuple(kept.allowed_gateways.split()),
        tuple(kept.denied_gateways.split()),
    )
    return LinkVersion(row[0], row[1], row[2], terms)
