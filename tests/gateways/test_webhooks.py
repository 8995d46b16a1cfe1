"""Group C: which webhooks are believed, and what they hint at."""

import json
from dataclasses import replace

import pytest

from linktill.gateways.contract import Hint, SignatureRefused
from tests.gateways.rig import Ability, How, Rig
from tests.gateways.test_contract import captured, refund_of, start

SECOND = 1_000_000


async def delivered(rig: Rig) -> tuple[dict[str, str], bytes]:
    """A genuine webhook about a captured payment."""
    await captured(rig)
    await rig.settle()
    return rig.webhooks()[0]


def verify(rig: Rig, headers: dict[str, str], body: bytes, *, now: int | None = None) -> Hint:
    return rig.gateway.verify(rig.account, headers, body, now=rig.now() if now is None else now)


async def test_a_genuine_webhook_hints_at_its_payment(rig: Rig):
    started = await captured(rig)
    await rig.settle()
    headers, body = rig.webhooks()[0]
    hint = verify(rig, headers, body)
    assert (hint.payment_ref, hint.refund_ref, hint.dispute_ref) == (started.gateway_ref, None, None)
    assert hint.reference == "pay_1"
    assert hint.event_id
    assert abs(hint.created_at - rig.now()) < 600 * SECOND


async def test_each_event_has_an_id_of_its_own(rig: Rig):
    started = await start(rig)
    await rig.pay(started, How.SLOW)
    await rig.settle()
    ids = [verify(rig, headers, body).event_id for headers, body in rig.webhooks()]
    assert len(ids) == len(set(ids)) >= 2


async def test_a_webhook_about_a_refund_hints_at_the_refund(rig: Rig):
    started = await captured(rig)
    refund = await rig.gateway.refund(rig.account, refund_of(started, 100), key="refund-re_1")
    await rig.settle()
    hints = [verify(rig, headers, body) for headers, body in rig.webhooks()]
    assert (hints[-1].payment_ref, hints[-1].refund_ref) == (None, refund.gateway_ref)


async def test_wi01_without_a_signature_it_is_refused(rig: Rig):
    headers, body = await delivered(rig)
    bare = {name: value for name, value in headers.items() if "-sig" not in name}
    with pytest.raises(SignatureRefused):
        verify(rig, bare, body)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda body: body.replace(b"4000", b"4001").replace(b"40.00", b"40.01"),
        lambda body: body + b" ",
        lambda body: body[:-1],
        lambda body: json.dumps(json.loads(body)).encode(),
        lambda body: json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode(),
        lambda _: b"",
    ],
)
async def test_wi05_the_raw_bytes_count(rig: Rig, tamper):
    headers, body = await delivered(rig)
    assert tamper(body) != body
    with pytest.raises(SignatureRefused):
        verify(rig, headers, tamper(body))


@pytest.mark.parametrize(("beyond_s", "is_believed"), [(-2, True), (2, False), (86_400, False)])
async def test_wi04_an_old_webhook_is_refused(rig: Rig, beyond_s: int, is_believed: bool):
    await check_age(rig, rig.past_max_s + beyond_s, is_believed)


@pytest.mark.parametrize(("age_s", "is_believed"), [(-598, True), (-602, False)])
async def test_wi04_a_webhook_from_the_future_is_refused(rig: Rig, age_s: int, is_believed: bool):
    await check_age(rig, age_s, is_believed)


async def check_age(rig: Rig, age_s: int, is_believed: bool) -> None:
    _, body = await delivered(rig)
    headers = rig.sign(rig.account.webhook_secrets[0], body, at=rig.now() - age_s * SECOND)
    if is_believed or Ability.SIGNED_TIME in rig.lacks:
        assert verify(rig, headers, body).payment_ref
    else:
        with pytest.raises(SignatureRefused):
            verify(rig, headers, body)


async def test_while_rotating_both_secrets_are_valid(rig: Rig):
    headers, body = await delivered(rig)
    genuine = rig.account.webhook_secrets[0]
    for secrets in (("another-secret", genuine), (genuine, "another-secret")):
        account = replace(rig.account, webhook_secrets=secrets)
        assert rig.gateway.verify(account, headers, body, now=rig.now()).payment_ref


@pytest.mark.parametrize("secrets", [("another-secret",), (), ("",), ("another-secret", "")])
async def test_another_secret_or_none_is_refused(rig: Rig, secrets: tuple[str, ...]):
    headers, body = await delivered(rig)
    account = replace(rig.account, webhook_secrets=secrets)
    with pytest.raises(SignatureRefused):
        rig.gateway.verify(account, headers, body, now=rig.now())
    forged = rig.sign("", body, at=rig.now())
    with pytest.raises(SignatureRefused):
        rig.gateway.verify(account, forged, body, now=rig.now())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"id":1}',
        b'{"id":"a","type":"b","created_at":NaN,"data":{}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_wi18_a_signed_body_that_the_vendor_could_not_have_sent_is_refused(rig: Rig, body: bytes):
    headers = rig.sign(rig.account.webhook_secrets[0], body, at=rig.now())
    with pytest.raises(SignatureRefused):
        verify(rig, headers, body)
