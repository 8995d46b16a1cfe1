"""The adapter for Stripe."""

from linktill.gateways.stripe.gateway import StripeGateway

__all__ = ["StripeGateway"]
