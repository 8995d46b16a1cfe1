"""Payments whose money is only held: what is to become of them, and until when. Each change is conditional."""

from typing import Final

from sqlalchemy import and_, bindparam, func, select, update

from linktill.core.capture import Decision
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.storage.attempts import attempt_from
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_attempt

A: Final = payment_attempt.c
_MINE: Final = A.merchant_id == bindparam("merchant_id")
_HELD: Final = and_(A.status == "authorized", A.is_manual == 1)
_THIS: Final = and_(_MINE, A.id == bindparam("attempt_id"), _HELD)

_DECIDE: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.verdict.is_(None))
    .values(
        verdict=bindparam("wanted"),
        decided_at=bindparam("now"),
        decided_by=bindparam("by"),
        review_reason=None,
        updated_at=bindparam("now"),
        poll_at=bindparam("now"),
    )
    .returning(A.id)
)
_UNDECIDE: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.verdict == bindparam("wanted"), A.decided_at == bindparam("since"))
    .values(
        verdict=None,
        decided_at=None,
        decided_by=None,
        updated_at=bindparam("now"),
        poll_at=bindparam("poll_at"),
    )
    .returning(A.id)
)
_TERM: Final = compiled(
    update(payment_attempt)
    .where(_THIS)
    .values(capture_before=bindparam("before"), poll_at=bindparam("poll_at"))
)
_TELL_ENDING: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.verdict.is_(None), A.ending_told_at.is_(None))
    .values(ending_told_at=bindparam("now"))
    .returning(A.id)
)
_OF_LINK: Final = compiled(
    select(payment_attempt)
    .where(_MINE, A.link_id == bindparam("link_id"), _HELD, A.verdict.is_(None))
    .order_by(A.id)
    .limit(bindparam("limit"))
)
_ENDING: Final = compiled(
    select(func.count()).where(_MINE, _HELD, A.verdict.is_(None), A.capture_before < bindparam("until"))
)


async def decide(tx: Tx, attempt: PaymentAttempt, decision: Decision) -> bool:
    """Keeps what is to become of it, to be carried out at once. False: it is not held, or somebody has decided already."""
    row = await tx.one(
        _DECIDE,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        wanted=decision.verdict,
        by=decision.by,
        now=decision.at,
    )
    return row is not None


async def undecide(tx: Tx, attempt: PaymentAttempt, decision: Decision, *, poll_at: int, now: int) -> bool:
    """The gateway would not do it: somebody has to decide anew. False: it is not held any more, or decided otherwise."""
    row = await tx.one(
        _UNDECIDE,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        wanted=decision.verdict,
        since=decision.at,
        poll_at=poll_at,
        now=now,
    )
    return row is not None


async def set_term(tx: Tx, attempt: PaymentAttempt, capture_before: int, *, poll_at: int) -> None:
    """Until when it can be captured, and when it is looked up next."""
    await tx.run(
        _TERM, merchant_id=attempt.merchant_id, attempt_id=attempt.id, before=capture_before, poll_at=poll_at
    )


async def note_ending_told(tx: Tx, attempt: PaymentAttempt, *, now: int) -> bool:
    """That it ends soon is told once. False: it was, or there is no need."""
    row = await tx.one(_TELL_ENDING, merchant_id=attempt.merchant_id, attempt_id=attempt.id, now=now)
    return row is not None


async def held_on_link(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int
) -> list[PaymentAttempt]:
    """Those of the link of which nobody has decided yet, oldest first."""
    rows = await tx.all(_OF_LINK, merchant_id=merchant_id, link_id=link_id, limit=limit)
    return [attempt_from(row) for row in rows]


async def count_ending(tx: Tx, merchant_id: MerchantId, *, until: int) -> int:
    """How many cannot be captured any more after then, and wait for a decision."""
    row = await tx.one(_ENDING, merchant_id=merchant_id, until=until)
    assert row is not None, "a count has a row"
    return int(row[0])
