"""Verified webhooks, stored before they are answered; unique per (merchant, gateway account, event id)."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, and_, bindparam, func, literal_column, select, update

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert, skip_locked
from linktill.storage.tables import inbox

I: Final = inbox.c  # noqa: E741 -- the table's letter, as in its neighbors
PENDING: Final = literal_column("'pending'", Text)
"""Written into the text: the index over pending rows is used only where the database can see the word."""
DEAD: Final = literal_column("'dead'", Text)
"""For the index over what was given up."""
SHOWN_MAX: Final = 1_000
_LEASED: Final = and_(
    I.merchant_id == bindparam("merchant_id"),
    I.id == bindparam("inbox_id"),
    I.lease_token == bindparam("lease_token_held"),
)
_INSERT: Final = compiled(
    insert(inbox)
    .values(
        {
            "status": "pending",
            # Due at once by any clock: what is due later is judged by the database's, and the app's may run ahead.
            "due_at": 0,
            **{
                name: bindparam(name)
                for name in (
                    "merchant_id",
                    "id",
                    "gateway_account_id",
                    "event_id",
                    "event_type",
                    "hint",
                    "body",
                    "received_at",
                )
            },
        }
    )
    .on_conflict_do_nothing(index_elements=[I.merchant_id, I.gateway_account_id, I.event_id])
    .returning(I.id)
)
_DUE_MERCHANTS: Final = compiled(
    select(I.merchant_id)
    .where(I.status == PENDING, I.due_at <= bindparam("now"))
    .group_by(I.merchant_id)
    .order_by(func.min(I.id))
    .limit(100)
)
_LEASE: Final = compiled(
    update(inbox)
    .where(
        I.merchant_id == bindparam("merchant_id"),
        I.id.in_(
            skip_locked(
                select(I.id)
                .where(
                    I.merchant_id == bindparam("merchant_id"),
                    I.status == PENDING,
                    I.due_at <= bindparam("now"),
                )
                .order_by(I.due_at, I.id)
                .limit(bindparam("limit"))
            ).scalar_subquery()
        ),
    )
    .values(due_at=bindparam("lease_until"), lease_token=bindparam("lease_token"), tries=I.tries + 1)
    .returning(I.id, I.gateway_account_id, I.event_id, I.hint, I.tries)
)
_FINISH: Final = compiled(
    update(inbox)
    .where(_LEASED)
    .values(status=bindparam("status"), last_error=bindparam("last_error"), lease_token=None)
    .returning(I.id)
)
_LATER: Final = compiled(
    update(inbox)
    .where(_LEASED)
    .values(due_at=bindparam("due_at"), last_error=bindparam("last_error"), lease_token=None)
    .returning(I.id)
)
_DEAD_LIST: Final = compiled(
    select(I.id, I.gateway_account_id, I.event_type, I.hint, I.tries, I.last_error, I.received_at)
    .where(I.merchant_id == bindparam("merchant_id"), I.status == DEAD)
    .order_by(I.id.desc())
    .limit(SHOWN_MAX)
)
_DEAD_COUNT: Final = compiled(
    select(func.count()).select_from(inbox).where(I.merchant_id == bindparam("merchant_id"), I.status == DEAD)
)
_REVIVE: Final = compiled(
    update(inbox)
    .where(I.merchant_id == bindparam("merchant_id"), I.id == bindparam("inbox_id"), I.status == DEAD)
    # Not 0 tries, not due since ever: what is a day old and was not worked on says that no worker runs.
    .values(status="pending", due_at=bindparam("now"), tries=1)
    .returning(I.id)
)


_PENDING_COUNT: Final = compiled(
    select(func.count())
    .select_from(inbox)
    .where(
        I.merchant_id == bindparam("merchant_id"),
        I.status == PENDING,
        I.gateway_account_id == bindparam("gateway_account_id"),
        I.event_type == bindparam("event_type"),
    )
)
_BODY: Final = compiled(
    select(I.body).where(I.merchant_id == bindparam("merchant_id"), I.id == bindparam("inbox_id"))
)


@dataclass(frozen=True, slots=True)
class NewReceived:
    """A webhook that came just now. `hint` is JSON text, `body` the bytes as they came."""

    merchant_id: MerchantId
    id: str
    gateway_account_id: str
    event_id: str
    event_type: str
    hint: str
    body: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Received:
    """A leased webhook. `hint` is the JSON text of what it is about; `tries` counts this one."""

    merchant_id: MerchantId
    id: str
    gateway_account_id: GatewayAccountId
    event_id: str
    hint: str
    tries: int
    lease_token: str


@dataclass(frozen=True, slots=True)
class DeadReceived:
    """A webhook that could not be worked on, kept for a person."""

    id: str
    gateway_account_id: GatewayAccountId
    event_type: str
    hint: str
    tries: int
    last_error: str
    received_at: int


async def store(tx: Tx, new: NewReceived) -> bool:
    """Keeps a verified webhook. False: it was received before."""
    row = await tx.one(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        gateway_account_id=new.gateway_account_id,
        event_id=new.event_id,
        event_type=new.event_type,
        hint=new.hint,
        body=new.body,
        received_at=new.received_at,
    )
    return row is not None


async def merchants_with_due(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants with webhooks to work on, the oldest webhook first: no others can keep one waiting."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def lease(
    tx: Tx, merchant_id: MerchantId, *, now: int, lease_until: int, lease_token: str, limit: int
) -> list[Received]:
    """Takes due webhooks of one merchant for this worker, until `lease_until` by the database's clock."""
    rows = await tx.all(
        _LEASE,
        merchant_id=merchant_id,
        now=now,
        lease_until=lease_until,
        lease_token=lease_token,
        limit=limit,
    )
    return [Received(merchant_id, row[0], row[1], row[2], row[3], row[4], lease_token) for row in rows]


def _held(held: Received) -> dict[str, str]:
    return {"merchant_id": held.merchant_id, "inbox_id": held.id, "lease_token_held": held.lease_token}


async def done(tx: Tx, held: Received, *, remark: str | None = None) -> bool:
    """Worked on. False: the lease was lost."""
    return await tx.one(_FINISH, **_held(held), status="done", last_error=remark) is not None


async def later(tx: Tx, held: Received, *, due_at: int, error: str) -> bool:
    """Not this time; again at `due_at`. False: the lease was lost."""
    return await tx.one(_LATER, **_held(held), due_at=due_at, last_error=error) is not None


async def dead(tx: Tx, held: Received, *, error: str) -> bool:
    """Given up, and kept where a person sees it. False: the lease was lost."""
    return await tx.one(_FINISH, **_held(held), status="dead", last_error=error) is not None


async def list_dead(tx: Tx, merchant_id: MerchantId) -> list[DeadReceived]:
    """What was given up, newest first, at most `SHOWN_MAX`."""
    return [DeadReceived(*row) for row in await tx.all(_DEAD_LIST, merchant_id=merchant_id)]


async def count_dead(tx: Tx, merchant_id: MerchantId) -> int:
    """How much was given up."""
    row = await tx.one(_DEAD_COUNT, merchant_id=merchant_id)
    return 0 if row is None else int(row[0])


async def count_pending(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, event_type: str
) -> int:
    """How many of one type wait to be worked on."""
    row = await tx.one(
        _PENDING_COUNT, merchant_id=merchant_id, gateway_account_id=account_id, event_type=event_type
    )
    return 0 if row is None else int(row[0])


async def body_of(tx: Tx, merchant_id: MerchantId, inbox_id: str) -> str:
    """The webhook's body as it came."""
    row = await tx.one(_BODY, merchant_id=merchant_id, inbox_id=inbox_id)
    assert row is not None, "what came is kept"
    return str(row[0])


async def revive(tx: Tx, merchant_id: MerchantId, inbox_id: str, *, now: int) -> bool:
    """Works on a dead webhook again, from `now` on by the database's clock. False: there is none of that id."""
    return await tx.one(_REVIVE, merchant_id=merchant_id, inbox_id=inbox_id, now=now) is not None
