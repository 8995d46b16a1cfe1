"""Payments by words, amount or number, and by status: pages of what `search.py` finds."""

from typing import Final

from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.search import Asked, Kind, find_ids

LOOKED_AT_MAX: Final = 2_000
"""However few of those that were found have the status."""
_AT_ONCE: Final = 200


async def find_payments(
    tx: Tx,
    merchant_id: MerchantId,
    asked: Asked,
    *,
    limit: int,
    before: str,
    status: AttemptStatus | None = None,
) -> list[PaymentAttempt]:
    """Newest first, older than `before`. One that needs a decision has no such status while it is captured: it is left out."""
    found: list[PaymentAttempt] = []
    for _ in range(LOOKED_AT_MAX // _AT_ONCE):
        ids = await find_ids(tx, merchant_id, Kind.PAYMENT, asked, limit=_AT_ONCE, before=before)
        for each in ids:
            attempt = await get_attempt(tx, merchant_id, AttemptId(each))
            if attempt is not None and status in {None, attempt.status}:
                found.append(attempt)
                if len(found) == limit:
                    return found
        if len(ids) < _AT_ONCE:
            return found
        before = ids[-1]
    return found
