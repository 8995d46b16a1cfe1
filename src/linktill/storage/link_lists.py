"""Lists of links: pages by cursor, filtered by status, tag and words, at the same price for a million links."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Select, and_, bindparam, func, select

from linktill.core.ids import CustomerId, LinkId, MerchantId
from linktill.core.link_filing import Filing
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.storage.database import Tx
from linktill.storage.link_rows import BEFORE_ALL
from linktill.storage.links import link_of
from linktill.storage.statements import Statement, any_of, compiled
from linktill.storage.tables import link_filing, link_tag, link_token, payment_link
from linktill.storage.tables.filing import LISTED

TOKENS_MAX: Final = 32
TOKEN_LENGTH_MAX: Final = 40
QUERY_TOKENS_MAX: Final = 4
_WORD: Final = re.compile(r"\w+")
WORD_END: Final = "\U0010ffff"
"""Sorts after whatever a word may go on with."""
_COUNTS: Final = compiled(
    select(payment_link.c.status, func.count())
    .where(payment_link.c.merchant_id == bindparam("merchant_id"))
    .group_by(payment_link.c.status)
)
_SOME: Final = compiled(
    select(func.count()).select_from(
        select(payment_link.c.id)
        .where(
            payment_link.c.merchant_id == bindparam("merchant_id"),
            payment_link.c.status == bindparam("status"),
        )
        .limit(bindparam("limit"))
        .subquery()
    )
)
_ANY: Final = compiled(
    select(payment_link.c.id).where(payment_link.c.merchant_id == bindparam("merchant_id")).limit(1)
)
_DESCRIPTIONS: Final = compiled(
    select(payment_link.c.id, payment_link.c.description).where(
        payment_link.c.merchant_id == bindparam("merchant_id"), any_of(payment_link.c.id, "link_ids")
    )
)


@dataclass(frozen=True, slots=True)
class LinkFilter:
    """Which links are wanted. `tag`: the key of one (core/link_filing). Every word of `search` must begin a word of the link."""

    status: LinkStatus | None = None
    """None: all but those that are archived."""
    search: str = ""
    tag: str = ""
    customer_id: CustomerId | None = None
    """Only those that are for this customer."""
    is_all: bool = False
    """Archived ones, too."""

    @property
    def needs_report(self) -> bool:
        """Is it more than the newest of a status?"""
        return bool(self.search or self.tag or self.customer_id)


EVERY_LINK: Final = LinkFilter()


def tokens_of(text: str) -> list[str]:
    """The words of a text as they are searched for: case folded, without accents, each once, in order."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return list(dict.fromkeys(word[:TOKEN_LENGTH_MAX] for word in _WORD.findall(plain)))


def link_tokens(slug: str, terms: LinkTerms, filing: Filing) -> list[str]:
    """What a link is found by: its address, the merchant's reference, the words of its description, and as many of its
    tags and the merchant's note.
    """
    own = tokens_of(f"{slug} {terms.reference} {terms.description}")[:TOKENS_MAX]
    if not filing.tags and not filing.internal_note:
        return own
    more = tokens_of(f"{' '.join(filing.tags)} {filing.internal_note}")[:TOKENS_MAX]
    return list(dict.fromkeys([*own, *more]))


@lru_cache(maxsize=64)
def _statement(*, has_status: bool, has_tag: bool, has_customer: bool, is_all: bool, words: int) -> Statement:
    """One cached text per shape of the filter."""
    link, tagged = payment_link.c, link_tag.c
    query: Select[tuple[object, ...]] = select(payment_link).where(
        link.merchant_id == bindparam("merchant_id")
    )
    newest = link.id
    if has_tag:
        # In the order of the tag's own index: a page reads as many links as it shows, however many have the tag.
        query = query.join(
            link_tag, and_(tagged.merchant_id == link.merchant_id, tagged.link_id == link.id)
        ).where(tagged.merchant_id == bindparam("merchant_id"), tagged.tag == bindparam("tag"))
        newest = tagged.link_id
    if has_customer:
        filed = link_filing.c
        query = query.where(
            link.id.in_(
                select(filed.link_id).where(
                    filed.merchant_id == bindparam("merchant_id"),
                    filed.customer_id == bindparam("customer_id"),
                )
            )
        )
    for at in range(words):
        token = link_token.alias(f"token{at}")
        matches = select(token.c.link_id).where(
            token.c.merchant_id == bindparam("merchant_id"),
            token.c.token >= bindparam(f"word{at}"),
            token.c.token < bindparam(f"word_end{at}"),
        )
        query = query.where(link.id.in_(matches))
    if has_status:
        query = query.where(link.status == bindparam("status"))
    elif not is_all:
        query = query.where(LISTED)
    # A first page has its cursor too: without one SQLite begins with the status, and sorts all that have it.
    query = query.where(newest < bindparam("before"))
    return compiled(query.order_by(newest.desc()).limit(bindparam("limit")))


async def list_links(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    wanted: LinkFilter = EVERY_LINK,
    before: LinkId | None = None,
) -> list[PaymentLink]:
    """Newest first, at most `limit`, older than `before`."""
    words = tokens_of(wanted.search)[:QUERY_TOKENS_MAX]
    if wanted.search.strip() and not words:
        return []
    parameters: dict[str, str | int] = {
        "merchant_id": merchant_id,
        "before": before or BEFORE_ALL,
        "limit": limit,
    }
    for at, word in enumerate(words):
        parameters |= {f"word{at}": word, f"word_end{at}": word + WORD_END}
    if wanted.status is not None:
        parameters["status"] = wanted.status
    if wanted.tag:
        parameters["tag"] = wanted.tag
    if wanted.customer_id is not None:
        parameters["customer_id"] = wanted.customer_id
    statement = _statement(
        has_status=wanted.status is not None,
        has_tag=bool(wanted.tag),
        has_customer=wanted.customer_id is not None,
        is_all=wanted.is_all,
        words=len(words),
    )
    return [link_of(row) for row in await tx.all(statement, **parameters)]


async def descriptions_of(tx: Tx, merchant_id: MerchantId, link_ids: Sequence[LinkId]) -> dict[LinkId, str]:
    """What those of the links that the merchant has are for."""
    rows = await tx.all(_DESCRIPTIONS, merchant_id=merchant_id, link_ids=list(link_ids))
    return {row[0]: row[1] for row in rows}


async def count_by_status(tx: Tx, merchant_id: MerchantId) -> dict[LinkStatus, int]:
    """How many links stand where, for the filter tabs."""
    return {LinkStatus(row[0]): row[1] for row in await tx.all(_COUNTS, merchant_id=merchant_id)}


async def count_some(tx: Tx, merchant_id: MerchantId, status: LinkStatus, *, at_most: int) -> int:
    """How many links stand so, counted up to a limit: at the same price for a million."""
    row = await tx.one(_SOME, merchant_id=merchant_id, status=status, limit=at_most)
    return 0 if row is None else int(row[0])


async def has_links(tx: Tx, merchant_id: MerchantId) -> bool:
    """Whether the merchant has made any."""
    return await tx.one(_ANY, merchant_id=merchant_id) is not None
