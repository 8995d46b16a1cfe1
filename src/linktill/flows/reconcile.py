"""Asks the gateways about everything that is open, and compares what they have with what we have.

With all webhooks lost, this alone brings every payment and refund to its true state.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from linktill.core.errors import Refusal
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind, PaymentAttempt
from linktill.core.refund import OPEN, Refund, RefundFact, RefundFactKind
from linktill.flows.account_health import note_trouble
from linktill.flows.accounts import Connection, connection, opened
from linktill.flows.apply_fact import apply_fact, call_person
from linktill.flows.compare_captured import Window, compare_captured
from linktill.flows.compare_rest import PAGES_MAX, compare_rest
from linktill.flows.comparing import Compared, Noticing
from linktill.flows.hold_money import next_look, waits_since
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.recover import At, recover_attempt
from linktill.flows.refund_payment import apply_refund_fact, fail_refused
from linktill.flows.resolve_attempt import resolve_attempt
from linktill.flows.schedule import next_bounce_look, next_poll
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import GatewayError, RefundOrder, RefundRef, Rejected, Unavailable
from linktill.platform.log import get_logger
from linktill.storage import attempts, gateway_accounts, refunds, sessions
from linktill.storage.database import Tx
from linktill.storage.errors import FAULTS, StorageError
from linktill.storage.gateway_accounts import StoredAccount

BATCH_MAX: Final = 50
AT_ONCE: Final = 16
DAY_US: Final = 24 * 3600 * 1_000_000
COMPARE_EVERY_US: Final = DAY_US
COMPARE_AGAIN_US: Final = 3600 * 1_000_000
"""After a comparison that did not come to its end."""
COMPARE_OVERLAP_US: Final = 8 * DAY_US
"""Lists begin so long before the last one ended. They go by when a payment began, and a bank debit that began a week ago may
have become money today."""
CLOCKS_DIFFER_US: Final = 3600 * 1_000_000

T = TypeVar("T")

log = get_logger(__name__)


async def poll_attempts(services: Services) -> int:
    """Looks up attempts whose turn it is; answers how many."""
    return await poll_due(services, attempts.merchants_with_due_polls, attempts.due_polls, _poll_attempt)


async def poll_refunds(services: Services) -> int:
    """Sends or looks up refunds whose turn it is; answers how many."""
    return await poll_due(services, refunds.merchants_with_due_polls, refunds.due_polls, _poll_refund)


async def poll_due(
    services: Services,
    due_merchants: Callable[..., Coroutine[Any, Any, list[MerchantId]]],
    due: Callable[..., Coroutine[Any, Any, list[T]]],
    work: Callable[[Services, T], Coroutine[Any, Any, None]],
) -> int:
    """Does `work` on everything that is due, merchant by merchant; answers how much that was."""
    now = services.clock.now_us()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> None:
        async with gate:
            try:
                await work(services, item)
            except (
                Exception
            ) as error:  # one that cannot be worked on must not stop the others; it is asked for later
                if isinstance(error, StorageError) and not isinstance(error, FAULTS):
                    raise
                log.exception("poll.failed")

    worked = 0
    for merchant_id in await services.database.read(due_merchants, now=now):
        items = await services.database.read(due, merchant_id, now=now, limit=BATCH_MAX)
        await asyncio.gather(*(one(item) for item in items))
        worked += len(items)
    return worked


async def _poll_attempt(services: Services, attempt: PaymentAttempt) -> None:
    if not await services.database.run(_take_attempt, attempt, services.clock.now_us()):
        return
    try:
        await resolve_attempt(services, attempt)
    except (GatewayError, Refusal) as error:
        if isinstance(error, Unavailable) and error.retry_after_s is None:
            services.outages.note_missed(attempt.gateway_account_id, attempt.id)
        log.info("attempt.still_open", attempt_id=attempt.id, error=str(error))
        await note_trouble(services, attempt.merchant_id, attempt.gateway_account_id, error)
        now = services.clock.now_us()
        if now - waits_since(attempt, now) > DAY_US:
            reason = f"The gateway gives no answer: {error}"[:300]
            await services.database.run(
                call_person, moment_of(services), attempt.merchant_id, attempt.id, reason
            )
        return
    await _note_up(services, attempt)
    services.wake.now()


async def _take_attempt(tx: Tx, attempt: PaymentAttempt, now: int) -> bool:
    session = await sessions.get_session(tx, attempt.merchant_id, attempt.session_id)
    assert session is not None, "an attempt has a session"
    is_unsure = attempt.status in {AttemptStatus.CREATED, AttemptStatus.UNKNOWN}
    poll_at = next_poll(now, since=attempt.updated_at, is_unsure=is_unsure, expires_at=session.expires_at)
    if attempt.is_held:
        poll_at = next_look(attempt, now)
    return await attempts.take_poll(tx, attempt, poll_at=poll_at)


async def _note_up(services: Services, attempt: PaymentAttempt) -> None:
    """The first answer after an outage has those looked up now that were looked up in vain; batches keep them apart."""
    now = services.clock.now_us()
    missed = services.outages.note_up(attempt.gateway_account_id, attempt.id, now)
    if missed:
        await services.database.run(attempts.hurry, attempt.merchant_id, missed, now=now)


async def _poll_refund(services: Services, refund: Refund) -> None:
    now = services.clock.now_us()
    started_at = refund.started_at or now
    is_open = refund.status in OPEN
    poll_at = (
        next_poll(now, since=refund.updated_at, is_unsure=refund.gateway_ref is None)
        if is_open
        else next_bounce_look(refund.updated_at, now)
    )
    if not await services.database.run(refunds.take_poll, refund, poll_at=poll_at, started_at=started_at):
        return
    attempt = await services.database.read(attempts.get_attempt, refund.merchant_id, refund.attempt_id)
    assert attempt is not None, "a refund belongs to a payment"
    try:
        found = await connection(services, refund.merchant_id, attempt.gateway_account_id)
        fact = await _refund_fact(services, found, attempt, refund)
    except (GatewayError, Refusal) as error:
        log.info("refund.still_open", refund_id=refund.id, error=str(error))
        await note_trouble(services, refund.merchant_id, attempt.gateway_account_id, error)
        return
    if fact is not None:
        await services.database.run(
            apply_refund_fact, moment_of(services), refund.merchant_id, refund.id, fact
        )
    services.wake.now()


async def _refund_fact(
    services: Services, found: Connection, attempt: PaymentAttempt, refund: Refund
) -> RefundFact | None:
    """What the gateway says. None: it refused the first call, which is written down."""
    payment_ref = attempt.gateway_ref
    assert payment_ref is not None, "a captured payment has the gateway's id"
    order = RefundOrder(refund.id, payment_ref, refund.amount, refund.reason.value)
    if refund.started_at is None and refund.status in OPEN:
        return await _first_refund_fact(services, found, order, refund)
    # Looked for before it is sent again: some gateways repeat a stored error for as long as the key lives.
    ref = RefundRef(refund.id, refund.gateway_ref, payment_ref)
    fact = await found.gateway.look_up_refund(found.account, ref)
    if (
        fact.kind is not RefundFactKind.NOT_FOUND
        or refund.gateway_ref is not None
        or refund.status not in OPEN
    ):
        return fact
    age_s = (services.clock.now_us() - (refund.started_at or refund.created_at)) // 1_000_000
    if age_s > found.gateway.refund_key_valid_s:
        # Too late to send it again, and nobody can say that it was not done: it stays reserved, and a person is told.
        return RefundFact(RefundFactKind.UNKNOWN, failure_code="not_found")
    try:
        return await found.gateway.refund(found.account, order, key=refund.key())
    except Rejected:
        return fact


async def _first_refund_fact(
    services: Services, found: Connection, order: RefundOrder, refund: Refund
) -> RefundFact | None:
    try:
        return await found.gateway.refund(found.account, order, key=refund.key())
    except Unavailable:
        await services.database.run(refunds.note_not_sent, refund)
        raise
    except Rejected as error:
        code = error.code or "gateway_rejected"
        await services.database.run(fail_refused, moment_of(services), refund, code)
        return None


async def compare_accounts(services: Services) -> int:
    """Once a day for each gateway account: lists what the gateway has, and applies or parks what we do not know of."""
    now = services.clock.now_us()
    accounts = await services.database.read(gateway_accounts.accounts_to_list, now=now)
    for stored in accounts:
        try:
            await compare_account(services, stored)
        except StorageError:
            raise
        except (GatewayError, Refusal) as error:
            log.warning("account.not_compared", account_id=stored.id, error=str(error))
            await note_trouble(services, stored.merchant_id, stored.id, error)
        except Exception:  # one account must not stop the others
            log.exception("account.not_compared", account_id=stored.id)
    return len(accounts)


async def compare_account(services: Services, stored: StoredAccount) -> int:
    """As `compare`, since the last comparison; answers how many payments the gateway listed. Raises GatewayError."""
    compared = await compare(services, stored)
    return 0 if compared is None else compared.payments.seen


async def compare(services: Services, stored: StoredAccount, *, since: int | None = None) -> Compared | None:
    """Goes through the gateway's lists since the last comparison, or since then. Raises GatewayError.

    Only what was gone through to its end counts as compared: an outage, a crash or a fact that could not be applied makes
    the next list begin where this one did. None: somebody else has just begun to.
    """
    now = services.clock.now_us()
    if not await services.database.run(gateway_accounts.take_list, stored, list_at=now + COMPARE_AGAIN_US):
        return None
    found, compared = opened(services, stored), Compared()
    last = max(0, stored.created_at - CLOCKS_DIFFER_US, stored.listed_at - COMPARE_OVERLAP_US)
    begin = last if since is None else since
    noticing = Noticing(services, compared)
    listed: set[str] = set()
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = await found.gateway.list_attempts(found.account, since=begin, cursor=cursor)
        for fact in page.attempts:
            compared.is_whole &= await _apply_one(services, stored, noticing, fact)
            if fact.kind is FactKind.CAPTURED and fact.gateway_ref is not None:
                listed.add(fact.gateway_ref)
        compared.payments.seen += len(page.attempts)
        cursor = page.next_cursor
        if cursor is None:
            break
    if cursor is not None:
        log.error("account.list_too_long", account_id=stored.id, pages=PAGES_MAX)
        compared.is_whole = False
    await compare_rest(services, stored, found, begin, noticing)
    await compare_captured(services, stored, found, Window(begin, frozenset(listed)), compared)
    if compared.is_whole and begin <= last:
        await services.database.run(
            gateway_accounts.set_listed, stored, listed_at=now, list_at=now + COMPARE_EVERY_US
        )
    services.wake.now()
    return compared


async def _apply_one(
    services: Services, stored: StoredAccount, noticing: Noticing, fact: AttemptFact
) -> bool:
    moment, noting = noticing.moment()
    try:
        is_parked = await services.database.run(_apply_listed, moment, stored, fact)
    except Exception as error:  # one odd fact must not hide those behind it
        if isinstance(error, StorageError) and not isinstance(error, FAULTS):
            raise
        log.exception("listed.not_applied", account_id=stored.id, gateway_ref=fact.gateway_ref)
        return False
    noticing.note(noticing.compared.payments, noting, is_parked=is_parked)
    return True


async def _apply_listed(tx: Tx, moment: Moment, stored: StoredAccount, fact: AttemptFact) -> bool:
    """Unit: True where it is parked."""
    attempt_id = None
    if fact.gateway_ref is not None:
        attempt_id = await attempts.find_by_gateway_ref(tx, stored.merchant_id, stored.id, fact.gateway_ref)
    if attempt_id is None and fact.reference is not None:
        ours = await attempts.get_attempt(tx, stored.merchant_id, AttemptId(fact.reference))
        if ours is not None and ours.gateway_account_id == stored.id:
            attempt_id = ours.id
    if attempt_id is None:
        at = At(stored.merchant_id, stored.gateway, stored.id)
        attempt_id = await recover_attempt(tx, moment, at, fact)
    if attempt_id is not None:
        await apply_fact(tx, moment, stored.merchant_id, attempt_id, fact)
        return False
    if fact.kind is FactKind.CAPTURED and fact.gateway_ref is not None:
        found = Foreign(fact.gateway_ref, fact.kind.value, fact.amount, fact.reference or "")
        await park(tx, moment, stored.merchant_id, stored.id, found)
        return True
    return False
