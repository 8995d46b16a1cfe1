"""What came for links, by currency: a link's sums are in its own, and all that was paid is added up when it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import and_, bindparam, func, select, update

from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.storage.database import Tx
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import payment_attempt, payment_link

A: Final = payment_attempt.c
L: Final = payment_link.c

_OWN: Final = and_(A.merchant_id == L.merchant_id, A.link_id == L.id, A.currency == L.currency)
_COUNTS: Final = and_(A.status == "captured", A.is_surplus == 0)
_RECOUNT: Final = compiled(
    update(payment_link)
    .where(L.merchant_id == bindparam("merchant_id"), L.id == bindparam("link_id"))
    .values(
        taken_minor=select(func.coalesce(func.sum(A.amount_minor), 0))
        .where(_OWN, A.is_slot_held == 1)
        .scalar_subquery(),
        captured_minor=select(func.coalesce(func.sum(A.captured_minor), 0))
        .where(_OWN, _COUNTS)
        .scalar_subquery(),
        refunded_minor=select(func.coalesce(func.sum(A.refunded_minor), 0))
        .where(_OWN, _COUNTS)
        .scalar_subquery(),
    )
    .returning(L.taken_minor, L.captured_minor, L.refunded_minor)
)
_RECEIVED: Final = compiled(
    select(A.link_id, A.currency, func.count(), func.sum(A.captured_minor), func.sum(A.refunded_minor))
    .where(A.merchant_id == bindparam("merchant_id"), any_of(A.link_id, "link_ids"), _COUNTS)
    .group_by(A.link_id, A.currency)
    .order_by(A.link_id, A.currency)
)


@dataclass(frozen=True, slots=True)
class ReceivedIn:
    """What a link received in one currency."""

    currency: str
    payments: int
    captured_minor: int
    refunded_minor: int

    @property
    def net(self) -> Money:
        """Captured less refunded."""
        return Money(self.captured_minor - self.refunded_minor, self.currency)


async def recount(tx: Tx, link: PaymentLink) -> PaymentLink:
    """In a unit that locked the link and changed its currency: its sums begin again, in the currency that it has now."""
    row = await tx.one(_RECOUNT, merchant_id=link.merchant_id, link_id=link.id)
    assert row is not None, "links are not deleted"
    return replace(link, taken_minor=row[0], captured_minor=row[1], refunded_minor=row[2])


async def received(
    tx: Tx, merchant_id: MerchantId, link_ids: Sequence[LinkId]
) -> dict[LinkId, tuple[ReceivedIn, ...]]:
    """By link and currency, surplus payments left out; a link that nobody has paid is not among them."""
    found: dict[LinkId, tuple[ReceivedIn, ...]] = {}
    for link_id, currency, payments, captured, refunded in await tx.all(
        _RECEIVED, merchant_id=merchant_id, link_ids=list(link_ids)
    ):
        each = ReceivedIn(currency, payments, int(captured), int(refunded))
        found[link_id] = (*found.get(link_id, ()), each)
    return found
