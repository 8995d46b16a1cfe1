"""The check of a Square account: what is wrong is told apart, in words that a merchant can act on."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.gateways.contract import Account, Rejected
from tests.gateways.square_rig import SquareRig, square_rig


@pytest.fixture
async def rig() -> AsyncIterator[SquareRig]:
    async with square_rig() as running:
        yield running


def with_credentials(rig: SquareRig, **changed: str) -> Account:
    return replace(rig.account, credentials={**rig.account.credentials, **changed})


@pytest.mark.parametrize(
    ("change", "credentials", "code", "words"),
    [
        ({}, {"access_token": "EAAAwrong"}, "token", "does not accept the access token"),
        ({}, {"access_token": ""}, "token", "does not accept the access token"),
        ({}, {"environment": "Sandbox"}, "environment", "production or sandbox"),
        (
            {"scopes": "PAYMENTS_READ ORDERS_READ"},
            {},
            "permissions",
            "DISPUTES_READ, DISPUTES_WRITE, MERCHANT_PROFILE_READ, ORDERS_WRITE",
        ),
        ({"scopes": ""}, {}, "permissions", "PAYMENTS_WRITE"),
        ({}, {"location_id": ""}, "location", "Enter the ID"),
        ({}, {"location_id": "LOCATION2"}, "location", "no location 'LOCATION2'"),
        ({"status": "INACTIVE"}, {}, "location", "Repair shop is not active"),
        ({"capabilities": ()}, {}, "location", "cannot take cards yet"),
        ({"currency": "CAD"}, {}, "location", "is in CAD, not in USD"),
        ({}, {"currency": ""}, "location", "is in USD, not in no currency"),
        ({"currency": "CHF"}, {"currency": "CHF"}, "location", "cannot charge"),
    ],
)
async def test_what_is_wrong_with_an_account_is_told_apart(rig: SquareRig, change, credentials, code, words):
    await rig.gateway.check(rig.account)
    for name, value in change.items():
        setattr(rig.square, name, value)
    with pytest.raises(Rejected, match=words) as refused:
        await rig.gateway.check(with_credentials(rig, **credentials))
    assert (refused.value.code, refused.value.is_account_trouble) == (code, True)
    assert "EAAA" not in str(refused.value)


async def test_the_sandbox_is_asked_at_its_own_address(rig: SquareRig):
    account = with_credentials(rig, environment="sandbox")
    with pytest.raises(AssertionError):
        await rig.gateway.check(account)
    assert rig.wire.sent[0].url == "https://connect.squareupsandbox.com/oauth2/token/status"
    sent = rig.wire.sent[0].headers
    assert (sent["authorization"], sent["square-version"]) == ("Bearer EAAAtest", "2025-08-20")
