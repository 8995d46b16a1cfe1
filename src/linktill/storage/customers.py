"""Customers. Whoever makes one, changes an address or merges has locked the merchant: addresses are unique among those that
stand. Whoever hangs something on a customer has locked its row, so that it is not merged or deleted meanwhile.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnClause, Select, and_, bindparam, delete, insert, literal_column, select, update

from linktill.core.customer import Customer
from linktill.core.ids import CustomerId, MerchantId
from linktill.storage.attempt_lists import OF_A_CUSTOMER
from linktill.storage.database import Row, Tx
from linktill.storage.link_lists import QUERY_TOKENS_MAX, TOKENS_MAX, WORD_END, tokens_of
from linktill.storage.statements import Statement, Value, compiled
from linktill.storage.tables import customer, customer_token, link_filing, payment_attempt

C: Final = customer.c
T: Final = customer_token.c
BEFORE_ALL: Final = "cus_~"
"""Sorts after every customer's id."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers are wanted; never those that were merged. Every word of `search` must begin a word of name, company,
    e-mail address or telephone number. `email_key`: only the one of this address (`core/customer.email_key`).
    """

    search: str = ""
    email_key: str = ""


EVERY_CUSTOMER: Final = CustomerFilter()

_OF_MERCHANT: Final = C.merchant_id == bindparam("merchant_id")
_THIS: Final = and_(_OF_MERCHANT, C.id == bindparam("customer_id"))
_STANDS: Final = C.merged_into.is_(None)
_INSERT: Final = compiled(insert(customer))
_SELECT: Final = compiled(select(customer).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(customer).where(_THIS).with_for_update())
_BY_EMAIL: Final = compiled(
    select(customer).where(_OF_MERCHANT, C.email_key == bindparam("key"), _STANDS).with_for_update()
)
_MERGED_BY_EMAIL: Final = compiled(
    select(C.merged_into)
    .where(_OF_MERCHANT, C.email_key == bindparam("key"), C.merged_into.is_not(None))
    .order_by(C.updated_at.desc(), C.id.desc())
    .limit(1)
)
_CHANGING: Final = (
    "name",
    "email",
    "email_key",
    "phone",
    "company",
    "note",
    "metadata",
    "merged_into",
    "updated_at",
)
_UPDATE: Final = compiled(update(customer).where(_THIS).values({name: bindparam(name) for name in _CHANGING}))
_FLATTEN: Final = compiled(
    update(customer)
    .where(_OF_MERCHANT, C.merged_into == bindparam("gone"))
    .values(merged_into=bindparam("into"))
)
_MOVE_LINKS: Final = compiled(
    update(link_filing)
    .where(
        link_filing.c.merchant_id == bindparam("merchant_id"), link_filing.c.customer_id == bindparam("gone")
    )
    .values(customer_id=bindparam("into"))
)
_MOVE_PAYMENTS: Final = compiled(
    update(payment_attempt)
    .where(
        payment_attempt.c.merchant_id == bindparam("merchant_id"),
        payment_attempt.c.customer_id == bindparam("gone"),
        OF_A_CUSTOMER,
    )
    .values(customer_id=bindparam("into"))
)
_ONE: Final[ColumnClause[int]] = literal_column("1")
_HANGING: Final = tuple(
    compiled(select(_ONE).where(*where).limit(1))
    for where in (
        (
            payment_attempt.c.merchant_id == bindparam("merchant_id"),
            payment_attempt.c.customer_id == bindparam("customer_id"),
            OF_A_CUSTOMER,
        ),
        (
            link_filing.c.merchant_id == bindparam("merchant_id"),
            link_filing.c.customer_id == bindparam("customer_id"),
        ),
        (_OF_MERCHANT, C.merged_into == bindparam("customer_id")),
    )
)
_DELETE: Final = compiled(delete(customer).where(_THIS))
_INSERT_TOKEN: Final = compiled(insert(customer_token))
_DELETE_TOKENS: Final = compiled(
    delete(customer_token).where(
        T.merchant_id == bindparam("merchant_id"), T.customer_id == bindparam("customer_id")
    )
)


@lru_cache(maxsize=16)
def _list(*, has_email: bool, words: int) -> Statement:
    """One cached text per shape of the filter."""
    query: Select[Any] = select(customer).where(_OF_MERCHANT, _STANDS, C.id < bindparam("before"))
    if has_email:
        query = query.where(C.email_key == bindparam("key"))
    for at in range(words):
        token = customer_token.alias(f"token{at}").c
        query = query.where(
            C.id.in_(
                select(token.customer_id).where(
                    token.merchant_id == bindparam("merchant_id"),
                    token.token >= bindparam(f"word{at}"),
                    token.token < bindparam(f"word_end{at}"),
                )
            )
        )
    return compiled(query.order_by(C.id.desc()).limit(bindparam("limit")))


def _customer(row: Row) -> Customer:
    (merchant_id, customer_id, name, email, _email_key, phone, company, note, metadata, merged_into, created_at,
     updated_at) = row  # fmt: skip
    return Customer(
        merchant_id,
        customer_id,
        name,
        email,
        phone,
        company,
        note,
        json.loads(metadata),
        merged_into,
        created_at,
        updated_at,
    )


def _what(of: Customer) -> dict[str, Value]:
    return {
        "name": of.name,
        "email": of.email,
        "email_key": of.email_key,
        "phone": of.phone,
        "company": of.company,
        "note": of.note,
        "metadata": json.dumps(dict(of.metadata), ensure_ascii=False, separators=(",", ":")),
        "merged_into": of.merged_into,
        "updated_at": of.updated_at,
    }


def _words(of: Customer) -> Iterable[str]:
    """What it is found by; one that was merged is not."""
    if of.merged_into is not None:
        return ()
    return tokens_of(f"{of.name} {of.email} {of.company} {of.phone}")[:TOKENS_MAX]


async def insert_customer(tx: Tx, new: Customer) -> None:
    """Keeps a new one."""
    await tx.run(_INSERT, merchant_id=new.merchant_id, id=new.id, created_at=new.created_at, **_what(new))
    await _set_tokens(tx, new)


async def update_customer(tx: Tx, after: Customer) -> None:
    """Stores what may change of it."""
    await tx.run(_UPDATE, merchant_id=after.merchant_id, customer_id=after.id, **_what(after))
    await tx.run(_DELETE_TOKENS, merchant_id=after.merchant_id, customer_id=after.id)
    await _set_tokens(tx, after)


async def _set_tokens(tx: Tx, of: Customer) -> None:
    rows = [{"merchant_id": of.merchant_id, "token": token, "customer_id": of.id} for token in _words(of)]
    if rows:
        await tx.many(_INSERT_TOKEN, rows)


async def get_customer(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> Customer | None:
    """The customer, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, customer_id=customer_id)
    return None if row is None else _customer(row)


async def lock_customer(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> Customer | None:
    """Like `get_customer`, and nobody merges or deletes it until this unit ends."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, customer_id=customer_id)
    return None if row is None else _customer(row)


async def lock_by_email(tx: Tx, merchant_id: MerchantId, key: str) -> Customer | None:
    """The one with this address that stands for itself, locked; or None."""
    row = await tx.one(_BY_EMAIL, merchant_id=merchant_id, key=key)
    return None if row is None else _customer(row)


async def merged_by_email(tx: Tx, merchant_id: MerchantId, key: str) -> CustomerId | None:
    """What the last customer with this address that was merged has become part of; or None."""
    row = await tx.one(_MERGED_BY_EMAIL, merchant_id=merchant_id, key=key)
    return None if row is None else row[0]


async def list_customers(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: CustomerFilter = EVERY_CUSTOMER,
) -> list[Customer]:
    """Newest first, older than `before`."""
    words = tokens_of(wanted.search)[:QUERY_TOKENS_MAX]
    if wanted.search.strip() and not words:
        return []
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    for at, word in enumerate(words):
        parameters |= {f"word{at}": word, f"word_end{at}": word + WORD_END}
    if wanted.email_key:
        parameters["key"] = wanted.email_key
    statement = _list(has_email=bool(wanted.email_key), words=len(words))
    return [_customer(row) for row in await tx.all(statement, **parameters)]


async def move_everything(tx: Tx, merchant_id: MerchantId, gone: CustomerId, into: CustomerId) -> None:
    """Links, payments, and what was merged into the one, hang on the other from now on."""
    for statement in (_MOVE_LINKS, _MOVE_PAYMENTS, _FLATTEN):
        await tx.run(statement, merchant_id=merchant_id, gone=gone, into=into)


async def has_anything(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> bool:
    """Does a payment, a link or a merged customer hang on it?"""
    for statement in _HANGING:
        if await tx.one(statement, merchant_id=merchant_id, customer_id=customer_id) is not None:
            return True
    return False


async def delete_customer(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    """Removes one on which nothing hangs."""
    await tx.run(_DELETE_TOKENS, merchant_id=merchant_id, customer_id=customer_id)
    await tx.run(_DELETE, merchant_id=merchant_id, customer_id=customer_id)
