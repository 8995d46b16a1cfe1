"""Prices over the API: what a payer's choices come to, and how the amount of a payment came about."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.core.ids import ATTEMPT, LINK, AttemptId, LinkId
from linktill.flows.computation_objects import (
    ChoicesObject,
    ComputationObject,
    choices_of,
    computation_object,
)
from linktill.flows.link_stock import StockObject, read_stock
from linktill.flows.link_totals import PaymentLinkTotalsObject, link_totals
from linktill.flows.preview_price import payment_computation, preview_price


async def preview(call: Call) -> Reply:
    link_id = LinkId(call.id(LINK))
    asked = call.asked(ChoicesObject)
    choices, currency = choices_of(asked), asked.currency or ""
    return await call.flow_once(
        lambda services: preview_price(services, call.merchant_id, link_id, choices, currency),
        computation_object,
    )


async def read(call: Call) -> Reply:
    payment_id = AttemptId(call.id(ATTEMPT))
    computation = await payment_computation(call.services, call.merchant_id, payment_id)
    return Reply(200, encoded(computation_object(computation)))


async def stock(call: Call) -> Reply:
    found = await call.services.database.read(read_stock, call.merchant_id, LinkId(call.id(LINK)))
    return Reply(200, encoded(found))


async def totals(call: Call) -> Reply:
    found = await link_totals(call.services, call.merchant_id, LinkId(call.id(LINK)))
    return Reply(200, encoded(found))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/payment_links/{id}/totals",
        "get_payment_link_totals",
        "Payment links",
        "Get what a payment link has received, by currency",
        "Sums of different currencies are never added. `captured_minor` and `refunded_minor` of the link itself are in its own.",
        totals,
        PaymentLinkTotalsObject,
        prefix=LINK,
    ),
    Operation(
        "GET",
        "/v1/payment_links/{id}/stock",
        "get_payment_link_stock",
        "Payment links",
        "Get what is sold of a payment link",
        "Of each item and variant with a `stock`: how many are sold, and how many are held by payers who are at it.",
        stock,
        StockObject,
        prefix=LINK,
    ),
    Operation(
        "POST",
        "/v1/payment_links/{id}/preview",
        "preview_payment_link",
        "Payment links",
        "Preview what a payer would be charged",
        "The whole computation for some choices, line by line, as the payment page would show and charge it. Nothing is kept. "
        "Without choices: for a payer who changes nothing.",
        preview,
        ComputationObject,
        takes=ChoicesObject,
        prefix=LINK,
        example={"quantities": [2], "tip_percent": "10"},
    ),
    Operation(
        "GET",
        "/v1/payments/{id}/computation",
        "get_payment_computation",
        "Payments",
        "Get how the amount of a payment came about",
        "Line by line, as it was displayed when the payer pressed Pay.",
        read,
        ComputationObject,
        prefix=ATTEMPT,
    ),
)
