"""Numbers and hash-chains the books shortly after they are written: no lock on a chain's head in the payment path."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from linktill.core.ids import MerchantId
from linktill.core.ledger import SEAL_VERSION, LedgerTransaction, commitment
from linktill.flows.services import Services
from linktill.storage import ledger
from linktill.storage.database import Tx
from linktill.storage.leases import Lease, LeaseLost, acquire, confirm, release

LEASE_US: Final = 30 * 1_000_000
BATCH_MAX: Final = 200


def chain_hash(previous: bytes, seq: int, transaction: LedgerTransaction) -> bytes:
    """SHA-256 over the hash before, the number and the commitment: version 1 of the chain."""
    return hashlib.sha256(b"%d:%d:%b:%b" % (1, seq, previous, commitment(transaction))).digest()


CHAINS: Final[Mapping[int | None, Callable[[bytes, int, LedgerTransaction], bytes]]] = {1: chain_hash}
"""Version → how its rows are chained. A new encoding is a new version beside the old: rows are never hashed anew."""


async def seal_ledger(services: Services) -> int:
    """Seals what is not sealed yet; answers how many rows. Only the holder of the lease does."""
    now = services.clock.now_us()
    merchants = await services.database.read(ledger.merchants_with_unsealed, until=now)
    if not merchants:
        return 0
    lease = await services.database.run(acquire, "seal_ledger", services.randomness.token(9), LEASE_US)
    if lease is None:
        return 0
    sealed = 0
    try:
        for merchant_id in merchants:
            sealed += await services.database.run(_seal, lease, merchant_id, now)
    except LeaseLost:
        return sealed
    await services.database.run(release, lease)
    return sealed


async def _seal(tx: Tx, lease: Lease, merchant_id: MerchantId, until: int) -> int:
    await confirm(tx, lease)
    seq, previous = await ledger.chain_head(tx, merchant_id)
    rows = await ledger.unsealed(tx, merchant_id, until=until, limit=BATCH_MAX)
    for transaction in rows:
        seq += 1
        previous = CHAINS[SEAL_VERSION](previous, seq, transaction)
        is_ours = await ledger.seal(tx, transaction, seq=seq, seal_version=SEAL_VERSION, chain_hash=previous)
        assert is_ours, "the lease keeps other sealers out"
    return len(rows)
