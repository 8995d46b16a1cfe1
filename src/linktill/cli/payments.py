"""`linktill payment …`: money that came without a gateway, on the database of this installation. Starts no server."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.errors import NotFound
from linktill.core.ids import AttemptId, LinkId, MerchantId, ReceiptId
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.receipt import METHODS, Way
from linktill.flows.end_waiting import end_waiting
from linktill.flows.offline_account import account_to_record
from linktill.flows.payment_objects import whole_payment
from linktill.flows.record_money import MoneyCame, Said, money_came, record_money, record_payment
from linktill.flows.representations import PaymentObject, ReceiptObject, receipt_object
from linktill.flows.services import Services, moment_of
from linktill.flows.take_back import Taking, checked_why, take_back
from linktill.platform.language import format_money
from linktill.storage.attempts import get_attempt
from linktill.storage.receipts import receipts_of

BY = "command line"

PaymentId: TypeAlias = Annotated[str, Parameter(help="pay_…")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came, as it was typed."""

    way: Annotated[str, Parameter(help="How it came: transfer, cash or check.")]
    amount_minor: Annotated[
        str,
        Parameter(
            help="In the currency's smallest unit: 2500 is 25.00 EUR. All that is missing if not given."
        ),
    ] = ""
    received_on: Annotated[str, Parameter(help="The day it came, YYYY-MM-DD; today (UTC) if not given.")] = ""
    note: Annotated[str, Parameter(help="For yourself.")] = ""

    def came(self, services: Services) -> MoneyCame:
        """Checked. Raises FieldInvalid."""
        amount_minor = whole_number("amount_minor", self.amount_minor) if self.amount_minor else None
        return money_came(services, Said(self.way, amount_minor, self.received_on or None, self.note), by=BY)


def mark_paid(
    payment_id: PaymentId, /, *, typed: Typed, whose: Whose = ANY_BOOKS, json: AsJson = False
) -> int:
    """In full or in part: it is captured once nothing is missing."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentAttempt:
        came, moment = typed.came(services), moment_of(services)
        return await services.database.run(record_money, moment, merchant_id, AttemptId(payment_id), came)

    return one_payment(work, whose, as_json=json)


def record(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    typed: Typed,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """With no payer at a screen: cash in the shop."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentAttempt:
        came, moment = typed.came(services), moment_of(services)
        account_id = await account_to_record(services, merchant_id)
        return await services.database.run(
            record_payment, moment, merchant_id, LinkId(link_id), account_id, came
        )

    return one_payment(work, whose, as_json=json)


def receipts(payment_id: PaymentId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Oldest first, what was taken back too."""

    async def command(services: Services, merchant_id: MerchantId) -> list[ReceiptObject]:
        wanted = AttemptId(payment_id)
        if await services.database.read(get_attempt, merchant_id, wanted) is None:
            raise NotFound(f"There is no payment {payment_id[:60]}.", param="payment_id")
        found = await services.database.read(receipts_of, merchant_id, wanted)
        return [receipt_object(each) for each in found]

    found = in_books(command, whose)
    answer({"data": found}, as_json=json, person=lambda: _receipts(found))
    return OK


def take_receipt_back(
    receipt_id: Annotated[str, Parameter(help="rcp_…")],
    /,
    *,
    reason: Annotated[str, Parameter(help="mistake, given_back or bounced.")],
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Reversed in the books, never deleted. What was paid by it waits for money again."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentAttempt:
        taking = Taking(ReceiptId(receipt_id), checked_why(reason), BY)
        return await services.database.run(take_back, moment_of(services), merchant_id, taking)

    return one_payment(work, whose, as_json=json)


def cancel(payment_id: PaymentId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Frees its place on the link. Refused while money is recorded for it."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentAttempt:
        return await services.database.run(
            end_waiting, moment_of(services), merchant_id, AttemptId(payment_id)
        )

    return one_payment(work, whose, as_json=json)


def one_payment(
    work: Callable[[Services, MerchantId], Awaitable[PaymentAttempt]], whose: Whose, *, as_json: bool
) -> int:
    """Answers with the payment that the work ends with."""

    async def command(services: Services, merchant_id: MerchantId) -> PaymentObject:
        attempt = await work(services, merchant_id)
        return await services.database.read(whole_payment, attempt)

    payment = in_books(command, whose)
    answer(payment, as_json=as_json, person=lambda: Table(("Field", "Value"), _rows(payment)))
    return OK


def _rows(payment: PaymentObject) -> list[tuple[str, str]]:
    rows = [
        ("Status", payment.status),
        ("Amount", format_money(Money(payment.amount_minor, payment.currency))),
        *(_came(payment) if payment.capture_method == "automatic" else _held(payment)),
        ("Reference", payment.gateway_ref or ""),
        ("Link", payment.payment_link_id),
        ("Id", payment.id),
    ]
    return [row for row in rows if row[1]]


def _came(payment: PaymentObject) -> list[tuple[str, str]]:
    missing = payment.amount_minor - payment.received_minor
    return [
        ("Received", format_money(Money(payment.received_minor, payment.currency))),
        ("Missing", format_money(Money(missing, payment.currency)) if missing else "nothing"),
    ]


def _held(payment: PaymentObject) -> list[tuple[str, str]]:
    ends_at = payment.capture_before
    return [
        ("Captured", format_money(Money(payment.captured_minor, payment.currency))),
        ("Capture before", "" if ends_at is None else f"{ends_at:%Y-%m-%d %H:%M} UTC"),
        ("Why it ended", payment.decline_code or ""),
    ]


def _receipts(found: list[ReceiptObject]) -> Table:
    rows = [
        (
            each.received_on,
            format_money(Money(each.amount_minor, each.currency)),
            METHODS[Way(each.way)],
            f"taken back: {each.taken_back_reason}" if each.taken_back_reason else "counts",
            each.note,
            each.id,
        )
        for each in found
    ]
    return Table(
        ("Day", "Amount", "Way", "Stands", "Note", "Id"), rows, empty="Nothing was recorded for this payment."
    )
