"""Small units over the `installation` table (key, value) and a counter, for tests of the engine itself."""

from sqlalchemy import bindparam, func, literal, select, text, update

from linktill.storage.statements import any_of, compiled, insert, insert_ignore
from linktill.storage.tables import installation, lease

PUT = compiled(insert(installation).values(key=bindparam("key"), value=bindparam("value")))
PUT_NEW = compiled(insert_ignore(installation, conflict=["key"]))
GET = compiled(select(installation.c.value).where(installation.c.key == bindparam("key")))
SET = compiled(
    update(installation)
    .where(installation.c.key == bindparam("key"))
    .values(value=bindparam("value"))
    .returning(installation.c.key)
)
KEYS = compiled(select(installation.c.key).order_by(installation.c.key).limit(100_000))
SOME = compiled(
    select(installation.c.key).where(any_of(installation.c.key, "keys")).order_by(installation.c.key)
)
COUNT = compiled(select(func.count()).select_from(installation))

START = compiled(insert_ignore(lease))
ADD = compiled(
    update(lease)
    .where(lease.c.name == bindparam("name"))
    .values(token=lease.c.token + 1)
    .returning(lease.c.token)
)
READ = compiled(select(lease.c.token).where(lease.c.name == bindparam("name")))
TOTAL = compiled(select(func.sum(lease.c.token), literal(7)))
NONSENSE = compiled(text("SELECT missing FROM nowhere"))


async def put(tx, key, value=""):
    """Fails when the key exists."""
    await tx.run(PUT, key=key, value=value)


async def put_new(tx, key, value=""):
    """Return whether it was this call that wrote."""
    return await tx.one(PUT_NEW, key=key, value=value) is not None


async def get(tx, key):
    row = await tx.one(GET, key=key)
    return None if row is None else row[0]


async def set_value(tx, key, value):
    return await tx.one(SET, key=key, value=value) is not None


async def keys(tx):
    return [key for (key,) in await tx.all(KEYS)]


async def start_counter(tx, name):
    await tx.one(START, name=name, holder="", token=0, expires_at=0)


async def add(tx, name):
    row = await tx.one(ADD, name=name)
    return row[0]


async def counter(tx, name):
    row = await tx.one(READ, name=name)
    return row[0]
