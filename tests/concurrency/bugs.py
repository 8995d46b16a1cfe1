"""Bugs to plant: each takes a guard away from the product. An interleaving must be found that shows it.

Where two guards watch one danger they hide each other: each is taken away alone, and nothing happens; then both.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from sqlalchemy import BigInteger, bindparam, or_, select, update

from linktill.core.ids import AttemptId, LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.flows import idempotent, set_up
from linktill.flows.idempotent import Answer, IdempotentRequest
from linktill.storage import (
    attempts,
    disputes,
    foreign_payments,
    idempotency,
    inbox,
    installation,
    leases,
    links,
    merchants,
    outbox,
    queues,
    refunds,
    sessions,
)
from linktill.storage.database import Tx
from linktill.storage.statements import Statement, compiled, insert
from linktill.storage.tables import lease, payment_attempt, payment_link
from tests.concurrency import asking, paying, refunding, telling, working
from tests.concurrency.planting import ALWAYS, Bug, Plant, unlocked, without


def _unconditional_acquire() -> Statement:
    new = leases._insert
    values = {
        "holder": new.excluded.holder,
        "token": lease.c.token + 1,
        "expires_at": new.excluded.expires_at,
    }
    always = or_(lease.c.expires_at <= bindparam("now", type_=BigInteger), ALWAYS)
    upsert = new.on_conflict_do_update(index_elements=[lease.c.name], set_=values, where=always)
    return compiled(upsert.returning(lease.c.token))


def taken_without_lock(module: ModuleType) -> Plant:
    """The lease of due rows, whose inner SELECT neither locks nor passes over."""
    statement: Statement = module._LEASE
    element: Any = statement.element
    copy = element._generate()
    merchant, chosen = copy._where_criteria
    inner = chosen.right.element
    inner = getattr(inner, "element", inner)
    bare = inner._generate()
    bare._for_update_arg = None
    copy._where_criteria = (merchant, chosen.left.in_(bare.scalar_subquery()))
    return Plant(module, "_LEASE", compiled(copy))


def _inserted(module: ModuleType, name: str, key: Any) -> Plant:
    """The INSERT that knows of no conflict."""
    element: Any = getattr(module, name).element
    return Plant(module, name, compiled(insert(element.table).values(dict(element._values)).returning(key)))


def _claim_any_key() -> Statement:
    element: Any = idempotency._CLAIM.element
    key = idempotency.I.key
    new = insert(element.table).values(dict(element._values))
    return compiled(
        new.on_conflict_do_update(
            index_elements=[idempotency.I.merchant_id, key], set_={"status": None}
        ).returning(key)
    )


def _call_once() -> Statement:
    element: Any = queues._CALL.element
    return compiled(insert(element.table).values(dict(element._values)).on_conflict_do_nothing())


def _insert_session() -> Statement:
    element: Any = sessions._INSERT.element
    return compiled(insert(element.table).returning(sessions.C.id))


async def _count_by_reading(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> PaymentLink:
    """Counts in Python what was read before."""
    link = await links.get_link(tx, merchant_id, link_id)
    assert link is not None
    count, minor = link.captured_count + 1, link.captured_minor + amount.minor
    row = await tx.one(
        compiled(
            update(payment_link)
            .where(payment_link.c.merchant_id == merchant_id, payment_link.c.id == link_id)
            .values(captured_count=count, captured_minor=minor)
            .returning(payment_link)
        )
    )
    assert row is not None
    return links.link_of(row)


async def _change_by_reading(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, *, requested: int, refunded: int
) -> None:
    """Works out in Python what is reserved."""
    known = await attempts.get_attempt(tx, merchant_id, attempt_id)
    assert known is not None
    values = {
        "refund_requested_minor": known.refund_requested_minor + requested,
        "refunded_minor": known.refunded_minor + refunded,
    }
    columns = payment_attempt.c
    this = (columns.merchant_id == merchant_id, columns.id == attempt_id)
    await tx.run(compiled(update(payment_attempt).where(*this).values(values)))


async def _claim_by_looking(tx: Tx, key: str, value: str) -> str:
    """Looks whether the fact is there, and writes it if not."""
    known = await installation.get_fact(tx, key)
    if known is None:
        await installation.put_fact(tx, key, value)
    return known or value


async def _key_after_work(
    tx: Tx,
    merchant_id: MerchantId,
    request: IdempotentRequest,
    work: Callable[[Tx], Any],
    answer: Callable[[Any], Answer],
    now: int,
) -> Answer:
    """Looks for the key, works, and only then writes the key."""
    if await idempotency.get_answer(tx, merchant_id, request.key) is not None:
        return await idempotent._replay(tx, merchant_id, request)
    made = answer(await work(tx))
    await idempotency.claim_key(tx, merchant_id, request.key, request_hash=request.request_hash, now=now)
    await idempotency.keep_answer(tx, merchant_id, request.key, status=made.status, body=made.body)
    return made


ANY_KEY_IS_NEW = Plant(idempotency, "_CLAIM", _claim_any_key())
CALLED_ONCE = Plant(queues, "_CALL", _call_once())
_CONFIRM_BY_READING = Plant(leases, "_CONFIRM", compiled(select(lease.c.token).where(*leases._HELD)))
_ACQUIRE_ALWAYS = Plant(leases, "_ACQUIRE", _unconditional_acquire())
ATTEMPT_UNLOCKED = unlocked(attempts, "_SELECT_LOCKED")
LINK_UNLOCKED = unlocked(links, "_SELECT_LOCKED")
MOVE_ALWAYS = without(attempts, "_MOVE", "status")
RESERVE_ALWAYS = without(attempts, "_RESERVE_REFUND", "refund_requested_minor")
REFUND_UNLOCKED = unlocked(refunds, "_SELECT_LOCKED")
MOVE_REFUND_ALWAYS = without(refunds, "_MOVE", "status")
EDIT_ALWAYS = without(links, "_UPDATE_TERMS", "version")
MOVE_LINK_ALWAYS = without(links, "_MOVE", "status")
STARTED_IN_ANY_STATUS = without(attempts, "_STARTED", "status")
STARTED_WITH_ANY_REF = without(attempts, "_STARTED", "gateway_ref")
STARTED_ALWAYS = without(attempts, "_STARTED", "status", "gateway_ref")
RETRY_IN_ANY_STATUS = without(sessions, "_RETRY", "status")
RETRY_AFTER_ANY = without(sessions, "_RETRY", "attempt_id")
RETRY_ALWAYS = without(sessions, "_RETRY", "status", "attempt_id")
FEE_ALWAYS = without(attempts, "_FEE", "fee_minor")
MERCHANT_UNLOCKED = unlocked(merchants, "_LOCK")

BUGS = (
    Bug(
        "slots are not counted in the claim",
        paying.two_payers_one_slot,
        (without(links, "_CLAIM_SLOT", "slots_taken"),),
    ),
    Bug(
        "the claim takes any version",
        paying.claim_against_new_price,
        (without(links, "_CLAIM_SLOT", "version"),),
    ),
    Bug(
        "the claim takes any status", paying.claim_against_cancel, (without(links, "_CLAIM_SLOT", "status"),)
    ),
    Bug(
        "late money takes any slot",
        paying.late_capture_against_claim,
        (without(links, "_CLAIM_SLOT_LATE", "slots_taken"),),
    ),
    Bug(
        "a form is looked for, not claimed",
        paying.double_click,
        (Plant(sessions, "_INSERT", _insert_session()),),
    ),
    Bug("a retry in any status", paying.declined_form_pressed_twice, (RETRY_IN_ANY_STATUS,), is_spared=True),
    Bug("a retry after any attempt", paying.declined_form_pressed_twice, (RETRY_AFTER_ANY,), is_spared=True),
    Bug("a retry always", paying.declined_form_pressed_twice, (RETRY_ALWAYS,)),
    Bug("an edit reads without a lock", paying.two_edits_of_one_version, (LINK_UNLOCKED,), is_spared=True),
    Bug("an edit writes over any version", paying.two_edits_of_one_version, (EDIT_ALWAYS,), is_spared=True),
    Bug("an edit does both", paying.two_edits_of_one_version, (LINK_UNLOCKED, EDIT_ALWAYS)),
    Bug("a link is moved without a lock", paying.cancel_against_capture, (LINK_UNLOCKED,)),
    Bug(
        "a link is moved from any status", paying.cancel_against_capture, (MOVE_LINK_ALWAYS,), is_spared=True
    ),
    Bug("facts are applied without a lock", telling.one_capture_told_twice, (ATTEMPT_UNLOCKED,)),
    Bug("a fact moves any status", telling.one_capture_told_twice, (MOVE_ALWAYS,), is_spared=True),
    Bug("a fact does both, twice over", telling.one_capture_told_twice, (ATTEMPT_UNLOCKED, MOVE_ALWAYS)),
    Bug("a late failure overwrites", telling.capture_against_failure, (ATTEMPT_UNLOCKED, MOVE_ALWAYS)),
    Bug(
        "captures are counted in Python",
        telling.two_captures_of_one_link,
        (Plant(links, "count_capture", _count_by_reading),),
    ),
    Bug(
        "the reply overwrites any status",
        telling.reply_against_webhook,
        (STARTED_IN_ANY_STATUS,),
        is_spared=True,
    ),
    Bug(
        "the reply overwrites any reference",
        telling.reply_against_webhook,
        (STARTED_WITH_ANY_REF,),
        is_spared=True,
    ),
    Bug("the reply overwrites all", telling.reply_against_webhook, (STARTED_ALWAYS,)),
    Bug("unsent is judged without a lock", telling.unsent_against_second_asker, (ATTEMPT_UNLOCKED,)),
    Bug(
        "a dead attempt is asked for again",
        telling.unsent_against_second_asker,
        (without(attempts, "_ASK_AGAIN", "status"),),
    ),
    Bug("a fee is read without a lock", telling.two_fees, (ATTEMPT_UNLOCKED,), is_spared=True),
    Bug("a fee overwrites any other", telling.two_fees, (FEE_ALWAYS,), is_spared=True),
    Bug("a fee does both", telling.two_fees, (ATTEMPT_UNLOCKED, FEE_ALWAYS)),
    Bug(
        "a dispute is opened without a lock",
        telling.a_dispute_heard_of_twice,
        (ATTEMPT_UNLOCKED, unlocked(disputes, "_BY_REF")),
    ),
    Bug(
        "foreign money is not parked by its key",
        telling.foreign_money_found_twice,
        (
            Plant(
                foreign_payments,
                "_PARK",
                compiled(foreign_payments._park.returning(foreign_payments.F.gateway_ref)),
            ),
        ),
    ),
    Bug(
        "a webhook is not stored by its key",
        telling.one_webhook_received_twice,
        (_inserted(inbox, "_INSERT", inbox.I.id),),
    ),
    Bug(
        "a refund is judged without a lock",
        refunding.two_refunds_of_one_payment,
        (ATTEMPT_UNLOCKED,),
        is_spared=True,
    ),
    Bug(
        "a refund is reserved without a look",
        refunding.two_refunds_of_one_payment,
        (RESERVE_ALWAYS,),
        is_spared=True,
    ),
    Bug("a refund does both", refunding.two_refunds_of_one_payment, (ATTEMPT_UNLOCKED, RESERVE_ALWAYS)),
    Bug("a refund's fact needs no lock", refunding.reply_against_refund_webhook, (REFUND_UNLOCKED,)),
    Bug(
        "a refund's fact moves any status",
        refunding.reply_against_refund_webhook,
        (MOVE_REFUND_ALWAYS,),
        is_spared=True,
    ),
    Bug(
        "a refund's fact does both",
        refunding.reply_against_refund_webhook,
        (REFUND_UNLOCKED, MOVE_REFUND_ALWAYS),
    ),
    Bug(
        "what is given back is worked out in Python",
        refunding.failed_refund_against_another,
        (ATTEMPT_UNLOCKED, Plant(attempts, "change_refund", _change_by_reading)),
    ),
    Bug(
        "a refund's turn is anybody's",
        refunding.two_workers_send_a_refund,
        (without(refunds, "_POLL", "poll_at"),),
    ),
    Bug(
        "a payment's turn is anybody's",
        refunding.two_workers_look_a_payment_up,
        (without(attempts, "_POLL", "poll_at"),),
    ),
    Bug("a lease is anybody's", working.two_want_a_free_lease, (_ACQUIRE_ALWAYS,)),
    Bug("a lease that ran out is anybody's", working.two_want_a_lease_that_ran_out, (_ACQUIRE_ALWAYS,)),
    Bug(
        "a lease has no fence",
        working.sleeper_writes_against_new_holder,
        (without(leases, "_CONFIRM", "token"),),
    ),
    Bug("a lease is confirmed by reading", working.sleeper_writes_against_new_holder, (_CONFIRM_BY_READING,)),
    Bug("sealers share the lease", working.two_sealers, (_ACQUIRE_ALWAYS,), is_spared=True),
    Bug("sealers share it unfenced", working.two_sealers, (_ACQUIRE_ALWAYS, _CONFIRM_BY_READING)),
    Bug(
        "webhooks are taken without a lock", working.two_workers_lease_a_webhook, (taken_without_lock(inbox),)
    ),
    Bug(
        "promises are taken without a lock", working.two_workers_take_promises, (taken_without_lock(outbox),)
    ),
    Bug(
        "a webhook is ended without the token",
        working.sleeper_ends_a_webhook_against_another,
        (without(inbox, "_FINISH", "lease_token"),),
    ),
    Bug("a queue is called once", working.something_new_against_the_end_of_a_turn, (CALLED_ONCE,)),
    Bug(
        "a turn is held without the token",
        working.sleeper_holds_a_turn_against_another,
        (without(queues, "_HOLD", "lease_token"),),
    ),
    Bug("any key is new", asking.one_key_twice, (ANY_KEY_IS_NEW,)),
    Bug("the key comes after the work", asking.one_key_twice, (Plant(idempotent, "_once", _key_after_work),)),
    Bug(
        "the owner is looked for, not claimed",
        asking.two_first_owners,
        (Plant(set_up, "claim_fact", _claim_by_looking),),
    ),
    Bug("API keys are counted without a lock", asking.two_last_api_keys, (MERCHANT_UNLOCKED,)),
    Bug("endpoints are counted without a lock", asking.two_last_webhook_endpoints, (MERCHANT_UNLOCKED,)),
)
assert len({bug.name for bug in BUGS}) == len(BUGS)
