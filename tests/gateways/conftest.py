"""One rig per gateway. An adapter joins the suite by adding its rig to RIGS."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.gateways.paypal_rig import paypal_rig
from tests.gateways.rig import Rig
from tests.gateways.sandbox_rig import sandbox_rig
from tests.gateways.square_rig import square_rig
from tests.gateways.stripe_rig import stripe_rig

RIGS: dict[str, Callable[[], AbstractAsyncContextManager[Rig]]] = {
    "paypal": paypal_rig,
    "sandbox": sandbox_rig,
    "square": square_rig,
    "stripe": stripe_rig,
}


@pytest.fixture(params=sorted(RIGS))
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param]() as running:
        yield running
