"""Stripe's Payment Element on a page of ours: what is asked of Stripe for it, and what that page is told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from linktill.core.ids import AttemptId
from linktill.core.merchant import Mode
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import Account, AttemptRef, OutcomeUnknown, Rejected, Started, Unavailable
from linktill.gateways.stripe import CONNECTING, OWN_PAGE, elements, translate
from linktill.gateways.stripe.client import form
from linktill.gateways.stripe.objects import OwnPageSession
from linktill.gateways.testing import Break, How
from linktill.gateways.testing.steps import OWN_PAGE_URL, RETURN_URL, look, order, start
from tests.gateways import stripe_schema as schema
from tests.gateways.stripe_fake import SECRET_KEY
from tests.gateways.stripe_rig import OWN_PAGE_KEYS, PUBLISHABLE_KEY, StripeRig, stripe_elements_rig
from tests.gateways.test_stripe_requests import Captured, same, sdk


@pytest.fixture
async def rig() -> AsyncIterator[StripeRig]:
    async with stripe_elements_rig() as running:
        yield running


def with_keys(rig: StripeRig, **credentials: str) -> Account:
    return replace(rig.account, credentials=credentials)


def ref_of(started: Started) -> AttemptRef:
    return AttemptRef(AttemptId("pay_1"), started.gateway_ref)


async def test_the_request_for_fields_to_the_byte(rig: StripeRig) -> None:
    started = await rig.gateway.start(rig.account, order(rig), key="start-pay_1")
    assert (started.redirect_url, started.expires_at) == (OWN_PAGE_URL, None)
    [sent] = rig.wire.sent
    name = "A bicycle repair, with “quotes” & <tags>"
    assert parse_qsl(sent.body.decode(), strict_parsing=True) == [
        ("mode", "payment"),
        ("ui_mode", "elements"),
        ("client_reference_id", "pay_1"),
        ("metadata[linktill_attempt]", "pay_1"),
        ("payment_intent_data[metadata][linktill_attempt]", "pay_1"),
        ("payment_intent_data[description]", name),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "4000"),
        ("line_items[0][price_data][product_data][name]", name),
        ("adaptive_pricing[enabled]", "false"),
        ("return_url", RETURN_URL),
        ("expires_at", str(1_795_000_000 + 3_600 + 31 * 60)),
        ("customer_email", "ada@example.com"),
    ]
    # DA04: nobody has pressed the form's own button, so Stripe has no PaymentIntent.
    assert rig.session(started)["payment_intent"] is None


async def test_it_is_what_stripe_s_own_sdk_would_send(rig: StripeRig) -> None:
    captured = Captured()
    params: Any = translate.session_params(order(rig), is_own_page=True)
    sdk(captured).checkout.sessions.create(params)
    [(method, path, body, _)] = captured.sent
    assert (method, path) == ("POST", "/v1/checkout/sessions")
    assert same(form(params), body)


@pytest.mark.parametrize(
    "change",
    [{"success_url": RETURN_URL}, {"cancel_url": RETURN_URL}, {"return_url": None}, {"ui_mode": "custom"}],
)
async def test_the_stand_in_refuses_what_stripe_refuses(
    rig: StripeRig, change: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: addresses of Stripe's page are refused, and so is a page without the way back."""
    right = translate.session_params

    def wrong(*asked: Any, **how: Any) -> dict[str, Any]:
        return {
            name: value for name, value in {**right(*asked, **how), **change}.items() if value is not None
        }

    monkeypatch.setattr(translate, "session_params", wrong)
    with pytest.raises((Rejected, AssertionError, OutcomeUnknown)):
        await start(rig)


HOSTED = [
    {"secret_key": SECRET_KEY},
    {"secret_key": SECRET_KEY, "publishable_key": PUBLISHABLE_KEY},
    {"secret_key": SECRET_KEY, "payment_page": "stripe", "publishable_key": PUBLISHABLE_KEY},
    {"secret_key": SECRET_KEY, "payment_page": OWN_PAGE},
]


@pytest.mark.parametrize("credentials", HOSTED, ids=["before", "key", "chosen", "no_key"])
async def test_otherwise_it_is_stripe_s_page_as_ever(rig: StripeRig, credentials: dict[str, str]) -> None:
    asked = order(rig)
    started = await rig.gateway.start(with_keys(rig, **credentials), asked, key="start-pay_1")
    assert started.redirect_url.startswith("https://checkout.stripe.com/c/pay/")
    [sent] = rig.wire.sent
    assert sent.body.decode() == form(translate.session_params(asked))
    assert ("ui_mode", "hosted_page") in parse_qsl(sent.body.decode())
    assert await rig.gateway.own_page(rig.account, ref_of(started)) is None


def test_live_keys_need_https_and_a_page_to_lead_to(rig: StripeRig) -> None:
    asked = order(rig)
    assert elements.leads_there(rig.account, asked, Mode.TEST)
    assert not elements.leads_there(rig.account, asked, Mode.LIVE)
    assert not elements.leads_there(rig.account, asked, None)
    safe = replace(asked, own_page_url="https://pay.example.com/p/x")
    assert elements.leads_there(rig.account, safe, Mode.LIVE)
    assert not elements.leads_there(rig.account, replace(asked, own_page_url=""), Mode.TEST)


async def test_another_kind_of_session_in_the_answer_is_no_start(rig: StripeRig) -> None:
    make = rig.fake.make_session

    def hosted(params: Any, intent_data: Any) -> Any:
        session = make(params, intent_data)
        return session | {"ui_mode": "hosted_page"}

    rig.fake.make_session = hosted  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        await start(rig)


async def test_the_page_is_told_what_it_needs(rig: StripeRig) -> None:
    started = await start(rig)
    rig.wire.sent.clear()
    page = await rig.gateway.own_page(rig.account, ref_of(started))
    assert page is not None
    secret = rig.session(started)["client_secret"]
    assert (page.publishable_key, page.client_secret) == (PUBLISHABLE_KEY, secret)
    assert (page.module, page.script_url) == ("stripe_elements.js", "https://js.stripe.com/endive/stripe.js")
    assert page.script_url.split("/")[3] == schema.API_VERSION.split(".")[1], "one release of both"
    assert page.asks_email is False
    assert page.script_sources == ("https://js.stripe.com", "https://*.js.stripe.com")
    assert page.frame_sources == (*page.script_sources, "https://hooks.stripe.com")
    assert page.connect_sources == ("https://api.stripe.com",)
    assert secret not in f"{page!r}{page}"
    [sent] = rig.wire.sent
    assert (sent.method, sent.body) == ("GET", b"")
    assert sent.url == f"https://api.stripe.com/v1/checkout/sessions/{started.gateway_ref}"


async def test_an_address_is_asked_for_where_stripe_has_none(rig: StripeRig) -> None:
    asked = replace(order(rig), payer_email=None)
    started = await rig.gateway.start(rig.account, asked, key="start-pay_1")
    page = await rig.gateway.own_page(rig.account, ref_of(started))
    assert page is not None
    assert page.asks_email is True


@pytest.mark.parametrize("status", ["complete", "expired", "settled", None])
async def test_what_is_over_has_no_page(rig: StripeRig, status: str | None) -> None:
    started = await start(rig)
    rig.session(started)["status"] = status
    if status == "settled":  # a word of tomorrow
        session = OwnPageSession(started.gateway_ref, status, "elements", "cs_secret")
        assert elements.page_of(rig.account, session) is None
    else:
        assert await rig.gateway.own_page(rig.account, ref_of(started)) is None


async def test_trouble_while_the_page_is_asked_for(rig: StripeRig) -> None:
    started = await start(rig)
    rig.wire.is_plugged = False
    with pytest.raises(Unavailable):
        await rig.gateway.own_page(rig.account, ref_of(started))
    rig.wire.is_plugged = True
    with pytest.raises(Rejected) as refused:
        await rig.gateway.own_page(rig.wrong_account(), ref_of(started))
    assert refused.value.is_account_trouble
    without = with_keys(rig, secret_key=SECRET_KEY)
    with pytest.raises(Rejected) as refused:
        await rig.gateway.own_page(without, ref_of(started))
    assert refused.value.code == "publishable_key"


async def test_a_start_whose_answer_got_lost_is_found_and_sent_again(rig: StripeRig) -> None:
    asked = order(rig)
    rig.break_next(Break.CUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await rig.gateway.start(rig.account, asked, key="start-pay_1")
    fact = await look(rig, None)
    assert (fact.kind, fact.return_url, fact.payer_email) == (
        FactKind.REQUIRES_ACTION,
        RETURN_URL,
        "ada@example.com",
    )
    again = await rig.gateway.start(rig.account, asked, key="start-pay_1")
    assert again == Started(fact.gateway_ref or "", OWN_PAGE_URL)
    await rig.pay(again, How.SUCCESS)
    assert (await look(rig, again)).kind is FactKind.CAPTURED


# ------------------------------------------------------------------------------------------------- what is entered


async def test_both_keys_and_the_choice_are_kept(rig: StripeRig) -> None:
    found = await rig.gateway.complete(with_keys(rig, **OWN_PAGE_KEYS))
    assert found.credentials == OWN_PAGE_KEYS
    assert PUBLISHABLE_KEY not in repr(found)
    back = {**OWN_PAGE_KEYS, "payment_page": "stripe"}
    found = await rig.gateway.complete(with_keys(rig, **back))
    # Pages that are open go on with it.
    assert found.credentials == {"secret_key": SECRET_KEY, "publishable_key": PUBLISHABLE_KEY}


@pytest.mark.parametrize(
    "key", ["", "pk_live_1", "sk_test_1", "rk_live_1", "pk_test_", "pk_test_ö", "pk_test_1\n"]
)
async def test_a_wrong_publishable_key_is_refused_before_anything_is_asked(rig: StripeRig, key: str) -> None:
    with pytest.raises(Rejected) as refused:
        await rig.gateway.complete(with_keys(rig, **{**OWN_PAGE_KEYS, "publishable_key": key}))
    assert (refused.value.code, rig.wire.sent) == ("publishable_key", [])
    assert len(key) < 9 or key not in str(refused.value)


def test_each_field_is_one_that_people_can_fill_in() -> None:
    fields = {each.name: each for each in CONNECTING.fields}
    page, key = fields["payment_page"], fields["publishable_key"]
    assert [choice.value for choice in page.choices] == ["stripe", OWN_PAGE], "Stripe's page is the default"
    assert (page.is_optional, key.is_optional, key.is_secret) == (True, True, False)
    assert [key.is_other_key(text) for text in ("", "pk_test_1", "pk_live_1")] == [False, False, False]
    assert [key.is_other_key(text) for text in ("sk_test_1", "pk_", " pk_test_1")] == [True, True, True]
