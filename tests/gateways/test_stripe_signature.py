"""WI01, WI04, WI05, WI18, WI20: which webhooks of Stripe are believed, and what each of its events hints at."""

import json
from pathlib import Path

import pytest
import stripe

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways import timed_signature
from linktill.gateways.contract import Account, Hint, SignatureRefused
from linktill.gateways.stripe.gateway import StripeGateway
from linktill.platform.http import GuardedHttp
from tests.gateways import stripe_objects as make
from tests.gateways.stripe_fake import signed

CONTRACTS = Path(__file__).parents[2].parent / "shared" / "contracts"
SAMPLES = sorted((CONTRACTS / "samples" / "stripe").glob("*.json"))
needs_contracts = pytest.mark.skipif(not SAMPLES, reason=f"Stripe's sample events are not in {CONTRACTS}")

SECRET = "whsec_of_the_tests"
NOW_S = 1_795_000_000
ACCOUNT = Account(MerchantId("mer_1"), GatewayAccountId("gwa_1"), "stripe", {}, (SECRET,))
CS = "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY"
PI, DU, RE = "pi_3Derived", "du_1Derived", "re_3Derived"
F, R = FactKind, RefundFactKind

# event → payment_ref, refund_ref, dispute_ref, payment_end, refund_end, is_dispute_closed. The samples' sessions carry
# nothing of ours, so they are called by their PaymentIntent; their charges belong to none.
HINTS: dict[str, tuple[object, ...]] = {
    "charge.dispute.closed.lost": (None, None, DU, None, None, True),
    "charge.dispute.closed.won": (None, None, DU, None, None, True),
    "charge.dispute.created": (None, None, DU, None, None, False),
    "charge.dispute.created.inquiry": (None, None, DU, None, None, False),
    "charge.dispute.funds_reinstated": (None, None, DU, None, None, False),
    "charge.dispute.funds_withdrawn": (None, None, DU, None, None, False),
    "charge.dispute.updated": (None, None, DU, None, None, False),
    "charge.failed": (None, None, None, None, None, False),
    "charge.refunded": (None, None, None, None, None, False),
    "charge.succeeded": (None, None, None, None, None, False),
    "checkout.session.async_payment_failed": (PI, None, None, F.FAILED, None, False),
    "checkout.session.async_payment_succeeded": (PI, None, None, F.CAPTURED, None, False),
    "checkout.session.completed": (PI, None, None, F.CAPTURED, None, False),
    "checkout.session.completed.unpaid_async": (PI, None, None, None, None, False),
    "checkout.session.expired": (None, None, None, F.CANCELED, None, False),
    "payment_intent.canceled": (PI, None, None, F.CANCELED, None, False),
    "payment_intent.payment_failed": (PI, None, None, None, None, False),
    "payment_intent.processing": (PI, None, None, None, None, False),
    "payment_intent.requires_action": (PI, None, None, None, None, False),
    "payment_intent.succeeded": (PI, None, None, F.CAPTURED, None, False),
    "refund.created": (None, RE, None, None, None, False),
    "refund.failed": (None, RE, None, None, R.FAILED, False),
    "refund.updated": (None, RE, None, None, R.SUCCEEDED, False),
}


def verify(headers: dict[str, str], body: bytes) -> Hint:
    return StripeGateway(GuardedHttp()).verify(ACCOUNT, headers, body, now=NOW_S * 1_000_000)


def check(secrets: tuple[str, ...], header: str, body: bytes, *, now_s: int) -> None:
    timed_signature.verify("Stripe-Signature", secrets, {"stripe-signature": header}, body, now_s=now_s)


def hinted(hint: Hint) -> tuple[object, ...]:
    return (
        hint.payment_ref,
        hint.refund_ref,
        hint.dispute_ref,
        hint.payment_end,
        hint.refund_end,
        hint.is_dispute_closed,
    )


@needs_contracts
def test_no_sample_is_forgotten():
    assert sorted(HINTS) == sorted(sample.stem for sample in SAMPLES)


@needs_contracts
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_each_sample_event_is_verified_and_says_what_it_is_about(sample: Path):
    body = sample.read_bytes()
    hint = verify(signed(SECRET, body, at_s=NOW_S), body)
    told = json.loads(body)
    assert (hint.event_id, hint.event_type) == (told["id"], told["type"])
    assert hint.created_at == told["created"] * 1_000_000
    assert hinted(hint) == HINTS[sample.stem]


@needs_contracts
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_each_sample_event_with_any_byte_changed_is_refused(sample: Path):
    body = sample.read_bytes()
    header = signed(SECRET, body, at_s=NOW_S)["stripe-signature"]
    check((SECRET,), header, body, now_s=NOW_S)
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(SignatureRefused):
            check((SECRET,), header, changed, now_s=NOW_S)


@needs_contracts
def test_the_vector():
    vector = json.loads((CONTRACTS / "samples" / "signature_vectors.json").read_text())["stripe"]
    body = vector["payload"].encode()
    check((vector["secret"],), vector["header"], body, now_s=1_700_000_300)
    with pytest.raises(SignatureRefused, match="301 s ago"):
        check((vector["secret"],), vector["header"], body, now_s=1_700_000_301)
    with pytest.raises(SignatureRefused):
        check((vector["secret"] + "x",), vector["header"], body, now_s=1_700_000_000)
    with pytest.raises(SignatureRefused):
        check((vector["secret"],), vector["header"], body + b" ", now_s=1_700_000_000)


@pytest.mark.parametrize("body", ["{}", '{"name": "Zoë – 日本"}', " {\n}\n"])
def test_stripe_s_own_library_signs_what_we_believe_and_believes_what_we_sign(body: str):
    ours = signed(SECRET, body.encode(), at_s=NOW_S)["stripe-signature"]
    theirs = stripe.WebhookSignature.generate_signature_header(body, SECRET, timestamp=NOW_S)
    assert ours.removesuffix(",v0=00") == theirs
    check((SECRET,), theirs, body.encode(), now_s=NOW_S)
    assert stripe.WebhookSignature.verify_header(body, ours, SECRET, tolerance=None)


def header_of(**parts: str) -> str:
    body = b"{}"
    good = dict(part.split("=") for part in signed(SECRET, body, at_s=NOW_S)["stripe-signature"].split(","))
    return ",".join(f"{name}={value}" for name, value in {**good, **parts}.items() if value != "none")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bad_header",
        header_of(v1="none"),
        header_of(t="none"),
        header_of(t="0x1"),
        header_of(t="-1"),
        header_of(v1="bad"),
        header_of(v1="é"),
        # Only v1 counts: v0 is what test events carry beside it.
        header_of(v1="none", v0=header_of().split("v1=")[1].split(",")[0]),
        header_of() + ",t=1",
    ],
)
def test_wi01_a_header_that_is_not_stripe_s_is_refused(header: str):
    with pytest.raises(SignatureRefused):
        check((SECRET,), header, b"{}", now_s=NOW_S)


def test_one_good_signature_of_several_is_enough():
    good = header_of()
    check((SECRET,), good.replace("v1=", "v1=00,v1="), b"{}", now_s=NOW_S)
    check(("whsec_old", SECRET), good, b"{}", now_s=NOW_S)


def session_event(kind: str, **fields: object) -> bytes:
    subject = {
        "id": "cs_1",
        "object": "checkout.session",
        "metadata": {"linktill_attempt": "pay_1"},
        **fields,
    }
    return json.dumps(make.event("evt_1", kind, subject, created=NOW_S)).encode()


@pytest.mark.parametrize(
    ("kind", "payment_status", "end"),
    [
        ("checkout.session.completed", "paid", F.CAPTURED),
        ("checkout.session.completed", "unpaid", None),
        ("checkout.session.completed", "no_payment_required", None),
        ("checkout.session.async_payment_succeeded", "paid", F.CAPTURED),
        ("checkout.session.async_payment_failed", "unpaid", F.FAILED),
        ("checkout.session.expired", "unpaid", F.CANCELED),
        ("checkout.session.of_tomorrow", "paid", None),
    ],
)
def test_a_session_of_ours_is_called_by_its_own_id(kind: str, payment_status: str, end: FactKind | None):
    body = session_event(kind, payment_status=payment_status, payment_intent="pi_1", status="complete")
    hint = verify(signed(SECRET, body, at_s=NOW_S), body)
    assert (hint.payment_ref, hint.reference, hint.payment_end) == ("cs_1", "pay_1", end)


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("pending", None),
        ("requires_action", None),
        ("succeeded", R.SUCCEEDED),
        ("failed", R.FAILED),
        ("canceled", R.CANCELED),
        ("of_tomorrow", None),
        (None, None),
    ],
)
def test_how_a_refund_ended(status: str | None, end: RefundFactKind | None):
    subject = {"id": "re_1", "object": "refund", "status": status, "metadata": {"linktill_refund": "re_ours"}}
    body = json.dumps(make.event("evt_1", "charge.refund.updated", subject, created=NOW_S)).encode()
    hint = verify(signed(SECRET, body, at_s=NOW_S), body)
    assert (hint.refund_ref, hint.reference, hint.refund_end) == ("re_1", "re_ours", end)


def test_a_charge_is_about_its_payment_and_anything_else_about_nothing():
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "status": "succeeded"}
    body = json.dumps(make.event("evt_1", "charge.updated", charge, created=NOW_S)).encode()
    hint = verify(signed(SECRET, body, at_s=NOW_S), body)
    assert hinted(hint) == ("pi_1", None, None, None, None, False)
    customer = {"id": "cus_1", "object": "customer", "a_new_field": {}}
    body = json.dumps(make.event("evt_1", "customer.created", customer, created=NOW_S)).encode()
    assert hinted(verify(signed(SECRET, body, at_s=NOW_S), body)) == (None, None, None, None, None, False)
