"""Connecting an account: what is found out, and a webhook that is there once, whatever was stopped between."""

from dataclasses import replace
from typing import Final

import pytest

from linktill.gateways.contract import OutcomeUnknown, Rejected, Unavailable
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, Rig
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer

HOST: Final = "pay.example.com"
URL: Final = f"https://{HOST}/in/gwa_1"
OTHER_URL: Final = "https://old.example.com/in/gwa_1"


class LosesAnswer:
    """Lets the first request through that makes something at this host known, and loses the answer."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self.is_lost = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """As `HttpClient.send`."""
        response = await self._http.send(request)
        if not self.is_lost and request.method == "POST" and HOST.encode() in request.body:
            self.is_lost = True
            raise NoAnswer("reset")
        return response


class Connecting(Base):
    """What happens between a merchant's keys and an account that works."""

    async def test_what_is_completed_works(self, rig: Rig) -> None:
        found = await rig.gateway.complete(rig.account)
        assert found.mode is rig.mode
        assert found.label
        assert found.vendor_id
        wrong = rig.wrong_account().credentials
        secrets = [value for name, value in rig.account.credentials.items() if wrong.get(name) != value]
        assert not any(secret in repr(found) for secret in secrets)
        completed = replace(rig.account, credentials=found.credentials)
        await rig.gateway.check(completed)
        assert rig.gateway.mode_of(completed) is rig.mode

    @needs(Ability.VENDOR)
    async def test_a_wrong_key_is_refused_and_not_repeated_in_the_refusal(self, rig: Rig) -> None:
        wrong = rig.wrong_account()
        with pytest.raises(Rejected) as refused:
            await rig.gateway.complete(wrong)
        assert refused.value.is_account_trouble
        right = rig.account.credentials
        secrets = [value for name, value in wrong.credentials.items() if right.get(name) != value]
        assert not any(secret in str(refused.value) for secret in secrets)

    @needs(Ability.VENDOR)
    async def test_an_unplugged_server_can_ask_again(self, rig: Rig) -> None:
        rig.wire.is_plugged = False
        with pytest.raises(Unavailable):
            await rig.gateway.complete(rig.wrong_account())
        with pytest.raises(Unavailable):
            await rig.gateway.check(rig.wrong_account())

    @needs(Ability.REGISTER_WEBHOOKS)
    async def test_an_unplugged_server_can_register_its_webhook_later(self, rig: Rig) -> None:
        rig.wire.is_plugged = False
        with pytest.raises(Unavailable):
            await rig.gateway.register_webhook(rig.wrong_account(), URL, key="k")

    @needs(Ability.REGISTER_WEBHOOKS)
    async def test_a_webhook_is_registered_once_and_removed_twice(self, rig: Rig) -> None:
        first = await rig.gateway.register_webhook(rig.account, URL, key="key-1")
        # As after a crash: what the first call told was never kept.
        second = await rig.gateway.register_webhook(rig.account, URL, key="key-2")
        assert first.ref
        assert second.secret
        # Some have no secret but the webhook's id.
        assert second.secret not in repr(second).replace(second.ref, "")
        assert dict(await rig.webhooks_at_vendor()) == {second.ref: URL}
        await rig.gateway.remove_webhook(rig.account, second.ref)
        await rig.gateway.remove_webhook(rig.account, second.ref)
        third = await rig.gateway.register_webhook(rig.account, URL, key="key-3")
        assert third.secret != first.secret

    @needs(Ability.REGISTER_WEBHOOKS, Ability.SEVERAL_WEBHOOKS)
    async def test_an_answer_that_got_lost_leaves_one_webhook(self, rig: Rig) -> None:
        rig.wire.http = LosesAnswer(rig.wire.http)
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.register_webhook(rig.account, URL, key="key-1")
        assert list((await rig.webhooks_at_vendor()).values()) == [URL]
        made = await rig.gateway.register_webhook(rig.account, URL, key="key-2")
        assert dict(await rig.webhooks_at_vendor()) == {made.ref: URL}
        other = await rig.gateway.register_webhook(rig.account, OTHER_URL, key="key-3")
        assert dict(await rig.webhooks_at_vendor()) == {made.ref: URL, other.ref: OTHER_URL}
