"""Lists of links: pages by cursor, filtered by status and by words, at the same price for a million links."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from sqlalchemy import Select, bindparam, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.storage.database import Tx
from linktill.storage.links import link_of
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import link_token, payment_link

TOKENS_MAX: Final = 32
TOKEN_LENGTH_MAX: Final = 40
QUERY_TOKENS_MAX: Final = 4
_WORD: Final = re.compile(r"\w+")
_WORD_END: Final = "\U0010ffff"


def tokens_of(text: str) -> list[str]:
    """The words of a text as they are searched for: case folded, without accents, each once, in order."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return list(dict.fromkeys(word[:TOKEN_LENGTH_MAX] for word in _WORD.findall(plain)))


def link_tokens(slug: str, terms: LinkTerms) -> list[str]:
    """What a link is found by: its address, the merchant's reference, and the words of its description."""
    return tokens_of(f"{slug} {terms.reference} {terms.description}")[:TOKENS_MAX]


@lru_cache(maxsize=64)
def _statement(*, has_status: bool, has_cursor: bool, words: int) -> Statement:
    """One cached text per shape of the filter."""
    link = payment_link.c
    query: Select[tuple[object, ...]] = select(payment_link).where(
        link.merchant_id == bindparam("merchant_id")
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
    if has_cursor:
        query = query.where(link.id < bindparam("before"))
    return compiled(query.order_by(link.id.desc()).limit(bindparam("limit")))


async def list_links(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    status: LinkStatus | None = None,
    search: str = "",
    before: LinkId | None = None,
) -> list[PaymentLink]:
    """Newest first, at most `limit`, older than `before`. Every word of `search` must begin a word of the link."""
    words = tokens_of(search)[:QUERY_TOKENS_MAX]
    if search.strip() and not words:
        return []
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "limit": limit}
    for at, word in enumerate(words):
        parameters |= {f"word{at}": word, f"word_end{at}": word + _WORD_END}
    if status is not None:
        parameters["status"] = status
    if before is not None:
        parameters["before"] = before
    statement = _statement(has_status=status is not None, has_cursor=before is not None, words=len(words))
    return [link_of(row) for row in await tx.all(statement, **parameters)]
