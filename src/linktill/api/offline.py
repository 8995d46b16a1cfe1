"""Payments without a gateway over the API: money that came, that did not, that went back."""

from typing import Final

from linktill.api.answers import Reply, listed
from linktill.api.calls import Call
from linktill.api.money_schemas import MoneyRecord, ReceiptTakeBack, RefundSent
from linktill.api.operations import Operation
from linktill.api.schemas import Nothing
from linktill.core.errors import NotFound
from linktill.core.ids import ATTEMPT, LINK, RECEIPT, REFUND, AttemptId, LinkId, ReceiptId, RefundId
from linktill.core.receipt import Receipt, Way
from linktill.core.refund import Refund
from linktill.flows.end_waiting import end_waiting
from linktill.flows.offline_account import account_to_record
from linktill.flows.payment_objects import whole_payment
from linktill.flows.record_money import MoneyCame, Said, money_came, record_money, record_payment
from linktill.flows.representations import (
    PaymentObject,
    ReceiptObject,
    RefundObject,
    receipt_object,
    refund_object,
)
from linktill.flows.services import moment_of
from linktill.flows.take_back import Taking, checked_why, settle_refund, take_back
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.receipts import get_receipt, receipts_of


async def mark_paid(call: Call) -> Reply:
    payment_id = AttemptId(call.id(ATTEMPT))
    moment, came = moment_of(call.services), call.checked(lambda: _came(call))

    async def work(tx: Tx) -> PaymentObject:
        return await whole_payment(tx, await record_money(tx, moment, call.merchant_id, payment_id, came()))

    return await call.once(work, _as_it_is)


async def record(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    moment, came = moment_of(call.services), call.checked(lambda: _came(call))
    account_id = await account_to_record(call.services, call.merchant_id)

    async def work(tx: Tx) -> PaymentObject:
        made = await record_payment(tx, moment, call.merchant_id, link_id, account_id, came())
        return await whole_payment(tx, made)

    return await call.once(work, _as_it_is, status=201)


async def find_receipts(call: Call) -> Reply:
    payment_id = AttemptId(call.id(ATTEMPT))
    if await call.services.database.read(get_attempt, call.merchant_id, payment_id) is None:
        raise NotFound(f"There is no payment {payment_id}.", param="id")
    found: list[Receipt] = await call.services.database.read(receipts_of, call.merchant_id, payment_id)
    return listed([receipt_object(each) for each in found], None)


async def take_receipt_back(call: Call) -> Reply:
    payment_id, asked = AttemptId(call.id(ATTEMPT)), call.asked(ReceiptTakeBack)
    moment = moment_of(call.services)
    taking = Taking(ReceiptId(asked.receipt_id), checked_why(asked.reason), call.by)

    async def work(tx: Tx) -> PaymentObject:
        receipt = await get_receipt(tx, call.merchant_id, taking.receipt_id)
        if receipt is None or receipt.attempt_id != payment_id:
            raise NotFound("This payment has no such receipt.", param="receipt_id")
        return await whole_payment(tx, await take_back(tx, moment, call.merchant_id, taking))

    return await call.once(work, _as_it_is)


async def cancel(call: Call) -> Reply:
    payment_id = AttemptId(call.id(ATTEMPT))
    call.asked(Nothing)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> PaymentObject:
        return await whole_payment(tx, await end_waiting(tx, moment, call.merchant_id, payment_id))

    return await call.once(work, _as_it_is)


def _as_it_is(payment: PaymentObject) -> PaymentObject:
    return payment


async def refund_sent(call: Call) -> Reply:
    return await _settle(call, Way(call.asked(RefundSent).way))


async def refund_canceled(call: Call) -> Reply:
    call.asked(Nothing)
    return await _settle(call, None)


async def _settle(call: Call, way: Way | None) -> Reply:
    refund_id = RefundId(call.id(REFUND))
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Refund:
        return await settle_refund(tx, moment, call.merchant_id, refund_id, way)

    return await call.once(work, refund_object)


def _came(call: Call) -> MoneyCame:
    asked = call.asked(MoneyRecord)
    said = Said(asked.way, asked.amount_minor, asked.received_on, asked.note, asked.seen_minor)
    return money_came(call.services, said, by=call.by)


_GROUP: Final = "Offline payments"
_EXAMPLE: Final = {
    "way": "transfer",
    "amount_minor": 4000,
    "received_on": "2026-11-20",
    "note": "Statement 47",
}
_RECEIPT: Final = f"{RECEIPT}01kan4v0zqf7wv9h6m2s8d3r5t"

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payments/{id}/mark_paid",
        "mark_payment_paid",
        _GROUP,
        "Record money for a payment",
        "Says that a transfer, cash or a check came for a payment of the gateway `offline`. It is `captured` once nothing is "
        "missing; until then it collects. What is beyond becomes a surplus payment of its own, with a refund that waits for "
        "you. Late money is taken too, as long as the link has room.",
        mark_paid,
        PaymentObject,
        takes=MoneyRecord,
        prefix=ATTEMPT,
        problems=("transition_refused", "version_conflict"),
        example=_EXAMPLE,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/record_payment",
        "record_payment",
        _GROUP,
        "Record a payment of a link",
        "Says that money came for a link with no payer at a screen: cash in the shop. Answers the payment that it became.",
        record,
        PaymentObject,
        status=201,
        takes=MoneyRecord,
        prefix=LINK,
        problems=("transition_refused", "version_conflict", "payment_in_progress", "link_not_payable"),
        example={"way": "cash"},
    ),
    Operation(
        "GET",
        "/v1/payments/{id}/receipts",
        "list_receipts",
        _GROUP,
        "List the receipts of a payment",
        "What people have recorded for it, oldest first, what was taken back too. All of them on one page.",
        find_receipts,
        ReceiptObject,
        is_list=True,
        prefix=ATTEMPT,
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/take_back",
        "take_receipt_back",
        _GROUP,
        "Take a receipt back",
        "It does not count any more: reversed in the books, never deleted. A payment that was paid waits for money again and "
        "keeps its place on the link.",
        take_receipt_back,
        PaymentObject,
        takes=ReceiptTakeBack,
        prefix=ATTEMPT,
        problems=("transition_refused",),
        example={"receipt_id": _RECEIPT, "reason": "mistake"},
    ),
    Operation(
        "POST",
        "/v1/payments/{id}/cancel",
        "cancel_payment",
        _GROUP,
        "Stop waiting for money",
        "Frees the place on the link that an offline payment holds. Refused while money is recorded for it.",
        cancel,
        PaymentObject,
        takes=Nothing,
        prefix=ATTEMPT,
        problems=("transition_refused",),
    ),
    Operation(
        "POST",
        "/v1/refunds/{id}/mark_sent",
        "mark_refund_sent",
        _GROUP,
        "Say that a refund went out",
        "A refund of an offline payment is `pending` until you have given the money back and say so.",
        refund_sent,
        RefundObject,
        takes=RefundSent,
        prefix=REFUND,
        problems=("transition_refused",),
        example={"way": "transfer"},
    ),
    Operation(
        "POST",
        "/v1/refunds/{id}/cancel",
        "cancel_refund",
        _GROUP,
        "Call a refund off",
        "Only of an offline payment, and while it is `pending`. What came beyond the price cannot be kept like this.",
        refund_canceled,
        RefundObject,
        takes=Nothing,
        prefix=REFUND,
        problems=("transition_refused",),
    ),
)
