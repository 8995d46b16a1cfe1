"""Money at a gateway that carries one of our own numbers, and that we know nothing of: what was paid after the backup
that was brought back, or refunded since.

The gateway still shows where the payer was to be sent back to: that names the link and the checkout, so the payment is
booked as if its record had never been lost. What cannot be told for sure is left to a person (`park_foreign`).
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.checkout_session import CheckoutSession, SessionStatus, attempt_of
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, RefundId, SessionId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import PaymentLink
from linktill.core.refund import Refund, RefundFact, RefundFactKind, RefundReason, RefundStatus
from linktill.flows.services import Moment
from linktill.platform import ids
from linktill.platform.log import get_logger
from linktill.storage import attempts, links, refunds, sessions
from linktill.storage.checkout_pages import page_of
from linktill.storage.database import Tx

_TAIL: Final = f"[{ids.ALPHABET}]{{{ids.LENGTH}}}"
_ATTEMPT: Final = re.compile(prefixes.ATTEMPT + _TAIL)
_REFUND: Final = re.compile(prefixes.REFUND + _TAIL)
_RETURN: Final = re.compile(
    rf"/p/([0-9A-Za-z_-]{{1,64}})/checkout/({prefixes.SESSION}{_TAIL})\?k=([\w-]+)", re.ASCII
)
NOTE: Final = "Found at the gateway: its record here was lost."

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class At:
    """Which merchant's account at which gateway."""

    merchant_id: MerchantId
    gateway: str
    account_id: GatewayAccountId


@dataclass(frozen=True, slots=True)
class _Lost:
    """What the gateway remembers of a payment for us."""

    link: PaymentLink
    session_id: SessionId
    token: str
    amount: Money
    payer_email: str | None


async def recover_attempt(tx: Tx, moment: Moment, at: At, fact: AttemptFact) -> AttemptId | None:
    """Unit: makes the record of a captured payment anew, for the fact to be applied to. None: it cannot be told for sure.

    Where its link has no place left it is not made: what the link's limit was when it was paid is lost too, and money must
    not go back by itself on a guess.
    """
    lost = await _lost(tx, moment, at, fact)
    if lost is None:
        return None
    has_place = await links.claim_slot_late(tx, at.merchant_id, lost.link.id, lost.amount) is not None
    # Looked for again behind the link's lock: another messenger with the same news may have been faster.
    known = await attempts.get_attempt(tx, at.merchant_id, AttemptId(fact.reference or ""))
    if known is not None:
        if has_place:
            await links.free_slot(tx, at.merchant_id, lost.link.id, lost.amount)
        return known.id if known.gateway_account_id == at.account_id else None
    if not has_place:
        return None
    session = _session(lost, AttemptId(fact.reference or ""), moment.now)
    await _put_session(tx, session)
    fresh = attempt_of(session, at.gateway, at.account_id, now=moment.now, poll_at=moment.now)
    # Not the first call's any more: the gateway has been asked.
    attempt = replace(fresh, polls=1)
    await attempts.insert_attempt(tx, attempt)
    log.warning("attempt.recovered", attempt_id=attempt.id, gateway_ref=fact.gateway_ref)
    return attempt.id


async def _lost(tx: Tx, moment: Moment, at: At, fact: AttemptFact) -> _Lost | None:
    if (
        fact.kind is not FactKind.CAPTURED
        or fact.amount is None
        or not _ATTEMPT.fullmatch(fact.reference or "")
    ):
        return None
    # Another installation may share the account at the gateway: its payments go back to another address.
    url, own = fact.return_url or "", moment.origin_of(at.merchant_id)
    named = _RETURN.fullmatch(url.removeprefix(own if url.startswith(own) else moment.base_url))
    page = None if named is None else await page_of(tx, named[1])
    if named is None or page is None:
        return None
    _, link = page
    if link.merchant_id != at.merchant_id or fact.amount.currency not in link.terms.currencies:
        return None
    return _Lost(link, SessionId(named[2]), named[3], fact.amount, fact.payer_email)


def _session(lost: _Lost, attempt_id: AttemptId, now: int) -> CheckoutSession:
    return CheckoutSession(
        merchant_id=lost.link.merchant_id,
        id=lost.session_id,
        link_id=lost.link.id,
        link_version=lost.link.version,
        status=SessionStatus.PROCESSING,
        amount=lost.amount,
        description=lost.link.terms.description,
        # The form's own is lost: it is not submitted again, its payer has paid.
        submit_token=f"recovered-{attempt_id}",
        token=lost.token,
        attempt_id=attempt_id,
        attempts=1,
        payer_email=lost.payer_email,
        payer_name=None,
        created_at=now,
        expires_at=now,
    )


async def _put_session(tx: Tx, session: CheckoutSession) -> None:
    known = await sessions.get_session(tx, session.merchant_id, session.id)
    if known is None:
        await sessions.insert_session(tx, session)
        return
    again = replace(session, attempts=known.attempts + 1, description=known.description)
    await sessions.retry_session(tx, again, attempt_before=known.attempt_id)


async def recover_refund(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, fact: RefundFact
) -> RefundId | None:
    """Unit: makes the record of a refund of ours anew, its amount reserved. None: it is none of ours, or does not fit."""
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    if (
        attempt is None
        or attempt.status is not AttemptStatus.CAPTURED
        or fact.kind not in {RefundFactKind.PENDING, RefundFactKind.SUCCEEDED}
        or fact.amount is None
        or fact.amount.currency != attempt.amount.currency
        or not _REFUND.fullmatch(fact.reference or "")
    ):
        return None
    # Behind the payment's lock: another messenger with the same news may have been faster.
    known = await refunds.get_refund(tx, merchant_id, RefundId(fact.reference or ""))
    if known is not None:
        return known.id if known.attempt_id == attempt_id else None
    if not await attempts.reserve_refund(tx, merchant_id, attempt_id, fact.amount.minor):
        return None
    refund = Refund(
        merchant_id=merchant_id,
        id=RefundId(fact.reference or ""),
        attempt_id=attempt_id,
        link_id=attempt.link_id,
        amount=fact.amount,
        reason=RefundReason.OTHER,
        note=NOTE,
        status=RefundStatus.PENDING,
        gateway_ref=fact.gateway_ref,
        failure_code=None,
        created_at=moment.now,
        updated_at=moment.now,
        # Never sent from here again: it is looked for.
        started_at=moment.now,
        poll_at=moment.now,
        polls=1,
    )
    await refunds.insert_refund(tx, refund)
    log.warning("refund.recovered", refund_id=refund.id, gateway_ref=fact.gateway_ref)
    return refund.id
