"""A foreign payment company that moves pretend money, to play with and to test against.

It lives in our package and nowhere in our books: own ASGI app, own database file, own webhooks. Linktill reaches it over
HTTP only, through `gateways/sandbox`.
"""

from linktill.sandbox.accounts import OpenedAccount
from linktill.sandbox.app import SandboxApp, SandboxOptions, create_sandbox
from linktill.sandbox.cards import CARDS, Card
from linktill.sandbox.faults import Fault, FaultKind, Faults
from linktill.sandbox.surprises import Surprise

__all__ = [
    "CARDS",
    "Card",
    "Fault",
    "FaultKind",
    "Faults",
    "OpenedAccount",
    "SandboxApp",
    "SandboxOptions",
    "Surprise",
    "create_sandbox",
]
