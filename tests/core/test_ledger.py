"""The books: what does not balance cannot be made, and what is committed to is unambiguous."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core import postings
from linktill.core.ids import LedgerTransactionId, MerchantId
from linktill.core.ledger import Entry, LedgerTransaction, commitment
from linktill.core.money import Money
from tests.core.made import ATTEMPT, DISPUTE, REFUND

minors = st.integers(1, 10**12)


def transaction(*entries: Entry) -> LedgerTransaction:
    return LedgerTransaction(
        MerchantId("mer_1"),
        LedgerTransactionId("ltx_1"),
        "capture",
        "capture:pay_1",
        "USD",
        entries,
        1,
        2,
        None,
        None,
    )


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (Entry("a", 0),),
        (Entry("a", 1),),
        (Entry("a", 1), Entry("b", -2)),
        (Entry("a", 1), Entry("b", -1), Entry("c", 0)),
        (Entry("a", 1), Entry("a", -1)),
    ],
)
def test_what_does_not_balance_cannot_be_made(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(AssertionError):
        transaction(*entries)


@given(minors, st.integers(0, 10**12), st.booleans())
def test_mc09_net_and_fee_are_gross(gross: int, fee: int, is_surplus: bool) -> None:
    attempt = replace(ATTEMPT, amount=Money(gross, "USD"))
    posting = postings.capture(attempt, fee_minor=fee, is_surplus=is_surplus)
    made = {entry.account: entry.amount_minor for entry in transaction(*posting.entries).entries}
    assert made["surplus_payments" if is_surplus else "sales"] == -gross
    assert made.get("clearing:gwa_1", 0) + made.get("gateway_fees", 0) == gross


@given(minors, st.integers(0, 10**6))
def test_every_posting_balances_and_what_is_taken_back_undoes_it(minor: int, fee: int) -> None:
    refund = replace(REFUND, amount=Money(minor, "USD"))
    there = transaction(*postings.refund(ATTEMPT, refund).entries).entries
    back = transaction(*postings.refund_returned(ATTEMPT, refund).entries).entries
    assert {e.account: e.amount_minor for e in there} == {e.account: -e.amount_minor for e in back}
    dispute = replace(DISPUTE, amount=Money(minor, "USD"), fee_minor=fee)
    transaction(*postings.dispute_withdrawn(ATTEMPT, dispute, move=1).entries)
    transaction(*postings.dispute_reinstated(ATTEMPT, dispute, move=2).entries)


def test_a_commitment_tells_any_two_rows_apart_and_does_not_mind_the_order_of_entries() -> None:
    base = transaction(Entry("a", 5), Entry("b", -5))
    assert commitment(base) == commitment(transaction(Entry("b", -5), Entry("a", 5)))
    others = [
        replace(base, kind="captur", business_key="ecapture:pay_1"),
        replace(base, effective_at=12, created_at=2),
        replace(base, currency="EUR"),
        transaction(Entry("a", 6), Entry("b", -6)),
        transaction(Entry("ab", 5), Entry("b", -5)),
    ]
    assert len({commitment(row) for row in [base, *others]}) == len(others) + 1


def test_ub05_the_encoding_of_version_1_never_changes() -> None:
    """Rows were sealed with these very bytes: another encoding is another version beside this one."""
    row = transaction(Entry("sales", -4_000), Entry("clearing:gwa_1", 4_000))
    assert commitment(row) == (
        b"5:mer_15:ltx_17:capture13:capture:pay_13:USD1:11:20:0:14:clearing:gwa_14:40005:sales5:-4000"
    )
