"""Goes through the refunds and disputes that a gateway has, as `reconcile` does with the payments: news of both come by
webhook, and a webhook can be lost, or its effect with the backup that brought the books back.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from linktill.core.dispute import DisputeFact
from linktill.core.errors import VersionConflict
from linktill.core.ids import AttemptId, RefundId
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.flows.accounts import Connection
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.recover import recover_refund
from linktill.flows.refund_payment import apply_refund_fact
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import Rejected
from linktill.platform.log import get_logger
from linktill.storage import attempts, recovery, refunds
from linktill.storage.database import Tx
from linktill.storage.errors import FAULTS, StorageError
from linktill.storage.gateway_accounts import StoredAccount

PAGES_MAX: Final = 10_000

F = TypeVar("F", RefundFact, DisputeFact)

log = get_logger(__name__)


async def compare_rest(services: Services, stored: StoredAccount, found: Connection, since: int) -> bool:
    """Refunds first: a dispute is about what is left. False: not all was gone through. Raises GatewayError."""

    async def refunds_page(cursor: str | None) -> tuple[tuple[RefundFact, ...], str | None]:
        page = await found.gateway.list_refunds(found.account, since=since, cursor=cursor)
        return page.refunds, page.next_cursor

    async def disputes_page(cursor: str | None) -> tuple[tuple[DisputeFact, ...], str | None]:
        page = await found.gateway.list_disputes(found.account, since=since, cursor=cursor)
        return page.disputes, page.next_cursor

    async def refund(fact: RefundFact, moment: Moment) -> None:
        await services.database.run(_apply_refund, moment, stored, fact)

    async def dispute(fact: DisputeFact, moment: Moment) -> None:
        await services.database.run(_apply_dispute, moment, stored, fact)

    is_whole = await _go_through(services, stored, refunds_page, refund)
    is_whole = await _go_through(services, stored, disputes_page, dispute) and is_whole
    return await _go_through(services, stored, _open_disputes(services, stored, found), dispute) and is_whole


def _open_disputes(
    services: Services, stored: StoredAccount, found: Connection
) -> Callable[[str | None], Awaitable[tuple[tuple[DisputeFact, ...], str | None]]]:
    """Lists begin a few days ago, and a bank takes months to decide: what is open here is asked for one by one."""
    refs: list[str] = []

    async def page(cursor: str | None) -> tuple[tuple[DisputeFact, ...], str | None]:
        if cursor is None:
            refs.extend(await services.database.read(recovery.open_disputes, stored.merchant_id, stored.id))
        if not refs:
            return (), None
        ref = refs.pop()
        try:
            facts = (await found.gateway.look_up_dispute(found.account, ref),)
        except Rejected as error:
            # It is asked for again tomorrow, and must not keep the whole list from being over.
            log.warning("dispute.not_asked", gateway_ref=ref, error=str(error))
            return (), ref
        return facts, ref

    return page


async def _go_through(
    services: Services,
    stored: StoredAccount,
    page_at: Callable[[str | None], Awaitable[tuple[tuple[F, ...], str | None]]],
    apply: Callable[[F, Moment], Awaitable[None]],
) -> bool:
    cursor: str | None = None
    is_whole = True
    for _ in range(PAGES_MAX):
        # From before the list was made: what was looked up later counts more.
        moment = moment_of(services)
        facts, cursor = await page_at(cursor)
        for fact in facts:
            try:
                await apply(fact, moment)
            except VersionConflict:
                continue  # somebody has later news of it
            except Exception as error:  # one odd fact must not hide those behind it
                if isinstance(error, StorageError) and not isinstance(error, FAULTS):
                    raise
                log.exception("listed.not_applied", account_id=stored.id, gateway_ref=fact.gateway_ref)
                is_whole = False
        if cursor is None:
            return is_whole
    log.error("account.list_too_long", account_id=stored.id, pages=PAGES_MAX)
    return False


async def _apply_refund(tx: Tx, moment: Moment, stored: StoredAccount, fact: RefundFact) -> None:
    attempt_id = await _attempt_of(tx, stored, fact.payment_ref, None)
    if attempt_id is not None and fact.reference is not None:
        known = await refunds.get_refund(tx, stored.merchant_id, RefundId(fact.reference))
        if known is not None and known.attempt_id == attempt_id:
            if known.gateway_ref in {None, fact.gateway_ref}:
                await apply_refund_fact(tx, moment, stored.merchant_id, known.id, fact)
            return
        if known is None:
            refund_id = await recover_refund(tx, moment, stored.merchant_id, attempt_id, fact)
            if refund_id is not None:
                await apply_refund_fact(tx, moment, stored.merchant_id, refund_id, fact)
                return
    if fact.kind is not RefundFactKind.FAILED:
        found = Foreign(f"refund:{fact.gateway_ref}", "unknown", fact.amount, fact.reference or "")
        await park(tx, moment, stored.merchant_id, stored.id, found)


async def _apply_dispute(tx: Tx, moment: Moment, stored: StoredAccount, fact: DisputeFact) -> None:
    attempt_id = await _attempt_of(tx, stored, fact.payment_ref, fact.reference)
    if attempt_id is not None:
        await apply_dispute_fact(tx, moment, stored.merchant_id, attempt_id, fact)
        return
    found = Foreign(f"dispute:{fact.gateway_ref}", "unknown", fact.amount, fact.reference or "")
    await park(tx, moment, stored.merchant_id, stored.id, found)


async def _attempt_of(
    tx: Tx, stored: StoredAccount, payment_ref: str | None, reference: str | None
) -> AttemptId | None:
    if payment_ref is not None:
        found = await attempts.find_by_gateway_ref(tx, stored.merchant_id, stored.id, payment_ref)
        if found is not None:
            return found
    if reference is None:
        return None
    ours = await attempts.get_attempt(tx, stored.merchant_id, AttemptId(reference))
    return ours.id if ours is not None and ours.gateway_account_id == stored.id else None
