"""What an event means for people: who gets a mail, and what it says. Read, decide, write; sending comes later."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.bill import bill_of
from linktill.core.events import EventType
from linktill.core.ids import EventId, MerchantId
from linktill.core.merchant import Mode, OnSurplus
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows.answer_letter import answer_letter
from linktill.flows.answer_objects import DisputeAnswerObject
from linktill.flows.asking_words import answer_lines
from linktill.flows.dispute_objects import DisputeObject
from linktill.flows.invitation import invitation
from linktill.flows.issue_invoices import WISHES
from linktill.flows.park_foreign import ForeignPaymentObject
from linktill.flows.payers_pages import return_url
from linktill.flows.payout_objects import PayoutObject
from linktill.flows.representations import RefundObject, microseconds_of
from linktill.flows.stories import Draft, Story, story_of
from linktill.flows.story_lines import about, payment_of, payment_url
from linktill.flows.tell_held import authorized, ending, let_go
from linktill.notify.letters import Alert, Line, News, Receipt, RefundNotice
from linktill.platform.language import format_day, format_money
from linktill.storage.database import Tx
from linktill.storage.events import get_events
from linktill.storage.invoices import get_terms
from linktill.storage.merchants import get_merchant
from linktill.storage.webhook_endpoints import endpoints_of


async def load_stories(tx: Tx, merchant_id: MerchantId, event_ids: Sequence[EventId]) -> dict[str, Story]:
    """Unit: events of a merchant, each with what is needed to tell of it."""
    merchant = await get_merchant(tx, merchant_id)
    assert merchant is not None, "events belong to merchants"
    endpoints = tuple(await endpoints_of(tx, merchant_id))
    events = await get_events(tx, merchant_id, event_ids)
    has_invoices = False
    if any(event.type in WISHES for event in events):
        has_invoices = await get_terms(tx, merchant_id) is not None
    stories: dict[str, Story] = {}
    for event in events:
        story = await story_of(tx, event, merchant, endpoints, is_mailed=event.type in MAILED)
        stories[event.id] = replace(story, has_invoices=has_invoices)
    assert stories.keys() == set(event_ids), "an event is written with the promise to tell of it"
    return stories


def drafts(story: Story, base_url: str, origin: str | None = None) -> list[Draft]:
    """The mails that this event makes. `origin`: how the addresses of the merchant's links begin; None: as all do."""
    merchant, found = story.merchant, list[Draft]()
    to_payer, to_merchant = _TO_PAYER.get(story.event.type), _TO_MERCHANT.get(story.event.type)
    if to_payer is not None and (draft := to_payer(story, origin or base_url)) is not None:
        found.append(draft)
    if (
        to_merchant is not None
        and merchant.alert_email
        and (news := to_merchant(story, base_url)) is not None
    ):
        found.append(Draft(merchant.alert_email, Alert(merchant.name, merchant.mode is Mode.TEST, news)))
    return found


def _captured(story: Story, base_url: str) -> News | None:
    attempt, _, link = payment_of(story)
    if attempt.is_surplus:
        # Two mails about one payment would say that it came and that it goes: PAYMENT_SURPLUS says both.
        return None
    answers = (Line(label, words) for label, words in answer_lines(story.given))
    method = Line("Paid with", attempt.method) if attempt.method else None
    lines = about(story, *_bought(story), *answers, method)
    payer = attempt.payer_name or attempt.payer_email
    return News(
        headline=f"{payer} paid you" if payer else "You have been paid",
        tone="good",
        amount=attempt.amount,
        lines=lines,
        subject=f"Paid: {format_money(attempt.amount)} for {link.terms.description}",
        action="Open the payment",
        action_url=payment_url(attempt, base_url),
    )


def _receipt(story: Story, base_url: str) -> Draft | None:
    attempt, session, link = payment_of(story)
    if attempt.is_surplus or not attempt.payer_email:
        return None
    view = Receipt(
        merchant_name=story.merchant.name,
        contact_email=story.merchant.contact_email,
        is_test=story.merchant.mode is Mode.TEST,
        description=session.description,
        reference=link.terms.reference,
        amount=attempt.amount,
        method=attempt.method,
        paid_at=attempt.captured_at or story.event.at,
        payment_id=attempt.id,
        receipt_url=return_url(base_url, link.slug, session),
        bill=None if story.computation is None else bill_of(story.computation),
        answers=answer_lines(story.given, session.language),
        lang=session.language,
    )
    return Draft(attempt.payer_email, view, attached=attempt.id)


def _refunded(story: Story, base_url: str) -> Draft | None:
    attempt, session, link = payment_of(story)
    if not attempt.payer_email:
        return None
    refund = msgspec.json.decode(story.event.data, type=RefundObject)
    view = RefundNotice(
        merchant_name=story.merchant.name,
        contact_email=story.merchant.contact_email,
        is_test=story.merchant.mode is Mode.TEST,
        description=session.description,
        amount=Money(refund.amount_minor, refund.currency),
        paid=attempt.amount,
        method=attempt.method,
        refunded_at=story.event.at,
        payment_id=attempt.id,
        refund_id=refund.id,
        receipt_url=return_url(base_url, link.slug, session),
        lang=session.language,
    )
    return Draft(attempt.payer_email, view)


def _quarantined(story: Story, base_url: str) -> News:
    attempt, _, link = payment_of(story)
    return News(
        headline="A payment needs your decision",
        tone="bad",
        amount=attempt.amount,
        explanation=f"{attempt.review_reason or ''} {_standing(attempt)}".strip(),
        lines=about(story),
        subject=f"Needs you: payment of {format_money(attempt.amount)} for {link.terms.description}",
        action="Look at the payment",
        action_url=payment_url(attempt, base_url),
    )


def _standing(attempt: PaymentAttempt) -> str:
    """What becomes of a payment that a person must look at, if they do nothing."""
    match attempt.status:
        case AttemptStatus.NEEDS_REVIEW:
            return "The payment is on hold: nothing moves until you decide."
        case AttemptStatus.CAPTURED:
            return "What is in your books stays there. Look at the payment with your gateway."
        case _:
            return "Linktill keeps asking. Until there is an answer the payment keeps its place on the link."


_SENT_BACK: Final = "Linktill sends the money back by itself; you need not do anything."


def _surplus(story: Story, base_url: str) -> News:
    attempt, _, link = payment_of(story)
    is_asked = story.merchant.on_surplus is OnSurplus.ASK
    return News(
        headline="Paid once too often",
        tone="wait",
        amount=attempt.amount,
        explanation="The link had no room for this payment. "
        + ("Keep the money or give it back: it waits for you." if is_asked else _SENT_BACK),
        lines=about(story),
        subject=f"Paid once too often: {format_money(attempt.amount)} for {link.terms.description}",
        action="Open the payment",
        action_url=payment_url(attempt, base_url),
    )


def _disputed(story: Story, base_url: str) -> News:
    _, _, link = payment_of(story)
    dispute = msgspec.json.decode(story.event.data, type=DisputeObject)
    amount = Money(dispute.amount_minor, dispute.currency)
    deadline = (
        Line("Answer by", format_day(microseconds_of(dispute.respond_by))) if dispute.respond_by else None
    )
    return News(
        headline="A payer disputes a payment",
        tone="bad",
        amount=amount,
        explanation="The payer's bank asks for the money back. Answer in time, with what proves the sale.",
        lines=about(
            story, deadline, Line("Reason", dispute.reason.replace("_", " ")), Line("Dispute", dispute.id)
        ),
        subject=f"Dispute: {format_money(amount)} for {link.terms.description}",
        action="Open the dispute",
        action_url=f"{base_url}/dashboard/disputes/{dispute.id}",
    )


def _answer_refused(story: Story, base_url: str) -> News:
    return _answer_news(
        story,
        base_url,
        "Your answer to a dispute was not taken",
        "The dispute still waits, or was decided without it. Look at it now: whoever does not answer in time has lost.",
        subject="Answer to a dispute not taken",
    )


def _answer_unknown(story: Story, base_url: str) -> News:
    return _answer_news(
        story,
        base_url,
        "An answer to a dispute is in doubt",
        "Nobody knows whether the gateway has your answer: look there. Linktill sends nothing twice.",
        subject="Answer to a dispute in doubt",
    )


def _answer_news(story: Story, base_url: str, headline: str, explanation: str, *, subject: str) -> News:
    attempt, _, link = payment_of(story)
    answer = msgspec.json.decode(story.event.data, type=DisputeAnswerObject)
    why = Line("Why", answer.failure) if answer.failure else None
    return News(
        headline=headline,
        tone="bad",
        amount=attempt.amount,
        explanation=explanation,
        lines=about(story, why, Line("Dispute", answer.dispute_id)),
        subject=f"{subject}: {link.terms.description}",
        action="Open the dispute",
        action_url=f"{base_url}/dashboard/disputes/{answer.dispute_id}",
    )


def _refund_failed(story: Story, base_url: str) -> News:
    return _refund_news(
        story,
        base_url,
        "A refund did not work",
        "The gateway could not send the money back, so it is still yours. Try again, or pay the payer another way.",
        subject="Refund failed",
    )


def _refund_unknown(story: Story, base_url: str) -> News:
    return _refund_news(
        story,
        base_url,
        "A refund is in doubt",
        "Nobody knows yet whether the money went back: look with your gateway. Linktill sends nothing twice.",
        subject="Refund in doubt",
    )


def _refund_news(story: Story, base_url: str, headline: str, explanation: str, *, subject: str) -> News:
    """A refund that has not simply arrived; amount and purpose are added to the subject."""
    attempt, _, link = payment_of(story)
    refund = msgspec.json.decode(story.event.data, type=RefundObject)
    amount = Money(refund.amount_minor, refund.currency)
    why = Line("Reason", refund.failure_code.replace("_", " ")) if refund.failure_code else None
    return News(
        headline=headline,
        tone="bad",
        amount=amount,
        explanation=explanation,
        lines=about(story, why, Line("Refund", refund.id)),
        subject=f"{subject}: {format_money(amount)} for {link.terms.description}",
        action="Open the payment",
        action_url=payment_url(attempt, base_url),
    )


def _foreign(story: Story, base_url: str) -> News:
    found = msgspec.json.decode(story.event.data, type=ForeignPaymentObject)
    known = found.amount_minor is not None and found.currency is not None
    is_numbered_by_us = found.reference.startswith((prefixes.ATTEMPT, prefixes.REFUND))
    return News(
        headline="Money that Linktill does not know",
        tone="wait",
        amount=Money(found.amount_minor or 0, found.currency or "") if known else None,
        explanation="It carries a number of Linktill's own, but its record is not here: most likely it was lost when a backup "
        "came back. It is not in your books."
        if is_numbered_by_us
        else "Your gateway account has a payment that no link of yours started. It is not in your books.",
        lines=(
            Line("At the gateway", found.gateway_ref),
            *((Line("Our number", found.reference),) if is_numbered_by_us else ()),
            Line("Status there", found.status.replace("_", " ")),
        ),
        subject="Your gateway has a payment that Linktill did not start",
        action="Decide about it",
        action_url=f"{base_url}/dashboard/reconcile",
    )


def _payout_failed(story: Story, base_url: str) -> News:
    payout = msgspec.json.decode(story.event.data, type=PayoutObject)
    amount = Money(payout.amount_minor, payout.currency)
    why = Line("Reason", payout.failure_code.replace("_", " ")) if payout.failure_code else None
    lines = (why, Line("At the gateway", payout.gateway_ref or ""), Line("Payout", payout.id))
    return News(
        headline="A payout came back",
        tone="bad",
        amount=amount,
        explanation="Your bank did not take it, so the gateway has the money again. Check the bank account that you named there.",
        lines=tuple(line for line in lines if line is not None and line.value),
        subject=f"Payout came back: {format_money(amount)}",
        action="See your payouts",
        action_url=f"{base_url}/dashboard/reconcile",
    )


def _mismatched(story: Story, base_url: str) -> News:
    attempt, _, link = payment_of(story)
    return News(
        headline="The gateway does not have a payment",
        tone="bad",
        amount=attempt.amount,
        explanation="It is in your books, and your gateway does not say that it was paid. Nothing was changed: look it up there.",
        lines=about(story),
        subject=f"Look at: payment of {format_money(attempt.amount)} for {link.terms.description}",
        action="See what to do",
        action_url=f"{base_url}/dashboard/reconcile",
    )


def _endpoint_disabled(story: Story, base_url: str) -> News:
    endpoint = json.loads(story.event.data)
    return News(
        headline="A webhook endpoint was switched off",
        tone="bad",
        explanation="It answered that it is gone (410), so nothing is sent there any more. Switch it on again once it works.",
        lines=(Line("Endpoint", str(endpoint["url"])),),
        subject="A webhook endpoint was switched off",
        action="Open the endpoint",
        action_url=f"{base_url}/dashboard/developers/endpoints/{story.event.object_id}",
    )


def _bought(story: Story) -> list[Line]:
    """What was chosen, of a link with more than a price."""
    lines = () if story.computation is None else story.computation.lines
    return [
        Line(f"{line.quantity} ×", f"{line.name}, {line.variant}" if line.variant else line.name)
        for line in lines
    ]


_TO_PAYER: Final[Mapping[EventType, Callable[[Story, str], Draft | None]]] = MappingProxyType(
    {
        EventType.PAYMENT_CAPTURED: _receipt,
        EventType.REFUND_SUCCEEDED: _refunded,
        EventType.REQUEST_ANSWERED: answer_letter,
        EventType.LINK_SENT: invitation,
    }
)
_TO_MERCHANT: Final[Mapping[EventType, Callable[[Story, str], News | None]]] = MappingProxyType(
    {
        EventType.PAYMENT_AUTHORIZED: authorized,
        EventType.PAYMENT_AUTHORIZATION_ENDING: ending,
        EventType.PAYMENT_CANCELED: let_go,
        EventType.PAYMENT_CAPTURED: _captured,
        EventType.PAYMENT_QUARANTINED: _quarantined,
        EventType.PAYMENT_SURPLUS: _surplus,
        EventType.REFUND_FAILED: _refund_failed,
        EventType.REFUND_UNKNOWN: _refund_unknown,
        EventType.DISPUTE_OPENED: _disputed,
        EventType.DISPUTE_ANSWER_REFUSED: _answer_refused,
        EventType.DISPUTE_ANSWER_UNKNOWN: _answer_unknown,
        EventType.PAYOUT_FAILED: _payout_failed,
        EventType.FOREIGN_PAYMENT_FOUND: _foreign,
        EventType.MISMATCH_FOUND: _mismatched,
        EventType.ENDPOINT_DISABLED: _endpoint_disabled,
    }
)
MAILED: Final = frozenset({*_TO_PAYER, *_TO_MERCHANT})
"""The events that make mails. Everything else is for timelines and webhooks."""
