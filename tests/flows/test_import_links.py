"""Links from a file: nothing before it is started, no link twice, and whoever is killed in the middle loses nothing."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core import ids as prefixes
from linktill.core.errors import FieldsInvalid, NotFound, TooMany, TransitionRefused
from linktill.core.link_import import OPEN_MAX, ImportStatus, RowStatus
from linktill.flows import import_links as turns
from linktill.flows import link_imports
from linktill.flows.import_links import forget_imports, import_links
from linktill.flows.link_imports import (
    PIECE_ROWS,
    begin_import,
    read_import,
    start_import,
    stop_import,
    upload,
)
from linktill.flows.manage_endpoints import EndpointTerms, create_endpoint
from linktill.flows.plan_links import plan_rows
from linktill.platform.clock import SystemClock
from linktill.storage import link_imports as stored
from linktill.storage import outbox, queues
from linktill.storage.events import list_events
from linktill.storage.leases import acquire, release
from linktill.storage.link_imports import list_imports
from tests.flows.importing import (
    HEAD,
    checked,
    file_of,
    imported,
    links_of,
    outcomes,
    plain,
    sent,
    worked,
)
from tests.make import Shop, make_merchant

COUNT = 3 * PIECE_ROWS + 1
FULL = (
    "key,slug,amount,currency,description,note,reference,payments_max,starts_at,due_at,expires_at,redirect_url,"
    "closed_message,allowed_gateways,denied_gateways,metadata.room"
)


async def test_a_check_makes_nothing_and_says_what_each_row_comes_to(shop: Shop) -> None:
    rows = plain(0, COUNT)
    rows[1] = 'K1,"40,00",usd,'
    rows[2] = "K2,40,XXX,Lesson"
    found = await checked(shop, file_of(rows))
    assert found.status is ImportStatus.CHECKED
    assert (found.rows, found.done, found.ready, found.created, found.failed) == (
        COUNT,
        COUNT,
        COUNT - 2,
        0,
        2,
    )
    assert await links_of(shop) == []
    assert await shop.services.database.read(list_events, shop.id, limit=10) == []
    told = await outcomes(shop, found)
    assert [each.number for each in told] == list(range(2, COUNT + 2))
    assert (told[0].status, told[0].about) == (RowStatus.READY, "1.50 USD, Lesson 0")
    amount, description = sorted(told[1].faults, key=lambda fault: fault.column)
    assert (amount.column, description.column) == ("amount", "description")
    assert "digits and a point" in amount.message
    assert [fault.column for fault in told[2].faults] == ["currency"]
    assert [each.number for each in await outcomes(shop, found, only_failed=True)] == [3, 4]


async def test_the_links_are_those_of_every_other_door(shop: Shop) -> None:
    row = (
        "A,cake-order,39.00,USD,A cake,Thank you,R-1,2,2030-01-01,2030-02-01,2030-03-01,https://example.com/x,"
        "Call us,sandbox,,7"
    )
    found = await imported(shop, file_of([row], FULL))
    assert (found.status, found.created, found.failed) == (ImportStatus.DONE, 1, 0)
    [link] = await links_of(shop)
    same = await shop.link(
        3_900,
        description="A cake",
        note="Thank you",
        reference="R-1",
        payments_max=2,
        starts_at=link.terms.starts_at,
        due_at=link.terms.due_at,
        expires_at=link.terms.expires_at,
        redirect_url="https://example.com/x",
        closed_message="Call us",
        allowed_gateways=("sandbox",),
        metadata={"room": "7"},
    )
    assert (link.slug, link.terms, link.status) == ("cake-order", same.terms, same.status)
    [outcome] = await outcomes(shop, found)
    assert (outcome.status, outcome.link_id, outcome.slug) == (RowStatus.CREATED, link.id, "cake-order")
    events = await shop.services.database.read(list_events, shop.id, limit=10, link_id=link.id)
    assert [event.type.value for event in events] == ["payment_link.created"]
    await shop.check()


async def test_links_stand_in_the_order_of_the_file(shop: Shop) -> None:
    await imported(shop, file_of(plain(0, COUNT)))
    assert [link.terms.description for link in await links_of(shop)] == [
        f"Lesson {key}" for key in range(COUNT)
    ]


async def test_the_same_file_makes_no_link_twice(shop: Shop) -> None:
    data = file_of(plain(0, COUNT))
    first = await imported(shop, data)
    again = await imported(shop, data)
    assert (again.ready, again.created, again.existing) == (0, 0, COUNT)
    assert len(await links_of(shop)) == COUNT
    before, after = await outcomes(shop, first), await outcomes(shop, again)
    assert [each.link_id for each in before] == [each.link_id for each in after]
    assert {each.note for each in after} == {""}


async def test_a_mended_file_makes_what_was_missing(shop: Shop) -> None:
    rows = plain(0, 5)
    broken = [*rows]
    broken[3] = "K3,free,USD,Lesson 3"
    assert (await imported(shop, file_of(broken))).created == 4
    mended = await imported(shop, file_of([*reversed(rows), "K9,9,USD,Another"]))
    assert (mended.created, mended.existing, mended.failed) == (2, 4, 0)
    assert len(await links_of(shop)) == 6


async def test_without_keys_a_file_is_known_by_what_it_holds(shop: Shop) -> None:
    head, rows = "amount,currency,description", ["40,USD,Fee", "40,USD,Fee", "50,USD,Fee"]
    assert (await imported(shop, file_of(rows, head))).created == 3
    assert (await imported(shop, file_of([*rows, "40,USD,Fee"], head))).created == 1
    assert (await imported(shop, file_of(rows, head))).created == 0
    assert len(await links_of(shop)) == 4


async def test_a_row_that_was_changed_leaves_its_link_and_says_so(shop: Shop) -> None:
    await imported(shop, file_of(plain(0, 1)))
    again = await imported(shop, file_of(["K0,99,USD,Lesson 0"]))
    [outcome] = await outcomes(shop, again)
    assert (outcome.status, outcome.note) == (RowStatus.EXISTING, outcome.note)
    assert "Edit the link" in outcome.note
    [link] = await links_of(shop)
    assert link.terms.amount.minor == 150


async def test_a_row_that_no_rule_would_allow_any_more_has_still_made_its_link(shop: Shop) -> None:
    data = file_of(["A,40,USD,x,2030-01-31"], HEAD + ",expires_at")
    await imported(shop, data)
    shop.running.clock.advance(10 * 365 * 24 * 3600)
    again = await imported(shop, data)
    assert (again.existing, again.failed) == (1, 0)


async def test_an_address_that_is_taken_fails_its_row_alone(shop: Shop) -> None:
    await shop.link(slug="cake-order")
    data = file_of(
        ["A,cake-order,1,USD,x", "B,tart-order,1,USD,x", "C,no,1,USD,x"],
        "key,slug,amount,currency,description",
    )
    found = await checked(shop, data)
    assert (found.ready, found.failed) == (1, 2)
    await shop.link(slug="tart-order")
    await start_import(shop.services, shop.id, found.id)
    done = await worked(shop, found)
    assert (done.created, done.failed) == (0, 3)
    told = await outcomes(shop, done)
    assert [[fault.column for fault in each.faults] for each in told] == [["slug"]] * 3
    assert "cake-order is taken" in told[0].faults[0].message
    assert "tart-order is taken" in told[1].faults[0].message


async def test_a_price_that_no_gateway_takes_is_told_as_everywhere(shop: Shop) -> None:
    found = await checked(shop, file_of(["A,40,USD,x,nonsense"], HEAD + ",allowed_gateways"))
    [outcome] = await outcomes(shop, found)
    assert [fault.column for fault in outcome.faults] == ["allowed_gateways"]
    assert "nonsense is not connected" in outcome.faults[0].message


async def test_who_is_killed_in_the_middle_of_a_unit_leaves_nothing_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the links of a piece were written and before what came of them is: nothing of that unit stays."""
    monkeypatch.setattr(turns, "LEASE_US", 0)
    found = await sent(shop, file_of(plain(0, COUNT)), starts=True)
    kept, calls = stored.advance, 0

    async def killed(*given: object, **more: object) -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemError("killed")
        return bool(await kept(*given, **more))  # type: ignore[arg-type]

    monkeypatch.setattr(stored, "advance", killed)
    with pytest.raises(SystemError):
        await import_links(shop.services, gives_way=False)
    assert len(await links_of(shop)) == PIECE_ROWS
    assert (await read_import(shop.services, shop.id, found.id)).done == PIECE_ROWS
    done = await worked(shop, found)
    assert (done.status, done.created) == (ImportStatus.DONE, COUNT)
    assert len(await links_of(shop)) == COUNT


async def test_one_worker_at_a_time(shop: Shop) -> None:
    found = await sent(shop, file_of(plain(0, COUNT)), starts=True)
    held = await shop.services.database.run(acquire, turns.LEASE, "another", 60_000_000)
    assert held is not None
    assert await import_links(shop.services, gives_way=False) == 0
    assert await links_of(shop) == []
    await shop.services.database.run(release, held)
    assert (await worked(shop, found)).created == COUNT


async def test_a_worker_that_slept_through_its_lease_writes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sent(shop, file_of(plain(0, COUNT)), starts=True)

    async def slow(*given: object) -> object:
        """Another worker comes, since the lease has run out, and does all of it."""
        monkeypatch.setattr(turns, "plan_rows", plan_rows)
        await worked(shop, found)
        return await plan_rows(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(turns, "LEASE_US", -1_000_000)
    monkeypatch.setattr(turns, "plan_rows", slow)
    await import_links(shop.services, gives_way=False)
    assert len(await links_of(shop)) == COUNT
    assert (await read_import(shop.services, shop.id, found.id)).created == COUNT


async def test_a_stop_while_links_are_planned_is_heeded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await sent(shop, file_of(plain(0, COUNT)), starts=True)

    async def slow(*given: object) -> object:
        await stop_import(shop.services, shop.id, found.id)
        return await plan_rows(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(turns, "plan_rows", slow)
    await import_links(shop.services, gives_way=False)
    assert (await read_import(shop.services, shop.id, found.id)).done == 0
    assert await links_of(shop) == []


async def test_two_imports_of_the_same_rows_at_once_make_one_link_each(shop: Shop) -> None:
    data = file_of(plain(0, COUNT))
    first, second = await sent(shop, data, starts=True), await sent(shop, data, starts=True)

    async def turn() -> None:
        for _ in range(20):
            await import_links(shop.services, gives_way=False)

    await asyncio.gather(turn(), turn(), turn())
    done = [await worked(shop, each) for each in (first, second)]
    assert sum(each.created for each in done) == COUNT
    assert sum(each.existing for each in done) == COUNT
    assert len(await links_of(shop)) == COUNT


async def test_it_gives_way_while_news_wait_to_be_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAITING_MAX", PIECE_ROWS + 1)
    found = await sent(shop, file_of(plain(0, 5 * PIECE_ROWS)), starts=True)
    for _ in range(5):
        await import_links(shop.services)
    assert (await read_import(shop.services, shop.id, found.id)).done == 2 * PIECE_ROWS


async def test_it_goes_no_faster_than_an_endpoint_takes_its_news(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payment's webhook must not wait behind those of a file of links; a dead endpoint must not stop the file."""
    monkeypatch.setattr(turns, "WAITING_MAX", 3)
    monkeypatch.setattr(stored, "count_waiting", _none)
    database, terms = shop.services.database, EndpointTerms("https://example.com/hook", "", ())
    endpoint = (await create_endpoint(shop.services, shop.id, terms, may_be_private=True)).endpoint
    for _ in range(3):
        delivery_id = shop.services.ids.new(prefixes.DELIVERY)
        await database.run(
            queues.enqueue, shop.id, endpoint.id, kind="webhook", subject_id=delivery_id, now=1
        )
    found = await sent(shop, file_of(plain(0, COUNT)), starts=True)
    await import_links(shop.services)
    assert await links_of(shop) == []
    [turn] = [
        each
        for each in await database.run(
            outbox.lease, shop.id, now=1, lease_until=9_999_999_999_999_999, lease_token="t", limit=9
        )
        if each.kind == queues.TURN
    ]
    await import_links(shop.services)
    assert await links_of(shop) == [], "it is being told, and is not through"
    await database.run(queues.rest, turn, until=9_999_999_999_999_999, failures=1, error="down")
    await import_links(shop.services)
    assert (await read_import(shop.services, shop.id, found.id)).created == COUNT


async def _none(*_given: object, **_more: object) -> int:
    return 0


async def test_each_merchant_has_its_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = await make_merchant(shop.services, "Stranger")
    mine, shop.merchant = shop.merchant, stranger
    theirs = await sent(shop, file_of(plain(0, COUNT)), starts=True)
    with pytest.raises(NotFound):
        await read_import(shop.services, mine.id, theirs.id)
    shop.merchant = mine
    own = await sent(shop, file_of(plain(0, COUNT)), starts=True)
    monkeypatch.setattr(turns, "TURN_S", 0.0001)
    await import_links(shop.services, gives_way=False)
    assert (await read_import(shop.services, mine.id, own.id)).done == PIECE_ROWS
    assert (await read_import(shop.services, stranger.id, theirs.id)).done == PIECE_ROWS
    await worked(shop, own)
    assert len(await links_of(shop)) == COUNT


async def test_a_stop_keeps_the_links_and_the_same_file_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_S", 0.0001)
    data = file_of(plain(0, COUNT))
    found = await sent(shop, data, starts=True)
    await import_links(shop.services, gives_way=False)
    stopped = await stop_import(shop.services, shop.id, found.id)
    assert (stopped.status, stopped.created) == (ImportStatus.STOPPED, PIECE_ROWS)
    assert await stop_import(shop.services, shop.id, found.id) == stopped
    assert await import_links(shop.services, gives_way=False) == 0
    with pytest.raises(TransitionRefused):
        await start_import(shop.services, shop.id, found.id)
    again = await imported(shop, data)
    assert (again.created, again.existing) == (COUNT - PIECE_ROWS, PIECE_ROWS)
    with pytest.raises(TransitionRefused):
        await stop_import(shop.services, shop.id, again.id)
    assert await start_import(shop.services, shop.id, again.id) == again


async def test_a_file_that_cannot_be_read_leaves_nothing_behind(shop: Shop) -> None:
    rows = [*plain(0, 2_000), 'K,1,USD,"open']
    with pytest.raises(FieldsInvalid):
        await upload(shop.services, shop.id, file_of(rows), file_name="x.csv", by="test")
    assert await shop.services.database.read(list_imports, shop.id, limit=10) == []
    assert await forget_imports(replace(shop.services, clock=_Later())) == 0


async def test_too_many_open_imports_are_refused(shop: Shop) -> None:
    for _ in range(OPEN_MAX):
        await sent(shop, file_of(plain(0, 1)))
    with pytest.raises(TooMany):
        await sent(shop, file_of(plain(0, 1)))


class _Later(SystemClock):
    def now_us(self) -> int:
        return 4_000_000_000_000_000


async def test_what_nobody_has_touched_is_forgotten_but_not_which_row_made_which_link(shop: Shop) -> None:
    data = file_of(plain(0, COUNT))
    done = await imported(shop, data)
    await upload(shop.services, shop.id, data, file_name="never begun", by="test")
    assert await forget_imports(shop.services) == 0
    assert await forget_imports(replace(shop.services, clock=_Later())) > 2
    with pytest.raises(NotFound):
        await read_import(shop.services, shop.id, done.id)
    assert (await imported(shop, data)).existing == COUNT


async def test_a_begin_that_is_run_again_after_a_lost_answer_finds_itself(shop: Shop) -> None:
    uploaded = await upload(shop.services, shop.id, file_of(plain(0, 3)), file_name="x.csv", by="test")
    begun = await begin_import(shop.services, uploaded, starts=True)
    assert await begin_import(shop.services, uploaded, starts=True) == begun
    assert link_imports.PIECES_AT_ONCE > 1
