"""Who calls the API, and what is done once however often it is asked for."""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from linktill.sandbox import accounts, idempotency
from linktill.sandbox.asgi import Refused, Request, Response
from linktill.sandbox.company import Company
from linktill.sandbox.database import Tx
from linktill.sandbox.records import Account

_KEY: Final = re.compile(r"[!-~]{1,255}")


def bearer(request: Request) -> str:
    """The key in the header; empty where there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def account_of(company: Company, request: Request) -> Account:
    """Whose secret key it is. Raises Refused."""
    account = company.db.read(lambda tx: accounts.find_by_key(tx, bearer(request)))
    named = request.headers.get("sandbox-account")
    if account is None or named not in {None, account.id}:
        raise Refused(401, "wrong_key", "The secret key is not one of this account.")
    return account


async def once(
    company: Company, request: Request, account: Account, effect: Callable[[Tx], Response]
) -> Response:
    """The effect, or the answer that the same key and body had before. Raises Refused."""
    key = request.headers.get("idempotency-key", "")
    if _KEY.fullmatch(key) is None:
        raise Refused(400, "key_missing", "Send an Idempotency-Key of 1 to 255 plain characters.")
    asked = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    return await company.db.write(lambda tx: idempotency.once(tx, account.id, key, asked, effect))
