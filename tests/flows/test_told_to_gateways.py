"""What flows tell a gateway beside the attempt's ids: some find a payment by nothing else, or cancel it by nothing else."""

from typing import Any

import pytest

from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.gateways.contract import AttemptRef
from tests.make import Shop


@pytest.fixture
def told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    gateway = shop.services.gateways["sandbox"]
    heard: dict[str, list[Any]] = {"look_up": [], "cancel": [], "accepts": []}
    real_accepts = gateway.accepts

    async def look_up(account, ref: AttemptRef):
        heard["look_up"].append(ref)
        # The sandbox ends what is over by itself; others wait for us.
        return AttemptFact(FactKind.REQUIRES_ACTION, gateway_ref=ref.gateway_ref)

    async def cancel(account, ref: AttemptRef, *, key: str):
        heard["cancel"].append(ref)
        return AttemptFact(FactKind.CANCELED, gateway_ref=ref.gateway_ref)

    def accepts(amount, account=None):
        heard["accepts"].append(account)
        return real_accepts(amount, account)

    monkeypatch.setattr(gateway, "look_up", look_up)
    monkeypatch.setattr(gateway, "cancel", cancel)
    monkeypatch.setattr(gateway, "accepts", accepts)
    return heard


async def test_a_cancel_knows_when_it_began_and_where_the_payer_was_sent(shop: Shop, told) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.later(31 * 60)
    attempt = await shop.attempt(result.session.attempt_id)
    assert attempt.status is AttemptStatus.CANCELED
    assert told["cancel"] == [
        AttemptRef(
            attempt.id,
            attempt.gateway_ref,
            asked_at=attempt.created_at,
            redirect_url=result.redirect_url,
        )
    ]
    assert told["look_up"][-1] == told["cancel"][0]


async def test_what_can_be_charged_is_asked_of_the_account(shop: Shop, told) -> None:
    await shop.press_pay(await shop.link())
    assert {account.id for account in told["accepts"] if account is not None} == {shop.account.id}
