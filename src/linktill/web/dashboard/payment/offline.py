"""What a person can say of a payment without a gateway: that money came, that it did not, that it went back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.creditor_reference import creditor_reference, grouped
from linktill.core.errors import NotFound, VersionConflict
from linktill.core.ids import AttemptId, ReceiptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import DEAD, OPEN, AttemptStatus, PaymentAttempt
from linktill.core.receipt import Receipt, Way, checked_way
from linktill.flows.end_waiting import end_waiting
from linktill.flows.idempotent import Answer as KeptAnswer
from linktill.flows.idempotent import idempotently
from linktill.flows.record_money import record_money
from linktill.flows.services import moment_of
from linktill.flows.take_back import Taking, checked_why, settle_refund, take_back
from linktill.storage import receipts, sessions
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.members import emails_of
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, FormHandler, Visitor
from linktill.web.dashboard.money.read import fresh_form, noon_of, read_money, typed_form
from linktill.web.dashboard.money.view import MoneyForm, OfflinePanel, ReceiptRow
from linktill.web.dashboard.once import once
from linktill.web.dashboard.rows import who
from linktill.web.form import Form

ShowForm: TypeAlias = Callable[[Visitor, MoneyForm], Awaitable[Answer]]
"""Shows the payment with the form as it was sent."""


@dataclass(frozen=True, slots=True)
class OfflineDetail:
    """What the panel is made of. `people`: members' ids → e-mail addresses."""

    receipts: Sequence[Receipt]
    people: Mapping[str, str]
    waits_until: int


async def load_offline(tx: Tx, attempt: PaymentAttempt) -> OfflineDetail:
    """Unit: of one payment."""
    found = await receipts.receipts_of(tx, attempt.merchant_id, attempt.id)
    session = await sessions.get_session(tx, attempt.merchant_id, attempt.session_id)
    assert session is not None, "an attempt has a session"
    people = await emails_of(tx, attempt.merchant_id)
    return OfflineDetail(found, people, session.expires_at)


def offline_routes(desk: Desk, path: str, show: ShowForm) -> Sequence[HTTPRouteHandler]:
    """The routes below a payment's. `show`: its page, with the form as it was sent."""
    services = desk.services

    async def take(visitor: Visitor, form: Form) -> Answer:
        attempt = await _attempt(desk, visitor)
        taking = Taking(ReceiptId(form.text("receipt_id")), checked_why(form.text("reason")), visitor.by)
        known = await services.database.read(receipts.get_receipt, visitor.merchant_id, taking.receipt_id)
        if known is None or known.attempt_id != attempt.id:
            raise NotFound("There is no such receipt.")
        await services.database.run(take_back, moment_of(services), visitor.merchant_id, taking)
        services.wake.now()
        return desk.done(f"{path}/{attempt.id}", "money_taken_back")

    async def end(visitor: Visitor, _form: Form) -> Answer:
        attempt = await _attempt(desk, visitor)
        await services.database.run(end_waiting, moment_of(services), visitor.merchant_id, attempt.id)
        services.wake.now()
        return desk.done(f"{path}/{attempt.id}", "waiting_ended")

    async def settle(visitor: Visitor, form: Form) -> Answer:
        attempt = await _attempt(desk, visitor)
        way = None if form.text("way_none") else checked_way(form.text("way"))
        refund_id = RefundId(form.text("refund_id"))
        await services.database.run(settle_refund, moment_of(services), visitor.merchant_id, refund_id, way)
        services.wake.now()
        return desk.done(f"{path}/{attempt.id}", "refund_canceled" if way is None else "refund_gone")

    async def lead_back(visitor: Visitor) -> Answer:
        # A form that was refused is shown at its address, and people open that again.
        return see_other(f"{path}/{visitor.id(prefixes.ATTEMPT)}")

    one = f"{path}/{{id:str}}"
    return (
        desk.page(f"{one}/mark_paid", lead_back),
        desk.form(f"{one}/mark_paid", _mark_paid(desk, path, show)),
        desk.form(f"{one}/take_back", take),
        desk.form(f"{one}/end", end),
        desk.form(f"{one}/settle_refund", settle),
    )


def _mark_paid(desk: Desk, path: str, show: ShowForm) -> FormHandler:
    """The form by which a person says that money came."""
    services = desk.services

    async def mark_paid(visitor: Visitor, form: Form) -> Answer:
        attempt = await _attempt(desk, visitor)
        here = f"{path}/{attempt.id}"
        before = _fresh(desk, attempt, f"{here}/mark_paid", Way.TRANSFER)
        came, errors = read_money(services, form, attempt.amount.currency, by=visitor.by)
        if came is None:
            return await show(visitor, typed_form(form, before, errors))
        work = partial(
            record_money,
            moment=moment_of(services),
            merchant_id=visitor.merchant_id,
            attempt_id=attempt.id,
            came=came,
        )
        try:
            await idempotently(
                services,
                visitor.merchant_id,
                once(form, f"{here}/mark_paid"),
                work,
                lambda made: KeptAnswer(303, made.id.encode()),
            )
        except VersionConflict as refused:
            # A new form, as things stand now: what was typed there may be what somebody else has recorded.
            fresh = await _attempt(desk, visitor)
            form_now = _fresh(desk, fresh, f"{here}/mark_paid", Way.TRANSFER)
            return await show(visitor, _with_error(form_now, str(refused)))
        services.wake.now()
        return desk.done(here, "money_recorded")

    return mark_paid


def offline_panel(
    desk: Desk, attempt: PaymentAttempt, detail: OfflineDetail, path: str, typed: MoneyForm | None
) -> OfflinePanel:
    """What a person sees and may say of the payment now."""
    currency = attempt.amount.currency
    is_waiting = attempt.status in OPEN
    may_record = is_waiting or attempt.status in DEAD
    form = _fresh(desk, attempt, f"{path}/{attempt.id}/mark_paid", Way.TRANSFER) if may_record else None
    return OfflinePanel(
        received=Money(attempt.received_minor, currency),
        missing=Money(attempt.missing_minor, currency),
        reference=grouped(attempt.gateway_ref or creditor_reference(attempt.id)),
        is_waiting=is_waiting,
        waits_until=detail.waits_until if is_waiting else None,
        receipts=tuple(_row(each, detail.people) for each in detail.receipts),
        form=typed or form,
        may_end=is_waiting and attempt.received_minor == 0,
        may_take_back=attempt.status is not AttemptStatus.NEEDS_REVIEW
        and ((attempt.is_surplus and attempt.refunded_minor == 0) or attempt.refund_requested_minor == 0),
        is_owed_back=attempt.is_surplus,
    )


async def _attempt(desk: Desk, visitor: Visitor) -> PaymentAttempt:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    attempt = await desk.services.database.read(get_attempt, visitor.merchant_id, payment_id)
    if attempt is None:
        raise NotFound("There is no such payment.")
    return attempt


def _fresh(desk: Desk, attempt: PaymentAttempt, action: str, way: Way) -> MoneyForm:
    missing = Money(attempt.missing_minor, attempt.amount.currency)
    return fresh_form(
        desk.services,
        action,
        missing,
        seen_minor=attempt.received_minor,
        submit_token=desk.submit_token(),
        way=way,
    )


def _with_error(form: MoneyForm, words: str) -> MoneyForm:
    return replace(form, errors={"amount": words})


def _row(receipt: Receipt, people: Mapping[str, str]) -> ReceiptRow:
    return ReceiptRow(
        id=receipt.id,
        amount=receipt.amount,
        way=receipt.way.value,
        received_on=noon_of(receipt.received_on),
        note=receipt.note,
        by=who(receipt.by, people),
        created_at=receipt.created_at,
        taken_back_at=receipt.taken_back_at,
        taken_back_why=None if receipt.taken_back_why is None else receipt.taken_back_why.value,
        taken_back_by=None if receipt.taken_back_by is None else who(receipt.taken_back_by, people),
    )
