"""What links ask and what payers answered: text that is opaque to the database, and written with names, so that what comes
later has a default.

Answers are kept with each attempt, once and for good: what was asked and agreed to stays as it was shown, whatever becomes of
the link. Answers, consents and origin are columns of their own, so that one can go where another has to stay.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import bindparam, insert, select

from linktill.core.answers import NOTHING_GIVEN, Answer, ConsentGiven, Given
from linktill.core.asking import Asking
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.origin import Origin
from linktill.core.payment_attempt import PaymentAttempt
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import payment_answers

A: Final = payment_answers.c

_INSERT: Final = compiled(insert(payment_answers))
_SELECT: Final = compiled(
    select(A.attempt_id, A.answers, A.consents, A.origin).where(
        A.merchant_id == bindparam("merchant_id"), any_of(A.attempt_id, "attempt_ids")
    )
)


def asking_text(asking: Asking) -> str:
    """As JSON."""
    return _text(asking)


def asking_of(text: str) -> Asking:
    """From `asking_text`."""
    return _askings().decode(text)


async def keep_given(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, given: Given) -> None:
    """What the payer told with this attempt."""
    await tx.run(
        _INSERT,
        merchant_id=merchant_id,
        attempt_id=attempt_id,
        answers=_text(given.answers),
        consents=_text(given.consents),
        origin=_text(given.origin),
    )


async def given_with(tx: Tx, attempt: PaymentAttempt) -> Given:
    """What the payer told with it. Reads nothing where there is nothing."""
    if not attempt.has_answers:
        return NOTHING_GIVEN
    found = await given_of(tx, attempt.merchant_id, [attempt])
    return found.get(attempt.id, NOTHING_GIVEN)


async def given_of(
    tx: Tx, merchant_id: MerchantId, attempts: Sequence[PaymentAttempt]
) -> dict[AttemptId, Given]:
    """Of those attempts with which the payer told something."""
    ids = [attempt.id for attempt in attempts if attempt.has_answers]
    if not ids:
        return {}
    rows = await tx.all(_SELECT, merchant_id=merchant_id, attempt_ids=ids)
    return {AttemptId(row[0]): _given(row) for row in rows}


def _given(row: Row) -> Given:
    return Given(_answers().decode(row[1]), _consents().decode(row[2]), _origins().decode(row[3]))


def _text(kept: object) -> str:
    return msgspec.json.encode(kept).decode()


@cache
def _askings() -> msgspec.json.Decoder[Asking]:
    return msgspec.json.Decoder(Asking)


@cache
def _answers() -> msgspec.json.Decoder[tuple[Answer, ...]]:
    return msgspec.json.Decoder(tuple[Answer, ...])


@cache
def _consents() -> msgspec.json.Decoder[tuple[ConsentGiven, ...]]:
    return msgspec.json.Decoder(tuple[ConsentGiven, ...])


@cache
def _origins() -> msgspec.json.Decoder[Origin]:
    return msgspec.json.Decoder(Origin)
