"""Lets a whole flow run inside one unit of work, so that its effect and the answer kept under its idempotency key are one."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar, final

from typing_extensions import override

from linktill.flows.services import Services, Wake
from linktill.gateways.kind import Gateways
from linktill.platform.http import HttpClient, HttpRequest
from linktill.storage.database import Database, Tx

P = ParamSpec("P")
T = TypeVar("T")


def joined(
    services: Services, flow: Callable[[Services], Coroutine[Any, Any, T]]
) -> Callable[[Tx], Coroutine[Any, Any, T]]:
    """The flow as a unit: each unit that it runs joins the one that is handed in.

    Only for flows that touch nothing but their database: the wire is cut for as long as the unit runs. Whoever waits for
    work is woken by the caller, when the work can be seen.
    """
    without_wire = replace(services, http=_CutWire(), gateways=Gateways(), wake=Wake())
    return lambda tx: flow(replace(without_wire, database=_Joined(tx)))


@final
@dataclass(frozen=True, slots=True)
class _Joined(Database):
    """A database that is one unit of work which somebody else began, and ends."""

    tx: Tx

    @property
    @override
    def dialect(self) -> str:
        raise AssertionError("flows do not ask which database they have")

    @override
    async def run(
        self, unit: Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await unit(self.tx, *args, **kwargs)

    @override
    async def read(
        self, unit: Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await unit(self.tx, *args, **kwargs)

    @override
    async def report(
        self, unit: Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await unit(self.tx, *args, **kwargs)

    @override
    async def close(self) -> None:
        raise AssertionError("a unit of work ends with its caller")


@final
class _CutWire(HttpClient):
    @override
    async def send(self, request: HttpRequest) -> NoReturn:
        raise AssertionError("a unit of work calls nobody over the wire")
