"""The adapter for the sandbox company."""

from linktill.gateways.sandbox.gateway import SandboxGateway

__all__ = ["SandboxGateway"]
