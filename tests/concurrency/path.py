"""The whole path of a payment and of its refund, as it is walked again and again while something breaks under it."""

import json
from dataclasses import replace

from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import PaymentLink
from linktill.core.refund import RefundReason, RefundStatus
from linktill.flows.idempotent import Answer, idempotent_request, idempotently
from linktill.flows.refund_payment import RefundAsked, new_refund_id, request_refund
from linktill.flows.services import Services, moment_of
from linktill.storage import events, ledger, refunds
from linktill.storage.database import Database, Tx
from tests.make import Shop

TURNS_MAX = 12
SETTLING_S = 61.0
"""Longer than any turn or lease that a break may have left behind with nobody."""


class Walk:
    """One payment of 4,000, and a refund of 1,000 of it asked for under an idempotency key, with its events counted.

    `broken`: the database as the walk sees it. What prepares and checks uses the shop's own. `asks`: so often the refund is
    asked for under its key.
    """

    def __init__(self, shop: Shop, broken: Database, *, asks: int = 2) -> None:
        self._asks = asks
        self._shop = shop
        self._sound: Services = shop.services
        self._services = replace(shop.services, database=broken)

    async def walk(self, link: PaymentLink) -> None:
        """Presses Pay, pays, hears of it, gives a part back. What broke on the way is none of the payer's business."""
        shop = self._shop
        shop.services = self._services
        try:
            result = await shop.press_pay(link)
            again = await shop.press_pay(link)
            assert again.session.attempt_id == result.session.attempt_id
            await shop.fill_card(again if result.redirect_url is None else result)
            await shop.deliver()
            await self._until_captured(link)
            attempt_id = result.session.attempt_id
            answers = {(await self._refund(attempt_id)).body for _ in range(self._asks)}
            assert len(answers) == 1, "one key, one answer"
            await shop.poll()
        finally:
            shop.services = self._sound

    async def _until_captured(self, link: PaymentLink) -> None:
        for _ in range(TURNS_MAX):
            [attempt] = await self._shop.attempts(link)
            if attempt.status is AttemptStatus.CAPTURED:
                return
            await self._shop.later(SETTLING_S)
        raise AssertionError("never captured")

    async def _refund(self, attempt_id: AttemptId) -> Answer:
        asked = RefundAsked(new_refund_id(self._services), attempt_id, 1_000, RefundReason.OTHER, "")
        request = idempotent_request(f"refund-{attempt_id}", method="POST", path="/v1/refunds", body=b"{}")
        moment = moment_of(self._services)

        async def work(tx: Tx) -> str:
            return (await request_refund(tx, moment, self._shop.id, asked)).id

        return await idempotently(
            self._services, self._shop.id, request, work, lambda made: Answer(201, json.dumps(made).encode())
        )

    async def check(self, link: PaymentLink) -> None:
        """Everything happened, and happened once: here, at the gateway, in the books and in what is told."""
        shop, database = self._shop, self._sound.database
        [attempt] = await shop.attempts(link)
        for _ in range(TURNS_MAX):
            if await self._refund_status(attempt.id) is RefundStatus.SUCCEEDED:
                break
            await shop.later(SETTLING_S)
        assert await self._refund_status(attempt.id) is RefundStatus.SUCCEEDED
        after = await shop.attempt(attempt.id)
        assert (after.status, after.refund_requested_minor, after.refunded_minor) == (
            AttemptStatus.CAPTURED,
            1_000,
            1_000,
        )
        theirs = await shop.running.payment(after.gateway_ref or "")
        assert (theirs["status"], theirs["refunded_minor"]) == ("captured", 1_000)
        booked = await database.read(ledger.transactions_of, shop.id, attempt.id)
        assert sorted(sealed.transaction.kind for sealed in booked) == ["capture", "refund"]
        told = await database.read(events.list_events, shop.id, limit=100, link_id=link.id)
        assert sorted(event.type.value for event in told) == [
            "payment.captured",
            "payment.started",
            "payment_link.completed",
            "payment_link.created",
            "refund.created",
            "refund.succeeded",
        ]

    async def _refund_status(self, attempt_id: AttemptId) -> RefundStatus:
        found = await self._sound.database.read(refunds.refunds_of, self._shop.id, attempt_id)
        assert len(found) == 1, f"{len(found)} refunds of what was asked for once"
        return found[0].status
