"""The gateways that come with Linktill, put to the suite that every adapter passes."""

from linktill.gateways.testing import Ability, Suite
from tests.gateways.mollie_rig import mollie_rig
from tests.gateways.offline_rig import offline_rig
from tests.gateways.paypal_rig import paypal_rig
from tests.gateways.sandbox_rig import sandbox_rig
from tests.gateways.square_rig import square_rig
from tests.gateways.stripe_rig import stripe_elements_rig, stripe_rig


class TestStripe(Suite, rig=stripe_rig):
    """Lacks nothing."""


class TestStripeOnOurPage(Suite, rig=stripe_elements_rig):
    """Lacks nothing either."""


class TestPayPal(
    Suite,
    rig=paypal_rig,
    lacks={
        Ability.FIND_BY_REFERENCE,
        Ability.LIST_UNPAID,
        Ability.CLOSE_PAGE,
        Ability.ANSWER_KEYS,
    },
):
    """Its orders cannot be listed, searched or closed."""


class TestSquare(
    Suite,
    rig=square_rig,
    lacks={Ability.HOLD_MONEY, Ability.FINAL_DECLINES, Ability.SIGNED_TIME, Ability.ANSWER_KEYS},
):
    """A payment link stays open after a declined card."""


class TestMollie(
    Suite,
    rig=mollie_rig,
    lacks={
        Ability.HOLD_MONEY,
        Ability.TELL_FEES,
        Ability.REGISTER_WEBHOOKS,
        Ability.SIGNED_TIME,
        Ability.ANSWERS,
    },
):
    """Its API key may not make webhooks, and fees are told in settlements only."""


class TestSandbox(Suite, rig=sandbox_rig, lacks={Ability.SEVERAL_WEBHOOKS}):
    """An account has one webhook."""


class TestOffline(Suite, rig=offline_rig, lacks=set(Ability)):
    """Nobody is asked: what is left is what holds without a vendor."""
