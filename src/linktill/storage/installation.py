"""A few facts about the installation as a whole, one text each."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert, insert_ignore
from linktill.storage.tables import installation

I: Final = installation.c  # noqa: E741 the table's columns, as in the other modules
_SELECT: Final = compiled(select(I.value).where(I.key == bindparam("key")))
_CLAIM: Final = compiled(insert_ignore(installation))
_put = insert(installation).values(key=bindparam("key"), value=bindparam("value"))
_PUT: Final = compiled(
    _put.on_conflict_do_update(index_elements=[I.key], set_={"value": _put.excluded.value})
)
_REMOVE: Final = compiled(delete(installation).where(I.key == bindparam("key")))


async def get_fact(tx: Tx, key: str) -> str | None:
    """The text under `key`, or None."""
    row = await tx.one(_SELECT, key=key)
    return None if row is None else str(row[0])


async def claim_fact(tx: Tx, key: str, value: str) -> str:
    """Writes the text unless there is one. Returns the text that counts: whoever wrote first."""
    if await tx.one(_CLAIM, key=key, value=value) is not None:
        return value
    found = await get_fact(tx, key)
    assert found is not None, "a fact that was in the way is there"
    return found


async def put_fact(tx: Tx, key: str, value: str) -> None:
    """Writes the text over what was there."""
    await tx.run(_PUT, key=key, value=value)


async def remove_fact(tx: Tx, key: str) -> None:
    """Removes the text."""
    await tx.run(_REMOVE, key=key)
