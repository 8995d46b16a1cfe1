"""Members, and what they sign in with. Addresses are unique in the whole installation (`directory`)."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, insert, select, update

from linktill.core.ids import MerchantId
from linktill.core.merchant import Member, Role
from linktill.storage.database import Tx
from linktill.storage.directory import EMAIL
from linktill.storage.statements import Row, compiled
from linktill.storage.tables import directory, member

P: Final = member.c
_COLUMNS: Final = (P.merchant_id, P.id, P.email, P.name, P.role)
_INSERT: Final = compiled(insert(member).values({column.name: bindparam(column.name) for column in P}))
# One statement whether the address is known or not: a second one would tell by its time.
_BY_EMAIL: Final = compiled(
    select(*_COLUMNS, P.password_hash)
    .join(directory, and_(directory.c.merchant_id == P.merchant_id, directory.c.target_id == P.id))
    .where(directory.c.kind == EMAIL, directory.c.key == bindparam("email_key"))
)
_EMAILS: Final = compiled(
    select(P.id, P.email).where(P.merchant_id == bindparam("merchant_id")).order_by(P.id).limit(1_000)
)
_SET_HASH: Final = compiled(
    update(member)
    .where(
        P.merchant_id == bindparam("merchant_id"),
        P.id == bindparam("member_id"),
        P.password_hash == bindparam("hash_before"),
    )
    .values(password_hash=bindparam("hash_after"))
    .returning(P.id)
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A member with the hash of their password."""

    member: Member
    password_hash: str


def member_from(row: Row) -> Member:
    """From merchant_id, id, email, name, role."""
    return Member(row[0], row[1], row[2], row[3], Role(row[4]))


async def insert_member(tx: Tx, new: Member, *, password_hash: str, now: int) -> None:
    """Writes a new member; the address must have been claimed in the directory."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        email=new.email,
        name=new.name,
        role=new.role,
        password_hash=password_hash,
        created_at=now,
    )


async def find_credentials(tx: Tx, email_key: str) -> Credentials | None:
    """Whose address it is. `email_key` is the address as the directory spells it."""
    row = await tx.one(_BY_EMAIL, email_key=email_key)
    return None if row is None else Credentials(member_from(row), row[5])


async def set_password_hash(tx: Tx, whose: Member, *, before: str, after: str) -> bool:
    """Replaces a hash. False: it is not `before` any more."""
    row = await tx.one(
        _SET_HASH, merchant_id=whose.merchant_id, member_id=whose.id, hash_before=before, hash_after=after
    )
    return row is not None


async def emails_of(tx: Tx, merchant_id: MerchantId) -> dict[str, str]:
    """Who is who, for histories: member id → e-mail address."""
    return {row[0]: row[1] for row in await tx.all(_EMAILS, merchant_id=merchant_id)}
