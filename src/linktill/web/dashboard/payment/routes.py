"""`/dashboard/payments/{id}`: one payment, its money, its history, and the way to give it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.answers import Given
from linktill.core.bill import bill_of
from linktill.core.computation import Computation
from linktill.core.dispute import Dispute
from linktill.core.errors import FieldInvalid, NotFound, RefundTooLarge
from linktill.core.events import Event
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.ledger import DISPUTE_FEES, DISPUTES
from linktill.core.link_terms import clean_text
from linktill.core.money import Money, parse_decimal
from linktill.core.payment_attempt import AttemptStatus, Failover, PaymentAttempt
from linktill.core.receipt import OFFLINE
from linktill.core.refund import Refund, RefundReason
from linktill.flows.idempotent import Answer as KeptAnswer
from linktill.flows.idempotent import idempotently
from linktill.flows.keep_surplus import keep_surplus
from linktill.flows.refund_payment import NOTE_MAX, RefundAsked, new_refund_id, request_refund
from linktill.flows.services import moment_of
from linktill.flows.start_payment import UNAVAILABLE
from linktill.storage.answers import given_with
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.disputes import disputes_of
from linktill.storage.events import list_events
from linktill.storage.ledger import Sealed, transactions_of
from linktill.storage.members import emails_of
from linktill.storage.overview import descriptions_of
from linktill.storage.pricings import kept_computation
from linktill.storage.refunds import refunds_of
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.customer.load import customer_link
from linktill.web.dashboard.desk import LANG, Desk, Visitor
from linktill.web.dashboard.money.view import MoneyForm
from linktill.web.dashboard.once import once
from linktill.web.dashboard.payment.held import held_panel, held_routes
from linktill.web.dashboard.payment.offline import OfflineDetail, load_offline, offline_panel, offline_routes
from linktill.web.dashboard.payment.papers import (
    Papers,
    SendForm,
    load_papers,
    papers_panel,
    papers_routes,
)
from linktill.web.dashboard.payment.told import told_panel
from linktill.web.dashboard.payment.view import DisputeNote, PaymentPage, RefundForm, RefundRow
from linktill.web.dashboard.rows import entry_rows, failure_words, shown_status, timeline
from linktill.web.dashboard.shell import CustomerLink, LedgerRow
from linktill.web.form import Form

PATH: Final = "/dashboard/payments"
HISTORY: Final = 50


@dataclass(frozen=True, slots=True)
class _Detail:
    attempt: PaymentAttempt
    description: str
    refunds: list[Refund]
    disputes: list[Dispute]
    ledger: list[Sealed]
    events: list[Event]
    offline: OfflineDetail | None
    computation: Computation | None
    customer: CustomerLink | None
    given: Given
    people: Mapping[str, str]
    papers: Papers


@dataclass(frozen=True, slots=True)
class _Typed:
    """The refund form as it was sent."""

    kind: str = "full"
    amount: str = ""
    reason: str = RefundReason.REQUESTED_BY_CUSTOMER.value
    note: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


def payment_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show_sent(visitor: Visitor, sent: SendForm) -> Answer:
        return await _show(desk, visitor, _Typed(), status=422, sent=sent)

    async def show_money(visitor: Visitor, money: MoneyForm) -> Answer:
        return await _show(desk, visitor, _Typed(), status=422, money=money)

    async def lead_back(visitor: Visitor) -> Answer:
        # A refund that was refused is shown here, and people open the address again.
        return see_other(f"{PATH}/{visitor.id(prefixes.ATTEMPT)}")

    one = f"{PATH}/{{id:str}}"
    return (
        desk.page(one, partial(_show, desk, typed=_Typed(), status=200)),
        desk.page(f"{one}/refund", lead_back),
        desk.form(f"{one}/refund", partial(_refund, desk)),
        desk.page(f"{one}/keep", lead_back),
        desk.form(f"{one}/keep", partial(_keep, desk)),
        *held_routes(desk, PATH, lead_back),
        *offline_routes(desk, PATH, show_money),
        *papers_routes(desk, PATH, lead_back, show_sent),
    )


async def _show(
    desk: Desk,
    visitor: Visitor,
    typed: _Typed,
    *,
    status: int,
    money: MoneyForm | None = None,
    sent: SendForm | None = None,
) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    detail = await desk.services.database.read(_load, visitor.merchant_id, payment_id)
    page = _page(desk, visitor, detail, typed, money)
    page = replace(page, papers=papers_panel(detail.attempt, detail.papers, sent))
    return desk.show(visitor, page, status=status)


async def _refund(desk: Desk, visitor: Visitor, form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    attempt = await desk.services.database.read(get_attempt, visitor.merchant_id, payment_id)
    if attempt is None:
        raise NotFound("There is no such payment.")
    typed, order = _read(form, attempt)
    if order is None:
        return await _show(desk, visitor, typed, status=422)
    amount_minor, reason, note = order
    work = partial(
        request_refund,
        moment=moment_of(desk.services),
        merchant_id=visitor.merchant_id,
        wanted=RefundAsked(new_refund_id(desk.services), payment_id, amount_minor, reason, note),
    )
    try:
        await idempotently(
            desk.services,
            visitor.merchant_id,
            once(form, f"{PATH}/{payment_id}/refund"),
            work,
            lambda made: KeptAnswer(303, made.id.encode()),
        )
    except RefundTooLarge:
        attempt = await desk.services.database.read(get_attempt, visitor.merchant_id, payment_id)
        if attempt is None or attempt.refundable_minor == 0 or typed.kind == "full":
            raise
        errors = {"amount": "This is more than what is left of the payment."}
        return await _show(desk, visitor, _typed(form, errors), status=422)
    desk.services.wake.now()
    return desk.done(f"{PATH}/{payment_id}", "refund_started")


async def _keep(desk: Desk, visitor: Visitor, _form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    services = desk.services
    await services.database.run(keep_surplus, moment_of(services), visitor.merchant_id, payment_id)
    services.wake.now()
    return desk.done(f"{PATH}/{payment_id}", "surplus_kept")


async def _load(tx: Tx, merchant_id: MerchantId, payment_id: AttemptId) -> _Detail:
    attempt = await get_attempt(tx, merchant_id, payment_id)
    if attempt is None:
        raise NotFound("There is no such payment.")
    words = await descriptions_of(tx, merchant_id, [attempt.session_id])
    return _Detail(
        attempt,
        words.get(attempt.session_id, ""),
        await refunds_of(tx, merchant_id, payment_id),
        await disputes_of(tx, merchant_id, payment_id),
        await transactions_of(tx, merchant_id, payment_id),
        await list_events(tx, merchant_id, limit=HISTORY, attempt_id=payment_id),
        await load_offline(tx, attempt) if attempt.gateway == OFFLINE else None,
        await kept_computation(tx, merchant_id, payment_id),
        await customer_link(tx, merchant_id, attempt.customer_id),
        await given_with(tx, attempt),
        await emails_of(tx, merchant_id) if attempt.is_manual else {},
        await load_papers(tx, attempt),
    )


def _typed(form: Form, errors: Mapping[str, str]) -> _Typed:
    return _Typed(
        form.text("kind"), form.text("amount")[:40], form.text("reason"), form.text("note")[:NOTE_MAX], errors
    )


def _read(form: Form, attempt: PaymentAttempt) -> tuple[_Typed, tuple[int | None, RefundReason, str] | None]:
    """What was typed, and what it asks for: amount (None: all that is left), reason and note."""
    errors: dict[str, str] = {}
    amount_minor, note = None, ""
    if form.text("kind") not in {"full", "partial"}:
        errors["amount"] = "Choose whether all of it or a part goes back."
    elif form.text("kind") == "partial":
        try:
            amount_minor = parse_decimal(form.text("amount"), attempt.amount.currency).minor
        except FieldInvalid as invalid:
            errors["amount"] = str(invalid)
    reason = form.text("reason")
    if reason not in set(RefundReason) - {RefundReason.SURPLUS}:
        errors["reason"] = "Choose a reason."
    try:
        note = clean_text(form.text("note"), "note", max_length=NOTE_MAX)
    except FieldInvalid as invalid:
        errors["note"] = str(invalid)
    if not form.text("submit_token"):
        errors["amount"] = "This form was not complete. Press the button again."
    order = None if errors else (amount_minor, RefundReason(reason), note)
    return _typed(form, errors), order


def _failover_words(desk: Desk, failover: Failover | None) -> str | None:
    if failover is None:
        return None
    label = desk.services.gateways.label(failover.gateway)
    return f"because {label} {'could not be reached' if failover.reason == UNAVAILABLE else 'refused the payment'}"


def _page(
    desk: Desk, visitor: Visitor, detail: _Detail, typed: _Typed, money: MoneyForm | None
) -> PaymentPage:
    attempt = detail.attempt
    currency = attempt.amount.currency
    is_captured = attempt.status is AttemptStatus.CAPTURED
    fee = Money(attempt.fee_minor, currency) if is_captured else None
    dispute = _dispute_note(detail)
    lost_minor = 0 if dispute is None else dispute.taken.minor + dispute.fee.minor
    return PaymentPage(
        shell=desk.shell(visitor),
        id=attempt.id,
        status=shown_status(attempt),
        amount=attempt.amount,
        fee=fee,
        refunded=Money(attempt.refunded_minor, currency),
        net=Money(attempt.captured_minor - attempt.fee_minor - attempt.refunded_minor - lost_minor, currency),
        link_id=attempt.link_id,
        link_description=detail.description,
        payer_email=attempt.payer_email,
        payer_name=attempt.payer_name,
        method=attempt.method,
        gateway_name=desk.services.gateways.label(attempt.gateway),
        gateway_reference=attempt.gateway_ref,
        bill=None if detail.computation is None else bill_of(detail.computation),
        told=told_panel(detail.given, LANG),
        failover=_failover_words(desk, attempt.failover),
        customer=detail.customer,
        created_at=attempt.created_at,
        captured_at=attempt.captured_at,
        failure=failure_words(attempt.decline_code) if attempt.status is AttemptStatus.FAILED else None,
        review=attempt.review_reason,
        is_surplus=attempt.is_surplus,
        may_keep=is_captured
        and attempt.is_surplus
        and not (attempt.surplus_kept_at or attempt.refund_requested_minor),
        kept_at=attempt.surplus_kept_at,
        refunds=tuple(_refund_row(refund) for refund in detail.refunds),
        # What the payer's bank has taken has gone back to the payer: a refund would give it a second time.
        refund_form=_refund_form(desk, attempt, typed)
        if dispute is None or not dispute.taken.minor
        else None,
        timeline=timeline(detail.events, has_links=False),
        ledger=tuple(_ledger_row(sealed) for sealed in detail.ledger),
        dispute=dispute,
        offline=None if detail.offline is None else offline_panel(desk, attempt, detail.offline, PATH, money),
        held=held_panel(attempt, detail.people),
    )


def _dispute_note(detail: _Detail) -> DisputeNote | None:
    """The latest dispute; its money is read from the books, where a later appeal stands too."""
    if not detail.disputes:
        return None
    latest, currency = detail.disputes[0], detail.attempt.amount.currency
    entries = [entry for sealed in detail.ledger for entry in sealed.transaction.entries]
    taken = sum(entry.amount_minor for entry in entries if entry.account == DISPUTES)
    fee = sum(entry.amount_minor for entry in entries if entry.account == DISPUTE_FEES)
    return DisputeNote(
        latest.id,
        latest.status.value,
        latest.amount,
        latest.respond_by,
        Money(taken, currency),
        Money(fee, currency),
    )


def _refund_form(desk: Desk, attempt: PaymentAttempt, typed: _Typed) -> RefundForm | None:
    if attempt.status is not AttemptStatus.CAPTURED or attempt.refundable_minor == 0:
        return None
    currency = attempt.amount.currency
    return RefundForm(
        submit_token=desk.submit_token(),
        left=Money(attempt.refundable_minor, currency),
        fee_kept=Money(attempt.fee_minor, currency) if attempt.fee_minor else None,
        kind=typed.kind,
        amount=typed.amount,
        reason=typed.reason,
        note=typed.note,
        errors=typed.errors,
    )


def _refund_row(refund: Refund) -> RefundRow:
    return RefundRow(
        id=refund.id,
        at=refund.created_at,
        status=refund.status.value,
        amount=refund.amount,
        reason=refund.reason.value,
        note=refund.note,
        failure=failure_words(refund.failure_code),
    )


def _ledger_row(sealed: Sealed) -> LedgerRow:
    booked = sealed.transaction
    return LedgerRow(
        id=booked.id,
        at=booked.created_at,
        kind=booked.kind,
        entries=entry_rows(booked.entries, booked.currency),
        payment_id=booked.attempt_id,
    )
