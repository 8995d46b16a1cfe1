"""What the simulator is handed, because only `main` knows it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from linktill.flows.services import Services
from linktill.flows.take_turn import Channels
from linktill.gateways.kind import Gateways
from linktill.platform.http import HttpClient
from linktill.surface.asgi import Asgi


class Step(Protocol):
    """What a worker looks for: see `worker/loop.py`, whose steps `main` hands in."""

    @property
    def name(self) -> str: ...
    @property
    def run(self) -> Callable[[Services], Awaitable[int]]: ...
    @property
    def every_s(self) -> float: ...
    @property
    def is_woken(self) -> bool: ...
    @property
    def is_eager(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What `main` hands in, since only it knows: the concrete gateways, the door for webhooks, the worker's steps."""

    gateways: Callable[[HttpClient, str], Gateways]
    inbound: Callable[[Services], Asgi]
    steps: Callable[[Channels], Sequence[Step]]
