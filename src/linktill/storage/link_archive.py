"""What archived links were before: read by nobody but who brings one back.

It has a table of its own since the link's own row is read for every payer. The status cannot be worked out later: terms,
counters and time know nothing of a pause or a cancellation, and a canceled link must not come back open.
"""

from typing import Final

from sqlalchemy import bindparam, delete, insert

from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import link_archive

A: Final = link_archive.c
_INSERT: Final = compiled(insert(link_archive))
_TAKE: Final = compiled(
    delete(link_archive)
    .where(A.merchant_id == bindparam("merchant_id"), A.link_id == bindparam("link_id"))
    .returning(A.status_before)
)


async def remember_status(tx: Tx, link: PaymentLink, *, now: int) -> None:
    """Keeps where the link stands. In the unit that archives it, which has locked it."""
    await tx.run(
        _INSERT,
        merchant_id=link.merchant_id,
        link_id=link.id,
        status_before=link.status,
        archived_at=now,
    )


async def take_status(tx: Tx, link: PaymentLink) -> LinkStatus:
    """Where an archived link stood, and forgets it. In the unit that brings the link back, which has locked it."""
    row = await tx.one(_TAKE, merchant_id=link.merchant_id, link_id=link.id)
    assert row is not None, "a link is archived together with what it was"
    return LinkStatus(row[0])
