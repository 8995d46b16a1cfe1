"""What is particular to Mollie: lists without dates, calls that there are not, and words that are not known."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.dispute import DisputeStatus
from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.answers import Nonsense
from linktill.gateways.contract import (
    NO_CALL,
    AttemptRef,
    OutcomeUnknown,
    RefundRef,
    Rejected,
    Unavailable,
)
from linktill.gateways.mollie import amounts
from linktill.gateways.mollie.client import as_uuid
from linktill.gateways.mollie.messages import Amount
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import captured, look, order, price, refund_of, start
from linktill.platform.http import HttpResponse
from tests.gateways.mollie_rig import MollieRig, mollie_rig
from tests.gateways.mollie_schema import UUID4

REF = AttemptId("pay_1")


@pytest.fixture
async def rig():
    async with mollie_rig() as running:
        yield running


# ----------------------------------------------------------------------------------------------------------- payments


async def test_what_mollie_is_asked_for_is_what_was_ordered(rig: MollieRig):
    await start(rig)
    [request] = rig.wire.sent
    assert (request.method, request.url) == ("POST", "https://api.mollie.com/v2/payments")
    assert json.loads(request.body) == {
        "amount": {"currency": "EUR", "value": "40.00"},
        "description": "A bicycle repair, with “quotes” & <tags>",
        "redirectUrl": "http://127.0.0.1:9/c/cs_1?k=token",
        "cancelUrl": "http://127.0.0.1:9/p/repair",
        "metadata": {"linktill": "pay_1"},
    }
    assert request.headers["idempotency-key"] == as_uuid("start-pay_1")


@given(st.text(min_size=1, max_size=100))
def test_a_key_is_sent_in_the_form_that_mollie_wants_and_is_always_the_same(key: str):
    assert UUID4.fullmatch(as_uuid(key))
    assert as_uuid(key) == as_uuid(key)
    assert as_uuid(key) != as_uuid(f"{key}!")


async def test_a_page_that_waits_longer_than_asked_for_says_so(rig: MollieRig):
    """Mollie decides by the payer's way to pay how long it waits: here 15 minutes."""
    assert (await start(rig)).expires_at is None
    asked = replace(order(rig, "pay_2"), expires_at=rig.now() + 60_000_000)
    started = await rig.gateway.start(rig.account, asked, key="start-pay_2")
    assert started.expires_at == rig.now() - 1_000_000 + 900_000_000


async def test_an_answer_without_a_page_proves_nothing(rig: MollieRig):
    started = await start(rig)
    rig.payment(started)["_links"].pop("checkout")
    rig.fake.keys.clear()
    shown = json.dumps(rig.payment(started)).encode()
    await expect_unknown(rig, shown)
    await expect_unknown(rig, shown.replace(b'"pay_1"', b'"pay_9"'))
    await expect_unknown(rig, shown.replace(b'"40.00"', b'"40.0O"'))


async def expect_unknown(rig: MollieRig, body: bytes):
    rig.fake.answers.append(HttpResponse(201, {}, body))
    with pytest.raises(OutcomeUnknown):
        await rig.gateway.start(rig.account, order(rig), key="k")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("open", FactKind.REQUIRES_ACTION),
        ("pending", FactKind.PROCESSING),
        ("authorized", FactKind.AUTHORIZED),
        ("paid", FactKind.CAPTURED),
        ("failed", FactKind.FAILED),
        ("canceled", FactKind.CANCELED),
        ("expired", FactKind.CANCELED),
        ("settled", FactKind.UNKNOWN),
        ("PAID", FactKind.UNKNOWN),
    ],
)
async def test_each_word_of_mollie_s(rig: MollieRig, status: str, kind: FactKind):
    started = await start(rig)
    rig.payment(started)["status"] = status
    fact = await look(rig, started)
    assert (fact.kind, fact.vendor_status, fact.fee) == (kind, status, None)
    assert fact.amount == (price(rig) if kind is FactKind.CAPTURED else None)


@pytest.mark.parametrize(
    ("method", "details", "shown"),
    [
        ("creditcard", {"cardLabel": "Visa", "cardNumber": "1234"}, "Visa •••• 1234"),
        ("creditcard", {"cardNumber": "1234"}, "Card •••• 1234"),
        ("ideal", None, "iDEAL"),
        ("billie", None, "Billie"),
        (None, None, None),
    ],
)
async def test_how_it_was_paid(rig: MollieRig, method: str | None, details, shown: str | None):
    started = await start(rig)
    rig.fake.end(rig.payment(started), "paid", method=method, **({"details": details} if details else {}))
    assert (await look(rig, started)).method == shown


async def test_only_what_was_captured_counts(rig: MollieRig):
    started = await start(rig)
    payment = rig.payment(started)
    rig.fake.end(payment, "authorized")
    fact = await rig.gateway.capture(rig.account, AttemptRef(REF, started.gateway_ref), key="capture")
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, price(rig))
    payment["amountCaptured"] = {"currency": "EUR", "value": "10.00"}
    assert (await look(rig, started)).amount == price(rig, 1_000)
    missing = await rig.gateway.capture(rig.account, AttemptRef(AttemptId("pay_9"), None), key="k")
    assert missing.kind is FactKind.NOT_FOUND


async def test_what_mollie_would_not_cancel_stays_open(rig: MollieRig):
    rig.fake.is_cancelable = False
    started = await start(rig)
    rig.wire.sent.clear()
    ref = AttemptRef(REF, started.gateway_ref)
    assert (await rig.gateway.cancel(rig.account, ref, key="k")).kind is FactKind.REQUIRES_ACTION
    assert [request.method for request in rig.wire.sent] == ["GET"]


async def test_a_payment_in_processing_is_not_called_back_though_it_could_be(rig: MollieRig):
    started = await start(rig)
    await rig.pay(started, How.SLOW)
    assert rig.payment(started)["isCancelable"] is True
    fact = await rig.gateway.cancel(rig.account, AttemptRef(REF, started.gateway_ref), key="k")
    assert fact.kind is FactKind.PROCESSING
    assert "DELETE" not in {request.method for request in rig.wire.sent}


async def test_a_payment_that_is_paid_between_look_and_cancel_is_paid(rig: MollieRig):
    started = await start(rig)
    payment = rig.payment(started)
    sender = rig.wire.http

    class Paying:
        async def send(self, request):
            if request.method == "DELETE":
                rig.fake.end(payment, "paid")
            return await sender.send(request)

    rig.wire.http = Paying()
    fact = await rig.gateway.cancel(rig.account, AttemptRef(REF, started.gateway_ref), key="k")
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, price(rig))


async def test_our_reference_is_looked_for_since_we_asked_and_no_longer(rig: MollieRig):
    for number in range(300):
        await start(rig, f"pay_{number}")
    rig.wire.sent.clear()
    fact = await rig.gateway.look_up(rig.account, AttemptRef(AttemptId("pay_3"), None, asked_at=0))
    assert fact.gateway_ref == "tr_0000000003"
    assert len(rig.wire.sent) == 2
    rig.fake.now_s += 3_600
    late = AttemptRef(AttemptId("pay_3"), None, asked_at=rig.now())
    rig.wire.sent.clear()
    assert (await rig.gateway.look_up(rig.account, late)).kind is FactKind.NOT_FOUND
    assert len(rig.wire.sent) == 1


async def test_of_two_with_our_reference_the_paid_one_counts(rig: MollieRig):
    paid = await captured(rig)
    await rig.gateway.start(rig.account, order(rig), key="another")
    assert (await look(rig, None)).gateway_ref == paid.gateway_ref


@pytest.mark.parametrize("metadata", [None, "pay_1", ["pay_1"], {"linktill": 1}, {"linktill": "x" * 81}, {}])
async def test_what_others_write_there_is_no_reference_of_ours(rig: MollieRig, metadata):
    started = await captured(rig)
    rig.payment(started)["metadata"] = metadata
    assert (await look(rig, started)).reference is None


async def test_answers_about_something_else_are_none(rig: MollieRig):
    started = await captured(rig)
    rig.payment(started)["id"] = "tr_other"
    with pytest.raises(Unavailable, match="asked about tr_0000000000"):
        await look(rig, started)


@pytest.mark.parametrize(("name", "value"), [("value", "1e3"), ("value", "4.005"), ("currency", "EURO")])
async def test_amounts_that_cannot_be_are_no_answer(rig: MollieRig, name: str, value: str):
    started = await captured(rig)
    refund = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="r")
    chargeback = rig.fake.charge_back(rig.payment(started), "40.00")
    for thing in (rig.payment(started), rig.fake.refunds[refund.gateway_ref or ""], chargeback):
        thing["amount"] = {**thing["amount"], name: value}
    ref = RefundRef(RefundId("re_1"), None, started.gateway_ref)
    for asked in (
        look(rig, started),
        look(rig, None),
        rig.gateway.look_up_refund(rig.account, ref),
        rig.gateway.look_up_dispute(rig.account, chargeback["id"]),
        rig.gateway.list_attempts(rig.account, since=0, cursor=None),
        rig.gateway.list_refunds(rig.account, since=0, cursor=None),
        rig.gateway.list_disputes(rig.account, since=0, cursor=None),
        rig.gateway.cancel(rig.account, AttemptRef(REF, started.gateway_ref), key="k"),
    ):
        with pytest.raises(Unavailable):
            await asked


# ------------------------------------------------------------------------------------------------------------ amounts


@given(st.sampled_from(sorted(amounts.CURRENCIES)), st.integers(1, AMOUNT_MAX_MINOR))
def test_mc02_every_accepted_amount_comes_back_as_it_went(currency: str, minor: int):
    amount = Money(minor, currency)
    written = amounts.encoded(amount)
    assert len(written["value"].partition(".")[2]) == EXPONENTS[currency]
    assert amounts.decoded(Amount(**written)) == amount
    assert amounts.is_accepted(amount) is (currency not in {"HUF", "TWD"} or minor % 100 == 0)


@pytest.mark.parametrize("value", ["", "1.", ".5", "1,00", "1e3", "٣", "1.001", "1" * 16, "--1", " 1"])
def test_what_is_no_amount_is_nonsense(value: str):
    with pytest.raises(Nonsense):
        amounts.decoded(Amount("EUR", value))


# ------------------------------------------------------------------------------------------------ refunds, chargebacks


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("queued", RefundFactKind.PENDING),
        ("pending", RefundFactKind.PENDING),
        ("processing", RefundFactKind.PENDING),
        ("refunded", RefundFactKind.SUCCEEDED),
        ("failed", RefundFactKind.FAILED),
        ("canceled", RefundFactKind.CANCELED),
        ("returned", RefundFactKind.UNKNOWN),
    ],
)
async def test_each_word_of_a_refund(rig: MollieRig, status: str, kind: RefundFactKind):
    started = await captured(rig)
    made = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="r")
    rig.fake.refunds[made.gateway_ref or ""]["status"] = status
    # As a webhook does: nothing is known but Mollie's id.
    found = await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId(""), made.gateway_ref, ""))
    assert (found.kind, found.reference, found.payment_ref) == (kind, "re_1", started.gateway_ref)
    assert found.amount == price(rig, 100)


async def test_a_refund_that_is_not_there_is_not_found(rig: MollieRig):
    started = await captured(rig)
    for ref in (RefundRef(RefundId("re_1"), "re_none", ""), RefundRef(RefundId("re_1"), None, "tr_none")):
        assert (await rig.gateway.look_up_refund(rig.account, ref)).kind is RefundFactKind.NOT_FOUND
    made = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="r")
    other = RefundRef(RefundId("re_1"), "re_none", started.gateway_ref)
    assert made.gateway_ref
    assert (await rig.gateway.look_up_refund(rig.account, other)).kind is RefundFactKind.NOT_FOUND


async def test_a_chargeback_is_lost_until_a_bank_takes_it_back(rig: MollieRig):
    started = await captured(rig)
    chargeback = rig.fake.charge_back(rig.payment(started), "40.00")
    headers, body = rig.webhooks()[-1]
    hint = rig.gateway.verify(rig.account, headers, body, now=rig.now())
    assert (hint.event_type, hint.dispute_ref) == ("chargeback.received", chargeback["id"])
    fact = await rig.gateway.look_up_dispute(rig.account, chargeback["id"])
    assert (fact.status, fact.is_withdrawn, fact.amount) == (DisputeStatus.LOST, True, price(rig))
    assert (fact.payment_ref, fact.reference, fact.reason) == (started.gateway_ref, "pay_1", "AC01")
    assert (fact.fee, fact.respond_by) == (None, None)
    assert (await look(rig, started)).kind is FactKind.CAPTURED
    page = await rig.gateway.list_disputes(rig.account, since=0, cursor=None)
    assert page.disputes == (fact,)
    chargeback["reversedAt"] = rig.fake.at()
    fact = await rig.gateway.look_up_dispute(rig.account, chargeback["id"])
    assert (fact.status, fact.is_withdrawn) == (DisputeStatus.WON, False)
    with pytest.raises(Rejected):
        await rig.gateway.look_up_dispute(rig.account, "chb_none")


# -------------------------------------------------------------------------------------------------------------- lists


async def test_a_list_begins_in_the_second_that_is_asked_for(rig: MollieRig):
    before = await start(rig)
    rig.fake.now_s += 100
    since = rig.now() + 1_000_000 + 700_000  # Mollie writes whole seconds: this one is made in the same
    after = await start(rig, "pay_2")
    page = await rig.gateway.list_attempts(rig.account, since=since, cursor=None)
    assert [fact.gateway_ref for fact in page.attempts] == [after.gateway_ref]
    every = await rig.gateway.list_attempts(rig.account, since=0, cursor=None)
    assert [fact.gateway_ref for fact in every.attempts] == [before.gateway_ref, after.gateway_ref]


async def test_what_is_made_between_two_pages_is_on_the_last(rig: MollieRig):
    for number in range(120):
        await start(rig, f"pay_{number}")
    first = await rig.gateway.list_attempts(rig.account, since=0, cursor=None)
    await start(rig, "pay_120")
    second = await rig.gateway.list_attempts(rig.account, since=0, cursor=first.next_cursor)
    told = [fact.reference for fact in (*first.attempts, *second.attempts)]
    assert told == [f"pay_{number}" for number in range(121)]
    assert second.next_cursor is None


# --------------------------------------------------------------------------------------------------------- connecting


async def test_a_key_tells_its_mode_and_its_profile(rig: MollieRig):
    found = await rig.gateway.complete(rig.account)
    assert (found.vendor_id, found.label) == ("pfl_QkEhN94Ba", "Repair shop")
    for odd in ("", "access_x", "test_", "live", "sk_test_1"):
        with pytest.raises(Rejected, match="begin with test_ or live_") as refused:
            await rig.gateway.complete(replace(rig.account, credentials={"api_key": odd}))
        assert refused.value.code == "api_key"
    rig.fake.profile_status = "blocked"
    with pytest.raises(Rejected, match="blocked the profile Repair shop"):
        await rig.gateway.check(rig.account)


async def test_an_api_key_makes_no_webhooks(rig: MollieRig):
    for asked in (
        rig.gateway.register_webhook(rig.account, "https://x", key="k"),
        rig.gateway.renew_webhook_secret(rig.account, "hook_1", key="k"),
        rig.gateway.send_test_event(rig.account, "hook_1", key="k"),
        rig.gateway.pay_as_test(rig.account, Money(1, "EUR"), reference="pay_1", key="k"),
    ):
        with pytest.raises(Rejected) as none:
            await asked
        assert none.value.code == NO_CALL
    assert rig.wire.sent == []
