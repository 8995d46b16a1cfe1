"""Disputes as tests open, answer and look at them."""

from dataclasses import dataclass

from linktill.core.dispute import Dispute
from linktill.core.dispute_answer import DisputeAnswer, Evidence
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.answer_dispute import (
    Asking,
    Drafting,
    ask_acceptance,
    ask_submission,
    new_answer_id,
    reach_of,
    save_draft,
)
from linktill.flows.send_answers import poll_answers
from linktill.flows.services import moment_of
from linktill.storage.dispute_answers import answers_of
from linktill.storage.disputes import disputes_of
from linktill.storage.events import list_events
from tests.make import Shop

SAID = Evidence(explanation="The bicycle was repaired and fetched.", delivery_proof="Signed on November 3.")


@dataclass
class Disputed:
    """A payment that is disputed, and the hands of its merchant."""

    shop: Shop
    payment: PaymentAttempt

    async def dispute(self) -> Dispute:
        [found] = await self.shop.services.database.read(disputes_of, self.shop.id, self.payment.id)
        return found

    async def answers(self) -> list[DisputeAnswer]:
        dispute = await self.dispute()
        return await self.shop.services.database.read(answers_of, self.shop.id, dispute.id)

    async def latest(self) -> DisputeAnswer:
        return (await self.answers())[0]

    async def draft(self, evidence: Evidence = SAID, *, is_not_there: bool = False) -> DisputeAnswer:
        services, dispute = self.shop.services, await self.dispute()
        drafting = Drafting(new_answer_id(services), dispute.id, evidence, "mem_1", is_not_there)
        return await services.database.run(save_draft, moment_of(services), self.shop.id, drafting)

    async def asking(self, *, seen_at: int | None = None) -> Asking:
        services, dispute = self.shop.services, await self.dispute()
        reach = await reach_of(services, self.shop.id, dispute.id)
        return Asking(new_answer_id(services), dispute.id, reach, "mem_1", seen_at)

    async def submit(self, *, seen_at: int | None = None) -> DisputeAnswer:
        services, asking = self.shop.services, await self.asking(seen_at=seen_at)
        return await services.database.run(ask_submission, moment_of(services), self.shop.id, asking)

    async def accept(self) -> DisputeAnswer:
        services, asking = self.shop.services, await self.asking()
        return await services.database.run(ask_acceptance, moment_of(services), self.shop.id, asking)

    async def at_vendor(self) -> dict[str, object]:
        """The dispute as the company has it."""
        dispute = await self.dispute()
        found: dict[str, object] = await self.shop.running.json("GET", f"/v1/disputes/{dispute.gateway_ref}")
        return found

    def posts(self) -> list[str]:
        """What was asked of the company since the test cleared it."""
        sent = self.shop.wire.sent
        return [each.url.rpartition("/")[2] for each in sent if each.method == "POST"]

    async def events(self) -> list[str]:
        found = await self.shop.services.database.read(
            list_events, self.shop.id, limit=50, attempt_id=self.payment.id
        )
        return [each.type.value for each in found if each.type.startswith("dispute.")][::-1]


async def disputed(shop: Shop, card: str = "dispute_lost") -> Disputed:
    """Paid, and disputed some seconds later."""
    payment = await shop.pay(await shop.link(), card=card)
    await shop.running.step(6)
    await shop.deliver()
    shop.wire.sent.clear()
    return Disputed(shop, payment)


async def turns(shop: Shop, times: int = 1, *, apart_s: float = 0) -> int:
    """The worker's turns, each so much later than the one before."""
    done = 0
    for _ in range(times):
        shop.running.clock.advance(apart_s)
        done += await poll_answers(shop.services)
    return done
