"""`linktill payout …`: what reached the bank, where no gateway tells of it."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books, merchant_of
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import MerchantId, PayoutId
from linktill.core.money import Money
from linktill.flows.payout_objects import PayoutObject, payout_object
from linktill.flows.record_payout import (
    TypedPayout,
    check_payout,
    payout_said,
    record_payout,
    take_payout_back,
)
from linktill.flows.services import Services, moment_of
from linktill.platform.language import format_money
from linktill.storage.payouts import list_payouts

BY = "command line"
LIMIT = 100


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Newest first, the latest hundred."""

    async def work(services: Services, merchant_id: MerchantId) -> list[PayoutObject]:
        found = await services.database.read(list_payouts, merchant_id, limit=LIMIT)
        return [payout_object(each) for each in found]

    found = in_books(work, whose)
    answer({"data": found}, as_json=json, person=lambda: _table(found))
    return OK


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What reached the bank, as it was typed."""

    amount_minor: Annotated[
        str, Parameter(help="What reached the bank, in the currency's smallest unit: 2500 is 25.00 EUR.")
    ]
    currency: Annotated[str, Parameter(help="Such as EUR.")]
    paid_on: Annotated[str, Parameter(help="The day it came, YYYY-MM-DD; today (UTC) if not given.")] = ""
    way: Annotated[str, Parameter(help="Of offline money, how it had come: transfer, cash or check.")] = ""
    note: Annotated[str, Parameter(help="For yourself.")] = ""

    def of(self, account: str) -> TypedPayout:
        """Raises FieldInvalid."""
        amount_minor = whole_number("amount_minor", self.amount_minor)
        return TypedPayout(account, amount_minor, self.currency, self.paid_on, self.way, self.note)


def record(
    account: Annotated[str, Parameter(help="gwa_…, from `linktill gateway list`.")],
    /,
    *,
    typed: Typed,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Refused where the gateway tells of its payouts itself: they would be in the books twice."""
    settings = settings_now()

    async def work() -> PayoutObject:
        wanted = typed.of(account)
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, whose)
            said = payout_said(services, wanted, by=BY)
            await check_payout(services, merchant_id, said)
            made = await services.database.run(record_payout, moment_of(services), merchant_id, said)
            return payout_object(made)

    return _answer(run(work), as_json=json)


def take_back(
    payout_id: Annotated[str, Parameter(help="po_…")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Reversed in the books, never deleted."""
    settings = settings_now()

    async def work() -> PayoutObject:
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, whose)
            wanted = PayoutId(payout_id)
            taken = await services.database.run(take_payout_back, moment_of(services), merchant_id, wanted)
            return payout_object(taken)

    return _answer(run(work), as_json=json)


def _answer(payout: PayoutObject, *, as_json: bool) -> int:
    answer(payout, as_json=as_json, person=lambda: _table([payout]))
    return OK


def _table(found: list[PayoutObject]) -> Table:
    rows = [
        (
            str(each.made_at.date()),
            format_money(Money(each.amount_minor, each.currency)),
            each.status,
            each.gateway_account_id,
            each.note,
            each.id,
        )
        for each in found
    ]
    heads = ("Day", "Amount", "Status", "Account", "Note", "Id")
    return Table(heads, rows, empty="Nothing was paid out so far.")
