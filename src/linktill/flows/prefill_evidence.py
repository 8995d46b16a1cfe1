"""What our own records say of a disputed payment, as a first draft of evidence: a person adds what only they know."""

from datetime import UTC, datetime
from typing import Final

from linktill.core.dispute import Dispute
from linktill.core.dispute_answer import Evidence
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.refund import Refund, RefundStatus
from linktill.platform.language import format_money
from linktill.storage import links, sessions
from linktill.storage.database import Tx
from linktill.storage.refunds import refunds_of

ROOM: Final = 500
"""So long each text may be for the gateway that takes the least: what is longer is left out."""


async def prefilled(tx: Tx, dispute: Dispute, attempt: PaymentAttempt, base_url: str) -> Evidence:
    """Unit: of a dispute and its payment."""
    link = await links.get_link(tx, dispute.merchant_id, dispute.link_id)
    session = await sessions.get_session(tx, dispute.merchant_id, attempt.session_id)
    assert link is not None, "a payment has a link"
    assert session is not None, "a payment has a session"
    refunds = await refunds_of(tx, dispute.merchant_id, attempt.id)
    # A later version may say something else than what this payer saw.
    is_as_shown = link.version == session.link_version
    product = [session.description]
    if is_as_shown and link.terms.reference:
        product.append(f"Our reference: {link.terms.reference}")
    shown = f"showed what it is for and the price of {format_money(session.amount)}"
    agreement = [
        f"On {_time(session.created_at)} the payer was on the page {base_url}/p/{link.slug}, which {shown}, and pressed Pay."
    ]
    if is_as_shown and link.terms.note:
        agreement.append(f"The page also said: {link.terms.note}")
    return Evidence(
        explanation=_joined(_paid(attempt), *_refunded(refunds)),
        product_description=_joined(*product),
        customer_name=attempt.payer_name or "",
        customer_email=attempt.payer_email or "",
        agreement=_joined(*agreement),
    )


def _paid(attempt: PaymentAttempt) -> str:
    amount = format_money(Money(attempt.captured_minor, attempt.amount.currency))
    how = f" with {attempt.method}" if attempt.method else ""
    return f"{amount} was paid{how} on {_time(attempt.captured_at or attempt.created_at)} (payment {attempt.id})."


def _refunded(refunds: list[Refund]) -> list[str]:
    done = [each for each in reversed(refunds) if each.status is RefundStatus.SUCCEEDED]
    if not done:
        return ["Nothing of it was refunded."]
    return [
        f"{format_money(each.amount)} was refunded on {_time(each.created_at)} (refund {each.id})."
        for each in done
    ]


def _joined(*parts: str) -> str:
    """As many of the parts as there is room for."""
    text = ""
    for part in parts:
        longer = f"{text}\n{part}" if text else part
        if len(longer) > ROOM:
            break
        text = longer
    return text


def _time(at_us: int) -> str:
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"
