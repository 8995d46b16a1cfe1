"""Mollie's webhooks: only the signed ones are believed, in either form that its reference shows."""

import hashlib
import json

import pytest

from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import SignatureRefused
from linktill.gateways.testing.steps import captured
from tests.gateways.mollie_fake import sign
from tests.gateways.mollie_rig import MollieRig, mollie_rig


@pytest.fixture
async def rig():
    async with mollie_rig() as running:
        yield running


def hint_of(rig: MollieRig, body: bytes):
    headers = rig.sign(rig.account.webhook_secrets[0], body, at=rig.now())
    return rig.gateway.verify(rig.account, headers, body, now=rig.now())


VECTOR = (
    "whsec_example",
    b'{"resource":"event"}',
    "9a7af80dc16de51dd9bd250b516b671c07c2dc9582456f47e58513b3b7330657",
)


def test_the_signature_is_an_hmac_as_openssl_makes_it():
    """printf %s BODY | openssl dgst -sha256 -hmac SECRET"""
    secret, body, expected = VECTOR
    assert sign(secret, body) == f"sha256={expected}"


async def test_mollie_s_older_webhooks_are_not_believed(rig: MollieRig):
    """They are not signed: a form with the payment's id, which whoever learns our address could send."""
    started = await captured(rig)
    for headers in ({}, {"content-type": "application/x-www-form-urlencoded"}):
        with pytest.raises(SignatureRefused, match="older webhooks"):
            rig.gateway.verify(rig.account, headers, f"id={started.gateway_ref}".encode(), now=rig.now())


async def test_while_mollie_renews_a_secret_it_signs_twice(rig: MollieRig):
    body = b'{"resource":"event","id":"event_1","type":"payment.paid","entityId":"tr_1","createdAt":"2026-01-01T00:00:00+00:00"}'
    ours, other = sign(rig.account.webhook_secrets[0], body), sign("another", body)
    for header in (f"{other}, {ours}", f"{ours},{other}", ours.removeprefix("sha256=")):
        hint = rig.gateway.verify(rig.account, {"x-mollie-signature": header}, body, now=rig.now())
        assert (hint.event_id, hint.payment_ref, hint.payment_end) == ("event_1", "tr_1", FactKind.CAPTURED)


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        ("payment.paid", FactKind.CAPTURED),
        ("payment.failed", FactKind.FAILED),
        ("payment.expired", FactKind.CANCELED),
        ("payment.canceled", FactKind.CANCELED),
        ("payment.pending", None),
        ("payment.dreamt", None),
        ("refund.refunded", RefundFactKind.SUCCEEDED),
        ("refund.processing", None),
        ("sales-invoice.paid", None),
        ("hook.ping", None),
    ],
)
async def test_what_an_event_hints_at(rig: MollieRig, kind: str, end: object):
    event = {"resource": "event", "id": "event_1", "type": kind, "createdAt": "2026-01-01T00:00:00+00:00"}
    hint = hint_of(rig, json.dumps(event | {"entityId": "x_1"}).encode())
    about = kind.partition(".")[0]
    assert hint.payment_ref == ("x_1" if about == "payment" else None)
    assert hint.refund_ref == ("x_1" if about == "refund" else None)
    assert hint.dispute_ref is None
    assert (hint.payment_end or hint.refund_end) == end
    assert hint.created_at == 1_767_225_600_000_000


async def test_a_bare_resource_is_understood_as_well(rig: MollieRig):
    """As another page of Mollie's reference shows the payload."""
    started = await captured(rig)
    body = json.dumps(rig.payment(started)).encode()
    hint = hint_of(rig, body)
    assert (hint.event_type, hint.payment_ref, hint.reference) == (
        "payment.paid",
        started.gateway_ref,
        "pay_1",
    )
    assert hint.event_id == f"body_{hashlib.sha256(body).hexdigest()}"
    assert hint.payment_end is FactKind.CAPTURED
