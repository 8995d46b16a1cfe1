"""The gateway tells us that something happened: verify the raw bytes, store, answer; then fetch the truth and apply it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from linktill.core.dispute import CLOSED, DisputeFact
from linktill.core.errors import NotFound, Refusal
from linktill.core.ids import AttemptId, MerchantId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import Refund, RefundFact, RefundFactKind
from linktill.flows.account_health import is_event_due, note_trouble, note_words
from linktill.flows.accounts import Connection, connection, connection_at
from linktill.flows.apply_fact import apply_fact
from linktill.flows.behind import is_payment_behind, is_refund_behind
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.park_foreign import Foreign, park, park_foreign
from linktill.flows.recover import At, recover_attempt, recover_refund
from linktill.flows.refund_payment import apply_refund_fact
from linktill.flows.schedule import next_retry
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.verify_webhook import genuine, is_unverified, keep_unverified, verified, verify_late
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    GatewayError,
    Hint,
    RefundRef,
    SignatureRefused,
)
from linktill.platform.log import get_logger
from linktill.storage import attempts, gateway_settings, inbox, refunds
from linktill.storage.database import Tx
from linktill.storage.errors import FAULTS, StorageError
from linktill.storage.inbox import Received

LEASE_US: Final = 60 * 1_000_000
BATCH_MAX: Final = 50
AT_ONCE: Final = 16

_read_hint: Final = msgspec.json.Decoder(Hint).decode

log = get_logger(__name__)


async def receive_webhook(
    services: Services, gateway: str, account_id: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Verifies and stores. When this returns, the webhook survives a crash. False: it was received before, or is not verified
    yet.

    Raises NotFound (no such account), SignatureRefused, and GatewayError where nobody can tell now whether it is genuine and
    there is no room to keep it until then; nothing is stored then, and the gateway sends it again.
    """
    found = await connection_at(services, account_id)
    if found.account.gateway != gateway:
        raise NotFound("There is no such gateway account.")
    try:
        hint = await _verified(services, found, headers, body)
    except GatewayError:
        if not await keep_unverified(services, found.account, headers, body):
            raise
        services.wake.now()
        return False
    arrived = _Arrived(found.account, hint, body, is_noted=is_event_due(services, account_id))
    is_new = await services.database.run(_store, moment_of(services), arrived)
    services.wake.now()
    return is_new


async def _verified(services: Services, found: Connection, headers: Mapping[str, str], body: bytes) -> Hint:
    now = services.clock.now_us()
    try:
        return await verified(services, found, headers, body, now=now)
    except (SignatureRefused, GatewayError) as error:
        words = f"A webhook was not taken: {error}"
        if isinstance(error, SignatureRefused):
            words = f"{words} {_mending(services, found.account.gateway)}"
        await note_words(services, found.account.merchant_id, found.account.id, words)
        raise


def _mending(services: Services, gateway: str) -> str:
    """Anybody can send something to the address; what to do if it was the gateway."""
    kind = services.gateways.kinds.get(gateway)
    registers = "register the webhook again, or " if kind is None or kind.connecting.has_registration else ""
    return f"If {services.gateways.label(gateway)} itself sent it, {registers}paste its secret by hand."


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A webhook that was verified. `is_noted`: that one came is written down, too."""

    account: Account
    hint: Hint
    body: bytes
    is_noted: bool


async def _store(tx: Tx, moment: Moment, arrived: _Arrived) -> bool:
    account = arrived.account
    if arrived.is_noted:
        await gateway_settings.note_event(tx, account.merchant_id, account.id, at=moment.now)
    new = genuine(moment, account.merchant_id, account.id, arrived.hint, arrived.body.decode())
    return await inbox.store(tx, new)


async def process_inbox(services: Services) -> int:
    """Works on due webhooks, merchant by merchant; answers how many."""
    merchants = await services.database.read(_merchants_with_due)
    gate = asyncio.Semaphore(AT_ONCE)
    worked = 0
    for merchant_id in merchants:
        token = services.randomness.token(12)
        leased = await services.database.run(_lease, merchant_id, token)
        worked += len(leased)
        await asyncio.gather(*(_work(services, received, gate) for received in leased))
    return worked


async def _merchants_with_due(tx: Tx) -> list[MerchantId]:
    return await inbox.merchants_with_due(tx, now=await tx.database_time())


async def _lease(tx: Tx, merchant_id: MerchantId, token: str) -> list[Received]:
    now = await tx.database_time()
    return await inbox.lease(
        tx, merchant_id, now=now, lease_until=now + LEASE_US, lease_token=token, limit=BATCH_MAX
    )


async def _work(services: Services, received: Received, gate: asyncio.Semaphore) -> None:
    async with gate:
        try:
            await _apply(services, received)
        except (GatewayError, Refusal) as error:
            await note_trouble(services, received.merchant_id, received.gateway_account_id, error)
            await _later(services, received, str(error))
        except Exception as error:  # a poison event must not stop the others
            if isinstance(error, StorageError) and not isinstance(error, FAULTS):
                # Nothing was kept; the lease runs out and the webhook is taken again.
                raise
            log.exception("webhook.failed", inbox_id=received.id)
            await _later(services, received, f"{type(error).__name__}: {error}")


async def _later(services: Services, received: Received, error: str) -> None:
    # What a gateway sent may be in it: PostgreSQL keeps no NUL, and an error that cannot be kept would come back for good.
    kept = error[:500].encode("utf-8", "replace").decode().replace("\0", "")
    await services.database.run(_later_unit, received, kept)


async def _later_unit(tx: Tx, received: Received, error: str) -> None:
    now = await tx.database_time()
    due_at = next_retry(now, tries=received.tries)
    if due_at is None:
        await inbox.dead(tx, received, error=error)
    else:
        await inbox.later(tx, received, due_at=due_at, error=error)


async def _apply(services: Services, received: Received) -> None:
    found = await connection(services, received.merchant_id, received.gateway_account_id)
    if is_unverified(received):
        await verify_late(services, found, received)
        return
    hint = _read_hint(received.hint)
    if hint.dispute_ref is not None:
        await _apply_dispute(services, found, received, hint)
    elif hint.refund_ref is not None:
        await _apply_refund(services, found, received, hint)
    elif hint.payment_ref is not None:
        await _apply_payment(services, found, received, hint)
    else:
        await services.database.run(_done, received, "of no interest")


async def _done(tx: Tx, received: Received, remark: str) -> None:
    await inbox.done(tx, received, remark=remark)


async def _apply_payment(services: Services, found: Connection, received: Received, hint: Hint) -> None:
    payment_ref = hint.payment_ref or ""
    # The reference is only for look-ups by reference; this one is by the gateway's own id.
    fact = await found.gateway.look_up(found.account, AttemptRef(AttemptId(""), payment_ref))
    if fact.kind is FactKind.NOT_FOUND:
        # It told us of it, so its index lags: WI11.
        raise NotFound(f"The gateway does not find {payment_ref} yet.")
    at = _at(found, received)
    await services.database.run(_apply_payment_unit, moment_of(services), received, at, hint, fact)
    services.wake.now()


def _at(found: Connection, received: Received) -> At:
    return At(received.merchant_id, found.account.gateway, received.gateway_account_id)


async def _apply_payment_unit(
    tx: Tx, moment: Moment, received: Received, at: At, hint: Hint, fact: AttemptFact
) -> None:
    payment_ref = hint.payment_ref or ""
    attempt_id = await _attempt_of(tx, received, fact.reference, payment_ref)
    if attempt_id is None:
        attempt_id = await recover_attempt(tx, moment, at, fact)
    if attempt_id is not None:
        after = await apply_fact(tx, moment, received.merchant_id, attempt_id, fact)
        if is_payment_behind(hint.payment_end, after.status):
            raise _behind(hint, payment_ref, fact.vendor_status)
    elif fact.kind in {FactKind.CAPTURED, FactKind.UNKNOWN}:
        found = Foreign(payment_ref, fact.kind.value, fact.amount, fact.reference or "")
        await park(tx, moment, received.merchant_id, received.gateway_account_id, found)
    elif hint.payment_end is FactKind.CAPTURED:
        raise _behind(hint, payment_ref, fact.vendor_status)
    if attempt_id is None:
        await gateway_settings.count_foreign(tx, received.merchant_id, received.gateway_account_id)
    await inbox.done(tx, received, remark="not ours" if attempt_id is None else None)


def _behind(hint: Hint, ref: str, shown: str) -> NotFound:
    return NotFound(f"The gateway says {hint.event_type}, but still shows {ref} as {shown or 'before'}.")


async def _attempt_of(
    tx: Tx, received: Received, reference: str | None, payment_ref: str | None
) -> AttemptId | None:
    """Ours by the gateway's id, else by our reference; a reference counts only for its own gateway account."""
    if payment_ref is not None:
        found = await attempts.find_by_gateway_ref(
            tx, received.merchant_id, received.gateway_account_id, payment_ref
        )
        if found is not None:
            return found
    if reference is None:
        return None
    attempt = await attempts.get_attempt(tx, received.merchant_id, AttemptId(reference))
    if attempt is None or attempt.gateway_account_id != received.gateway_account_id:
        return None
    return attempt.id


async def _apply_refund(services: Services, found: Connection, received: Received, hint: Hint) -> None:
    refund_ref = hint.refund_ref or ""
    ref = RefundRef(RefundId(""), refund_ref, hint.payment_ref or "")
    fact = await found.gateway.look_up_refund(found.account, ref)
    if fact.kind is RefundFactKind.NOT_FOUND:
        raise NotFound(f"The gateway does not find the refund {refund_ref} yet.")
    reference = fact.reference or hint.reference
    refund = None
    if reference is not None:
        refund = await services.database.read(_refund_of, received, RefundId(reference), refund_ref)
    if refund is None:
        await services.database.run(_lost_refund_unit, moment_of(services), received, hint, fact)
    else:
        await services.database.run(_apply_refund_unit, moment_of(services), received, refund.id, hint, fact)
    services.wake.now()


async def _refund_of(tx: Tx, received: Received, refund_id: RefundId, refund_ref: str) -> Refund | None:
    """Ours by our reference, if it was sent over this gateway account and is not known there as another one."""
    refund = await refunds.get_refund(tx, received.merchant_id, refund_id)
    if refund is None or refund.gateway_ref not in {None, refund_ref}:
        return None
    attempt = await attempts.get_attempt(tx, received.merchant_id, refund.attempt_id)
    assert attempt is not None, "a refund belongs to a payment"
    return refund if attempt.gateway_account_id == received.gateway_account_id else None


async def _lost_refund_unit(tx: Tx, moment: Moment, received: Received, hint: Hint, fact: RefundFact) -> None:
    """A refund that is not in our books: lost with a backup that came back, or made at the gateway itself."""
    attempt_id = await _attempt_of(tx, received, None, fact.payment_ref)
    refund_id = None
    if attempt_id is not None:
        refund_id = await recover_refund(tx, moment, received.merchant_id, attempt_id, fact)
    if refund_id is None:
        await _park(tx, moment, received, f"refund:{hint.refund_ref}", fact.amount)
    else:
        await _apply_refund_unit(tx, moment, received, refund_id, hint, fact)


async def _apply_refund_unit(
    tx: Tx, moment: Moment, received: Received, refund_id: RefundId, hint: Hint, fact: RefundFact
) -> None:
    after = await apply_refund_fact(tx, moment, received.merchant_id, refund_id, fact)
    if is_refund_behind(hint.refund_end, after.status):
        raise _behind(hint, hint.refund_ref or "", fact.vendor_status)
    await inbox.done(tx, received)


async def _apply_dispute(services: Services, found: Connection, received: Received, hint: Hint) -> None:
    moment = moment_of(services)
    fact = await found.gateway.look_up_dispute(found.account, hint.dispute_ref or "")
    # WI26: the dispute may be the first that we hear of a capture, so the payment's truth is applied with it.
    payment = None
    if fact.payment_ref is not None:
        payment = await found.gateway.look_up(found.account, AttemptRef(AttemptId(""), fact.payment_ref))
        if payment.kind is FactKind.NOT_FOUND:
            raise NotFound(f"The gateway does not find {fact.payment_ref}, which is disputed, yet.")
    at = _at(found, received)
    told = _Disputed(hint, fact, payment)
    await services.database.run(_apply_dispute_unit, moment, received, at, told)
    services.wake.now()


@dataclass(frozen=True, slots=True)
class _Disputed:
    hint: Hint
    fact: DisputeFact
    payment: AttemptFact | None


async def _apply_dispute_unit(tx: Tx, moment: Moment, received: Received, at: At, told: _Disputed) -> None:
    hint, fact, payment = told.hint, told.fact, told.payment
    attempt_id = await _attempt_of(tx, received, fact.reference, fact.payment_ref)
    if attempt_id is None and payment is not None:
        attempt_id = await recover_attempt(tx, moment, at, payment)
    if attempt_id is None:
        await _park(tx, moment, received, f"dispute:{fact.gateway_ref}", fact.amount)
        return
    if payment is not None:
        attempt = await apply_fact(tx, moment, received.merchant_id, attempt_id, payment)
        # Only what was captured is disputed.
        if is_payment_behind(FactKind.CAPTURED, attempt.status):
            raise _behind(hint, fact.payment_ref or "", payment.vendor_status)
    after = await apply_dispute_fact(tx, moment, received.merchant_id, attempt_id, fact)
    # A word that we do not know may be how it ended; it is asked about every day.
    if hint.is_dispute_closed and fact.status is not None and after.status not in CLOSED:
        raise _behind(hint, fact.gateway_ref, fact.vendor_status)
    await inbox.done(tx, received)


async def _park(tx: Tx, moment: Moment, received: Received, ref: str, amount: Money | None) -> None:
    await park_foreign(
        tx,
        moment,
        received.merchant_id,
        received.gateway_account_id,
        ref=ref,
        status="unknown",
        amount=amount,
    )
    await gateway_settings.count_foreign(tx, received.merchant_id, received.gateway_account_id)
    await inbox.done(tx, received, remark="not ours: parked")
