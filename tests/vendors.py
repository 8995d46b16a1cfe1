"""A shop whose merchant may connect Stripe, PayPal and Square: their stand-ins speak the vendors' published schemas."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from linktill.flows.services import Services
from linktill.gateways.contract import Gateway
from linktill.gateways.kind import Connecting, Gateways, Kind
from linktill.gateways.paypal import CONNECTING as PAYPAL
from linktill.gateways.sandbox import CONNECTING as SANDBOX
from linktill.gateways.square import CONNECTING as SQUARE
from linktill.gateways.stripe import CONNECTING as STRIPE
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.square_rig import SquareRig, square_rig
from tests.gateways.stripe_fake import SECRET_KEY
from tests.gateways.stripe_rig import StripeRig, stripe_rig

STRIPE_KEYS = {"secret_key": SECRET_KEY}
PAYPAL_KEYS = {"environment": "sandbox", "client_id": "client", "client_secret": "very-secret"}
SQUARE_KEYS = {"environment": "sandbox", "access_token": "EAAAtest"}


@dataclass
class Vendors:
    """What stands at the other end."""

    stripe: StripeRig
    paypal: PayPalRig
    square: SquareRig

    def offered(self, services: Services) -> Services:
        """The same with these gateways beside the sandbox."""
        sandbox = services.gateways["sandbox"]
        kinds = (
            _kind(self.stripe.gateway, STRIPE),
            _kind(self.paypal.gateway, PAYPAL),
            _kind(self.square.gateway, SQUARE),
            _kind(sandbox, SANDBOX, is_far=False),
        )
        return replace(services, gateways=Gateways(*kinds))

    def unplug(self) -> None:
        """No vendor can be reached."""
        for rig in (self.stripe, self.paypal, self.square):
            rig.wire.is_plugged = False


def _kind(gateway: Gateway, connecting: Connecting, *, is_far: bool = True) -> Kind:
    return Kind(gateway.name, gateway.label, gateway.form_action_origin, lambda: gateway, connecting, is_far)


@asynccontextmanager
async def vendors() -> AsyncIterator[Vendors]:
    """Each with an account of tests. Square's stand-in is its sandbox."""
    async with AsyncExitStack() as stack:
        square = await stack.enter_async_context(square_rig())
        square.square.api_url = "https://connect.squareupsandbox.com"
        stripe = await stack.enter_async_context(stripe_rig())
        paypal = await stack.enter_async_context(paypal_rig())
        yield Vendors(stripe, paypal, square)
