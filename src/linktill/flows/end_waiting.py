"""An offline payment stops waiting for its money: by a person, by its payer, or because its time is over.

Its place on the link is free then. Money that comes all the same is late money, as with every gateway: recorded on this
payment, it takes a free place, or is surplus and goes back.
"""

from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import DEAD, OPEN, AttemptFact, FactKind, PaymentAttempt
from linktill.core.receipt import OFFLINE
from linktill.flows.apply_fact import apply_fact
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import attempts
from linktill.storage.database import Tx


async def lapse(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, fact: AttemptFact
) -> PaymentAttempt:
    """Unit: its time is over. With money recorded in part it goes on waiting, also where that came a moment ago."""
    now = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    assert now is not None, "attempts are not deleted"
    if now.status in OPEN and now.received_minor == 0:
        return await apply_fact(tx, moment, merchant_id, attempt_id, fact)
    return now


async def end_waiting(
    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId
) -> PaymentAttempt:
    """Unit: somebody says that no money will come. Raises NotFound and TransitionRefused.

    An attempt that is dead already stays as it is.
    """
    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)
    if attempt is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    if attempt.gateway != OFFLINE:
        raise TransitionRefused("Only a payment by bank transfer, cash or check is canceled by hand.")
    if attempt.status in DEAD:
        return attempt
    if attempt.status not in OPEN:
        raise TransitionRefused("This payment does not wait for money any more.")
    if attempt.received_minor:
        raise TransitionRefused(
            "Money was recorded for this payment. Take that back first: it was a mistake, or the payer has it again."
        )
    return await apply_fact(tx, moment, merchant_id, attempt_id, AttemptFact(FactKind.CANCELED))


async def end_own_waiting(services: Services, attempt: PaymentAttempt) -> bool:
    """The payer wants to pay another way. False: that cannot be any more, since money came or it is over."""
    try:
        await services.database.run(end_waiting, moment_of(services), attempt.merchant_id, attempt.id)
    except TransitionRefused:
        return False
    services.wake.now()
    return True
