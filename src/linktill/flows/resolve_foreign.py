"""What a person decides about money without a link: it is none of Linktill's, or it belongs to a payment link after all."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from linktill.core import ids as prefixes
from linktill.core.checkout_session import CheckoutSession, SessionStatus, attempt_of
from linktill.core.errors import FieldInvalid, GatewayTrouble, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, GatewayAccountId, LinkId, MerchantId, SessionId
from linktill.core.link_terms import clean_text
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.accounts import connection
from linktill.flows.announce import Subject, announce
from linktill.flows.apply_fact import apply_fact
from linktill.flows.representations import time_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import AttemptRef, GatewayError
from linktill.platform.language import format_money
from linktill.storage import attempts, links, sessions
from linktill.storage.checkout_pages import page_of
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import (
    ATTACHED,
    SET_ASIDE,
    ForeignPayment,
    Resolved,
    lock_foreign,
    resolve_foreign,
)
from linktill.storage.gateway_accounts import get_account

NOTE_MAX: Final = 500
TOKEN_BYTES: Final = 18
RESOLVED_ALREADY: Final = "Somebody has dealt with this money already: see below."


class ForeignResolvedObject(msgspec.Struct, frozen=True, kw_only=True):
    """What became of money that no link started: `set_aside` or `attached`."""

    gateway_account_id: str
    gateway_ref: str
    resolution: str
    resolved_by: str
    note: str
    payment_id: str | None
    resolved_at: datetime


@dataclass(frozen=True, slots=True)
class Which:
    """Money at a gateway, by the account and the gateway's own id."""

    merchant_id: MerchantId
    account_id: GatewayAccountId
    gateway_ref: str


@dataclass(frozen=True, slots=True)
class Attaching:
    """To which link, by whom. The ids and the token are drawn outside the unit: run again, it finds its own payment."""

    link_id: LinkId
    attempt_id: AttemptId
    session_id: SessionId
    token: str
    by: str


async def set_aside(services: Services, which: Which, note: str, *, by: str) -> None:
    """It is none of Linktill's: noted, and off the list. Raises NotFound, FieldInvalid and TransitionRefused."""
    kept = clean_text(note, "note", max_length=NOTE_MAX)
    if not kept:
        raise FieldInvalid("note", "Say in a few words what this money is, for whoever asks later.")
    resolved = Resolved(SET_ASIDE, by, kept)
    await services.database.run(_set_aside, moment_of(services), which, resolved)


async def attach(services: Services, which: Which, link: str, *, by: str) -> PaymentAttempt:
    """It belongs to this link (its number or address): booked there as a payment, as the gateway has it now.

    Raises NotFound, FieldInvalid, TransitionRefused and GatewayTrouble; nothing has moved then.
    """
    services.standing.check()
    link_id = await services.database.read(_link_named, which.merchant_id, link.strip())
    if link_id is None:
        raise FieldInvalid("link", "No link of yours has this number or address.")
    found = await connection(services, which.merchant_id, which.account_id)
    try:
        ref = AttemptRef(AttemptId(""), which.gateway_ref)
        fact = await found.gateway.look_up(found.account, ref)
    except GatewayError as error:
        raise GatewayTrouble(f"The gateway could not be asked about it: {error}") from error
    attaching = Attaching(
        link_id,
        AttemptId(fact.reference or services.ids.new(prefixes.ATTEMPT)),
        SessionId(services.ids.new(prefixes.SESSION)),
        services.randomness.token(TOKEN_BYTES),
        by,
    )
    attempt = await services.database.run(_attach, moment_of(services), which, attaching, fact)
    services.wake.now()
    return attempt


async def _set_aside(tx: Tx, moment: Moment, which: Which, resolved: Resolved) -> None:
    foreign = await _lock(tx, which)
    await _resolve(tx, moment, which, foreign, resolved)


async def _attach(
    tx: Tx, moment: Moment, which: Which, attaching: Attaching, fact: AttemptFact
) -> PaymentAttempt:
    foreign = await lock_foreign(tx, which.merchant_id, which.account_id, which.gateway_ref)
    if foreign is None:
        raise NotFound("There is no such money on the list.")
    if foreign.attempt_id == attaching.attempt_id and foreign.resolution == ATTACHED:
        known = await attempts.get_attempt(tx, which.merchant_id, attaching.attempt_id)
        assert known is not None, "what was attached is a payment"
        if known.link_id == attaching.link_id:
            return known
    if foreign.resolved_at is not None:
        raise TransitionRefused(RESOLVED_ALREADY)
    amount = _money(which, fact)
    link = await _link(tx, which, attaching, amount)
    await _check_unknown(tx, which, attaching)
    gateway = await _gateway_of(tx, which)
    session = _session(link, attaching, amount, moment.now)
    await sessions.insert_session(tx, session)
    fresh = attempt_of(session, gateway, which.account_id, now=moment.now, poll_at=moment.now)
    await attempts.insert_attempt(tx, replace(fresh, polls=1))
    told = replace(fact, reference=None)
    attempt = await apply_fact(tx, moment, which.merchant_id, attaching.attempt_id, told)
    resolved = Resolved(ATTACHED, attaching.by, "", attempt.id)
    await _resolve(tx, moment, which, foreign, resolved, link_id=link.id)
    return attempt


async def _lock(tx: Tx, which: Which) -> ForeignPayment:
    foreign = await lock_foreign(tx, which.merchant_id, which.account_id, which.gateway_ref)
    if foreign is None:
        raise NotFound("There is no such money on the list.")
    if foreign.resolved_at is not None:
        raise TransitionRefused(RESOLVED_ALREADY)
    return foreign


def _money(which: Which, fact: AttemptFact) -> Money:
    """What was paid, if all of it may be believed."""
    if fact.kind is not FactKind.CAPTURED or fact.amount is None or fact.gateway_ref != which.gateway_ref:
        raise TransitionRefused("The gateway does not say that this was paid, so there is nothing to book.")
    # Each later look-up would show it again, and call the payment contradicted.
    if fact.reference and not fact.reference.startswith(prefixes.ATTEMPT):
        raise TransitionRefused(
            f"This payment carries the number {fact.reference[:60]!r} of another program, so it belongs there. Set it aside."
        )
    return fact.amount


async def _link(tx: Tx, which: Which, attaching: Attaching, amount: Money) -> PaymentLink:
    """The link with a place taken on it for this payment."""
    link = await links.get_link(tx, which.merchant_id, attaching.link_id)
    assert link is not None, "links are never deleted"
    if link.status is LinkStatus.DRAFT:
        raise FieldInvalid("link", "This link was never opened.")
    if not link.terms.may_come_to(amount):
        raise FieldInvalid(
            "link",
            f"This link asks for {format_money(link.terms.due)}, and {format_money(amount)} was paid. "
            "Make a link for what was paid, and attach it there.",
        )
    if await links.claim_slot_late(tx, which.merchant_id, link.id, amount) is None:
        raise FieldInvalid(
            "link", "This link has no place left. Let it take one payment more, or name another."
        )
    return link


async def _check_unknown(tx: Tx, which: Which, attaching: Attaching) -> None:
    by_ref = await attempts.find_by_gateway_ref(tx, which.merchant_id, which.account_id, which.gateway_ref)
    known = await attempts.get_attempt(tx, which.merchant_id, attaching.attempt_id)
    if by_ref is not None or known is not None:
        raise TransitionRefused("This payment is in your books already. Set this note of it aside.")


async def _gateway_of(tx: Tx, which: Which) -> str:
    stored = await get_account(tx, which.merchant_id, which.account_id)
    assert stored is not None, "it has been asked"
    return stored.gateway


def _session(link: PaymentLink, attaching: Attaching, amount: Money, now: int) -> CheckoutSession:
    return CheckoutSession(
        merchant_id=link.merchant_id,
        id=attaching.session_id,
        link_id=link.id,
        link_version=link.version,
        status=SessionStatus.PROCESSING,
        amount=amount,
        description=link.terms.description,
        submit_token=f"attached-{attaching.attempt_id}",
        token=attaching.token,
        attempt_id=attaching.attempt_id,
        attempts=1,
        # Nobody who paid elsewhere waits for a mail of ours.
        payer_email=None,
        payer_name=None,
        created_at=now,
        expires_at=now,
    )


async def _resolve(
    tx: Tx,
    moment: Moment,
    which: Which,
    foreign: ForeignPayment,
    resolved: Resolved,
    *,
    link_id: LinkId | None = None,
) -> None:
    is_ours = await resolve_foreign(tx, which.merchant_id, foreign, resolved, now=moment.now)
    assert is_ours, "it is locked by this unit"
    thing = ForeignResolvedObject(
        gateway_account_id=which.account_id,
        gateway_ref=which.gateway_ref,
        resolution=resolved.resolution,
        resolved_by=resolved.by,
        note=resolved.note,
        payment_id=resolved.attempt_id,
        resolved_at=time_of(moment.now),
    )
    subject = Subject(which.merchant_id, which.gateway_ref, link_id, resolved.attempt_id)
    await announce(tx, moment, EventType.FOREIGN_PAYMENT_RESOLVED, subject, thing)


async def _link_named(tx: Tx, merchant_id: MerchantId, text: str) -> LinkId | None:
    """By its number, its address, or the end of its address."""
    if text.startswith(prefixes.LINK):
        link = await links.get_link(tx, merchant_id, LinkId(text))
        return None if link is None else link.id
    try:
        slug = urlsplit(text).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return None
    page = await page_of(tx, slug) if slug else None
    return page[1].id if page is not None and page[1].merchant_id == merchant_id else None
