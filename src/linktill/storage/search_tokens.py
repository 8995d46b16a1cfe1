"""Writes what things are found by: see `tables/search.py`. Whoever writes has locked the merchant's state, so that of two who
write about one thing the later one also read later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
from sqlalchemy import BindParameter, and_, bindparam, delete, or_, select, update

from linktill.core.ids import MerchantId
from linktill.core.money import Money
from linktill.core.search import amount_token
from linktill.storage.database import Row, Tx
from linktill.storage.link_lists import TOKENS_MAX, tokens_of
from linktill.storage.statements import Statement, any_of, compiled, insert
from linktill.storage.tables import (
    checkout_session,
    coupon,
    dispute,
    merchant,
    payment_answers,
    payment_attempt,
    payment_link,
    payout,
    search_state,
    search_token,
)

VERSION: Final = 1
"""Of what a thing is found by. One more, and the worker goes over all that there is again."""
KINDS: Final = ("payment", "dispute", "payout", "coupon", "link")
"""In the order in which what was there before is gone over."""
MERCHANTS_MAX: Final = 100

A: Final = payment_attempt.c
C: Final = checkout_session.c
D: Final = dispute.c
G: Final = payment_answers.c
L: Final = payment_link.c
P: Final = payout.c
S: Final = search_state.c
T: Final = search_token.c
_MERCHANT: Final[BindParameter[str]] = bindparam("merchant_id")
_ENTER: Final = compiled(
    insert(search_state)
    .values(merchant_id=_MERCHANT, version=VERSION, kind=KINDS[0], after_id="")
    .on_conflict_do_nothing(index_elements=[S.merchant_id])
)
_LOCK: Final = compiled(
    select(S.version, S.kind, S.after_id).where(S.merchant_id == _MERCHANT).with_for_update()
)
_GO_ON: Final = compiled(
    update(search_state)
    .where(S.merchant_id == _MERCHANT)
    .values(version=VERSION, kind=bindparam("kind"), after_id=bindparam("after_id"))
)
_UNFILLED: Final = compiled(
    select(merchant.c.merchant_id)
    .outerjoin(search_state, S.merchant_id == merchant.c.merchant_id)
    .where(or_(S.merchant_id.is_(None), S.kind.is_not(None), S.version < VERSION))
    .order_by(merchant.c.merchant_id)
    .limit(MERCHANTS_MAX)
)
_HELD: Final = compiled(
    select(T.object_id, T.token).where(
        T.merchant_id == _MERCHANT, T.kind == bindparam("kind"), any_of(T.object_id, "object_ids")
    )
)
_INSERT: Final = compiled(
    insert(search_token)
    .values({name: bindparam(name) for name in ("merchant_id", "kind", "token", "object_id")})
    .on_conflict_do_nothing()
)
_DELETE: Final = compiled(
    delete(search_token).where(
        T.merchant_id == _MERCHANT,
        T.kind == bindparam("kind"),
        T.token == bindparam("token"),
        T.object_id == bindparam("object_id"),
    )
)
_PAYMENTS: Final = (
    select(
        A.id,
        A.amount_minor,
        A.currency,
        A.payer_email,
        A.payer_name,
        A.gateway_ref,
        C.description,
        L.reference,
        G.origin,
    )
    .join(checkout_session, and_(C.merchant_id == A.merchant_id, C.id == A.session_id))
    .join(payment_link, and_(L.merchant_id == A.merchant_id, L.id == A.link_id))
    .outerjoin(payment_answers, and_(G.merchant_id == A.merchant_id, G.attempt_id == A.id))
)
_DISPUTES: Final = select(
    D.id, D.amount_minor, D.currency, D.gateway_ref, D.reason, A.payer_email, A.payer_name
).join(payment_attempt, and_(A.merchant_id == D.merchant_id, A.id == D.attempt_id))
_PAYOUTS: Final = select(P.id, P.amount_minor, P.currency, P.gateway_ref, P.note)
_COUPONS: Final = select(coupon.c.id, coupon.c.amount_minor, coupon.c.currency, coupon.c.code, coupon.c.name)
_LINKS: Final = select(L.id, L.amount_minor, L.currency)
_READ: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        kind: compiled(query.where(table.c.merchant_id == _MERCHANT, any_of(table.c.id, "object_ids")))
        for kind, table, query in (
            ("payment", payment_attempt, _PAYMENTS),
            ("dispute", dispute, _DISPUTES),
            ("payout", payout, _PAYOUTS),
            ("coupon", coupon, _COUPONS),
            ("link", payment_link, _LINKS),
        )
    }
)
_IDS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        kind: compiled(
            select(table.c.id)
            .where(table.c.merchant_id == _MERCHANT, table.c.id > bindparam("after_id"))
            .order_by(table.c.id)
            .limit(bindparam("limit"))
        )
        for kind, table in (
            ("payment", payment_attempt),
            ("dispute", dispute),
            ("payout", payout),
            ("coupon", coupon),
            ("link", payment_link),
        )
    }
)


class _Origin(msgspec.Struct):
    reference: str = ""


_origin: Final = msgspec.json.Decoder(_Origin)


@dataclass(frozen=True, slots=True)
class Filling:
    """How far a merchant's things from before are gone over: those of `kind` up to `after_id`; None: all."""

    kind: str | None
    after_id: str


async def unfilled(tx: Tx) -> list[MerchantId]:
    """Merchants whose things from before are not all found yet; some of them."""
    return [row[0] for row in await tx.all(_UNFILLED)]


async def lock_filling(tx: Tx, merchant_id: MerchantId) -> Filling:
    """How far it is; nobody else writes about the merchant's things until this unit ends."""
    await tx.run(_ENTER, merchant_id=merchant_id)
    row = await tx.one(_LOCK, merchant_id=merchant_id)
    assert row is not None, "it was entered"
    version, kind, after_id = row
    return Filling(kind, after_id) if version == VERSION else Filling(KINDS[0], "")


async def note_filling(tx: Tx, merchant_id: MerchantId, so_far: Filling) -> None:
    """It is so far now."""
    await tx.run(_GO_ON, merchant_id=merchant_id, kind=so_far.kind, after_id=so_far.after_id)


async def ids_after(tx: Tx, merchant_id: MerchantId, so_far: Filling, *, limit: int) -> list[str]:
    """The next things of a kind, oldest first."""
    assert so_far.kind is not None, "there is something to go over"
    rows = await tx.all(_IDS[so_far.kind], merchant_id=merchant_id, after_id=so_far.after_id, limit=limit)
    return [row[0] for row in rows]


async def enter(tx: Tx, merchant_id: MerchantId, kind: str, object_ids: Sequence[str]) -> None:
    """From now on these are found as they are now, and in no other way."""
    rows = await tx.all(_READ[kind], merchant_id=merchant_id, object_ids=list(object_ids))
    wanted = {(str(row[0]), token) for row in rows for token in _tokens(kind, row)}
    held = await tx.all(_HELD, merchant_id=merchant_id, kind=kind, object_ids=list(object_ids))
    there = {(str(row[0]), str(row[1])) for row in held}
    for statement, changes in ((_DELETE, there - wanted), (_INSERT, wanted - there)):
        if changes:
            await tx.many(statement, _rows(merchant_id, kind, changes))


def _rows(merchant_id: MerchantId, kind: str, pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"merchant_id": merchant_id, "kind": kind, "token": token, "object_id": object_id}
        for object_id, token in sorted(pairs)
    ]


def _tokens(kind: str, row: Row) -> list[str]:
    _id, minor, currency, *texts = row
    if kind == "payment":
        texts[-1] = _origin.decode(texts[-1]).reference if texts[-1] else ""
    found = tokens_of(" ".join(text for text in texts if text))[:TOKENS_MAX]
    return [amount_token(Money(minor, currency)), *found] if currency and minor else found
