"""The adapter for PayPal."""

from linktill.gateways.paypal.gateway import PayPalGateway

__all__ = ["PayPalGateway"]
