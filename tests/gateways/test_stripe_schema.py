"""The schema that each request and answer of these tests is held against says no where it must."""

import json
from pathlib import Path

import pytest

from linktill.core.ids import AttemptId
from linktill.core.money import Money
from linktill.gateways.contract import StartOrder
from linktill.gateways.stripe import translate
from linktill.gateways.stripe.client import API_VERSION
from tests.gateways import stripe_objects as make
from tests.gateways import stripe_schema as schema
from tests.gateways.stripe_fake import StripeFake

FIXTURES = Path(__file__).parents[2].parent / "shared" / "contracts" / "stripe" / "fixtures3.json"


def test_the_version_we_name_is_the_one_that_the_schema_is_of():
    assert API_VERSION == schema.API_VERSION


# Endpoint → a query or form that is right, and one with a wrong field.
CONTROLS = {
    ("POST", "/v1/checkout/sessions"): (
        "mode=payment&expires_at=5",
        "mode=payment&payment_method_types[0]=card",
    ),
    ("GET", "/v1/checkout/sessions"): ("created[gte]=5", "client_reference_id=pay_1"),
    ("GET", "/v1/checkout/sessions/{}"): ("expand[0]=payment_intent", "limit=1"),
    ("POST", "/v1/checkout/sessions/{}/expire"): ("expand[0]=payment_intent", "reason=late"),
    ("GET", "/v1/payment_intents"): ("limit=50", "limit=many"),
    ("GET", "/v1/payment_intents/{}"): ("expand[0]=latest_charge", "expand=latest_charge"),
    ("POST", "/v1/payment_intents/{}/cancel"): ("expand[0]=latest_charge", "reason=late"),
    ("POST", "/v1/payment_intents/{}/capture"): ("amount_to_capture=5", "amount=5"),
    ("POST", "/v1/refunds"): ("payment_intent=pi_1&amount=5", "payment_intent=pi_1&amount=5.00"),
    ("GET", "/v1/refunds"): ("payment_intent=pi_1", "metadata[linktill_refund]=re_1"),
    ("GET", "/v1/refunds/{}"): ("expand[0]=payment_intent", "payment_intent=pi_1"),
    ("GET", "/v1/disputes"): ("created[lte]=5", "created[before]=5"),
    ("GET", "/v1/disputes/{}"): ("expand[0]=payment_intent", "charge=ch_1"),
    ("POST", "/v1/disputes/{}"): (
        "evidence[customer_name]=Ada&evidence[uncategorized_text]=x&submit=true",
        "evidence[explanation]=x&submit=true",
    ),
    ("POST", "/v1/disputes/{}/close"): ("expand[0]=payment_intent", "reason=none"),
    ("GET", "/v1/charges"): ("limit=1", "limit=1&status=failed"),
    ("GET", "/v1/balance_transactions"): ("limit=1", "limit="),
    ("GET", "/v1/payouts"): ("created[gte]=5", "automatic=true"),
    ("GET", "/v1/account"): ("", "limit=1"),
    ("POST", "/v1/webhook_endpoints"): (
        "url=https://x/&enabled_events[0]=charge.updated",
        "url=https://x/&enabled_events[0]=charge.of_tomorrow",
    ),
    ("GET", "/v1/webhook_endpoints"): ("limit=100", "url=https://x/"),
    ("DELETE", "/v1/webhook_endpoints/{}"): ("", "limit=1"),
}


@pytest.mark.parametrize(("method", "path"), sorted(schema.ENDPOINTS))
def test_the_schema_refuses_one_wrong_field_of_a_request(method: str, path: str):
    good, bad = CONTROLS[method, path]
    at = path.replace("{}", "x_1")
    assert schema.request_problems(method, at, good) == []
    assert len(schema.request_problems(method, at, bad)) >= 1
    with pytest.raises(LookupError):
        schema.request_problems(method, f"{at}/of_tomorrow/x", good)


def examples() -> dict[str, make.Thing]:
    """One of each thing that the fake makes."""
    fake = StripeFake()
    asked = StartOrder(
        AttemptId("pay_1"), Money(4_000, "USD"), "Tea", "https://x/", "https://x/", None, 10**15
    )
    params = dict(translate.session_params(asked))
    session = fake.make_session(params, {"metadata": {"linktill_attempt": "pay_1"}})
    intent = fake.attempt(session, make.VISA, "succeeded")
    fake.capture(session)
    charge = fake.things["charge"][intent["latest_charge"]]
    return {
        "checkout.session": session,
        "payment_intent": intent,
        "charge": charge,
        "balance_transaction": fake.things["balance_transaction"][charge["balance_transaction"]],
        "refund": fake.refund(intent, {"amount": 1}),
        "dispute": fake.dispute(intent, "needs_response"),
        "payout": fake.pay_out(5),
        "account": make.account("acct_1", charges_enabled=True),
        "webhook_endpoint": make.webhook_endpoint(
            "we_1",
            {"url": "https://x/", "enabled_events": ["*"], "api_version": "1", "description": "Linktill"},
            created=5,
        ),
        "event": make.event("evt_1", "refund.created", {}, created=5),
        "error": make.error("api_error", "Wrong.")["error"],
    }


@pytest.mark.parametrize("kind", sorted(schema.OBJECTS))
def test_the_schema_refuses_one_wrong_field_of_an_answer(kind: str):
    good = examples()[kind]
    assert schema.object_problems(kind, good) == []
    assert len(schema.object_problems(kind, {**good, "of_tomorrow": 1})) == 1
    first = next(
        name for name in ("amount", "amount_total", "created", "charges_enabled", "message") if name in good
    )
    assert len(schema.object_problems(kind, {**good, first: {"not": "that"}})) >= 1


@pytest.mark.skipif(not FIXTURES.exists(), reason=f"Stripe's example objects are not at {FIXTURES}")
@pytest.mark.parametrize("kind", sorted(set(schema.OBJECTS) - {"account", "error", "event"}))
def test_the_fake_leaves_out_nothing_that_stripe_s_own_example_has(kind: str):
    example = json.loads(FIXTURES.read_text())["resources"][kind]
    assert set(example) - set(examples()[kind]) == set()
