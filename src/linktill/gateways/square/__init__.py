"""The adapter for Square."""

from linktill.gateways.square.gateway import SquareGateway

__all__ = ["SquareGateway"]
