"""What we ask Stripe for, to the byte, and against what Stripe's own SDK would send."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe

from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import AttemptRef, RefundOrder, RefundRef, Started, Unavailable
from linktill.gateways.stripe import listing, translate
from linktill.gateways.stripe.client import Value, form
from linktill.gateways.testing.steps import captured, look, order, refund_of, start
from linktill.platform.ids import SystemIds, encode
from tests.gateways import stripe_schema as schema
from tests.gateways.stripe_rig import StripeRig, stripe_rig


@pytest.fixture
async def rig() -> AsyncIterator[StripeRig]:
    async with stripe_rig() as running:
        yield running


def reference_at(unix_s: int) -> AttemptId:
    """An id of ours as it is made at that time."""
    return AttemptId("pay_" + encode((unix_s * 1_000 << 80) | 0x7ABC << 64 | 0x8123456789ABCDEF))


async def test_the_request_for_a_page_to_the_byte(rig: StripeRig):
    asked = order(rig)
    await rig.gateway.start(rig.account, asked, key="start-pay_1")
    await rig.gateway.start(rig.account, asked, key="start-pay_1")
    first, again = rig.wire.sent
    assert first == again
    assert (first.method, first.url) == ("POST", "https://api.stripe.com/v1/checkout/sessions")
    assert first.headers == {
        "accept": "application/json",
        "authorization": f"Bearer {rig.account.credentials['secret_key']}",
        "content-type": "application/x-www-form-urlencoded",
        "idempotency-key": "start-pay_1",
        "stripe-version": "2026-10-28.endive",
        "user-agent": "Linktill",
    }
    name = "A bicycle repair, with “quotes” & <tags>"
    assert parse_qsl(first.body.decode(), strict_parsing=True) == [
        ("mode", "payment"),
        ("ui_mode", "hosted_page"),
        ("client_reference_id", "pay_1"),
        ("metadata[linktill_attempt]", "pay_1"),
        ("payment_intent_data[metadata][linktill_attempt]", "pay_1"),
        ("payment_intent_data[description]", name),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "4000"),
        ("line_items[0][price_data][product_data][name]", name),
        ("adaptive_pricing[enabled]", "false"),
        ("success_url", "http://127.0.0.1:9/c/cs_1?k=token"),
        ("cancel_url", "http://127.0.0.1:9/p/repair"),
        ("expires_at", str(1_795_000_000 + 3_600 + 31 * 60)),
        ("customer_email", "ada@example.com"),
    ]


async def test_the_request_for_a_refund_to_the_byte(rig: StripeRig):
    started = await captured(rig)
    await rig.gateway.refund(rig.account, refund_of(rig, started, 1_500), key="refund-re_1")
    sent = rig.wire.sent[-1]
    assert (sent.method, sent.url) == ("POST", "https://api.stripe.com/v1/refunds")
    assert sent.headers["idempotency-key"] == "refund-re_1"
    assert parse_qsl(sent.body.decode(), strict_parsing=True) == [
        ("payment_intent", rig.intent(started)["id"]),
        ("amount", "1500"),
        ("metadata[linktill_refund]", "re_1"),
        ("metadata[linktill_payment]", started.gateway_ref),
        ("reason", "requested_by_customer"),
    ]


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("requested_by_customer", "requested_by_customer"),
        ("duplicate", "duplicate"),
        ("fraudulent", "fraudulent"),
        ("other", None),
        ("surplus", None),
    ],
)
def test_of_our_reasons_stripe_takes_three(reason: str, sent: str | None):
    asked = RefundOrder(RefundId("re_1"), "cs_1", Money(5, "ISK"), reason)
    params = translate.refund_params(asked, "pi_1")
    assert (params["amount"], params.get("reason")) == (500, sent)


def ordered(rig: StripeRig, *, reference: AttemptId, expires_s: int, description: str = "x") -> Any:
    asked = replace(
        order(rig, reference),
        description=description,
        payer_email=None,
        expires_at=expires_s * 1_000_000 - 1,
    )
    return translate.session_params(asked)


@pytest.mark.parametrize("ahead_s", [0, 60, 30 * 60, 3_600, 22 * 3_600, 24 * 3_600, 30 * 24 * 3_600])
@pytest.mark.parametrize("late_s", [0, 5, 30, 60])
async def test_a_session_ends_within_what_stripe_allows(rig: StripeRig, ahead_s: int, late_s: int):
    """However soon or late the attempt itself ends, and a little late on the way: 30 minutes to 24 hours."""
    now_s = 1_795_000_000
    params = ordered(rig, reference=reference_at(now_s), expires_s=now_s + ahead_s)
    assert 30 * 60 <= params["expires_at"] - (now_s + late_s) <= 24 * 3_600
    assert params["expires_at"] >= min(now_s + ahead_s, now_s + 24 * 3_600 - 60)


async def test_what_is_bought_has_a_name_of_a_length_that_stripe_takes(rig: StripeRig):
    for description, name in (("  ", "pay_1"), ("é" * 300, "é" * 250), (" Tea ", "Tea")):
        params = ordered(rig, reference=AttemptId("pay_1"), expires_s=1_795_003_600, description=description)
        assert params["line_items"][0]["price_data"]["product_data"]["name"] == name
        assert params["payment_intent_data"]["description"] == name
        assert "customer_email" not in params


def test_an_id_of_ours_tells_when_it_was_made():
    made_at = translate.made_at_s(AttemptId(SystemIds().new("pay_")))
    assert made_at is not None
    assert 1_700_000_000 < made_at < 4_000_000_000
    assert translate.made_at_s(reference_at(1_795_000_000)) == 1_795_000_000
    for reference in ("pay_1", "", "pay_" + "u" * 26, "pay_" + "0" * 27):
        assert translate.made_at_s(AttemptId(reference)) is None


async def test_a_search_by_reference_looks_around_the_time_of_the_attempt_first(rig: StripeRig):
    made_at = rig.fake.now_s
    started = await start(rig, reference_at(made_at))
    for number in range(3):
        rig.fake.now_s = made_at + 400_000 * (number + 1)
        await start(rig, f"pay_{number}")
    rig.wire.sent.clear()
    assert (await look(rig, None, reference_at(made_at))).gateway_ref == started.gateway_ref
    created = dict(parse_qsl(urlsplit(rig.wire.sent[0].url).query))
    assert created == {"created[gte]": str(made_at - 600), "created[lte]": str(made_at + 600), "limit": "50"}
    assert len(rig.wire.sent) == 2


async def test_gf13_a_start_that_was_sent_again_hours_later_is_found_too(rig: StripeRig):
    reference = reference_at(rig.fake.now_s)
    rig.fake.now_s += 22 * 3_600
    asked = order(rig, reference)
    params = {**translate.session_params(asked), "expires_at": rig.fake.now_s + 3_600}
    session = rig.fake.make_session(params, {})
    rig.fake.now_s += 3_600
    rig.wire.sent.clear()
    assert (await look(rig, None, reference)).gateway_ref == session["id"]
    assert len(rig.wire.sent) == 3


async def test_gf11_a_search_that_was_given_up_does_not_say_not_found(
    rig: StripeRig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(listing, "FIND_PAGES_MAX", 2)
    for number in range(120):
        await start(rig, f"pay_{number:03}")
    assert (await look(rig, None, "pay_119")).kind is FactKind.REQUIRES_ACTION
    with pytest.raises(Unavailable):
        await look(rig, None, "pay_000")
    monkeypatch.setattr(listing, "FIND_PAGES_MAX", 3)
    assert (await look(rig, None, "pay_000")).kind is FactKind.REQUIRES_ACTION
    assert (await look(rig, None, "pay_none")).kind is FactKind.NOT_FOUND


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 50, 51, 100, 101])
async def test_gf28_a_list_of_any_length_is_gone_through_once(rig: StripeRig, count: int):
    started = [(await start(rig, f"pay_{number:03}")).gateway_ref for number in range(count)]
    seen: list[str | None] = []
    cursor = None
    for _ in range(8):
        page = await rig.gateway.list_attempts(rig.account, since=0, cursor=cursor)
        seen += [fact.gateway_ref for fact in page.attempts]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (seen, cursor) == (started, None)


class Captured(stripe.HTTPClient):
    """The SDK's own client, cut off from the network: what it would send goes to the fake's ears only."""

    name = "captured"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str, str, dict[str, str]]] = []

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, **_options: Any
    ) -> tuple[str, int, dict[str, str]]:
        parts = urlsplit(url)
        self.sent.append((method.upper(), parts.path, post_data or parts.query, dict(headers)))
        return json.dumps({"object": "list", "data": [], "has_more": False, "url": "/v1/x"}), 200, {}

    def close(self) -> None:
        """Nothing is open."""


def sdk(recorded: Captured) -> Any:
    stripe.enable_telemetry = False
    return stripe.StripeClient("sk_test_1", http_client=recorded).v1


def same(ours: str, theirs: str) -> bool:
    """As Stripe reads them: the SDK writes lists and escapes in another way."""
    return schema.decoded(ours) == schema.decoded(theirs)


async def test_the_sdk_would_send_the_same(rig: StripeRig):
    """The oracle: the same parameters through Stripe's own library, compared with every request that we made."""
    started = await captured(rig)
    intent = rig.intent(started)["id"]
    refund = await rig.gateway.refund(rig.account, refund_of(rig, started, 1), key="refund-re_1")
    dispute = rig.fake.dispute(rig.intent(started), "needs_response")
    rig.wire.sent.clear()
    asked = order(rig, "pay_2")
    await rig.gateway.start(rig.account, asked, key="start-pay_2")
    await rig.gateway.cancel(rig.account, AttemptRef(AttemptId("pay_1"), started.gateway_ref), key="cancel")
    await look(rig, started)
    await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), refund.gateway_ref, "cs_1"))
    await rig.gateway.look_up_refund(rig.account, RefundRef(RefundId("re_1"), None, intent))
    await rig.gateway.look_up_dispute(rig.account, dispute["id"])
    await rig.gateway.refund(
        rig.account, RefundOrder(RefundId("re_2"), intent, Money(2, "USD"), "other"), key="refund-re_2"
    )
    recorded = Captured()
    client = sdk(recorded)
    expand: Any = ["payment_intent.latest_charge.balance_transaction"]
    calls = iter(
        [
            lambda: client.checkout.sessions.create(
                dict(translate.session_params(asked)), {"idempotency_key": "start-pay_2"}
            ),
            lambda: client.checkout.sessions.expire(
                started.gateway_ref, {"expand": expand}, {"idempotency_key": "cancel"}
            ),
            lambda: client.checkout.sessions.retrieve(started.gateway_ref, {"expand": expand}),
            lambda: client.checkout.sessions.retrieve(started.gateway_ref, {"expand": expand}),
            lambda: client.refunds.retrieve(refund.gateway_ref, {"expand": ["payment_intent"]}),
            lambda: client.refunds.list({"payment_intent": intent, "limit": 100}),
            lambda: client.disputes.retrieve(dispute["id"], {"expand": ["payment_intent"]}),
            lambda: client.checkout.sessions.list({"payment_intent": intent, "limit": 1}),
            lambda: client.refunds.create(
                {
                    "payment_intent": intent,
                    "amount": 2,
                    "metadata": {"linktill_refund": "re_2", "linktill_payment": intent},
                },
                {"idempotency_key": "refund-re_2"},
            ),
        ]
    )
    sent = list(rig.wire.sent)
    for ours, call in zip(sent, calls, strict=True):
        call()
        method, path, encoded, headers = recorded.sent[-1]
        parts = urlsplit(ours.url)
        assert (ours.method, parts.path) == (method, path)
        assert same(ours.body.decode() or parts.query, encoded), (ours, encoded)
        theirs = {name.lower(): value for name, value in headers.items()}
        for name in ("stripe-version", "idempotency-key", "content-type"):
            if method == "POST" or name == "stripe-version":
                assert ours.headers[name] == theirs[name]


def test_the_form_is_as_stripe_reads_it():
    params: dict[str, Value] = {"a": {"b": [1, {"c": True}]}, "d": "x&y=z [1] é", "e": False}
    assert form(params) == "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D%5Bc%5D=true&d=x%26y%3Dz+%5B1%5D+%C3%A9&e=false"


async def test_a_custom_page_of_tests_is_where_the_payer_goes(rig: StripeRig):
    started = await start(rig)
    assert started == Started(started.gateway_ref, f"https://checkout.stripe.com/c/pay/{started.gateway_ref}")
