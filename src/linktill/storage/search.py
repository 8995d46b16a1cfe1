"""Finds things by words, newest first: every word must be there, and the last one may be a beginning.

However many things have a word, a search looks at a bounded number of rows: it starts from the rarest of its words, and of
a beginning it takes the first completions by alphabet.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union,
)

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.link_lists import WORD_END
from linktill.storage.statements import Statement, Value, any_of, compiled
from linktill.storage.tables import customer_token, link_token, search_token

WORDS_MAX: Final = 8
COMPLETIONS_MAX: Final = 12
LOOKED_AT_MAX: Final = 2_000
"""Things that have the rarest of several words, newest first: no more of them are looked at for the other words."""


class _Source(NamedTuple):
    table: Table
    id: str
    kind: str = ""


class Kind(StrEnum):
    """What can be found, as results are ordered."""

    PAYMENT = "payment"
    LINK = "link"
    CUSTOMER = "customer"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    COUPON = "coupon"


class _Words(StrEnum):
    """Where words stand."""

    PAYMENT = "payment"
    LINK = "link"
    CUSTOMER = "customer"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    COUPON = "coupon"
    AMOUNT_OF_LINK = "amount of link"


_SOURCES: Final[Mapping[_Words, _Source]] = MappingProxyType(
    {
        _Words.LINK: _Source(link_token, "link_id"),
        _Words.CUSTOMER: _Source(customer_token, "customer_id"),
        _Words.PAYMENT: _Source(search_token, "object_id", "payment"),
        _Words.DISPUTE: _Source(search_token, "object_id", "dispute"),
        _Words.PAYOUT: _Source(search_token, "object_id", "payout"),
        _Words.COUPON: _Source(search_token, "object_id", "coupon"),
        _Words.AMOUNT_OF_LINK: _Source(search_token, "object_id", "link"),
    }
)


def _of(source: _Words, table: Any) -> ColumnElement[bool]:
    where = table.c.merchant_id == bindparam("merchant_id")
    kind = _SOURCES[source].kind
    return and_(where, table.c.kind == literal_column(f"'{kind}'")) if kind else where


def _id(source: _Words, table: Any) -> Column[str]:
    column: Column[str] = table.c[_SOURCES[source].id]
    return column


@lru_cache(maxsize=8)
def _completions(source: _Words) -> Statement:
    """The first words with a beginning, each by a step of its own over the index: thousands of links may have one of them."""
    first, later = (_SOURCES[source].table.alias(name) for name in ("first", "later"))
    end: BindParameter[str] = bindparam("word_end")
    least = select(func.min(first.c.token).label("token")).where(
        _of(source, first), first.c.token >= bindparam("word"), first.c.token < end
    )
    found = least.cte("found", recursive=True)
    following = (
        select(func.min(later.c.token))
        .where(_of(source, later), later.c.token > found.c.token, later.c.token < end)
        .scalar_subquery()
    )
    walked = found.union_all(select(following).where(found.c.token.is_not(None)))
    return compiled(select(walked.c.token).limit(COMPLETIONS_MAX))


@lru_cache(maxsize=8)
def _count(source: _Words) -> Statement:
    table = _SOURCES[source].table
    some = select(_id(source, table)).where(_of(source, table), any_of(table.c.token, "tokens"))
    return compiled(select(func.count()).select_from(some.limit(LOOKED_AT_MAX).subquery()))


@lru_cache(maxsize=128)
def _found(source: _Words, others: int, *, is_begun: bool) -> Statement:
    """`others`: how many words there are besides the one that is started from. `is_begun`: that one is a beginning."""
    parts = []
    for at in range(COMPLETIONS_MAX if is_begun else 1):
        table = _SOURCES[source].table.alias(f"from{at}")
        newest = (
            select(_id(source, table).label("id"))
            .where(
                _of(source, table),
                table.c.token == bindparam(f"token{at}"),
                _id(source, table) < bindparam("before"),
            )
            .order_by(_id(source, table).desc())
            .limit(bindparam("looked_at"))
            .subquery()
        )
        parts.append(select(newest.c.id))
    start = (union(*parts) if is_begun else parts[0]).subquery("start")
    query = select(start.c.id)
    for at in range(others):
        table = _SOURCES[source].table.alias(f"other{at}")
        # With a limit PostgreSQL looks each of them up; else it would read all that has the word and join it.
        has_it = (
            select(_id(source, table))
            .where(
                _of(source, table),
                any_of(table.c.token, f"tokens{at}"),
                _id(source, table) == start.c.id,
            )
            .limit(literal_column("1"))
            .scalar_subquery()
        )
        query = query.where(has_it.is_not(None))
    return compiled(query.order_by(start.c.id.desc()).limit(bindparam("limit")))


class Asked(NamedTuple):
    """A search as it is carried out: words that must all be there, and the ways in which it may be meant as an amount."""

    words: Sequence[str]
    amounts: Sequence[str] = ()


async def find_ids(
    tx: Tx, merchant_id: MerchantId, kind: Kind, asked: Asked, *, limit: int, before: str = WORD_END
) -> list[str]:
    """Ids of the newest things of a kind that have all words, or the amount."""
    found: set[str] = set()
    if asked.words:
        found |= set(
            await _with_words(tx, merchant_id, _Words(kind), asked.words, limit=limit, before=before)
        )
    if asked.amounts and kind is not Kind.CUSTOMER:
        source = _Words.AMOUNT_OF_LINK if kind is Kind.LINK else _Words(kind)
        found |= set(await _start(tx, merchant_id, source, asked.amounts, [], limit=limit, before=before))
    return sorted(found, reverse=True)[:limit]


async def _with_words(
    tx: Tx, merchant_id: MerchantId, source: _Words, words: Sequence[str], *, limit: int, before: str
) -> list[str]:
    last = words[-1]
    rows = await tx.all(_completions(source), merchant_id=merchant_id, word=last, word_end=last + WORD_END)
    ways = [[word] for word in words[:-1]] + [[row[0] for row in rows if row[0] is not None]]
    if not ways[-1]:
        return []
    rarest = 0
    if len(ways) > 1:
        counts = []
        for tokens in ways:
            row = await tx.one(_count(source), merchant_id=merchant_id, tokens=tokens)
            counts.append(0 if row is None else int(row[0]))
        rarest = counts.index(min(counts))
        if not counts[rarest]:
            return []
    others = [*ways[:rarest], *ways[rarest + 1 :]]
    return await _start(tx, merchant_id, source, ways[rarest], others, limit=limit, before=before)


async def _start(
    tx: Tx,
    merchant_id: MerchantId,
    source: _Words,
    tokens: Sequence[str],
    others: Sequence[Sequence[str]],
    *,
    limit: int,
    before: str,
) -> list[str]:
    is_begun = len(tokens) > 1
    parameters: dict[str, Value] = {
        "merchant_id": merchant_id,
        "limit": limit,
        "before": before,
        "looked_at": LOOKED_AT_MAX if others else limit,
    }
    for at in range(COMPLETIONS_MAX if is_begun else 1):
        parameters[f"token{at}"] = tokens[min(at, len(tokens) - 1)]
    for at, other in enumerate(others):
        parameters[f"tokens{at}"] = list(other)
    rows = await tx.all(_found(source, len(others), is_begun=is_begun), **parameters)
    return [row[0] for row in rows]
