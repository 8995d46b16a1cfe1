"""Idempotency keys: the same key gives the same bytes for a day, whatever happened to the first answer on its way."""

from collections.abc import Callable

from linktill.sandbox.asgi import Refused, Response
from linktill.sandbox.database import Tx
from linktill.sandbox.rules import KEY_LASTS_US

FORGOTTEN_AT_ONCE_MAX = 20


def once(
    tx: Tx, account_id: str, key: str, request_hash: bytes, effect: Callable[[Tx], Response]
) -> Response:
    """Does `effect` unless the key was used in the last 24 hours; then gives that answer again.

    A refusal is not kept: nothing was done, so the same key may try again. Raises Refused if the key came with another request.
    """
    before = tx.now - KEY_LASTS_US
    forgotten = tx.all(
        "SELECT account_id, key FROM idempotency WHERE created_at <= :before ORDER BY created_at LIMIT :limit",
        before=before,
        limit=FORGOTTEN_AT_ONCE_MAX,
    )
    for old_account_id, old_key in (*forgotten, (account_id, key)):
        tx.run(
            "DELETE FROM idempotency WHERE account_id = :account_id AND key = :key AND created_at <= :before",
            account_id=old_account_id,
            key=old_key,
            before=before,
        )
    kept = tx.one(
        "SELECT request_hash, status, body FROM idempotency WHERE account_id = :account_id AND key = :key",
        account_id=account_id,
        key=key,
    )
    if kept is not None:
        if kept[0] != request_hash:
            raise Refused(422, "key_reused", "This Idempotency-Key came with another request before.")
        return Response(kept[1], kept[2], headers={"idempotent-replayed": "true"})
    response = effect(tx)
    tx.run(
        """
        INSERT INTO idempotency (account_id, key, request_hash, status, body, created_at)
        VALUES (:account_id, :key, :request_hash, :status, :body, :now)
        """,
        account_id=account_id,
        key=key,
        request_hash=request_hash,
        status=response.status,
        body=response.body,
        now=tx.now,
    )
    return response
