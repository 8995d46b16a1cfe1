"""Looks for work walk over the work that is left, never over all that ever was: they run every second."""

import apsw
import pytest

from linktill.storage import (
    attempt_lists,
    attempts,
    customer_payments,
    customers,
    inbox,
    ledger,
    link_clock,
    link_lists,
    link_requests,
    outbox,
    refunds,
)

LOOKS = {
    "outbox_due": (outbox._DUE_MERCHANTS, outbox._LEASE),
    "inbox_due": (inbox._DUE_MERCHANTS, inbox._LEASE),
    "outbox_dead": (outbox._DEAD_COUNT, outbox._DEAD_LIST),
    "inbox_dead": (inbox._DEAD_COUNT, inbox._DEAD_LIST),
    "payment_attempt_poll": (attempts._DUE_MERCHANTS, attempts._DUE),
    "refund_poll": (refunds._DUE_MERCHANTS, refunds._DUE),
    "payment_link_wake": (link_clock._DUE_MERCHANTS, link_clock._DUE),
    "ledger_transaction_unsealed": (ledger._UNSEALED_MERCHANTS, ledger._UNSEALED),
    "payment_attempt_unfiled": (customer_payments._MERCHANTS, customer_payments._TO_FILE),
    # No look for work, but what a customer has is not looked for among all that the merchant has either.
    "payment_attempt_customer": (
        attempt_lists._LIST[False, False, True],
        customer_payments._TOTALS,
        customer_payments._TOTALS_OF_MANY,
        customers._MOVE_PAYMENTS,
        customers._HANGING[0],
    ),
    "refund_attempt": (customer_payments._REFUNDS,),
    "receipt_attempt": (customer_payments._RECEIPTS,),
    "link_filing_customer": (
        link_lists._statement(has_status=False, has_tag=False, has_customer=True, is_all=True, words=0),
        customers._MOVE_LINKS,
        customers._HANGING[1],
    ),
    "customer_email": (customers._BY_EMAIL, customers._list(has_email=True, words=0)),
    "link_request_untold": (link_requests._UNTOLD_MERCHANTS, link_requests._TELL),
    "link_request_told": (link_requests._LAST_TOLD,),
    "link_request_open": (
        link_requests._OPEN_OF_EMAIL,
        link_requests._COUNT_OF_LINK,
        link_requests._COUNT,
    ),
    "link_request_link": (
        link_requests._list(has_link=True, has_status=True),
        link_requests._OPEN_OF_LINK,
    ),
    "link_request_email": (link_requests._OF_EMAIL,),
    "customer_merged": (customers._FLATTEN, customers._HANGING[2]),
}


@pytest.mark.parametrize("index", LOOKS)
def test_sqlite_looks_for_work_in_the_index_made_for_it(sqlite_template, index):
    connection = apsw.Connection(str(sqlite_template))
    for statement in LOOKS[index]:
        text = statement.sqlite
        plan = connection.execute(f"EXPLAIN QUERY PLAN {text.sql}", (None,) * len(text.names)).fetchall()
        assert any(f"INDEX {index}" in str(row[3]) for row in plan), plan
    connection.close()
