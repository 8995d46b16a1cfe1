"""Finds out how an open attempt stands: asks the gateway, never guesses, and applies the answer."""

from dataclasses import dataclass, replace
from typing import Final

from linktill.core.checkout_session import CheckoutSession
from linktill.core.errors import Refusal
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import (
    OPEN,
    AttemptFact,
    AttemptStatus,
    FactKind,
    PaymentAttempt,
    is_news,
)
from linktill.core.receipt import OFFLINE
from linktill.flows.accounts import Connection, connection
from linktill.flows.apply_fact import apply_fact, call_person
from linktill.flows.end_waiting import lapse
from linktill.flows.hold_money import carry_out, heard, is_only_agreed, reserve, why_person
from linktill.flows.services import Services, moment_of
from linktill.flows.start_payment import SESSION_TTL_US, record_started, send_start
from linktill.gateways.contract import AttemptRef, GatewayError, Rejected
from linktill.storage import attempts, links, sessions
from linktill.storage.database import Tx

OPEN_MAX_S: Final = 30 * 24 * 3_600
"""No way to pay takes so long: a person is told."""
_WAITS_FOR_PAYER: Final = frozenset(
    {
        AttemptStatus.CREATED,
        AttemptStatus.REQUIRES_ACTION,
        AttemptStatus.UNKNOWN,
    }
)


async def resolve_attempt(
    services: Services, attempt: PaymentAttempt, *, is_given_up: bool = False
) -> PaymentAttempt:
    """Asks and applies, and captures what the payer has approved. Raises GatewayError when the gateway gave no answer.

    `is_given_up`: its payer does not want to go on. While it waits for them it is canceled, as when their time is over.
    """
    slug, session = await services.database.read(_session_of, attempt)
    found = await connection(services, attempt.merchant_id, attempt.gateway_account_id)
    fact = await _fact(services, found, _Visit(slug, session, attempt, is_given_up))
    if attempt.is_manual:
        return await _by_hand(services, found, attempt, fact)
    after = attempt
    # What is approved is captured only as it stands in the books now: canceled meanwhile, it is left to lapse.
    if is_news(attempt, fact) or fact.kind is FactKind.AUTHORIZED:
        after = await _apply(services, attempt, fact)
    if fact.kind is FactKind.AUTHORIZED and after.status is AttemptStatus.AUTHORIZED:
        fact = await _capture(found, after)
        after = await _apply(services, attempt, fact)
    age_s = (services.clock.now_us() - attempt.created_at) // 1_000_000
    reason = _why_person(after, fact, age_s=age_s, key_valid_s=found.gateway.start_key_valid_s)
    if reason is None:
        return after
    return await services.database.run(
        call_person, moment_of(services), attempt.merchant_id, attempt.id, reason
    )


async def _by_hand(
    services: Services, found: Connection, attempt: PaymentAttempt, fact: AttemptFact
) -> PaymentAttempt:
    """As far as a payment goes whose money nobody takes but a person or a program."""
    after = attempt
    if is_news(attempt, fact) or fact.kind is FactKind.AUTHORIZED:
        after = await heard(services, found, attempt, fact)
    if is_only_agreed(fact) and after.status is AttemptStatus.PROCESSING:
        after = await reserve(services, found, after)
    elif fact.is_held and after.is_held:
        after, told = await carry_out(services, found, after)
        fact = told or fact
    now = services.clock.now_us()
    age_s = (now - attempt.created_at) // 1_000_000
    reason = (
        why_person(after, now)
        if after.is_held
        else _why_person(after, fact, age_s=age_s, key_valid_s=found.gateway.start_key_valid_s)
    )
    if reason is None:
        return after
    return await services.database.run(
        call_person, moment_of(services), attempt.merchant_id, attempt.id, reason
    )


async def _apply(services: Services, attempt: PaymentAttempt, fact: AttemptFact) -> PaymentAttempt:
    # Money that a person has recorded meanwhile keeps an offline payment open: the one unit that looks is the one that writes.
    if attempt.gateway == OFFLINE and fact.kind is FactKind.CANCELED:
        return await services.database.run(lapse, moment_of(services), attempt.merchant_id, attempt.id, fact)
    return await services.database.run(apply_fact, moment_of(services), attempt.merchant_id, attempt.id, fact)


async def _capture(found: Connection, attempt: PaymentAttempt) -> AttemptFact:
    """The status in the books is the intent: whoever finds it after a crash captures under the same key."""
    ref = AttemptRef(attempt.id, attempt.gateway_ref)
    return await found.gateway.capture(found.account, ref, key=attempt.key("capture"))


def _why_person(after: PaymentAttempt, fact: AttemptFact, *, age_s: int, key_valid_s: int) -> str | None:
    if after.status not in OPEN:
        return None
    if fact.kind is FactKind.NOT_FOUND and age_s > key_valid_s:
        return "The gateway does not know this payment, and it is too late to send it again."
    if age_s > OPEN_MAX_S:
        return f"The gateway has called this payment {fact.vendor_status or fact.kind.value} for a month."
    return None


@dataclass(frozen=True, slots=True)
class _Visit:
    slug: str
    session: CheckoutSession
    attempt: PaymentAttempt
    is_given_up: bool


async def _session_of(tx: Tx, attempt: PaymentAttempt) -> tuple[str, CheckoutSession]:
    session = await sessions.get_session(tx, attempt.merchant_id, attempt.session_id)
    link = await links.get_link(tx, attempt.merchant_id, attempt.link_id)
    assert session is not None, "an attempt has a session"
    assert link is not None, "an attempt has a link"
    return link.slug, session


async def _fact(services: Services, found: Connection, visit: _Visit) -> AttemptFact:
    session, attempt = visit.session, visit.attempt
    ref = AttemptRef(
        attempt.id,
        attempt.gateway_ref,
        asked_at=attempt.created_at,
        redirect_url=attempt.redirect_url,
        is_manual=attempt.is_manual,
    )
    fact = await found.gateway.look_up(found.account, ref)
    now = services.clock.now_us()
    if fact.kind is FactKind.NOT_FOUND:
        return await _not_found(services, found, visit, fact)
    # A debit that its bank gave back may wait for the payer again; a word that we do not know may mean that it goes on.
    is_waiting = fact.kind is FactKind.REQUIRES_ACTION or (
        fact.kind is FactKind.UNKNOWN and attempt.status in _WAITS_FOR_PAYER
    )
    is_over = visit.is_given_up or now >= session.expires_at
    if is_waiting and is_over and attempt.gateway == OFFLINE:
        # Nobody else knows more: it ends here.
        return AttemptFact(FactKind.CANCELED, vendor_status="waited too long")
    if is_waiting and is_over:
        if fact.kind is FactKind.REQUIRES_ACTION and is_news(attempt, fact):
            # That it is there stays known, whatever becomes of the next call.
            await _apply(services, attempt, fact)
        # The slot is freed only by the gateway's word: canceled, or captured if the payer was faster.
        known = replace(ref, gateway_ref=attempt.gateway_ref or fact.gateway_ref)
        return await found.gateway.cancel(found.account, known, key=attempt.key("cancel"))
    return fact


async def _not_found(services: Services, found: Connection, visit: _Visit, fact: AttemptFact) -> AttemptFact:
    """The gateway does not know the attempt: proves nothing, so the same call is made again while its key is good.

    The same key opens the payment that was lost, or the first one; either way the gateway knows it afterwards.
    """
    session, attempt = visit.session, visit.attempt
    now = services.clock.now_us()
    age_s = (now - (attempt.started_at or attempt.created_at)) // 1_000_000
    if attempt.gateway_ref is not None or age_s > found.gateway.start_key_valid_s:
        return fact
    if not await services.database.run(attempts.ask_again, attempt.merchant_id, attempt.id):
        return fact
    if now >= session.expires_at:
        # Nobody will pay it any more, but gateways refuse what has expired: known to the gateway, it is canceled there.
        session = replace(session, expires_at=now + SESSION_TTL_US)
    try:
        started = await send_start(services, found, visit.slug, session, attempt)
    except Rejected:
        return fact
    await services.database.run(record_started, moment_of(services), session, attempt, started)
    return AttemptFact(FactKind.REQUIRES_ACTION, gateway_ref=started.gateway_ref, reference=attempt.id)


async def look_again(
    services: Services, merchant_id: MerchantId, attempt_id: AttemptId
) -> PaymentAttempt | None:
    """The attempt as the gateway says right now, if it answers, else as we know it. None: no such attempt."""
    attempt = await services.database.read(attempts.get_attempt, merchant_id, attempt_id)
    if attempt is None or attempt.status not in OPEN:
        return attempt
    try:
        return await resolve_attempt(services, attempt)
    except (GatewayError, Refusal):
        return attempt
