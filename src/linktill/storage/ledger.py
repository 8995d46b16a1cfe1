"""The books as stored: appended to, never changed. The sealer numbers and hash-chains rows shortly after."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, select, update

from linktill.core.ids import AttemptId, MerchantId
from linktill.core.ledger import Entry, LedgerTransaction
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import ledger_entry, ledger_transaction

T: Final = ledger_transaction.c
E: Final = ledger_entry.c

_INSERT: Final = compiled(
    insert(ledger_transaction)
    .values(
        {
            name: bindparam(name)
            for name in (
                "merchant_id",
                "id",
                "kind",
                "business_key",
                "currency",
                "effective_at",
                "created_at",
                "link_id",
                "attempt_id",
            )
        }
    )
    .on_conflict_do_nothing(index_elements=[T.merchant_id, T.business_key])
    .returning(T.id)
)
_INSERT_ENTRY: Final = compiled(insert(ledger_entry))
_JOINED: Final = (
    select(ledger_transaction, E.account, E.amount_minor)
    .join(ledger_entry, and_(E.merchant_id == T.merchant_id, E.ledger_transaction_id == T.id))
    .where(T.merchant_id == bindparam("merchant_id"))
)
_PAGE: Final = (
    select(T.id)
    .where(T.merchant_id == bindparam("merchant_id"), T.id < bindparam("before"))
    .order_by(T.id.desc())
    .limit(bindparam("limit"))
)
_LIST: Final = compiled(
    _JOINED.where(T.id.in_(_PAGE.scalar_subquery())).order_by(T.id.desc(), E.amount_minor.desc())
)
_OF_ATTEMPT: Final = compiled(
    _JOINED.where(T.attempt_id == bindparam("attempt_id")).order_by(T.id.desc(), E.amount_minor.desc())
)
_COUNT_KIND: Final = compiled(
    select(func.count()).where(
        T.merchant_id == bindparam("merchant_id"),
        T.attempt_id == bindparam("attempt_id"),
        T.kind == bindparam("kind"),
    )
)
_BALANCES: Final = compiled(
    select(E.account, E.currency, func.sum(E.amount_minor))
    .where(E.merchant_id == bindparam("merchant_id"))
    .group_by(E.account, E.currency)
    .order_by(E.account, E.currency)
)
_UNSEALED_MERCHANTS: Final = compiled(
    select(T.merchant_id)
    .where(T.seq.is_(None), T.created_at <= bindparam("until"))
    .group_by(T.merchant_id)
    .order_by(func.min(T.created_at))
    .limit(100)
)
_UNSEALED_IDS: Final = (
    select(T.id)
    .where(T.merchant_id == bindparam("merchant_id"), T.seq.is_(None), T.created_at <= bindparam("until"))
    .order_by(T.created_at, T.id)
    .limit(bindparam("limit"))
)
_UNSEALED: Final = compiled(
    _JOINED.where(T.id.in_(_UNSEALED_IDS.scalar_subquery())).order_by(T.created_at, T.id)
)
_HEAD: Final = compiled(
    select(T.seq, T.hash)
    .where(T.merchant_id == bindparam("merchant_id"), T.seq.is_not(None))
    .order_by(T.seq.desc())
    .limit(1)
)
_SEAL: Final = compiled(
    update(ledger_transaction)
    .where(T.merchant_id == bindparam("merchant_id"), T.id == bindparam("transaction_id"), T.seq.is_(None))
    .values(seq=bindparam("seq"), seal_version=bindparam("seal_version"), hash=bindparam("hash"))
    .returning(T.id)
)
_CHAIN_IDS: Final = (
    select(T.id)
    .where(T.merchant_id == bindparam("merchant_id"), T.seq > bindparam("after"))
    .order_by(T.seq)
    .limit(bindparam("limit"))
)
_CHAIN: Final = compiled(_JOINED.where(T.id.in_(_CHAIN_IDS.scalar_subquery())).order_by(T.seq))
BEFORE_ALL: Final = "ltx_~"
"""Sorts after every ledger transaction id."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ledger transaction with its place in the chain; `seq` None: not sealed yet."""

    transaction: LedgerTransaction
    seq: int | None
    seal_version: int | None
    hash: bytes | None


@dataclass(frozen=True, slots=True)
class Balance:
    """The sum of an account's entries in one currency; positive is a debit balance."""

    account: str
    currency: str
    amount_minor: int


def _grouped(rows: list[Row]) -> list[Sealed]:
    entries: dict[str, list[Entry]] = {}
    heads: dict[str, Row] = {}
    for row in rows:
        heads[row[1]] = row
        entries.setdefault(row[1], []).append(Entry(row[12], row[13]))
    return [_sealed(head, tuple(entries[key])) for key, head in heads.items()]


def _sealed(row: Row, entries: tuple[Entry, ...]) -> Sealed:
    (merchant_id, transaction_id, kind, business_key, currency, effective_at, created_at, link_id, attempt_id,
     seq, seal_version, chain_hash, _account, _amount) = row  # fmt: skip
    transaction = LedgerTransaction(
        merchant_id,
        transaction_id,
        kind,
        business_key,
        currency,
        entries,
        effective_at,
        created_at,
        link_id,
        attempt_id,
    )
    return Sealed(transaction, seq, seal_version, chain_hash)


async def post(tx: Tx, transaction: LedgerTransaction) -> bool:
    """Books it, once per business key. False: it is in the books already."""
    row = await tx.one(
        _INSERT,
        merchant_id=transaction.merchant_id,
        id=transaction.id,
        kind=transaction.kind,
        business_key=transaction.business_key,
        currency=transaction.currency,
        effective_at=transaction.effective_at,
        created_at=transaction.created_at,
        link_id=transaction.link_id,
        attempt_id=transaction.attempt_id,
    )
    if row is None:
        return False
    await tx.many(
        _INSERT_ENTRY,
        [
            {
                "merchant_id": transaction.merchant_id,
                "ledger_transaction_id": transaction.id,
                "account": entry.account,
                "currency": transaction.currency,
                "amount_minor": entry.amount_minor,
            }
            for entry in transaction.entries
        ],
    )
    return True


async def list_transactions(
    tx: Tx, merchant_id: MerchantId, *, limit: int, before: str = BEFORE_ALL
) -> list[Sealed]:
    """Newest first, older than `before`."""
    return _grouped(await tx.all(_LIST, merchant_id=merchant_id, before=before, limit=limit))


async def transactions_of(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> list[Sealed]:
    """Everything that was booked for one payment, newest first."""
    return _grouped(await tx.all(_OF_ATTEMPT, merchant_id=merchant_id, attempt_id=attempt_id))


async def count_kind(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, kind: str) -> int:
    """How many ledger transactions of this kind the payment has."""
    row = await tx.one(_COUNT_KIND, merchant_id=merchant_id, attempt_id=attempt_id, kind=kind)
    assert row is not None, "a count has a row"
    return int(row[0])


async def balances(tx: Tx, merchant_id: MerchantId) -> list[Balance]:
    """Every account's balance, summed from its entries."""
    rows = await tx.all(_BALANCES, merchant_id=merchant_id)
    return [Balance(account, currency, int(amount)) for account, currency, amount in rows]


async def merchants_with_unsealed(tx: Tx, *, until: int) -> list[MerchantId]:
    """Merchants whose books have rows to seal, written no later than `until`, oldest first."""
    return [row[0] for row in await tx.all(_UNSEALED_MERCHANTS, until=until)]


async def unsealed(tx: Tx, merchant_id: MerchantId, *, until: int, limit: int) -> list[LedgerTransaction]:
    """Rows to seal, oldest first."""
    rows = await tx.all(_UNSEALED, merchant_id=merchant_id, until=until, limit=limit)
    return [sealed.transaction for sealed in _grouped(rows)]


async def chain_head(tx: Tx, merchant_id: MerchantId) -> tuple[int, bytes]:
    """The last sealed row's number and hash; (0, b"") for an empty chain."""
    row = await tx.one(_HEAD, merchant_id=merchant_id)
    return (0, b"") if row is None else (row[0], row[1])


async def seal(
    tx: Tx, transaction: LedgerTransaction, *, seq: int, seal_version: int, chain_hash: bytes
) -> bool:
    """Numbers one row. False: another sealer was faster."""
    row = await tx.one(
        _SEAL,
        merchant_id=transaction.merchant_id,
        transaction_id=transaction.id,
        seq=seq,
        seal_version=seal_version,
        hash=chain_hash,
    )
    return row is not None


async def chain(tx: Tx, merchant_id: MerchantId, *, after: int, limit: int) -> list[Sealed]:
    """Sealed rows in the order of their numbers, above `after`."""
    return _grouped(await tx.all(_CHAIN, merchant_id=merchant_id, after=after, limit=limit))
