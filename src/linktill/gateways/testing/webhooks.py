"""Which webhooks are believed, and what they hint at."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

import pytest

from linktill.gateways.contract import Hint, SignatureRefused
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, How, Rig
from linktill.gateways.testing.steps import captured, refund_of, start

SECOND: Final = 1_000_000
CLOCKS_DIFFER_S: Final = 600


async def delivered(rig: Rig) -> tuple[dict[str, str], bytes]:
    """A genuine webhook about a captured payment."""
    await captured(rig)
    await rig.settle()
    return rig.webhooks()[0]


def verify(rig: Rig, headers: dict[str, str], body: bytes) -> Hint:
    """What the adapter makes of a webhook that comes now."""
    return rig.gateway.verify(rig.account, headers, body, now=rig.now())


def other_forms(body: bytes) -> Iterator[bytes]:
    """The same JSON written in other ways; nothing for a body that is no JSON."""
    with suppress(ValueError):
        found = json.loads(body)
        forms = (json.dumps(found), json.dumps(found, separators=(",", ":"), sort_keys=True))
        yield from (form.encode() for form in forms if form.encode() != body)


class Strangers(Base):
    """What is sent to our address by somebody who has no secret."""

    @pytest.mark.parametrize("body", [b"", b"{}", b"id=tr_1", b'{"id": "evt_1", "type": "payment.paid"}'])
    async def test_what_nobody_signed_is_refused(self, rig: Rig, body: bytes) -> None:
        with pytest.raises(SignatureRefused):
            rig.gateway.verify(rig.account, {}, body, now=rig.now())


@needs(Ability.VENDOR)
class Webhooks(Base):
    """What the vendor sends, and what somebody else does."""

    async def test_a_genuine_webhook_hints_at_its_payment(self, rig: Rig) -> None:
        started = await captured(rig)
        await rig.settle()
        headers, body = rig.webhooks()[0]
        hint = verify(rig, headers, body)
        assert (hint.payment_ref, hint.refund_ref, hint.dispute_ref) == (started.gateway_ref, None, None)
        assert hint.reference == "pay_1"
        assert hint.event_id
        assert abs(hint.created_at - rig.now()) < 600 * SECOND

    async def test_each_event_has_an_id_of_its_own(self, rig: Rig) -> None:
        started = await start(rig)
        await rig.pay(started, How.SLOW)
        await rig.settle()
        ids = [verify(rig, headers, body).event_id for headers, body in rig.webhooks()]
        assert len(ids) == len(set(ids)) >= 2

    async def test_a_webhook_about_a_refund_hints_at_the_refund(self, rig: Rig) -> None:
        started = await captured(rig)
        refund = await rig.gateway.refund(rig.account, refund_of(rig, started, 100), key="refund-re_1")
        await rig.settle()
        hints = [verify(rig, headers, body) for headers, body in rig.webhooks()]
        assert (hints[-1].payment_ref, hints[-1].refund_ref) == (None, refund.gateway_ref)

    async def test_wi01_without_a_signature_it_is_refused(self, rig: Rig) -> None:
        headers, body = await delivered(rig)
        genuine, other = (
            rig.sign(secret, body, at=rig.now()) for secret in (rig.account.webhook_secrets[0], "another")
        )
        signing = {name for name, value in genuine.items() if other.get(name) != value}
        assert signing, "another secret signs in another way"
        assert signing <= set(headers), "the vendor sends what it signs with"
        bare = {name: value for name, value in headers.items() if name not in signing}
        for unsigned in (bare, {}, bare | dict.fromkeys(signing, "")):
            with pytest.raises(SignatureRefused):
                verify(rig, unsigned, body)

    async def test_wi05_the_raw_bytes_count(self, rig: Rig) -> None:
        headers, body = await delivered(rig)
        middle = len(body) // 2
        changed = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        for tampered in (changed, body + b" ", body[:-1], b"", *other_forms(body)):
            with pytest.raises(SignatureRefused):
                verify(rig, headers, tampered)

    @pytest.mark.parametrize(("beyond_s", "is_believed"), [(-2, True), (2, False), (86_400, False)])
    async def test_wi04_an_old_webhook_is_refused(self, rig: Rig, beyond_s: int, is_believed: bool) -> None:
        await self.check_age(rig, rig.past_max_s + beyond_s, is_believed=is_believed)

    @pytest.mark.parametrize(("beyond_s", "is_believed"), [(-2, True), (2, False)])
    async def test_wi04_a_webhook_from_the_future_is_refused(
        self,
        rig: Rig,
        beyond_s: int,
        is_believed: bool,
    ) -> None:
        await self.check_age(rig, -CLOCKS_DIFFER_S - beyond_s, is_believed=is_believed)

    async def check_age(self, rig: Rig, age_s: int, *, is_believed: bool) -> None:
        """A genuine webhook of this age."""
        _, body = await delivered(rig)
        headers = rig.sign(rig.account.webhook_secrets[0], body, at=rig.now() - age_s * SECOND)
        if is_believed or Ability.SIGNED_TIME in self.lacks:
            assert verify(rig, headers, body).payment_ref
        else:
            with pytest.raises(SignatureRefused):
                verify(rig, headers, body)

    async def test_while_rotating_both_secrets_are_valid(self, rig: Rig) -> None:
        headers, body = await delivered(rig)
        genuine = rig.account.webhook_secrets[0]
        for secrets in (("another-secret", genuine), (genuine, "another-secret")):
            account = replace(rig.account, webhook_secrets=secrets)
            assert rig.gateway.verify(account, headers, body, now=rig.now()).payment_ref

    @pytest.mark.parametrize("secrets", [("another-secret",), (), ("",), ("another-secret", "")])
    async def test_another_secret_or_none_is_refused(self, rig: Rig, secrets: tuple[str, ...]) -> None:
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
    async def test_wi18_a_signed_body_that_the_vendor_could_not_have_sent_is_refused(
        self, rig: Rig, body: bytes
    ) -> None:
        headers = rig.sign(rig.account.webhook_secrets[0], body, at=rig.now())
        with pytest.raises(SignatureRefused):
            verify(rig, headers, body)
