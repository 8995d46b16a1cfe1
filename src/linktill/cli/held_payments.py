"""`linktill payment capture|void`: what becomes of money that is only held. The gateway is asked at once."""

from linktill.cli.merchants import ANY_BOOKS, Whose
from linktill.cli.output import AsJson
from linktill.cli.payments import BY, PaymentId, one_payment
from linktill.core.capture import Verdict
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.capture_payment import decide_now
from linktill.flows.services import Services


def capture(payment_id: PaymentId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """All of it. While the gateway has not answered it stays authorized, and the worker goes on asking."""
    return _decide(payment_id, Verdict.CAPTURE, whose, as_json=json)


def void(payment_id: PaymentId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """The payer has their money free again, and nothing is charged."""
    return _decide(payment_id, Verdict.VOID, whose, as_json=json)


def _decide(payment_id: str, verdict: Verdict, whose: Whose, *, as_json: bool) -> int:
    async def work(services: Services, merchant_id: MerchantId) -> PaymentAttempt:
        return await decide_now(services, merchant_id, AttemptId(payment_id), verdict, by=BY)

    return one_payment(work, whose, as_json=as_json)
