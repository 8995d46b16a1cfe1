"""What only Stripe's adapter has: its states and words, whose payment it is, fees, disputes."""

import json
from collections.abc import AsyncIterator

import pytest

from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.contract import AttemptRef, RefundRef, Rejected, Started
from linktill.gateways.stripe import translate
from linktill.gateways.stripe.objects import BalanceTransaction, Charge, Intent, PaymentError, Session
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import captured, look, refund_of, start
from tests.gateways.stripe_objects import VISA, Thing
from tests.gateways.stripe_rig import StripeRig, stripe_rig

F = FactKind


@pytest.fixture
async def rig() -> AsyncIterator[StripeRig]:
    async with stripe_rig() as running:
        yield running


async def by(rig: StripeRig, ref: str) -> AttemptFact:
    """As a webhook's look-up asks: by the gateway's id alone."""
    return await rig.gateway.look_up(rig.account, AttemptRef(AttemptId(""), ref))


def foreign(rig: StripeRig, *, has_session: bool) -> Thing:
    """A payment that something else took on the account; answers its PaymentIntent."""
    fake = rig.fake
    price = {"price_data": {"currency": "usd", "unit_amount": 700}, "quantity": 1}
    params = {
        "line_items": [price],
        "adaptive_pricing": {"enabled": False},
        "cancel_url": "https://shop.example/",
        "success_url": "https://shop.example/",
        "expires_at": fake.now_s + 3_600,
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": "order 12",
    }
    session = fake.make_session(params, {})
    intent = fake.attempt(session, VISA, "succeeded")
    fake.capture(session)
    if has_session:
        fake.tell("checkout.session.completed", session)
    else:
        del fake.things["checkout.session"][session["id"]]
    fake.now_s += 1
    return intent


async def test_gf09_after_a_declined_card_the_payer_may_try_again_on_the_page(rig: StripeRig):
    started = await start(rig)
    session = rig.session(started)
    rig.fake.attempt(session, VISA, "failed")
    rig.fake.decline(session, "card_declined", "insufficient_funds")
    fact = await look(rig, started)
    assert (fact.kind, fact.amount, fact.decline_code) == (F.REQUIRES_ACTION, None, "insufficient_funds")
    rig.fake.attempt(session, VISA, "succeeded")
    rig.fake.capture(session)
    fact = await look(rig, started)
    assert (fact.kind, fact.amount, fact.decline_code) == (F.CAPTURED, Money(4_000, "USD"), None)
    assert (fact.method, fact.vendor_status) == ("Visa •••• 4242", "complete/paid/succeeded")
    assert (fact.return_url, fact.payer_email) == ("http://127.0.0.1:9/c/cs_1?k=token", "ada@example.com")


async def test_a_session_that_expired_after_declines_is_dead(rig: StripeRig):
    started = await start(rig)
    rig.fake.attempt(rig.session(started), VISA, "failed")
    rig.fake.decline(rig.session(started), "expired_card", None)
    rig.fake.expire(rig.session(started))
    fact = await look(rig, started)
    assert (fact.kind, fact.decline_code) == (F.CANCELED, "expired_card")


KINDS = [
    # session, payment_status, PaymentIntent, had an error → kind
    ("open", "unpaid", None, False, F.REQUIRES_ACTION),
    ("open", "unpaid", "requires_payment_method", True, F.REQUIRES_ACTION),
    ("open", "unpaid", "requires_action", False, F.REQUIRES_ACTION),
    ("open", "unpaid", "requires_confirmation", False, F.REQUIRES_ACTION),
    ("open", "unpaid", "processing", False, F.PROCESSING),
    ("open", "unpaid", "canceled", False, F.REQUIRES_ACTION),
    ("open", "unpaid", "succeeded", False, F.CAPTURED),
    ("complete", "unpaid", "processing", False, F.PROCESSING),
    ("complete", "unpaid", "requires_action", False, F.PROCESSING),
    ("complete", "unpaid", "requires_payment_method", True, F.FAILED),
    ("complete", "unpaid", "requires_payment_method", False, F.UNKNOWN),
    ("complete", "unpaid", "requires_capture", False, F.AUTHORIZED),
    ("complete", "unpaid", "canceled", False, F.CANCELED),
    ("complete", "unpaid", None, False, F.UNKNOWN),
    ("complete", "paid", "succeeded", False, F.CAPTURED),
    ("complete", "paid", "processing", False, F.PROCESSING),
    ("complete", "paid", "requires_action", False, F.UNKNOWN),
    ("complete", "paid", None, False, F.UNKNOWN),
    ("complete", "no_payment_required", None, False, F.UNKNOWN),
    ("expired", "unpaid", None, False, F.CANCELED),
    ("expired", "unpaid", "canceled", False, F.CANCELED),
    ("expired", "unpaid", "requires_payment_method", True, F.CANCELED),
    # Money outranks the page.
    ("expired", "unpaid", "succeeded", False, F.CAPTURED),
    ("expired", "unpaid", "processing", False, F.PROCESSING),
    # WI20: words of tomorrow, beside any other.
    ("settled", "paid", "succeeded", False, F.UNKNOWN),
    (None, "unpaid", None, False, F.UNKNOWN),
    ("complete", "partly_paid", "succeeded", False, F.UNKNOWN),
    ("complete", "paid", "settled", False, F.UNKNOWN),
]


@pytest.mark.parametrize(("status", "payment_status", "intent_status", "has_error", "kind"), KINDS)
def test_wi20_each_state_as_a_fact(
    status: str | None, payment_status: str, intent_status: str | None, has_error: bool, kind: FactKind
):
    error = PaymentError(code="card_declined") if has_error else None
    intent = None if intent_status is None else Intent("pi_1", intent_status, "usd", 4_000, {}, error)
    fact = translate.session_fact(Session("cs_1", payment_status, status, "pay_1", {}, intent))
    assert (fact.kind, fact.gateway_ref, fact.reference) == (kind, "cs_1", "pay_1")
    assert fact.amount == (Money(4_000, "USD") if kind is F.CAPTURED else None)
    words = [word for word in (status, payment_status, intent_status) if word]
    assert fact.vendor_status == "/".join(words)


@pytest.mark.parametrize("intent_status", ["processing", "succeeded"])
def test_mc09_a_fee_counts_only_with_the_money(intent_status: str):
    charge = Charge("ch_1", None, BalanceTransaction(4_000, "usd", 146))
    intent = Intent("pi_1", intent_status, "usd", 4_000, {}, None, charge)
    fact = translate.session_fact(Session("cs_1", "unpaid", "complete", "pay_1", {}, intent))
    assert fact.fee == (Money(146, "USD") if intent_status == "succeeded" else None)


def test_an_amount_that_we_cannot_say_is_not_rounded():
    session = Session("cs_1", "paid", "complete", "pay_1", {}, Intent("pi_1", "succeeded", "isk", 550))
    fact = translate.session_fact(session)
    assert (fact.kind, fact.amount) == (F.CAPTURED, None)


def test_a_payment_intent_that_was_not_expanded_says_nothing():
    assert (
        translate.session_fact(Session("cs_1", "paid", "complete", payment_intent="pi_1")).kind is F.UNKNOWN
    )


async def test_it_is_found_by_its_payment_intent(rig: StripeRig):
    started = await captured(rig)
    fact = await by(rig, rig.intent(started)["id"])
    assert (fact.kind, fact.gateway_ref, fact.reference) == (F.CAPTURED, started.gateway_ref, "pay_1")
    assert (await by(rig, "pi_unknown")).kind is F.NOT_FOUND


async def test_gf11_a_payment_of_ours_is_never_called_by_its_payment_intent(rig: StripeRig):
    started = await captured(rig)
    session = rig.fake.things["checkout.session"].pop(started.gateway_ref)
    assert (await by(rig, session["payment_intent"])).kind is F.NOT_FOUND
    rig.fake.things["checkout.session"][started.gateway_ref] = session
    assert (await by(rig, session["payment_intent"])).gateway_ref == started.gateway_ref


@pytest.mark.parametrize("has_session", [True, False])
async def test_wi12_what_something_else_took_is_called_by_its_payment_intent(
    rig: StripeRig, has_session: bool
):
    await captured(rig)
    intent = foreign(rig, has_session=has_session)
    fact = await by(rig, intent["id"])
    assert (fact.kind, fact.gateway_ref, fact.reference) == (F.CAPTURED, intent["id"], None)
    assert fact.amount == Money(700, "USD")
    if has_session:
        headers, body = rig.webhooks()[-1]
        hint = rig.gateway.verify(rig.account, headers, body, now=rig.now())
        assert (hint.payment_ref, hint.payment_end) == (intent["id"], F.CAPTURED)


@pytest.mark.parametrize("has_session", [True, False])
async def test_gf28_the_list_has_what_something_else_took_once(rig: StripeRig, has_session: bool):
    started = await captured(rig)
    others = [foreign(rig, has_session=has_session)["id"] for _ in range(25)]
    seen, cursor = [], None
    for _ in range(6):
        page = await rig.gateway.list_attempts(rig.account, since=0, cursor=cursor)
        seen += [(fact.gateway_ref, fact.kind) for fact in page.attempts]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    assert seen == [(ref, F.CAPTURED) for ref in (started.gateway_ref, *others)]


async def test_mc12_the_fee_is_in_the_currency_that_the_account_settles_in(rig: StripeRig):
    rig.fake.settles_in = ("jpy", 2)
    fact = await look(rig, await captured(rig))
    assert (fact.amount, fact.fee) == (Money(4_000, "USD"), Money(262, "JPY"))


async def test_gf18_a_fee_that_comes_late_is_told_by_an_event_of_the_charge(rig: StripeRig):
    rig.fake.is_balance_late = True
    started = await captured(rig)
    assert (await look(rig, started)).fee is None
    charge = rig.fake.things["charge"][rig.intent(started)["latest_charge"]]
    rig.fake.book(charge)
    rig.fake.tell("charge.updated", charge)
    headers, body = rig.webhooks()[-1]
    hint = rig.gateway.verify(rig.account, headers, body, now=rig.now())
    assert (hint.event_type, hint.payment_end) == ("charge.updated", None)
    assert hint.payment_ref is not None
    fact = await by(rig, hint.payment_ref)
    assert (fact.gateway_ref, fact.fee) == (started.gateway_ref, Money(146, "USD"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", RefundFactKind.PENDING),
        ("requires_action", RefundFactKind.PENDING),
        ("succeeded", RefundFactKind.SUCCEEDED),
        ("failed", RefundFactKind.FAILED),
        ("canceled", RefundFactKind.CANCELED),
        ("of_tomorrow", RefundFactKind.UNKNOWN),
    ],
)
async def test_gf16_each_state_of_a_refund(rig: StripeRig, status: str, kind: RefundFactKind):
    started = await captured(rig)
    asked = await rig.gateway.refund(rig.account, refund_of(rig, started, 1_000), key="refund-re_1")
    assert (asked.kind, asked.payment_ref) == (RefundFactKind.SUCCEEDED, started.gateway_ref)
    reason = "expired_or_canceled_card" if status == "failed" else None
    rig.fake.things["refund"][asked.gateway_ref or ""] |= {"status": status, "failure_reason": reason}
    for ref in (asked.gateway_ref, None):
        fact = await rig.gateway.look_up_refund(
            rig.account, RefundRef(RefundId("re_1"), ref, started.gateway_ref)
        )
        assert (fact.kind, fact.vendor_status, fact.failure_code) == (kind, status, reason)
        assert (fact.reference, fact.payment_ref) == ("re_1", started.gateway_ref)


@pytest.mark.parametrize("order", [("failed", "succeeded"), ("succeeded", "canceled")])
async def test_of_two_refunds_under_one_reference_the_one_that_moved_money_counts(
    rig: StripeRig, order: tuple[str, str]
):
    started = await captured(rig)
    for status in order:
        params = {"amount": 1, "metadata": {"linktill_refund": "re_1"}}
        rig.fake.refund(rig.intent(started), params, status)
    found = await rig.gateway.look_up_refund(
        rig.account, RefundRef(RefundId("re_1"), None, started.gateway_ref)
    )
    assert found.kind is RefundFactKind.SUCCEEDED


async def test_refunds_that_were_made_in_the_dashboard_are_of_our_payment(rig: StripeRig):
    started = await captured(rig)
    await rig.gateway.refund(rig.account, refund_of(rig, started, 1_000), key="refund-re_1")
    theirs = [rig.fake.refund(rig.intent(started), {"amount": 1}) for _ in range(50)]
    other = foreign(rig, has_session=False)
    last = rig.fake.refund(other, {"amount": 5})
    seen: list[RefundFact] = []
    cursor = None
    for _ in range(3):
        page = await rig.gateway.list_refunds(rig.account, since=0, cursor=cursor)
        seen += page.refunds
        cursor = page.next_cursor
    assert cursor is None
    assert [fact.gateway_ref for fact in seen[1:]] == [each["id"] for each in (*theirs, last)]
    assert [fact.reference for fact in seen] == ["re_1"] + [None] * 51
    assert [fact.payment_ref for fact in seen] == [started.gateway_ref] * 51 + [other["id"]]
    ref = RefundRef(RefundId(""), theirs[0]["id"], "")
    assert (await rig.gateway.look_up_refund(rig.account, ref)).payment_ref == started.gateway_ref


async def test_a_refund_of_what_stripe_does_not_know_is_refused_without_asking_for_it(rig: StripeRig):
    rig.wire.sent.clear()
    with pytest.raises(Rejected) as refused:
        await rig.gateway.refund(rig.account, refund_of(rig, Started("cs_unknown", ""), 1), key="refund-re_1")
    assert refused.value.code == "not_captured"
    assert [request.method for request in rig.wire.sent] == ["GET"]


D = DisputeStatus


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            [("warning_needs_response", 0, 0), ("warning_under_review", 0, 0), ("warning_closed", 0, 0)],
            [(D.INQUIRY, False, None), (D.INQUIRY, False, None), (D.PREVENTED, False, None)],
        ),
        (
            [("warning_needs_response", 0, 0), ("needs_response", -4_000, 1_500), ("under_review", 0, 0)],
            [(D.INQUIRY, False, None), (D.NEEDS_RESPONSE, True, 1_500), (D.UNDER_REVIEW, True, 1_500)],
        ),
        (
            [("needs_response", -4_000, 1_500), ("won", 4_000, 0)],
            [(D.NEEDS_RESPONSE, True, 1_500), (D.WON, False, 1_500)],
        ),
        (
            [("needs_response", -4_000, 1_500), ("lost", 0, 0), ("appeal_needs_response", 0, 0)],
            [(D.NEEDS_RESPONSE, True, 1_500), (D.LOST, True, 1_500), (D.NEEDS_RESPONSE, True, 1_500)],
        ),
        ([("appeal_under_review", -4_000, 0)], [(D.UNDER_REVIEW, True, 0)]),
        ([("prevented", 0, 0), ("of_tomorrow", 0, 0)], [(D.PREVENTED, False, None), (None, False, None)]),
    ],
)
async def test_wi26_each_state_of_a_dispute(
    rig: StripeRig,
    path: list[tuple[str, int, int]],
    told: list[tuple[DisputeStatus | None, bool, int | None]],
):
    started = await captured(rig)
    dispute = rig.fake.dispute(rig.intent(started), path[0][0])
    for (status, amount, fee), (expected, is_withdrawn, fee_minor) in zip(path, told, strict=True):
        rig.fake.move_dispute(dispute, status, amount, fee)
        headers, body = rig.webhooks()[-1]
        hint = rig.gateway.verify(rig.account, headers, body, now=rig.now())
        assert hint.dispute_ref == dispute["id"]
        assert hint.is_dispute_closed == (status in {"won", "lost", "warning_closed", "prevented"})
        fact = await rig.gateway.look_up_dispute(rig.account, dispute["id"])
        assert (fact.status, fact.is_withdrawn, fact.vendor_status) == (expected, is_withdrawn, status)
        assert fact.fee == (None if fee_minor is None else Money(fee_minor, "USD"))
        assert (fact.payment_ref, fact.reference) == (started.gateway_ref, "pay_1")
        assert (fact.amount, fact.reason) == (Money(4_000, "USD"), "fraudulent")
        assert fact.respond_by == (dispute["created"] + 7 * 86_400) * 1_000_000


async def test_gf28_disputes_are_listed_oldest_first(rig: StripeRig):
    started = await captured(rig)
    other = foreign(rig, has_session=True)
    made = [rig.fake.dispute(each, "needs_response") for each in [other] + [rig.intent(started)] * 30]
    seen: list[DisputeFact] = []
    cursor = None
    for _ in range(2):
        page = await rig.gateway.list_disputes(rig.account, since=0, cursor=cursor)
        seen += page.disputes
        cursor = page.next_cursor
    assert cursor is None
    assert [fact.gateway_ref for fact in seen] == [each["id"] for each in made]
    assert [(fact.payment_ref, fact.reference) for fact in seen] == [(other["id"], None)] + [
        (started.gateway_ref, "pay_1")
    ] * 30
    later = await rig.gateway.list_disputes(rig.account, since=rig.now() + 1_000_000, cursor=None)
    assert (later.disputes, later.next_cursor) == ((), None)


async def test_an_unknown_dispute_is_rejected(rig: StripeRig):
    with pytest.raises(Rejected) as refused:
        await rig.gateway.look_up_dispute(rig.account, "du_unknown")
    assert refused.value.code == "resource_missing"


async def test_events_of_the_journey_are_those_of_stripe(rig: StripeRig):
    started = await start(rig)
    await rig.pay(started, How.DECLINED)
    unpaid = await start(rig, "pay_2")
    rig.fake.expire(rig.session(unpaid))
    kinds = [json.loads(body)["type"] for _, body in rig.webhooks()]
    assert kinds == [
        "checkout.session.completed",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    ]
    hints = [
        rig.gateway.verify(rig.account, headers, body, now=rig.now()) for headers, body in rig.webhooks()
    ]
    assert [hint.payment_end for hint in hints] == [None, F.FAILED, F.CANCELED]
    assert [hint.reference for hint in hints] == ["pay_1", "pay_1", "pay_2"]
