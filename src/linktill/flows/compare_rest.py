"""Goes through the refunds, disputes and payouts that a gateway has, as `reconcile` does with the payments: news of them come by
webhook, and a webhook can be lost, or its effect with the backup that brought the books back.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from linktill.core.dispute import DisputeFact
from linktill.core.errors import VersionConflict
from linktill.core.ids import AttemptId, RefundId
from linktill.core.payout import PayoutFact
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.flows.accounts import Connection
from linktill.flows.comparing import Count, Noticing
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.record_payout import apply_payout_fact
from linktill.flows.recover import recover_refund
from linktill.flows.refund_payment import apply_refund_fact
from linktill.flows.services import Moment, Services
from linktill.gateways.contract import Rejected
from linktill.platform.log import get_logger
from linktill.storage import attempts, recovery, refunds
from linktill.storage.database import Tx
from linktill.storage.errors import FAULTS, StorageError
from linktill.storage.gateway_accounts import StoredAccount

PAGES_MAX: Final = 10_000

PAYOUT_LASTS_US: Final = 30 * 24 * 3_600 * 1_000_000
"""Lists go by when a payout was made; the bank may take a week, and send it back a week later."""

F = TypeVar("F", RefundFact, DisputeFact, PayoutFact)

log = get_logger(__name__)


async def compare_rest(
    services: Services, stored: StoredAccount, found: Connection, since: int, noticing: Noticing
) -> None:
    """Refunds first: a dispute is about what is left. Payouts last: they pay out the rest. Raises GatewayError."""
    compared = noticing.compared
    merchant_id = stored.merchant_id

    async def refunds_page(cursor: str | None) -> tuple[tuple[RefundFact, ...], str | None]:
        page = await found.gateway.list_refunds(found.account, since=since, cursor=cursor)
        return page.refunds, page.next_cursor

    async def disputes_page(cursor: str | None) -> tuple[tuple[DisputeFact, ...], str | None]:
        page = await found.gateway.list_disputes(found.account, since=since, cursor=cursor)
        return page.disputes, page.next_cursor

    async def payouts_page(cursor: str | None) -> tuple[tuple[PayoutFact, ...], str | None]:
        page = await found.gateway.list_payouts(
            found.account, since=max(0, since - PAYOUT_LASTS_US), cursor=cursor
        )
        return page.payouts, page.next_cursor

    async def refund(fact: RefundFact, moment: Moment) -> bool:
        return await services.database.run(_apply_refund, moment, stored, fact)

    async def dispute(fact: DisputeFact, moment: Moment) -> bool:
        return await services.database.run(_apply_dispute, moment, stored, fact)

    async def payout(fact: PayoutFact, moment: Moment) -> bool:
        await services.database.run(apply_payout_fact, moment, merchant_id, stored.id, fact)
        return False

    await _go_through(noticing, compared.refunds, stored, refunds_page, refund)
    await _go_through(noticing, compared.disputes, stored, disputes_page, dispute)
    again = _open_disputes(services, stored, found)
    asked_again = Count()
    await _go_through(noticing, asked_again, stored, again, dispute)
    # Those that the list had are counted already.
    compared.disputes.put_right += asked_again.put_right
    await _go_through(noticing, compared.payouts, stored, payouts_page, payout)


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
    noticing: Noticing,
    count: Count,
    stored: StoredAccount,
    page_at: Callable[[str | None], Awaitable[tuple[tuple[F, ...], str | None]]],
    apply: Callable[[F, Moment], Awaitable[bool]],
) -> None:
    compared = noticing.compared
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        # From before the list was made: what was looked up later counts more.
        asked_at = noticing.now()
        facts, cursor = await page_at(cursor)
        count.seen += len(facts)
        for fact in facts:
            moment, noting = noticing.moment(asked_at)
            try:
                is_parked = await apply(fact, moment)
            except VersionConflict:
                continue  # somebody has later news of it
            except Exception as error:  # one odd fact must not hide those behind it
                if isinstance(error, StorageError) and not isinstance(error, FAULTS):
                    raise
                log.exception("listed.not_applied", account_id=stored.id, gateway_ref=fact.gateway_ref)
                compared.is_whole = False
                continue
            noticing.note(count, noting, is_parked=is_parked)
        if cursor is None:
            return
    log.error("account.list_too_long", account_id=stored.id, pages=PAGES_MAX)
    compared.is_whole = False


async def _apply_refund(tx: Tx, moment: Moment, stored: StoredAccount, fact: RefundFact) -> bool:
    """Unit: True where it is parked."""
    attempt_id = await _attempt_of(tx, stored, fact.payment_ref, None)
    if attempt_id is not None and fact.reference is not None:
        known = await refunds.get_refund(tx, stored.merchant_id, RefundId(fact.reference))
        if known is not None and known.attempt_id == attempt_id:
            if known.gateway_ref in {None, fact.gateway_ref}:
                await apply_refund_fact(tx, moment, stored.merchant_id, known.id, fact)
            return False
        if known is None:
            refund_id = await recover_refund(tx, moment, stored.merchant_id, attempt_id, fact)
            if refund_id is not None:
                await apply_refund_fact(tx, moment, stored.merchant_id, refund_id, fact)
                return False
    if fact.kind is RefundFactKind.FAILED:
        return False
    found = Foreign(f"refund:{fact.gateway_ref}", "unknown", fact.amount, fact.reference or "")
    await park(tx, moment, stored.merchant_id, stored.id, found)
    return True


async def _apply_dispute(tx: Tx, moment: Moment, stored: StoredAccount, fact: DisputeFact) -> bool:
    """Unit: True where it is parked."""
    attempt_id = await _attempt_of(tx, stored, fact.payment_ref, fact.reference)
    if attempt_id is not None:
        await apply_dispute_fact(tx, moment, stored.merchant_id, attempt_id, fact)
        return False
    found = Foreign(f"dispute:{fact.gateway_ref}", "unknown", fact.amount, fact.reference or "")
    await park(tx, moment, stored.merchant_id, stored.id, found)
    return True


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
