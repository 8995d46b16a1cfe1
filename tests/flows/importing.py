"""A merchant's files of links, and a worker's turns at them."""

from collections.abc import Sequence

from linktill.core.link_import import UNDER_WAY, LinkImport
from linktill.core.payment_link import PaymentLink
from linktill.flows.import_links import import_links
from linktill.flows.link_imports import begin_import, read_import, row_outcomes, start_import, upload
from linktill.flows.manage_links import find_links
from linktill.flows.plan_links import RowOutcome
from tests.make import Shop

HEAD = "key,amount,currency,description"


def file_of(rows: Sequence[str], head: str = HEAD) -> bytes:
    return "\n".join([head, *rows]).encode()


def plain(first: int, count: int) -> list[str]:
    return [f"K{key},{key + 1}.50,USD,Lesson {key}" for key in range(first, first + count)]


async def sent(shop: Shop, data: bytes, *, starts: bool = False) -> LinkImport:
    """The file is here, and nobody has worked on it."""
    uploaded = await upload(shop.services, shop.id, data, file_name="lessons.csv", by="test")
    return await begin_import(shop.services, uploaded, starts=starts)


async def worked(shop: Shop, found: LinkImport) -> LinkImport:
    """A worker takes turns until it is checked, or done. Its news are told by nobody: it is not to wait for that."""
    for _ in range(1_000):
        now = await read_import(shop.services, shop.id, found.id)
        if now.status not in UNDER_WAY:
            return now
        await import_links(shop.services, gives_way=False)
    raise AssertionError("it never ends")


async def checked(shop: Shop, data: bytes) -> LinkImport:
    return await worked(shop, await sent(shop, data))


async def imported(shop: Shop, data: bytes) -> LinkImport:
    found = await checked(shop, data)
    await start_import(shop.services, shop.id, found.id)
    return await worked(shop, found)


async def outcomes(shop: Shop, found: LinkImport, *, only_failed: bool = False) -> list[RowOutcome]:
    return await row_outcomes(
        shop.services, shop.id, found.id, after=0, limit=100_000, only_failed=only_failed
    )


async def links_of(shop: Shop) -> list[PaymentLink]:
    """All of the merchant's, oldest first."""
    found: list[PaymentLink] = []
    before = None
    while True:
        page = await find_links(shop.services, shop.id, limit=100, before=before)
        found += page.links
        if page.next_cursor is None:
            return found[::-1]
        before = page.next_cursor
