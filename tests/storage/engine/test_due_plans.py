"""Looks for work walk over the work that is left, never over all that ever was: they run every second."""

import apsw
import pytest

from linktill.storage import attempts, inbox, ledger, links, outbox, refunds

LOOKS = {
    "outbox_due": (outbox._DUE_MERCHANTS, outbox._LEASE),
    "inbox_due": (inbox._DUE_MERCHANTS, inbox._LEASE),
    "outbox_dead": (outbox._DEAD_COUNT, outbox._DEAD_LIST),
    "inbox_dead": (inbox._DEAD_COUNT, inbox._DEAD_LIST),
    "payment_attempt_poll": (attempts._DUE_MERCHANTS, attempts._DUE),
    "refund_poll": (refunds._DUE_MERCHANTS, refunds._DUE),
    "payment_link_wake": (links._DUE_MERCHANTS, links._DUE),
    "ledger_transaction_unsealed": (ledger._UNSEALED_MERCHANTS, ledger._UNSEALED),
}


@pytest.mark.parametrize("index", LOOKS)
def test_sqlite_looks_for_work_in_the_index_made_for_it(sqlite_template, index):
    connection = apsw.Connection(str(sqlite_template))
    for statement in LOOKS[index]:
        text = statement.sqlite
        plan = connection.execute(f"EXPLAIN QUERY PLAN {text.sql}", (None,) * len(text.names)).fetchall()
        assert any(f"INDEX {index}" in str(row[3]) for row in plan), plan
    connection.close()
