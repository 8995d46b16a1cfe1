"""Whose links and keys a command is about: a business has test books, and perhaps live ones."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from cyclopts import Parameter

from linktill.cli.output import USAGE, CommandFailed
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import MerchantId
from linktill.core.merchant import Mode
from linktill.flows.services import Services
from linktill.storage.invariants import merchants
from linktill.storage.merchants import get_merchant

T = TypeVar("T")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """What was said of it; nothing is enough while there are only test books."""

    live: Annotated[bool, Parameter(negative="", help="In the live books: real money.")] = False
    test: Annotated[
        bool, Parameter(negative="", help="In the test books. Must be said once there are live books.")
    ] = False
    merchant: Annotated[str, Parameter(help="Merchant id (mer_…), instead of --live or --test.")] = ""

    @property
    def is_any(self) -> bool:
        """Nothing was said."""
        return not (self.live or self.test or self.merchant)


ANY_BOOKS: Final = Whose()


def in_books(work: Callable[[Services, MerchantId], Coroutine[Any, Any, T]], whose: Whose) -> T:
    """Runs the work of a command, to its end, on the books that are meant. Raises CommandFailed for whatever Linktill refuses."""
    settings = settings_now()

    async def command() -> T:
        async with local_services(settings) as services:
            return await work(services, await merchant_of(services, whose))

    return run(command)


async def merchant_of(services: Services, whose: Whose) -> MerchantId:
    """The merchant that is meant, or the only one. Raises CommandFailed: never a guess between test and live."""
    if sum((whose.live, whose.test, bool(whose.merchant))) > 1:
        raise CommandFailed(
            "usage", "Say one of --live, --test and --merchant.", name="merchant", status=USAGE
        )
    known = await services.database.read(merchants)
    if not known:
        raise CommandFailed(
            "not_set_up",
            "This installation is not set up yet. Start `linktill serve` and open the address that it prints.",
        )
    if whose.merchant:
        if whose.merchant not in known:
            raise CommandFailed("not_found", f"There is no merchant {whose.merchant[:60]}.", name="merchant")
        return MerchantId(whose.merchant)
    if whose.is_any:
        if len(known) == 1:
            return known[0]
        raise CommandFailed(
            "merchant_missing", "There are test books and live books: say --test or --live.", name="merchant"
        )
    return await _of_mode(services, known, Mode.LIVE if whose.live else Mode.TEST)


async def _of_mode(services: Services, known: list[MerchantId], mode: Mode) -> MerchantId:
    found: list[MerchantId] = []
    for merchant_id in known:
        merchant = await services.database.read(get_merchant, merchant_id)
        if merchant is not None and merchant.mode is mode:
            found.append(merchant_id)
    match found:
        case [only]:
            return only
        case []:
            hint = " Open them with: linktill go-live" if mode is Mode.LIVE else ""
            raise CommandFailed("not_found", f"There are no {mode} books.{hint}", name=mode.value)
        case _:
            raise CommandFailed(
                "merchant_missing", f"Several merchants have {mode} books: say which.", name="merchant"
            )
