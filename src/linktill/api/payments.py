"""Payments over the API: attempts, which become payments once they are captured."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, choice_parameter, cursor_parameter, id_parameter
from linktill.api.schemas import CaptureAsked, Nothing
from linktill.core.answers import NOTHING_GIVEN
from linktill.core.capture import Verdict
from linktill.core.errors import NotFound
from linktill.core.ids import ATTEMPT, CUSTOMER, LINK, AttemptId
from linktill.core.payment_attempt import AttemptStatus
from linktill.flows.capture_payment import check_amount, decide
from linktill.flows.keep_surplus import keep_surplus
from linktill.flows.payment_objects import read_payment, whole_payment
from linktill.flows.representations import PaymentObject, payment_object
from linktill.flows.services import moment_of
from linktill.storage.answers import given_of
from linktill.storage.attempt_lists import BEFORE_ALL, list_attempts
from linktill.storage.database import Tx


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_attempts,
        call.merchant_id,
        limit=call.limit + 1,
        before=call.query.get("cursor", BEFORE_ALL),
        link_id=call.query.get("payment_link_id"),
        status=call.query.get("status"),
        customer_id=call.query.get("customer"),
    )
    given = await call.services.database.read(given_of, call.merchant_id, found[: call.limit])
    return call.page(
        found,
        lambda attempt: payment_object(attempt, given.get(attempt.id, NOTHING_GIVEN)),
        lambda attempt: attempt.id,
    )


async def read(call: Call) -> Reply:
    attempt_id = AttemptId(call.id(ATTEMPT))
    found = await call.services.database.read(read_payment, call.merchant_id, attempt_id)
    if found is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    return Reply(200, encoded(found))


async def keep(call: Call) -> Reply:
    attempt_id = AttemptId(call.id(ATTEMPT))
    call.asked(Nothing)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> PaymentObject:
        attempt = await keep_surplus(tx, moment, call.merchant_id, attempt_id)
        return await whole_payment(tx, attempt)

    return await call.once(work, lambda payment: payment)


async def capture(call: Call) -> Reply:
    return await _decide(call, Verdict.CAPTURE, call.asked(CaptureAsked).amount_minor)


async def void(call: Call) -> Reply:
    call.asked(Nothing)
    return await _decide(call, Verdict.VOID, None)


async def _decide(call: Call, verdict: Verdict, amount_minor: int | None) -> Reply:
    attempt_id = AttemptId(call.id(ATTEMPT))
    call.services.standing.check()
    moment = moment_of(call.services)

    async def work(tx: Tx) -> PaymentObject:
        if amount_minor is not None:
            await check_amount(tx, call.merchant_id, attempt_id, amount_minor)
        return await whole_payment(
            tx, await decide(tx, moment, call.merchant_id, attempt_id, verdict, call.by)
        )

    return await call.once(work, lambda payment: payment)


_OF_LINK: Final = id_parameter("payment_link_id", LINK, "Only payments of this link.")
_OF_CUSTOMER: Final = id_parameter("customer", CUSTOMER, "Only payments of this customer.")
_STATUS: Final = choice_parameter("status", AttemptStatus, "Only payments with this status.")

OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/payments",
        "list_payments",
        "Payments",
        "List payments",
        "Every attempt to pay, newest first. Money has arrived where `status` is `captured`.",
        find,
        PaymentObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(ATTEMPT), _OF_LINK, _OF_CUSTOMER, _STATUS),
    ),
    Operation(
        "GET",
        "/v1/payments/{id}",
        "get_payment",
        "Payments",
        "Get a payment",
        "The payment as it stands now.",
        read,
        PaymentObject,
        prefix=ATTEMPT,
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/keep",
        "keep_payment",
        "Payments",
        "Keep a surplus payment",
        "Where you asked to decide about money that a link had no room for: it stays yours, as a sale that does not count on the "
        "link. To give it back, make a refund instead.",
        keep,
        PaymentObject,
        takes=Nothing,
        prefix=ATTEMPT,
        problems=("transition_refused",),
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/capture",
        "capture_payment",
        "Payments",
        "Capture an authorized payment",
        "Of a link with `capture_method` `manual`: takes the whole amount that is held. Answers once this is kept; the gateway "
        "is asked right after, and `payment.captured` or `payment.canceled` tells how it went.",
        capture,
        PaymentObject,
        takes=CaptureAsked,
        prefix=ATTEMPT,
        problems=("transition_refused",),
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/void",
        "void_payment",
        "Payments",
        "Void an authorized payment",
        "Lets go of what is held: the payer has their money free again, and nothing is charged. The place on the link is free "
        "once the gateway has said so: `payment.canceled`.",
        void,
        PaymentObject,
        takes=Nothing,
        prefix=ATTEMPT,
        problems=("transition_refused",),
    ),
)
