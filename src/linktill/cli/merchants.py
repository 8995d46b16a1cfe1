"""Whose links and keys a command is about."""

from typing import Annotated, TypeAlias

from cyclopts import Parameter

from linktill.cli.output import CommandFailed
from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.storage.invariants import merchants

MerchantOption: TypeAlias = Annotated[
    str, Parameter(name="--merchant", help="Merchant id (mer_…). Not needed while there is only one.")
]


async def merchant_of(services: Services, asked: str) -> MerchantId:
    """The merchant asked for, or the only one. Raises CommandFailed."""
    known = await services.database.read(merchants)
    if asked:
        if asked not in known:
            raise CommandFailed("not_found", f"There is no merchant {asked[:60]}.", name="merchant")
        return MerchantId(asked)
    match known:
        case [only]:
            return only
        case []:
            raise CommandFailed(
                "not_set_up",
                "This installation is not set up yet. Start `linktill serve` and open the address that it prints.",
            )
        case _:
            raise CommandFailed(
                "merchant_missing", "There are several merchants: say which.", name="merchant"
            )
