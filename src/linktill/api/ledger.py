"""The books over the API."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.api.schemas import BalanceList, BalanceObject
from linktill.core.ids import LEDGER_TRANSACTION
from linktill.flows.ledger_objects import LedgerTransactionObject, ledger_object
from linktill.storage.ledger import BEFORE_ALL, Sealed, balances, list_transactions


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_transactions,
        call.merchant_id,
        limit=call.limit + 1,
        before=call.query.get("cursor", BEFORE_ALL),
    )
    return call.page(found, _shape, lambda sealed: sealed.transaction.id)


async def read_balances(call: Call) -> Reply:
    found = await call.services.database.report(balances, call.merchant_id)
    data = [
        BalanceObject(account=one.account, currency=one.currency, amount_minor=one.amount_minor)
        for one in found
    ]
    return Reply(200, encoded(BalanceList(data=data)))


def _shape(sealed: Sealed) -> LedgerTransactionObject:
    return ledger_object(sealed.transaction, sequence=sealed.seq, chain_hash=sealed.hash)


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/ledger/transactions",
        "list_ledger_transactions",
        "Ledger",
        "List ledger transactions",
        "The books, newest first. Each ledger transaction's entries sum to zero. `sequence` and `hash` are its place in "
        "the chain that proves that nothing was changed; they come shortly after it is booked.",
        find,
        LedgerTransactionObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(LEDGER_TRANSACTION)),
    ),
    Operation(
        "GET",
        "/v1/ledger/balances",
        "get_ledger_balances",
        "Ledger",
        "Get the balances",
        "Every ledger account's balance per currency: positive is a debit balance.",
        read_balances,
        BalanceList,
    ),
)
