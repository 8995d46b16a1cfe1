"""Payments, journal rows and events as lists show them, alike on every page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from linktill.core.events import Event, EventType
from linktill.core.ids import API_KEY, SessionId
from linktill.core.ledger import Entry
from linktill.core.money import Money
from linktill.core.payment_attempt import OPEN, AttemptStatus, PaymentAttempt
from linktill.core.receipt import OFFLINE
from linktill.storage.database import Tx
from linktill.storage.overview import descriptions_of
from linktill.web.dashboard.shell import EntryRow, PaymentRow, TimelineEntry

FAILURES: Final[Mapping[str, str]] = {
    "card_declined": "The card was declined. Only the payer's bank knows why.",
    "insufficient_funds": "The card has not enough money.",
    "expired_card": "The card has expired.",
    "authentication_failed": "The payer did not confirm the payment with their bank.",
    "authorization_expired": "It was not captured in time, so the gateway let go of the money.",
    "voided": "You let go of the authorization. Nothing was charged.",
    "debit_returned": "The payer's bank returned the debit.",
    "gateway_unavailable": "The gateway could not be reached. Nothing was charged.",
    "gateway_rejected": "The gateway refused the request. Nothing was charged.",
    "amount_mismatch": "The gateway names another amount. Please look into your gateway account.",
}
"""Decline and failure codes in words for the merchant. The payer never sees them (DA06)."""


DISPUTES: Final[Mapping[str, str]] = {
    "won": "Decided for you: the money is yours again.",
    "lost": "Decided for the payer.",
    "accepted": "Accepted: the payer has the money.",
    "prevented": "It did not come to a dispute.",
}
"""How a dispute ended."""


class _Told(msgspec.Struct):
    """What a timeline shows of an event's object."""

    amount_minor: int | None = None
    currency: str | None = None
    status: str | None = None
    decline_code: str | None = None
    failure_code: str | None = None
    review_reason: str | None = None
    method: str | None = None
    version: int | None = None


_decoder: Final = msgspec.json.Decoder(_Told)


def who(by: str, people: Mapping[str, str]) -> str:
    """Who did something. `people`: members' ids → e-mail addresses."""
    return f"API key {by}" if by.startswith(API_KEY) else people.get(by, by)


def failure_words(code: str | None) -> str | None:
    """Why it failed; an unknown code is shown as it is."""
    return None if code is None else FAILURES.get(code, code.replace("_", " ").capitalize())


def shown_status(attempt: PaymentAttempt) -> str:
    """The attempt's status, or how much of it went back; of an offline payment how much came."""
    if attempt.gateway == OFFLINE and attempt.status in OPEN:
        return "partly_paid" if attempt.received_minor else "waiting_for_money"
    if attempt.status is not AttemptStatus.CAPTURED or attempt.refunded_minor == 0:
        return attempt.status.value
    return "refunded" if attempt.refunded_minor >= attempt.captured_minor else "partly_refunded"


def payment_row(attempt: PaymentAttempt, description: str) -> PaymentRow:
    """A payment in a list."""
    return PaymentRow(
        id=attempt.id,
        at=attempt.captured_at or attempt.created_at,
        status=shown_status(attempt),
        amount=attempt.amount,
        description=description,
        payer=attempt.payer_email or attempt.payer_name,
    )


async def payment_rows(tx: Tx, attempts: Sequence[PaymentAttempt]) -> tuple[PaymentRow, ...]:
    """Unit: attempts of one merchant with what their payers were shown."""
    if not attempts:
        return ()
    sessions = [attempt.session_id for attempt in attempts]
    words: Mapping[SessionId, str] = await descriptions_of(tx, attempts[0].merchant_id, sessions)
    return tuple(payment_row(attempt, words.get(attempt.session_id, "")) for attempt in attempts)


def entry_rows(entries: Iterable[Entry], currency: str) -> tuple[EntryRow, ...]:
    """Debits first."""
    return tuple(
        EntryRow(
            account=entry.account,
            debit=Money(entry.amount_minor, currency) if entry.amount_minor > 0 else None,
            credit=Money(-entry.amount_minor, currency) if entry.amount_minor < 0 else None,
        )
        for entry in sorted(entries, key=lambda entry: -entry.amount_minor)
    )


def timeline(events: Iterable[Event], *, has_links: bool) -> tuple[TimelineEntry, ...]:
    """Events as a history, newest first. `has_links`: payments in it can be opened."""
    return tuple(_entry(event, has_links=has_links) for event in events)


def _entry(event: Event, *, has_links: bool) -> TimelineEntry:
    told = _decoder.decode(event.data)
    has_amount = told.amount_minor is not None and told.currency is not None
    is_money = event.type.startswith(("payment.captured", "refund.", "dispute."))
    return TimelineEntry(
        at=event.at,
        event=event.type.value,
        amount=Money(told.amount_minor or 0, told.currency or "") if has_amount and is_money else None,
        detail=_detail(event.type, told),
        url=f"/dashboard/payments/{event.attempt_id}" if has_links and event.attempt_id else None,
    )


def _detail(event: EventType, told: _Told) -> str | None:
    match event:
        case EventType.PAYMENT_FAILED:
            return failure_words(told.decline_code)
        case EventType.REFUND_FAILED:
            return failure_words(told.failure_code)
        case EventType.PAYMENT_QUARANTINED:
            return told.review_reason
        case EventType.PAYMENT_CAPTURED:
            return told.method
        case EventType.DISPUTE_CLOSED:
            return DISPUTES.get(told.status or "")
        case EventType.LINK_UPDATED:
            return None if told.version is None else f"Version {told.version}"
        case _:
            return None
