"""One rig per gateway. An adapter joins the suite by adding its rig to RIGS."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.rig import Ability, Rig
from tests.gateways.sandbox_rig import SandboxRig, sandbox_rig
from tests.gateways.square_rig import SquareRig, square_rig
from tests.gateways.stripe_rig import StripeRig, stripe_rig

RIGS: dict[str, Callable[[], AbstractAsyncContextManager[Rig]]] = {
    "paypal": paypal_rig,
    "sandbox": sandbox_rig,
    "square": square_rig,
    "stripe": stripe_rig,
}


LACKS: dict[str, frozenset[Ability]] = {
    "paypal": PayPalRig.lacks,
    "sandbox": SandboxRig.lacks,
    "square": SquareRig.lacks,
    "stripe": StripeRig.lacks,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test at each vendor that has what it needs: what a vendor has no call for is not tried there, and not skipped."""
    if "rig" in metafunc.fixturenames:
        needed = {ability for mark in metafunc.definition.iter_markers("needs") for ability in mark.args}
        metafunc.parametrize(
            "rig", [name for name in sorted(RIGS) if not needed & LACKS[name]], indirect=True
        )


@pytest.fixture
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param]() as running:
        yield running
