"""Says that this copy of an installation is the real one from now on: `linktill adopt`.

What happened since the backup is found out first, while nothing is sent: the gateways are asked about everything that is
open and for all that they have, and what of it was unknown here is booked or parked. Then everything that waits to be
told is parked for a person, since it may have been told after the backup was made; and only then work begins.
Each step may be done again: after a crash, or a gateway that gave no answer, the next `adopt` goes through all of them.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from linktill.core.errors import GatewayTrouble, Refusal, TransitionRefused
from linktill.core.ids import MerchantId
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.reconcile import compare_account, poll_attempts, poll_refunds
from linktill.flows.services import Services
from linktill.flows.standing import Why
from linktill.gateways.contract import GatewayError
from linktill.platform.log import get_logger
from linktill.storage import gateway_accounts, invariants, recovery
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import count_foreign
from linktill.storage.standing import Home, settle_here

PASSES_MAX: Final = 10_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it. `was` None: the installation was live already, and nothing was done.

    `booked` counts new ledger transactions by kind, `foreign` money parked because nothing here explains it, `parked` what
    waits for a person to be sent or not; `unanswered` names gateway accounts that could not be asked.
    """

    was: Why | None
    booked: dict[str, int]
    foreign: int
    parked: int
    unanswered: tuple[str, ...]


async def adopt(services: Services, *, is_moved: bool = False, without_gateways: bool = False) -> Adopted:
    """Makes this installation the real one.

    `is_moved`: everything was moved here and nothing was lost, so nothing has to be found out. `without_gateways`: goes live
    even if one gives no answer; what it knows is then found later, and may be told twice.

    Raises GatewayTrouble when a gateway gives no answer, TransitionRefused for `is_moved` after a restore: in both cases
    nothing may be sent yet, as before.
    """
    standing = services.standing
    await standing.judge(services.database)
    was = standing.why
    if was is None:
        return Adopted(None, {}, 0, 0, ())
    if is_moved and was is Why.RESTORED:
        raise TransitionRefused("A backup was restored here: what happened since has to be found out first.")
    found = _NOTHING if is_moved else await _catch_up(services)
    if found.unanswered and not without_gateways:
        raise GatewayTrouble(
            f"No answer about {', '.join(found.unanswered)}. Nothing is sent from here yet. Mend it and adopt again; the "
            "sandbox answers while `linktill serve` runs. --without-gateways goes on all the same."
        )
    parked = 0
    if not is_moved:
        for merchant_id in await services.database.read(invariants.merchants):
            parked += await services.database.run(recovery.park_news, merchant_id)
    await services.database.run(settle_here, await standing.home(services.database) or Home())
    await standing.judge(services.database)
    log.warning("installation.adopted", was=was.value, parked=parked, booked=found.booked)
    return Adopted(was, found.booked, found.foreign, parked, found.unanswered)


@dataclass(frozen=True, slots=True)
class _Found:
    booked: dict[str, int]
    foreign: int
    unanswered: tuple[str, ...]


_NOTHING: Final = _Found({}, 0, ())


async def _catch_up(services: Services) -> _Found:
    merchants = await services.database.read(invariants.merchants)
    before = await _counted(services, merchants)
    services.standing.is_catching_up = True
    unanswered: list[str] = []
    try:
        for merchant_id in merchants:
            await services.database.run(_look_at_everything, merchant_id, services.clock.now_us())
            unanswered += await _ask(services, merchant_id)
        for step in (poll_attempts, poll_refunds, process_inbox):
            await _until_done(services, step)
    finally:
        services.standing.is_catching_up = False
    after = await _counted(services, merchants)
    new = after - before
    foreign = new.pop(_FOREIGN, 0)
    return _Found(dict(new), foreign, tuple(unanswered))


async def _look_at_everything(tx: Tx, merchant_id: MerchantId, now: int) -> None:
    await recovery.look_at_everything(tx, merchant_id, now=now)


async def _until_done(services: Services, step: Callable[[Services], Awaitable[int]]) -> None:
    """What gives no answer is asked again later, so this comes to an end."""
    for _ in range(PASSES_MAX):
        if not await step(services):
            return


async def _ask(services: Services, merchant_id: MerchantId) -> list[str]:
    """Everything that the merchant's gateways have; answers the accounts without an answer."""
    silent: list[str] = []
    for stored in await services.database.read(gateway_accounts.every_account_of, merchant_id):
        try:
            await compare_account(services, stored)
        except (GatewayError, Refusal) as error:
            log.warning("account.not_compared", account_id=stored.id, error=str(error))
            silent.append(f"{stored.gateway} account {stored.id} ({error})")
    return silent


_FOREIGN: Final = "foreign"


async def _counted(services: Services, merchants: list[MerchantId]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for merchant_id in merchants:
        counted.update(await services.database.report(recovery.booked, merchant_id))
        counted[_FOREIGN] += await services.database.read(count_foreign, merchant_id)
    return counted
