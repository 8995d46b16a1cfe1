"""Tags and notes of links: kept beside the terms, found, told, and nothing that a payment reads."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from linktill.core.errors import NotFound, VersionConflict
from linktill.core.ids import LinkId
from linktill.core.link_filing import NOT_FILED, Filing, Refiling, tag_key
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.archive_link import archive_link
from linktill.flows.cancel_link import cancel_link
from linktill.flows.link_history import link_history
from linktill.flows.manage_links import (
    FiledLink,
    LinkChange,
    change_link,
    duplicate_link,
    edit_link,
    find_links,
    read_link,
)
from linktill.storage.database import Tx
from linktill.storage.events import list_events
from linktill.storage.link_filing import filing_of, filings_of
from linktill.storage.link_lists import LinkFilter
from linktill.storage.statements import Statement
from tests.flows.edits import raised_to
from tests.make import Shop

FILED = Filing(("Wholesale", "spring 2027"), "Called twice.\nPays by transfer.")


async def refiled(shop: Shop, link: PaymentLink, **changes: Sequence[str] | str) -> FiledLink:
    change = LinkChange(None, "test", refiling=Refiling(**changes))  # type: ignore[arg-type]
    return await change_link(shop.services, shop.id, link.id, change)


async def found(
    shop: Shop, *, tag: str = "", search: str = "", status: LinkStatus | None = None
) -> list[str]:
    wanted = LinkFilter(status, search, tag_key(tag))
    return [each.id for each in (await find_links(shop.services, shop.id, limit=100, wanted=wanted)).links]


async def test_a_link_is_made_with_tags_and_a_note(shop: Shop) -> None:
    link, other = await shop.link(filing=FILED), await shop.link()
    assert (await read_link(shop.services, shop.id, link.id)).filing == FILED
    assert (await read_link(shop.services, shop.id, other.id)).filing == NOT_FILED
    page = await find_links(shop.services, shop.id, limit=100)
    assert page.filings == {link.id: FILED}
    for tag in ("wholesale", "WHOLESALE", "Spring 2027"):
        assert await found(shop, tag=tag) == [link.id], tag
    assert await found(shop, tag="whole") == []
    for words in ("whole", "transfer", "spring bicycle"):
        assert await found(shop, search=words) == [link.id], words


async def test_filing_is_no_new_version_and_says_that_the_link_changed(shop: Shop) -> None:
    link = await shop.link()
    await shop.running.step(1)
    filed = await refiled(shop, link, tags=("a", "b"))
    assert (filed.link.version, filed.filing) == (1, Filing(("a", "b")))
    assert filed.link.updated_at > link.updated_at
    assert await shop.fresh(link) == filed.link
    assert await refiled(shop, link, tags=("a", "b")) == filed, "nothing was changed"
    await refiled(shop, link, internal_note="Called.")
    await refiled(shop, link, tags=("b", "c"))
    assert await found(shop, tag="a") == []
    assert await found(shop, search="called") == [link.id]
    cleared = await refiled(shop, link, tags=(), internal_note="")
    assert cleared.filing == NOT_FILED
    assert await found(shop, search="called") == await found(shop, tag="c") == []
    assert await found(shop, search="bicycle") == [link.id], "its own words are still there"
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    said = [
        json.loads(event.data) for event in reversed(events) if event.type.value == "payment_link.updated"
    ]
    assert [(each["tags"], each["internal_note"], each["version"]) for each in said] == [
        (["a", "b"], "", 1),
        (["a", "b"], "Called.", 1),
        (["b", "c"], "Called.", 1),
        ([], "", 1),
    ]
    assert len(await link_history(shop.services, shop.id, link.id, limit=10)) == 1


async def test_terms_and_filing_change_together_or_not_at_all(shop: Shop) -> None:
    link = await shop.link(filing=Filing(("a",)))
    both = LinkChange(raised_to(3), "test", 1, Refiling(tags=("b",)))
    changed = await change_link(shop.services, shop.id, link.id, both)
    assert (changed.link.version, changed.link.terms.payments_max, changed.filing.tags) == (2, 3, ("b",))
    again = await change_link(shop.services, shop.id, link.id, both)
    assert again == changed, "run again after a lost answer, it finds what it did"
    late = LinkChange(raised_to(9), "test", 1, Refiling(tags=("c",)))
    with pytest.raises(VersionConflict):
        await change_link(shop.services, shop.id, link.id, late)
    with pytest.raises(VersionConflict):
        await change_link(shop.services, shop.id, link.id, LinkChange(None, "test", 1, Refiling(tags=("c",))))
    assert (await read_link(shop.services, shop.id, link.id)).filing.tags == ("b",)
    assert await found(shop, tag="b") == [link.id]
    assert await found(shop, tag="c") == []


async def test_an_edit_of_terms_keeps_the_filing_and_what_it_is_found_by(shop: Shop) -> None:
    link = await shop.link(filing=FILED)
    await edit_link(shop.services, shop.id, link.id, raised_to(4), by="test")
    assert (await read_link(shop.services, shop.id, link.id)).filing == FILED
    assert await found(shop, search="wholesale") == [link.id]
    latest = (await shop.services.database.read(list_events, shop.id, limit=1))[0]
    assert json.loads(latest.data)["tags"] == list(FILED.tags)


async def test_closed_links_are_filed_too(shop: Shop) -> None:
    canceled, archived = await shop.link(), await shop.link()
    await cancel_link(shop.services, shop.id, canceled.id)
    await archive_link(shop.services, shop.id, archived.id)
    for link, status in ((canceled, LinkStatus.CANCELED), (archived, LinkStatus.ARCHIVED)):
        filed = await refiled(shop, link, tags=("over",))
        assert (filed.link.status, filed.filing.tags) == (status, ("over",))
    assert await found(shop, tag="over") == [canceled.id]
    assert await found(shop, tag="over", status=LinkStatus.ARCHIVED) == [archived.id]


async def test_a_copy_has_the_tags_and_not_the_note(shop: Shop) -> None:
    link = await shop.link(filing=FILED)
    copy = await duplicate_link(shop.services, shop.id, link.id, by="test")
    assert (await read_link(shop.services, shop.id, copy.id)).filing == Filing(FILED.tags)
    assert await found(shop, tag="wholesale") == [copy.id, link.id]


async def test_events_of_a_payment_show_how_its_link_is_filed(shop: Shop) -> None:
    link = await shop.link(filing=FILED)
    await shop.pay(link)
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    (completed,) = [event for event in events if event.type.value == "payment_link.completed"]
    assert json.loads(completed.data)["tags"] == list(FILED.tags)
    assert json.loads(completed.data)["internal_note"] == FILED.internal_note


async def test_pages_of_tagged_links_go_on_where_they_ended(shop: Shop) -> None:
    made = [(await shop.link(filing=Filing(("even",) if number % 2 == 0 else ()))).id for number in range(7)]
    wanted = LinkFilter(tag="even")
    first = await find_links(shop.services, shop.id, limit=3, wanted=wanted)
    assert [link.id for link in first.links] == [made[6], made[4], made[2]]
    rest = await find_links(shop.services, shop.id, limit=3, wanted=wanted, before=first.next_cursor)
    assert ([link.id for link in rest.links], rest.next_cursor) == ([made[0]], None)


async def test_a_page_of_links_costs_the_same_however_many_have_tags(shop: Shop) -> None:
    links = [await shop.link(filing=Filing((f"tag {number}", "all"))) for number in range(5)]
    asked = list[Statement]()

    async def counted(tx: Tx, ids: list[LinkId]) -> dict[LinkId, Filing]:
        every = tx.all

        async def remembered(statement: Statement, /, **parameters: object) -> object:
            asked.append(statement)
            return await every(statement, **parameters)  # type: ignore[arg-type]

        tx.all = remembered  # type: ignore[method-assign,assignment]
        return await filings_of(tx, shop.id, ids)

    assert len(await shop.services.database.read(counted, [link.id for link in links])) == 5
    assert len(asked) == 1


async def test_filings_of_others_are_not_there(shop: Shop) -> None:
    link = await shop.link(filing=FILED)
    stranger = type(shop.id)("mer_00000000000000000000000000")
    read = shop.services.database.read
    assert await read(filing_of, stranger, link.id) == NOT_FILED
    assert await read(filings_of, stranger, [link.id]) == {}
    with pytest.raises(NotFound):
        await change_link(
            shop.services, stranger, link.id, LinkChange(None, "test", refiling=Refiling(tags=()))
        )


async def test_two_who_file_at_once_leave_one_of_both_whole(shop: Shop) -> None:
    link = await shop.link()
    await asyncio.gather(
        *(refiled(shop, link, tags=(f"t{number}", "both"), internal_note=str(number)) for number in range(4))
    )
    filing = (await read_link(shop.services, shop.id, link.id)).filing
    assert filing.tags == (f"t{filing.internal_note}", "both")
    assert await found(shop, tag="both") == [link.id]
    others = [f"t{number}" for number in range(4) if f"{number}" != filing.internal_note]
    assert [await found(shop, tag=tag) for tag in others] == [[], [], []]
