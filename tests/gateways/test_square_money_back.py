"""Money on its way back from Square: refunds in full and in part, in two parts paid, and disputes."""

from collections.abc import AsyncIterator

import pytest

from linktill.core import ids as prefixes
from linktill.core.dispute import DisputeStatus
from linktill.core.ids import RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import RefundOrder, RefundRef, Rejected
from linktill.gateways.testing.steps import captured, look, price, refund_of, start
from linktill.platform.ids import SystemIds
from tests.gateways.square_rig import SquareRig, square_rig

USD_40 = Money(4_000, "USD")


@pytest.fixture
async def rig() -> AsyncIterator[SquareRig]:
    async with square_rig() as running:
        yield running


async def test_what_was_paid_in_two_parts_is_one_payment(rig: SquareRig):
    started = await start(rig)
    for part in (1_000, 3_000):
        rig.square.pay(started.gateway_ref, "COMPLETED", amount=part)
    fact = await look(rig, started)
    assert (fact.kind, fact.amount, fact.fee) == (FactKind.CAPTURED, USD_40, Money(133, "USD"))
    for minor, reference in ((2_000, "re_1"), (1_000, "re_2")):
        await rig.gateway.refund(
            rig.account, refund_of(rig, started, minor, reference), key=f"refund-{reference}"
        )
    assert {refund["payment_id"] for refund in rig.square.refunds.values()} == {"PAYMENT00002"}
    with pytest.raises(Rejected) as refused:
        await rig.gateway.refund(rig.account, refund_of(rig, started, 500, "re_3"), key="refund-re_3")
    assert (refused.value.code, refused.value.is_account_trouble) == ("REFUND_AMOUNT_INVALID", False)


async def test_gf16_a_refund_is_pending_first_and_may_fail(rig: SquareRig):
    started = await captured(rig)
    fact = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
    assert (fact.kind, fact.vendor_status, fact.failure_code) == (RefundFactKind.PENDING, "PENDING", None)
    assert fact.payment_ref == started.gateway_ref
    for status, kind, code in (
        ("REJECTED", RefundFactKind.FAILED, "rejected"),
        ("FAILED", RefundFactKind.FAILED, "failed"),
        ("COMPLETED", RefundFactKind.SUCCEEDED, None),
        ("BOUNCED", RefundFactKind.UNKNOWN, None),
    ):
        rig.square.refunds[fact.gateway_ref or ""]["status"] = status
        # As a webhook has it looked up: by Square's id alone.
        found = await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId(""), fact.gateway_ref, ""))
        assert (found.kind, found.failure_code, found.vendor_status) == (kind, code, status)
        assert (found.payment_ref, found.reference) == (started.gateway_ref, "re_1")


async def test_a_refund_whose_reason_is_long_still_carries_our_reference(rig: SquareRig):
    started = await captured(rig)
    reference = RefundId(SystemIds().new(prefixes.REFUND))
    asked = RefundOrder(reference, started.gateway_ref, price(rig), "because " * 100)
    fact = await rig.gateway.refund(rig.account, asked, key=f"refund-{reference}")
    assert fact.reference == reference
    assert len(rig.square.refunds[fact.gateway_ref or ""]["reason"]) == 192


@pytest.mark.parametrize(
    ("reason", "reference"),
    [
        ("other (re_1)", "re_1"),
        ("(re_1)", "re_1"),
        ("as (re_1) was", None),
        ("other (re_1) ", None),
        ("other (pay_1)", None),
        ("other (re_1)\n", None),
        (None, None),
    ],
)
async def test_only_the_end_of_a_reason_is_our_reference(rig: SquareRig, reason, reference):
    started = await captured(rig)
    fact = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
    rig.square.refunds[fact.gateway_ref or ""]["reason"] = reason
    found = await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), fact.gateway_ref, ""))
    assert found.reference == reference


async def test_of_two_refunds_with_our_reference_the_one_that_moved_money_counts(rig: SquareRig):
    started = await captured(rig)
    first = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="one-key")
    second = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="another-key")
    rig.square.refunds[first.gateway_ref or ""]["status"] = "FAILED"
    found = await rig.gateway.look_up_refund(
        rig.account, RefundRef(RefundId("re_1"), None, started.gateway_ref)
    )
    assert found.gateway_ref == second.gateway_ref


async def test_refunds_are_listed_since_a_time_in_pages(rig: SquareRig):
    started = await captured(rig, amount=Money(200, "USD"))
    await rig.gateway.refund(rig.account, refund_of(rig, started, 1, "re_old"), key="refund-old")
    since = rig.now() + 1_000
    for number in range(120):
        await rig.gateway.refund(
            rig.account, refund_of(rig, started, 1, f"re_{number}"), key=f"refund-re_{number}"
        )
    first = await rig.gateway.list_refunds(rig.account, since=since, cursor=None)
    rest = await rig.gateway.list_refunds(rig.account, since=since, cursor=first.next_cursor)
    facts = (*first.refunds, *rest.refunds)
    assert [fact.reference for fact in facts] == [f"re_{number}" for number in range(120)]
    assert {fact.payment_ref for fact in facts} == {started.gateway_ref}
    assert rest.next_cursor is None


@pytest.mark.parametrize(
    ("state", "status", "is_withdrawn"),
    [
        ("INQUIRY_EVIDENCE_REQUIRED", DisputeStatus.INQUIRY, False),
        ("INQUIRY_PROCESSING", DisputeStatus.INQUIRY, False),
        ("INQUIRY_CLOSED", DisputeStatus.PREVENTED, False),
        ("EVIDENCE_REQUIRED", DisputeStatus.NEEDS_RESPONSE, True),
        ("PROCESSING", DisputeStatus.UNDER_REVIEW, True),
        ("WON", DisputeStatus.WON, False),
        ("LOST", DisputeStatus.LOST, True),
        ("ACCEPTED", DisputeStatus.ACCEPTED, True),
    ],
)
async def test_wi26_a_dispute_leads_to_its_payment(rig: SquareRig, state, status, is_withdrawn):
    started = await captured(rig)
    dispute_ref = rig.square.dispute("PAYMENT00001", state)
    fact = await rig.gateway.look_up_dispute(rig.account, dispute_ref)
    assert (fact.status, fact.is_withdrawn, fact.vendor_status) == (status, is_withdrawn, state)
    assert (fact.gateway_ref, fact.payment_ref, fact.reference) == (dispute_ref, started.gateway_ref, "pay_1")
    assert (fact.amount, fact.fee, fact.reason) == (USD_40, None, "not_received")
    assert fact.respond_by == 1_791_072_000_000_000


async def test_wi20_a_word_for_a_dispute_that_we_do_not_know_is_kept(rig: SquareRig):
    await captured(rig)
    dispute_ref = rig.square.dispute("PAYMENT00001", "WON")
    rig.square.disputes[dispute_ref] |= {"due_at": None, "reason": None, "disputed_payment": None}
    del rig.square.disputes[dispute_ref]["state"]
    fact = await rig.gateway.look_up_dispute(rig.account, dispute_ref)
    assert (fact.status, fact.is_withdrawn, fact.vendor_status) == (None, False, "")
    assert (fact.payment_ref, fact.reference, fact.respond_by, fact.reason) == (None, None, None, "")
    with pytest.raises(Rejected):
        await rig.gateway.look_up_dispute(rig.account, "DISPUTE_UNKNOWN")


async def test_disputes_are_listed_since_a_time_whatever_their_order(rig: SquareRig):
    await captured(rig)
    rig.square.dispute("PAYMENT00001", "WON")
    since = rig.now() + 1
    rig.square.now += 1_000
    new = []
    for _ in range(3):
        rig.square.now += 60_000_000
        new.append(rig.square.dispute("PAYMENT00001", "EVIDENCE_REQUIRED"))
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = await rig.gateway.list_disputes(rig.account, since=since, cursor=cursor)
        assert list(page.disputes) == sorted(page.disputes, key=lambda fact: fact.gateway_ref)
        seen += [fact.gateway_ref for fact in page.disputes]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (sorted(seen), cursor) == (new, None)
