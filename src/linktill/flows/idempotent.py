"""A request with an idempotency key is carried out once; whoever repeats it gets the same answer, byte for byte.

Key, work and answer are one unit of work: a crash keeps all of it or nothing, so there is no half-done request to recover
and no stale lock. Who comes with the same key at the same time waits for the first and then gets its answer. A refusal by
the rules rolls everything back, the key too: after mending the request it may be sent again under the same key.
"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, TypeVar

from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldInvalid, IdempotencyInProgress, IdempotencyMismatch
from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.idempotency import claim_key, get_answer, keep_answer, purge

T = TypeVar("T")

KEPT_US: Final = 30 * 24 * 3600 * 1_000_000
KEY_MAX: Final = 255
PURGES_MAX: Final = 20
_KEY: Final = re.compile(f"[!-~]{{1,{KEY_MAX}}}")


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A key and what it was sent with."""

    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets. `is_replay`: it was given before."""

    status: int
    body: bytes
    is_replay: bool = False


def idempotent_request(key: str, *, method: str, path: str, body: bytes) -> IdempotentRequest:
    """Checks the key and hashes what makes two requests the same. Raises FieldInvalid for `Idempotency-Key`."""
    if _KEY.fullmatch(key) is None:
        raise FieldInvalid(
            "Idempotency-Key",
            f"An idempotency key is 1 to {KEY_MAX} printable ASCII characters without blanks.",
        )
    if has_card_number(key):
        raise FieldInvalid("Idempotency-Key", REMOVE_IT)
    # Lengths first: no two requests read alike when joined.
    head = f"{method}\n{len(path)}\n{path}\n"
    return IdempotentRequest(key, sha256(head.encode("utf-8", "replace") + body).digest())


async def idempotently(
    services: Services,
    merchant_id: MerchantId,
    request: IdempotentRequest | None,
    work: Callable[[Tx], Coroutine[Any, Any, T]],
    answer: Callable[[T], Answer],
) -> Answer:
    """Carries out `work` in one unit and keeps its answer; `request` None: without a key, nothing is kept.

    `work` awaits nothing but its tx; `answer` is pure. Raises IdempotencyMismatch when the key came with another request,
    IdempotencyInProgress, and whatever `work` raised, with nothing kept. Without a key, a unit that PostgreSQL asks to run
    again after a lost answer must find its own work: with one, the kept answer does it.
    """
    if request is None:
        return await services.database.run(_plainly, work, answer)
    return await services.database.run(_once, merchant_id, request, work, answer, services.clock.now_us())


async def purge_idempotency(services: Services) -> int:
    """Forgets answers older than thirty days: a worker step. Returns how many."""
    before = services.clock.now_us() - KEPT_US
    total = 0
    for _ in range(PURGES_MAX):
        purged = await services.database.run(purge, before=before)
        total += purged
        if not purged:
            break
    return total


async def _plainly(
    tx: Tx, work: Callable[[Tx], Coroutine[Any, Any, T]], answer: Callable[[T], Answer]
) -> Answer:
    return answer(await work(tx))


async def _once(
    tx: Tx,
    merchant_id: MerchantId,
    request: IdempotentRequest,
    work: Callable[[Tx], Coroutine[Any, Any, T]],
    answer: Callable[[T], Answer],
    now: int,
) -> Answer:
    if not await claim_key(tx, merchant_id, request.key, request_hash=request.request_hash, now=now):
        return await _replay(tx, merchant_id, request)
    made = replace(answer(await work(tx)), is_replay=False)
    await keep_answer(tx, merchant_id, request.key, status=made.status, body=made.body)
    return made


async def _replay(tx: Tx, merchant_id: MerchantId, request: IdempotentRequest) -> Answer:
    kept = await get_answer(tx, merchant_id, request.key)
    if kept is not None and kept.request_hash != request.request_hash:
        raise IdempotencyMismatch(
            "This idempotency key was used before with another request. Take a new key."
        )
    if kept is None or kept.status is None or kept.body is None:
        # Forgotten this very moment, or begun by a release that answers in two steps.
        raise IdempotencyInProgress("A request with this idempotency key is running. Try again in a moment.")
    return Answer(kept.status, kept.body, is_replay=True)
