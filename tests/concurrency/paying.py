"""Who gets the slot, of two who press Pay, or of one who presses while the merchant changes the link."""

from collections.abc import Callable
from dataclasses import replace

from linktill.core.errors import (
    LinkNotPayable,
    PaymentInProgress,
    PriceChanged,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_attempt import OPEN, AttemptStatus, FactKind
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.flows.manage_links import control_unit, edit_link
from linktill.flows.start_payment import _Claimed
from linktill.storage.database import Database
from tests.concurrency.interleaver import Body, Ended
from tests.concurrency.world import Scene, World, usd

CLAIM = ("UPDATE payment_link", "slots_taken +")


async def two_payers_one_slot(world: World) -> Scene:
    """CC02, CC03."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        results = ended.values(PaymentInProgress)
        assert sorted(type(result).__name__ for result in results) == ["PaymentInProgress", "_Claimed"]
        assert (await world.fresh(link)).slots_taken == 1
        assert len(await world.attempts(link)) == 1

    return Scene([world.press(link, "1"), world.press(link, "2")], check)


async def double_click(world: World) -> Scene:
    """CC01."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        first, second = ended.values()
        assert (first.session, first.attempt.id) == (second.session, second.attempt.id)
        assert sorted((first.is_new, second.is_new)) == [False, True]
        assert len(await world.attempts(link)) == 1

    return Scene([world.press(link), world.press(link)], check)


async def declined_form_pressed_twice(world: World) -> Scene:
    """CC01, when the form's first try was declined."""
    link = await world.link(payments_max=None)
    await world.tell(await world.claimed(link), FactKind.FAILED)(world.database)

    async def check(ended: Ended) -> None:
        results = [result for result in ended.values(PaymentInProgress) if isinstance(result, _Claimed)]
        assert [result.is_new for result in results].count(True) == 1
        found = await world.attempts(link)
        assert (len(found), sum(attempt.status in OPEN for attempt in found)) == (2, 1)

    return Scene([world.press(link), world.press(link)], check)


def priced(amount_minor: int) -> Callable[[LinkTerms], LinkFields]:
    return lambda terms: replace(fields_of(terms), amount_minor=amount_minor)


def editing(world: World, link: PaymentLink, amount_minor: int, version: int | None = None) -> Body:
    async def body(database: Database) -> PaymentLink:
        services = replace(world.services, database=database)
        return await edit_link(services, world.id, link.id, priced(amount_minor), by="test", version=version)

    return body


def controlling(world: World, link: PaymentLink, wanted: LinkStatus) -> Body:
    async def body(database: Database) -> PaymentLink:
        return await database.run(control_unit, world.moment(), world.id, link.id, wanted)

    return body


async def claim_against_new_price(world: World) -> Scene:
    """LL05: who claims after an edit was acknowledged has seen it, or is told of it."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        claimed, edited = ended.values(PriceChanged)
        assert edited.version == 2
        if isinstance(claimed, _Claimed):
            assert ended.when(0, *CLAIM) < ended.when(1, "COMMIT"), "charged at a price that was gone"
            assert (claimed.session.link_version, claimed.attempt.amount) == (1, usd(4_000))
        else:
            assert await world.attempts(link) == []

    return Scene([world.press(link), editing(world, link, 5_000)], check)


async def claim_against_cancel(world: World) -> Scene:
    """LL07: nobody claims a slot on a link whose cancellation was acknowledged."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        claimed, canceled = ended.values(LinkNotPayable)
        assert canceled.status is LinkStatus.CANCELED
        if isinstance(claimed, _Claimed):
            assert ended.when(0, *CLAIM) < ended.when(1, "COMMIT"), "claimed on a canceled link"
        assert (await world.fresh(link)).slots_taken == len(await world.attempts(link))

    return Scene([world.press(link), controlling(world, link, LinkStatus.CANCELED)], check)


async def two_edits_of_one_version(world: World) -> Scene:
    """Two people edit what they both have before them: one is told to look again."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        results = ended.values(VersionConflict)
        kept = [result for result in results if isinstance(result, PaymentLink)]
        assert len(kept) == 1
        fresh = await world.fresh(link)
        assert (fresh.version, fresh.terms.amount) == (2, kept[0].terms.amount)

    return Scene([editing(world, link, 5_000, 1), editing(world, link, 6_000, 1)], check)


async def cancel_against_capture(world: World) -> Scene:
    """A link that is canceled while its payment is captured is one or the other, as both were told."""
    link = await world.link()
    attempt = await world.claimed(link)

    async def check(ended: Ended) -> None:
        captured, canceled = ended.values(TransitionRefused)
        assert captured.status is AttemptStatus.CAPTURED
        fresh = await world.fresh(link)
        refused = isinstance(canceled, TransitionRefused)
        assert fresh.status is (LinkStatus.COMPLETED if refused else LinkStatus.CANCELED)
        assert fresh.captured_count == 1

    return Scene([world.tell(attempt), controlling(world, link, LinkStatus.CANCELED)], check)


async def late_capture_against_claim(world: World) -> Scene:
    """Money for a slot that was freed, and a payer who wants the slot: one counts, the other is surplus or told to wait."""
    link = await world.link()
    dead = await world.claimed(link)
    await world.tell(dead, FactKind.FAILED)(world.database)

    async def check(ended: Ended) -> None:
        captured, claimed = ended.values(PaymentInProgress, LinkNotPayable)
        assert captured.is_surplus is isinstance(claimed, _Claimed)
        assert (await world.fresh(link)).slots_taken == 1
        if isinstance(claimed, _Claimed):
            await world.tell(claimed.attempt)(world.database)
        assert (await world.fresh(link)).captured_count == 1

    return Scene([world.tell(dead), world.press(link, "2")], check)


async def three_payers_two_slots(world: World) -> Scene:
    """CC03, with three."""
    link = await world.link(payments_max=2)

    async def check(ended: Ended) -> None:
        results = ended.values(PaymentInProgress)
        assert sum(isinstance(result, _Claimed) for result in results) == 2
        assert (await world.fresh(link)).slots_taken == len(await world.attempts(link)) == 2

    return Scene([world.press(link, form) for form in "123"], check)


async def double_click_against_another_payer(world: World) -> Scene:
    """CC01, CC02 at once: one bill, one form pressed twice, one pressed by somebody else."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        mine, again, other = ended.values(PaymentInProgress)
        assert isinstance(other, _Claimed) is not isinstance(mine, _Claimed)
        assert isinstance(mine, _Claimed) is isinstance(again, _Claimed)
        assert len(await world.attempts(link)) == 1

    return Scene([world.press(link), world.press(link), world.press(link, "2")], check)


async def claim_edit_and_cancel(world: World) -> Scene:
    """A payer, and two members who do not know of one another."""
    link = await world.link()

    async def check(ended: Ended) -> None:
        claimed, edited, canceled = ended.values(PriceChanged, LinkNotPayable, TransitionRefused)
        assert canceled.status is LinkStatus.CANCELED
        if isinstance(claimed, _Claimed):
            assert ended.when(0, *CLAIM) < ended.when(2, "COMMIT")
            if isinstance(edited, PaymentLink):
                assert ended.when(0, *CLAIM) < ended.when(1, "COMMIT")
        fresh = await world.fresh(link)
        assert fresh.version == (2 if isinstance(edited, PaymentLink) else 1)

    bodies = [
        world.press(link),
        editing(world, link, 5_000),
        controlling(world, link, LinkStatus.CANCELED),
    ]
    return Scene(bodies, check)


TWO = (
    two_payers_one_slot,
    double_click,
    declined_form_pressed_twice,
    claim_against_new_price,
    claim_against_cancel,
    two_edits_of_one_version,
    cancel_against_capture,
    late_capture_against_claim,
)
THREE = (three_payers_two_slots, double_click_against_another_payer, claim_edit_and_cancel)
