"""Group C at PayPal: really signed deliveries, and what stands in for a certificate that is not at hand."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from linktill.gateways.contract import NotVerifiedYet, OutcomeUnknown, SignatureRefused, Unavailable
from linktill.gateways.paypal import signature, translate
from linktill.gateways.paypal.certificates import SigningKey, digicert, signing_key
from linktill.gateways.paypal.gateway import PayPalGateway
from linktill.gateways.paypal.signature import NotTrusted
from linktill.gateways.testing import Break, Wire
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from tests.gateways.openapi import described
from tests.gateways.paypal_company import WEBHOOK, Fault, PayPalCompany
from tests.gateways.paypal_rig import ACCOUNT, PayPalRig, paypal_rig
from tests.gateways.paypal_signer import HOST, URL, Signer
from tests.gateways.paypal_words import Clock

SIGNED = ("PAYMENT_CAPTURE_COMPLETED_V2", "PAYMENT_CAPTURE_DECLINED_V2", "SUBSCRIPTION_CREATED_v2")
LIVE_HOST = "messageverificationcerts.paypal.com"
DAY = 86_400_000_000


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


def at(day: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1_000_000)


AUGUST = at("2024-08-02")


@dataclass
class Sample:
    headers: dict[str, str]
    body: bytes

    @property
    def now(self) -> int:
        return at(self.headers["paypal-transmission-time"].removesuffix("Z"))


def sample(name: str) -> Sample:
    told = json.loads(described(f"samples/paypal/signed/HOOK_{name}.json").read_text())
    return Sample(told["headers"], told["body"].encode())


def real_key() -> SigningKey:
    pem = described("samples/paypal/signed/CERT-360caa42-fca2a594-1a5f47cb.pem").read_bytes()
    return signing_key(pem, digicert(), name=LIVE_HOST, at=AUGUST)


def check(
    key: SigningKey, headers: dict[str, str], body: bytes, now: int, webhook_id: str = "WEBHOOK_ID"
) -> None:
    signature.verify(key, (webhook_id,), signature.delivery(headers, now=now), body)


@pytest.mark.parametrize("name", SIGNED)
def test_what_paypal_really_signed_is_believed(name: str):
    found = sample(name)
    check(real_key(), found.headers, found.body, found.now)
    hint = translate.hint(found.body, sent_at=found.now)
    assert hint.event_id
    assert (hint.payment_ref is None) is (name == "SUBSCRIPTION_CREATED_v2")


@pytest.mark.parametrize("name", SIGNED)
def test_wi05_every_single_byte_counts(name: str):
    found = sample(name)
    key = real_key()
    for place in range(len(found.body)):
        changed = bytearray(found.body)
        changed[place] ^= 1
        with pytest.raises(SignatureRefused):
            check(key, found.headers, bytes(changed), found.now)
    for place, letter in enumerate(found.headers["paypal-transmission-sig"][:-4]):
        other = "A" if letter != "A" else "B"
        text = found.headers["paypal-transmission-sig"]
        headers = {**found.headers, "paypal-transmission-sig": text[:place] + other + text[place + 1 :]}
        with pytest.raises(SignatureRefused):
            check(key, headers, found.body, found.now)


@pytest.mark.parametrize("name", SIGNED)
def test_another_webhook_id_or_transmission_is_refused(name: str):
    found = sample(name)
    key = real_key()
    with pytest.raises(SignatureRefused):
        check(key, found.headers, found.body, found.now, "8PT597110X687430L")
    with pytest.raises(SignatureRefused):
        check(key, {**found.headers, "paypal-transmission-id": "x"}, found.body, found.now)
    later = found.headers["paypal-transmission-time"].replace("2024-0", "2024-1")
    with pytest.raises(SignatureRefused):
        check(key, {**found.headers, "paypal-transmission-time": later}, found.body, found.now + 400 * DAY)


async def test_the_real_delivery_is_believed_by_the_whole_gateway(paypal: PayPalRig):
    """With PayPal's real certificate and its real issuers; only the simulator's webhook id is never taken."""
    found = sample("PAYMENT_CAPTURE_COMPLETED_V2")
    pem = described("samples/paypal/signed/CERT-360caa42-fca2a594-1a5f47cb.pem").read_bytes()
    wire = Wire(Answers(HttpResponse(200, {}, pem)))
    gateway = PayPalGateway(wire, paypal.company.clock)
    for ids in (("WEBHOOK_ID",), ("WEBHOOK_ID", "")):
        account = replace(ACCOUNT, webhook_secrets=ids)
        with pytest.raises(SignatureRefused):
            await gateway.prepare(account, found.headers, found.body, now=found.now)
    assert wire.sent == []
    await gateway.prepare(ACCOUNT, found.headers, found.body, now=found.now)
    with pytest.raises(SignatureRefused, match="does not fit"):
        gateway.verify(ACCOUNT, found.headers, found.body, now=found.now)
    assert [request.url for request in wire.sent] == [found.headers["paypal-cert-url"]]


@dataclass
class Answers:
    """Answers everything alike."""

    answer: HttpResponse | Exception

    async def send(self, _: HttpRequest) -> HttpResponse:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_chain_holds_only_in_its_time_and_for_its_name():
    pem = described("samples/paypal/signed/CERT-360caa42-fca2a594-1a5f47cb.pem").read_bytes()
    for name, when in ((LIVE_HOST, at("2026-01-01")), (LIVE_HOST, at("2023-01-01")), (HOST, AUGUST)):
        with pytest.raises(NotTrusted):
            signing_key(pem, digicert(), name=name, at=when)
    for nonsense in (b"", b"<html>", pem[:500], pem * 9):
        with pytest.raises(NotTrusted):
            signing_key(nonsense, digicert(), name=LIVE_HOST, at=AUGUST)


def test_a_certificate_from_another_root_is_not_trusted():
    ours = Signer(AUGUST)
    assert signing_key(ours.pem, ours.issuers, name=HOST, at=AUGUST).is_valid(AUGUST)
    for issuers in (Signer(AUGUST, root_number=1).issuers, digicert()):
        with pytest.raises(NotTrusted):
            signing_key(ours.pem, issuers, name=HOST, at=AUGUST)
    stranger = Signer(AUGUST, host="evil.example")
    with pytest.raises(NotTrusted):
        signing_key(stranger.pem, stranger.issuers, name=HOST, at=AUGUST)


BAD_URLS = [
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:444/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/../../x",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?x=https://evil.example",
    "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
    "https://www.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/uploads/CERT-1",
    "",
]


@pytest.mark.parametrize("url", BAD_URLS)
async def test_a_certificate_from_elsewhere_is_never_fetched(paypal: PayPalRig, url: str):
    headers = {**paypal.sign(WEBHOOK, b"{}", at=paypal.now()), "paypal-cert-url": url}
    with pytest.raises(SignatureRefused):
        await paypal.gateway.prepare(paypal.account, headers, b"{}", now=paypal.now())
    with pytest.raises(SignatureRefused):
        paypal.gateway.verify(paypal.account, headers, b"{}", now=paypal.now())
    assert paypal.wire.sent == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth-algo", "SHA1withRSA"),
        ("auth-algo", "none"),
        ("transmission-sig", "not base64!"),
        ("transmission-sig", "é"),
        ("transmission-time", "yesterday"),
        ("transmission-time", "2026-02-02T02:40:00"),
        ("transmission-id", ""),
    ],
)
async def test_wi01_headers_that_paypal_would_not_send_are_refused(paypal: PayPalRig, name: str, value: str):
    headers = {**paypal.sign(WEBHOOK, b"{}", at=paypal.now()), f"paypal-{name}": value}
    with pytest.raises(SignatureRefused):
        paypal.gateway.verify(paypal.account, headers, b"{}", now=paypal.now())


def cold() -> tuple[PayPalCompany, Wire, PayPalGateway, dict[str, str], bytes]:
    """A gateway that knows no certificate yet, and a genuine webhook."""
    company = PayPalCompany(Clock())
    wire = Wire(company)
    company.deliver("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "CAP1", "custom_id": "pay_1"})
    headers, body = company.deliveries[0]
    return company, wire, PayPalGateway(wire, company.clock, company.signer.issuers), headers, body


async def test_wi22_nothing_is_believed_before_its_certificate_is_there():
    company, wire, gateway, headers, body = cold()
    now = company.clock.at
    with pytest.raises(NotVerifiedYet):
        gateway.verify(ACCOUNT, headers, body, now=now)
    company.faults.append(Fault(Break.CUT_BEFORE, "/certs/"))
    with pytest.raises(Unavailable):
        await gateway.prepare(ACCOUNT, headers, body, now=now)
    with pytest.raises(NotVerifiedYet):
        gateway.verify(ACCOUNT, headers, body, now=now)
    await gateway.prepare(ACCOUNT, headers, body, now=now)
    assert gateway.verify(ACCOUNT, headers, body, now=now).reference == "pay_1"
    for _ in range(3):
        await gateway.prepare(ACCOUNT, headers, body, now=now)
    assert [request.url for request in wire.sent] == [URL, URL]


@pytest.mark.parametrize(
    "answer",
    [
        NoAnswer("TimeoutError"),
        HttpResponse(500, {}, b""),
        HttpResponse(200, {}, b"<html>"),
        HttpResponse(301, {"location": "https://evil.example"}, b""),
        HttpResponse(200, {}, b"-----BEGIN CERTIFICATE-----", is_truncated=True),
    ],
)
async def test_wi22_a_fetch_that_went_wrong_may_be_tried_again(answer: HttpResponse | Exception):
    company, wire, gateway, headers, body = cold()
    wire.http = Answers(answer)
    with pytest.raises(Unavailable):
        await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
    wire.http = company
    await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
    assert gateway.verify(ACCOUNT, headers, body, now=company.clock.at).event_id


async def test_a_certificate_that_does_not_exist_is_asked_for_once_in_a_while():
    company, wire, gateway, headers, body = cold()
    forged = {**headers, "paypal-cert-url": f"{URL}x"}
    for _ in range(5):
        with pytest.raises(SignatureRefused):
            await gateway.prepare(ACCOUNT, forged, body, now=company.clock.at)
    assert len(wire.sent) == 1
    company.clock.at += 301_000_000
    with pytest.raises(SignatureRefused):
        await gateway.prepare(ACCOUNT, forged, body, now=company.clock.at)
    assert len(wire.sent) == 2


async def test_a_flood_of_made_up_certificates_costs_twenty_requests():
    company, wire, gateway, headers, body = cold()
    outcomes = []
    for number in range(50):
        forged = {**headers, "paypal-cert-url": f"{URL}{number}"}
        try:
            await gateway.prepare(ACCOUNT, forged, body, now=company.clock.at)
        except (SignatureRefused, Unavailable) as error:
            outcomes.append(type(error))
    assert outcomes == [SignatureRefused] * 20 + [Unavailable] * 30
    assert len(wire.sent) == 20


async def test_an_expired_certificate_is_fetched_anew(paypal: PayPalRig):
    paypal.company.clock.at += 370 * DAY
    paypal.company.signer = Signer(paypal.now())
    gateway = PayPalGateway(paypal.wire, paypal.company.clock, paypal.company.signer.issuers)
    headers = paypal.sign(WEBHOOK, b"{}", at=paypal.now())
    await gateway.prepare(paypal.account, headers, b"{}", now=paypal.now())
    paypal.company.clock.at += 366 * DAY
    headers = paypal.sign(WEBHOOK, b"{}", at=paypal.now())
    with pytest.raises(NotVerifiedYet):
        gateway.verify(paypal.account, headers, b"{}", now=paypal.now())


async def test_what_paypal_says_that_it_did_not_sign_is_refused():
    company, wire, _, headers, body = cold()
    company.verdict = "FAILURE"
    gateway = PayPalGateway(wire, company.clock)
    with pytest.raises(SignatureRefused):
        await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
    with pytest.raises(NotVerifiedYet):
        gateway.verify(ACCOUNT, headers, body, now=company.clock.at)


async def test_from_an_unknown_issuer_paypal_itself_is_asked_about_each_webhook():
    company, wire, _, headers, body = cold()
    gateway = PayPalGateway(wire, company.clock)
    now = company.clock.at
    await gateway.prepare(ACCOUNT, headers, body, now=now)
    assert gateway.verify(ACCOUNT, headers, body, now=now).reference == "pay_1"
    asked = [request for request in wire.sent if request.url.endswith("/verify-webhook-signature")]
    assert len(asked) == 1
    assert asked[0].body.endswith(b',"webhook_event":' + body + b"}")
    # The verdict is about these bytes, this webhook id and this transmission only.
    account = replace(ACCOUNT, webhook_secrets=("ANOTHER",))
    for other, sent, changed in (
        (ACCOUNT, headers, body + b" "),
        (account, headers, body),
        (ACCOUNT, {**headers, "paypal-transmission-id": "x"}, body),
    ):
        with pytest.raises(NotVerifiedYet):
            gateway.verify(other, sent, changed, now=now)


@pytest.mark.parametrize("body", [b'{}, "webhook_id": "X"', b"[]", b"", b'{"a":1,"a":2}', b"1"])
async def test_a_body_cannot_write_into_the_question(body: bytes):
    company, wire, _, headers, _ = cold()
    gateway = PayPalGateway(wire, company.clock)
    with pytest.raises(SignatureRefused):
        await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
    assert [request.url for request in wire.sent] == [URL]


async def test_wi22_paypal_that_gives_no_verdict_is_asked_again():
    company, wire, _, headers, body = cold()
    gateway = PayPalGateway(wire, company.clock)
    for how in (
        Break.CUT_BEFORE,
        Break.CUT_AFTER,
        Break.ERROR_AFTER,
        Break.NONSENSE_AFTER,
        Break.RATE_LIMITED,
    ):
        company.faults.append(Fault(how, "/verify-webhook-signature"))
        with pytest.raises(Unavailable) as trouble:
            await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
        assert not isinstance(trouble.value, OutcomeUnknown)
        with pytest.raises(NotVerifiedYet):
            gateway.verify(ACCOUNT, headers, body, now=company.clock.at)
    await gateway.prepare(ACCOUNT, headers, body, now=company.clock.at)
    assert gateway.verify(ACCOUNT, headers, body, now=company.clock.at).event_id
