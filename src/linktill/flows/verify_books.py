"""Checks the standing invariants I1 to I12 on live data: `linktill verify`. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.ids import MerchantId
from linktill.flows.seal_ledger import CHAINS
from linktill.flows.services import Services
from linktill.storage import invariants, ledger
from linktill.storage.customer_invariants import CUSTOMER_CHECKS
from linktill.storage.database import Tx
from linktill.storage.invoice_invariants import INVOICE_CHECKS
from linktill.storage.statements import Statement

CHAIN_BATCH: Final = 500
CHECKS: Final = {**invariants.CHECKS, **CUSTOMER_CHECKS, **INVOICE_CHECKS}
LATE_US: Final = 15 * 60 * 1_000_000
"""Work that was due so long ago is overdue: no worker seems to run, or something is stuck."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken invariant, and the first ids that break it."""

    invariant: str
    merchant_id: MerchantId
    message: str
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at and what was found. No problems: the books are in order."""

    merchants: int
    checks: int
    ledger_rows: int
    problems: list[Problem]


async def verify_books(services: Services) -> Verified:
    """Runs every check for every merchant, in one snapshot each."""
    merchants = await services.database.report(invariants.merchants)
    problems: list[Problem] = []
    rows = 0
    late = services.clock.now_us() - LATE_US
    for merchant_id in merchants:
        for (invariant, words), statement in CHECKS.items():
            ids = await services.database.report(_find, statement, merchant_id, late)
            if ids:
                problems.append(Problem(invariant, merchant_id, words, ids))
        count, broken = await verify_chain(services, merchant_id)
        rows += count
        if broken is not None:
            problems.append(broken)
    return Verified(len(merchants), len(CHECKS) + 1, rows, problems)


async def _find(tx: Tx, statement: Statement, merchant_id: MerchantId, late: int) -> list[str]:
    return await invariants.find(tx, statement, merchant_id, late=late)


async def verify_chain(services: Services, merchant_id: MerchantId) -> tuple[int, Problem | None]:
    """Recomputes the merchant's hash chain; answers its length and the first row that does not fit."""
    seq, previous = 0, b""
    while True:
        try:
            batch = await services.database.report(_chain, merchant_id, seq)
        except AssertionError as error:
            # Such a row could not have been written by us: somebody changed the database itself.
            return seq, Problem(
                "I10", merchant_id, f"a row after {seq} is no ledger transaction: {error}", []
            )
        if not batch:
            return seq, None
        for sealed in batch:
            chain = CHAINS.get(sealed.seal_version)
            expected = b"" if chain is None else chain(previous, seq + 1, sealed.transaction)
            if sealed.seq != seq + 1 or sealed.hash != expected:
                ids = [sealed.transaction.id]
                return seq, Problem("I10", merchant_id, f"the hash chain breaks after row {seq}", ids)
            seq, previous = seq + 1, expected


async def _chain(tx: Tx, merchant_id: MerchantId, after: int) -> list[ledger.Sealed]:
    return await ledger.chain(tx, merchant_id, after=after, limit=CHAIN_BATCH)
