"""Pricing and computations: text that is opaque to the database, and written with names, so that what comes later has a default.

A computation is kept with each attempt on a link that has more than a price, once and for good.
"""

from functools import cache
from typing import Final

import msgspec
from sqlalchemy import bindparam, insert, select

from linktill.core.computation import Computation
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.pricing import Pricing
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_computation

C: Final = payment_computation.c

_INSERT: Final = compiled(insert(payment_computation))
_SELECT: Final = compiled(
    select(C.computation).where(
        C.merchant_id == bindparam("merchant_id"), C.attempt_id == bindparam("attempt_id")
    )
)


def text_of(kept: Pricing | Computation) -> str:
    """As JSON."""
    return msgspec.json.encode(kept).decode()


def pricing_of(text: str) -> Pricing:
    """What a merchant set, from `text_of`."""
    return _pricings().decode(text)


@cache
def _pricings() -> msgspec.json.Decoder[Pricing]:
    return msgspec.json.Decoder(Pricing)


@cache
def _computations() -> msgspec.json.Decoder[Computation]:
    return msgspec.json.Decoder(Computation)


async def keep_computation(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, computation: Computation
) -> None:
    """How the amount of this attempt came about, as it was displayed."""
    await tx.run(_INSERT, merchant_id=merchant_id, attempt_id=attempt_id, computation=text_of(computation))


async def kept_computation(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> Computation | None:
    """As it was kept; None: the link had one price and nothing else."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, attempt_id=attempt_id)
    return None if row is None else _computations().decode(row[0])
