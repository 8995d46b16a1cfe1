"""`/dashboard/reconcile`: money without a link, links without money, what gateways hold, and what a person says of it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import (
    FieldInvalid,
    GatewayTrouble,
    NotFound,
    TransitionRefused,
)
from linktill.core.ids import AttemptId, GatewayAccountId, PayoutId
from linktill.core.link_terms import clean_text
from linktill.core.money import parse_decimal
from linktill.flows.compare_captured import settle_mismatch
from linktill.flows.compare_now import Outcome, compare_now
from linktill.flows.idempotent import Answer as KeptAnswer
from linktill.flows.idempotent import idempotently
from linktill.flows.pay_out_as_test import pay_out_as_test
from linktill.flows.record_payout import (
    PayoutSaid,
    TypedPayout,
    check_payout,
    payout_said,
    record_payout,
    take_payout_back,
)
from linktill.flows.resolve_foreign import NOTE_MAX, Which, attach, set_aside
from linktill.flows.services import moment_of
from linktill.platform.log import get_logger
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.once import once
from linktill.web.dashboard.reconcile.show import load, page_of
from linktill.web.dashboard.reconcile.view import PayoutForm
from linktill.web.form import Form

PATH: Final = "/dashboard/reconcile"
WAIT_S: Final = 8.0
"""So long a person waits for a comparison; then it goes on without them."""
FORMS: Final = ("compare", "pay_out", "set_aside", "attach", "settle", "record", "take_back")

log = get_logger(__name__)


def reconcile_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _Reconcile(desk)
    return (
        desk.page(PATH, pages.show),
        *(desk.page(f"{PATH}/{name}", pages.lead_back) for name in FORMS),
        *(desk.form(f"{PATH}/{name}", getattr(pages, name)) for name in FORMS),
    )


class _Reconcile:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk
        self._running: set[asyncio.Task[list[Outcome]]] = set()

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/reconcile`."""
        return await self._page(visitor)

    async def lead_back(self, _visitor: Visitor) -> Answer:
        """`GET` of an address that only forms are sent to."""
        return see_other(PATH)

    async def compare(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/compare`: what takes long goes on by itself. Were it cut off, the next comparison begins where it did."""
        task = asyncio.create_task(compare_now(self._desk.services, visitor.merchant_id))
        self._running.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=WAIT_S)
        if not done:
            return self._desk.done(PATH, "compare_goes_on")
        has_trouble = any(outcome.trouble for outcome in task.result())
        return self._desk.done(PATH, "compare_trouble" if has_trouble else "compared")

    async def pay_out(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/pay_out`: a pretend gateway pays out."""
        account_id = GatewayAccountId(form.text("account_id"))
        try:
            await pay_out_as_test(self._desk.services, visitor.merchant_id, account_id)
        except GatewayTrouble as trouble:
            return await self._page(visitor, problem=str(trouble), status=502)
        return self._desk.done(PATH, "paying_out")

    async def set_aside(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/set_aside`."""
        try:
            await set_aside(self._desk.services, _which(visitor, form), form.text("note"), by=visitor.by)
        except (FieldInvalid, TransitionRefused) as refused:
            return await self._page(visitor, problem=str(refused), status=422)
        return self._desk.done(PATH, "set_aside")

    async def attach(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/attach`."""
        try:
            await attach(self._desk.services, _which(visitor, form), form.text("link"), by=visitor.by)
        except (FieldInvalid, TransitionRefused) as refused:
            return await self._page(visitor, problem=str(refused), status=422)
        except GatewayTrouble as trouble:
            return await self._page(visitor, problem=str(trouble), status=502)
        return self._desk.done(PATH, "attached")

    async def settle(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/settle`."""
        services = self._desk.services
        try:
            note = clean_text(form.text("note"), "note", max_length=NOTE_MAX)
        except FieldInvalid as refused:
            return await self._page(visitor, problem=str(refused), status=422)
        if not note:
            return await self._page(visitor, problem="Say what you found out.", status=422)
        payment_id = AttemptId(form.text("payment_id"))
        settle = partial(settle_mismatch, by=visitor.by, note=note)
        if not await services.database.run(settle, moment_of(services), visitor.merchant_id, payment_id):
            raise NotFound("This payment is not on the list any more.")
        services.wake.now()
        return self._desk.done(PATH, "settled")

    async def record(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/record`: a payout, by hand."""
        services = self._desk.services
        try:
            said = await self._said(visitor, form)
        except FieldInvalid as refused:
            return await self._page(visitor, form=form, error=refused, status=422)
        work = partial(record_payout, moment=moment_of(services), merchant_id=visitor.merchant_id, said=said)
        await idempotently(
            services,
            visitor.merchant_id,
            once(form, f"{PATH}/record"),
            work,
            lambda made: KeptAnswer(303, made.id.encode()),
        )
        services.wake.now()
        return self._desk.done(PATH, "payout_recorded")

    async def take_back(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/take_back`."""
        services = self._desk.services
        payout_id = PayoutId(form.text("payout_id"))
        await services.database.run(take_payout_back, moment_of(services), visitor.merchant_id, payout_id)
        services.wake.now()
        return self._desk.done(PATH, "payout_taken_back")

    async def _said(self, visitor: Visitor, form: Form) -> PayoutSaid:
        """What the form says, checked. Raises FieldInvalid by the form's own names."""
        services = self._desk.services
        account_id, currency, way = (*form.text("source").split(" "), "", "", "")[:3]
        if not form.text("submit_token"):
            raise FieldInvalid("source", "This form was not complete. Press the button again.")
        try:
            amount = parse_decimal(form.text("amount"), currency)
        except FieldInvalid as refused:
            raise FieldInvalid("source" if refused.param == "currency" else "amount", str(refused)) from None
        paid_on = form.text("paid_on") or "-"
        typed = TypedPayout(account_id, amount.minor, currency, paid_on, way, form.text("note"))
        try:
            said = payout_said(services, typed, by=visitor.by)
            await check_payout(services, visitor.merchant_id, said)
        except NotFound as unknown:
            raise FieldInvalid("source", str(unknown)) from None
        except FieldInvalid as refused:
            names = {"paid_on": "paid_on", "note": "note", "amount_minor": "amount"}
            raise FieldInvalid(names.get(refused.param or "", "source"), str(refused)) from None
        return said

    async def _page(
        self,
        visitor: Visitor,
        *,
        form: Form | None = None,
        error: FieldInvalid | None = None,
        problem: str = "",
        status: int = 200,
    ) -> Answer:
        desk = self._desk
        seen = await desk.services.database.report(load, visitor.merchant_id)
        page = page_of(desk, visitor, seen, problem=problem)
        if form is not None and error is not None:
            before = page.payout_form
            typed = PayoutForm(
                choices=() if before is None else before.choices,
                submit_token=form.text("submit_token") or desk.submit_token(),
                source=form.text("source")[:200],
                amount=form.text("amount")[:40],
                paid_on=form.text("paid_on")[:40],
                note=form.text("note")[:NOTE_MAX],
                errors={error.param or "source": str(error)},
            )
            page = page_of(desk, visitor, seen, form=typed)
        return desk.show(visitor, page, status=status)

    def _ended(self, task: "asyncio.Task[list[Outcome]]") -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("compare.failed", error=repr(task.exception()))


def _which(visitor: Visitor, form: Form) -> Which:
    account_id = GatewayAccountId(form.text("account_id"))
    return Which(visitor.merchant_id, account_id, form.text("gateway_ref"))
