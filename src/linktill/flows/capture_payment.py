"""Somebody captures money that is held, or lets it go. The decision is kept first; the gateway is asked after that."""

from typing import Final

from linktill.core.capture import Decision, Verdict
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, LinkId, MerchantId
from linktill.core.payment_attempt import DEAD, AttemptStatus, PaymentAttempt
from linktill.flows.announce import Subject, announce
from linktill.flows.payment_objects import whole_payment
from linktill.flows.resolve_attempt import look_again
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import attempts, held_payments
from linktill.storage.database import Tx

LET_GO_MAX: Final = 500
"""So many payments of a link are let go together."""
_EVENTS: Final = {
    Verdict.CAPTURE: EventType.PAYMENT_CAPTURE_REQUESTED,
    Verdict.VOID: EventType.PAYMENT_VOID_REQUESTED,
}
_END: Final = {Verdict.CAPTURE: AttemptStatus.CAPTURED, Verdict.VOID: AttemptStatus.CANCELED}


async def check_amount(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, amount_minor: int) -> None:
    """Unit: raises FieldInvalid, since only all of it is captured."""
    attempt = await attempts.get_attempt(tx, merchant_id, attempt_id)
    if attempt is not None and amount_minor != attempt.amount.minor:
        raise FieldInvalid(
            "amount_minor",
            f"Only the whole amount is captured: leave it out, or send {attempt.amount.minor}. Refund a part afterwards.",
        )


async def decide_now(
    services: Services, merchant_id: MerchantId, attempt_id: AttemptId, verdict: Verdict, *, by: str
) -> PaymentAttempt:
    """Decides, and asks the gateway at once; the payment as it is then. Where the gateway does not answer, the worker goes on.

    Raises what `decide` raises, and GatewayTrouble in a copy.
    """
    services.standing.check()
    await services.database.run(decide, moment_of(services), merchant_id, attempt_id, verdict, by)
    services.wake.now()
    after = await look_again(services, merchant_id, attempt_id)
    assert after is not None, "attempts are not deleted"
    services.wake.now()
    return after


async def decide(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, verdict: Verdict, by: str
) -> PaymentAttempt:
    """Unit: what is to become of held money. The same again changes nothing; what the gateway has done is not undone.

    Raises NotFound and TransitionRefused.
    """
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    if attempt is None:
        raise NotFound(f"There is no payment {attempt_id[:60]}.", param="id")
    if not attempt.is_manual:
        raise TransitionRefused("This payment is not captured by hand: its link takes the money by itself.")
    if attempt.status is _END[verdict]:
        return attempt
    if attempt.decision is not None and attempt.status is AttemptStatus.AUTHORIZED:
        if attempt.decision.verdict is verdict:
            return attempt
        raise TransitionRefused(
            f"Somebody has asked to {attempt.decision.verdict} this payment. Wait until the gateway has answered."
        )
    _check_held(attempt)
    decision = Decision(verdict, moment.now, by)
    is_ours = await held_payments.decide(tx, attempt, decision)
    assert is_ours, "the attempt is locked by this unit"
    after = await attempts.get_attempt(tx, merchant_id, attempt_id)
    assert after is not None, "attempts are not deleted"
    subject = Subject(merchant_id, after.id, after.link_id, after.id)
    await announce(tx, moment, _EVENTS[verdict], subject, await whole_payment(tx, after))
    return after


async def let_go(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId, by: str) -> None:
    """Unit: nothing that is held for a link is captured any more, unless somebody has asked for that. Raises FieldInvalid."""
    held = await held_payments.held_on_link(tx, merchant_id, link_id, limit=LET_GO_MAX + 1)
    if len(held) > LET_GO_MAX:
        words = f"More than {LET_GO_MAX} authorized payments are not let go at once. Capture or void them from their list."
        raise FieldInvalid("payments", words)
    for attempt in held:
        await decide(tx, moment, merchant_id, attempt.id, Verdict.VOID, by)


def _check_held(attempt: PaymentAttempt) -> None:
    if attempt.status is AttemptStatus.AUTHORIZED:
        return
    if attempt.status is AttemptStatus.CAPTURED:
        raise TransitionRefused("This payment is captured already. To give the money back, refund it.")
    if attempt.status in DEAD:
        raise TransitionRefused("The authorization is over: there is no money to capture.")
    raise TransitionRefused(
        "This payment is not authorized yet. Its payer is still at it, or the gateway is."
    )
