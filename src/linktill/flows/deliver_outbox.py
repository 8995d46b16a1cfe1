"""Keeps the promises of the outbox: an event becomes what has to be said and to whom, then each receiver is told.

Three steps, each of which survives a crash: the event was promised with the change that caused it; one unit of work
turns it into mails and webhook deliveries and takes the promise away; each of those waits in its receiver's queue until
it was taken or given up. Telling happens at least once: a receiver knows a second time by its id.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from linktill.core import ids as prefixes
from linktill.core.ids import DeliveryId, EventId, MerchantId
from linktill.flows import send_mails, send_webhooks
from linktill.flows.announce import TELL_EVENT
from linktill.flows.enter_search import enter_events
from linktill.flows.issue_invoices import Wish, grant, wish_of
from linktill.flows.schedule import next_retry
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.stories import Story
from linktill.flows.take_turn import LEASE_US, Channels, take_turn
from linktill.flows.tell import drafts, load_stories
from linktill.platform.log import get_logger
from linktill.storage import outbox, queues
from linktill.storage.database import Tx
from linktill.storage.errors import StorageError
from linktill.storage.mails import QUEUE, Mail
from linktill.storage.outbox import Promise
from linktill.storage.webhook_deliveries import insert_delivery
from linktill.storage.webhook_endpoints import WebhookEndpoint

BATCH_MAX: Final = 50
"""Promises of one merchant that are taken at once."""
TAKEN_MAX: Final = 200
AT_ONCE: Final = 8
"""Events that are worked on at the same time: pages need the database's connections, too."""
TOGETHER: Final = 16
"""Events that are read at once."""
TURNS_MAX: Final = 32
"""Receivers that are told at the same time. Each has its own bound, see the couriers."""
LATER_US: Final = 250_000

log = get_logger(__name__)


@final
class OutboxDelivery:
    """Looks for due promises. Receivers are told in tasks of their own, so that a slow one holds nobody up."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._turns: set[asyncio.Task[int]] = set()

    async def step(self, services: Services) -> int:
        """Takes on what is due, within bounds; answers how much."""
        self._forget_finished()
        if not await services.database.read(outbox.merchants_with_due, now=services.clock.now_us()):
            return 0
        taken = await services.database.run(_lease, services.randomness.token(12))
        turns = [held for held in taken if held.kind == queues.TURN]
        free = max(0, TURNS_MAX - len(self._turns))
        for turn in turns[:free]:
            self._turns.add(asyncio.create_task(self._take_turn(services, turn)))
        if turns[free:]:
            await services.database.run(_hand_back, turns[free:])
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(
            *(_tell(services, self._channels, several, gate) for several in _together(taken))
        )
        return len(taken) - len(turns[free:])

    async def drain(self) -> None:
        """Waits for the receivers that are being told. Cut off, it cuts them off: their leases run out."""
        try:
            while self._turns:
                await asyncio.wait(self._turns)
                self._forget_finished()
        finally:
            for task in self._turns:
                task.cancel()

    async def _take_turn(self, services: Services, turn: Promise) -> int:
        if turn.subject_id == QUEUE:
            return await take_turn(services, send_mails.courier(self._channels), turn)
        return await take_turn(services, send_webhooks.courier(self._channels), turn)

    def _forget_finished(self) -> None:
        for task in [task for task in self._turns if task.done()]:
            self._turns.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                # Its lease runs out, and somebody takes the turn again.
                log.error("turn.failed", exc_info=error)


async def _lease(tx: Tx, token: str) -> list[Promise]:
    now = await tx.database_time()
    taken: list[Promise] = []
    for merchant_id in await outbox.merchants_with_due(tx, now=now):
        taken += await outbox.lease(
            tx, merchant_id, now=now, lease_until=now + LEASE_US, lease_token=token, limit=BATCH_MAX
        )
        if len(taken) >= TAKEN_MAX:
            break
    return taken


async def _hand_back(tx: Tx, turns: list[Promise]) -> None:
    until = await tx.database_time() + LATER_US
    for turn in turns:
        await queues.rest(tx, turn, until=until, failures=turn.tries - 1, error=None)


def _together(taken: Iterable[Promise]) -> list[list[Promise]]:
    """The promises to tell, a few of one merchant at a time."""
    of_merchant: dict[MerchantId, list[Promise]] = {}
    for held in taken:
        if held.kind != queues.TURN:
            of_merchant.setdefault(held.merchant_id, []).append(held)
    return [
        promises[first : first + TOGETHER]
        for promises in of_merchant.values()
        for first in range(0, len(promises), TOGETHER)
    ]


async def _tell(
    services: Services, channels: Channels, several: Sequence[Promise], gate: asyncio.Semaphore
) -> None:
    try:
        await _tell_together(services, channels, several, gate)
    except StorageError:
        # Nothing was kept; the lease runs out and the promise is taken again.
        raise
    except Exception as error:  # a poison event must not keep the others from being told
        if len(several) > 1:
            await asyncio.gather(*(_tell(services, channels, [held], gate) for held in several))
            return
        held = several[0]
        log.exception("outbox.failed", outbox_id=held.id, kind=held.kind, subject_id=held.subject_id)
        await services.database.run(_failed, held, f"{type(error).__name__}: {error}"[:500])


async def _tell_together(
    services: Services, channels: Channels, several: Sequence[Promise], gate: asyncio.Semaphore
) -> None:
    """One read for all; what nobody wants to know is ended at once, and the rest each in a unit of its own."""
    merchant_id = several[0].merchant_id
    wanted: list[tuple[Promise, Consequences]] = []
    unwanted: list[Promise] = []
    async with gate:
        assert all(held.kind == TELL_EVENT for held in several), "nobody promises things of another kind"
        event_ids = [EventId(held.subject_id) for held in several]
        stories = await services.database.read(load_stories, merchant_id, event_ids)
        for held in several:
            made = _consequences(services, stories[held.subject_id], has_mailer=channels.mailer is not None)
            if made.mails or made.deliveries or made.wish:
                wanted.append((held, made))
            else:
                unwanted.append(held)
        # Before a promise is done with: what is cut off here is entered when the promise is taken again.
        await enter_events(services, merchant_id, [stories[held.subject_id].event for held in several])
        if unwanted:
            await services.database.run(outbox.done_together, unwanted)
    await asyncio.gather(*(_expand_one(services, held, made, gate) for held, made in wanted))


async def _expand_one(
    services: Services, held: Promise, made: "Consequences", gate: asyncio.Semaphore
) -> None:
    async with gate:
        await services.database.run(_expand, held, made, moment_of(services))


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an event makes: mails as written, a delivery for each endpoint that wants it, and maybe an invoice."""

    event_id: EventId
    mails: tuple[Mail, ...]
    deliveries: tuple[tuple[DeliveryId, WebhookEndpoint], ...]
    wish: Wish | None = None


def _consequences(services: Services, story: Story, *, has_mailer: bool) -> Consequences:
    moment, event = moment_of(services), story.event
    mails = tuple(
        send_mails.new_mail(moment, story.merchant, event.id, draft, has_mailer=has_mailer)
        for draft in drafts(story, services.base_url, services.origin_of(event.merchant_id))
    )
    wanted = (endpoint for endpoint in story.endpoints if endpoint.wants(event.type))
    return Consequences(
        event.id,
        mails,
        tuple((DeliveryId(services.ids.new(prefixes.DELIVERY)), endpoint) for endpoint in wanted),
        wish_of(event) if story.has_invoices else None,
    )


async def _expand(tx: Tx, held: Promise, made: Consequences, moment: Moment) -> None:
    """All consequences and the end of the promise, or nothing."""
    if not await outbox.done(tx, held):
        return
    merchant_id = held.merchant_id
    document_id = None if made.wish is None else await grant(tx, moment, merchant_id, made.wish)
    for mail in made.mails:
        is_with = document_id is not None and mail.template in send_mails.WITH_DOCUMENT
        await send_mails.post(tx, replace(mail, attached=document_id) if is_with else mail)
    for delivery_id, endpoint in made.deliveries:
        is_new = await insert_delivery(
            tx, merchant_id, delivery_id, endpoint_id=endpoint.id, event_id=made.event_id, now=moment.now
        )
        if is_new:
            await queues.enqueue(
                tx, merchant_id, endpoint.id, kind=send_webhooks.KIND, subject_id=delivery_id, now=moment.now
            )


async def _failed(tx: Tx, held: Promise, error: str) -> None:
    due_at = next_retry(await tx.database_time(), tries=held.tries)
    if due_at is None:
        await outbox.dead(tx, held, error=error)
    else:
        await outbox.later(tx, held, due_at=due_at, error=error)
