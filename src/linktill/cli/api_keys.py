"""`linktill api-key …`: keys for programs that call the API."""

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer, message
from linktill.core.ids import ApiKeyId, MerchantId
from linktill.flows.manage_api_keys import (
    CreatedApiKey,
    KeyRing,
    create_api_key,
    read_api_keys,
    revoke_api_key,
)
from linktill.flows.representations import time_of, time_or_none
from linktill.flows.services import Services
from linktill.storage.api_keys import ApiKey


def create(
    *,
    name: Annotated[
        str, Parameter(help="What it is for, such as the program that will use it.")
    ] = "Command line",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Prints the key: it is shown this once, nobody can find it out again."""

    async def work(services: Services, merchant_id: MerchantId) -> CreatedApiKey:
        return await create_api_key(services, merchant_id, name=name)

    created = in_books(work, whose)
    if not json:
        message("Keep this key: it is not shown again.")
    answer({**_object(created.key), "api_key": created.text}, as_json=json, person=lambda: created.text)
    return OK


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Revoked ones too. The keys themselves are known to nobody."""

    async def work(services: Services, merchant_id: MerchantId) -> list[ApiKey]:
        return await read_api_keys(services, merchant_id)

    keys = in_books(work, whose)
    answer({"data": [_object(key) for key in keys]}, as_json=json, person=lambda: _table(keys))
    return OK


def revoke(
    key_id: Annotated[str, Parameter(help="key_…, from the list.")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Ends a key: other processes refuse it within a second."""

    async def work(services: Services, merchant_id: MerchantId) -> None:
        await revoke_api_key(services, KeyRing(services), merchant_id, ApiKeyId(key_id))

    in_books(work, whose)
    answer({"id": key_id, "revoked": True}, as_json=json, person=lambda: f"{key_id} is revoked.")
    return OK


def _object(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "last4": key.last4,
        "created_at": time_of(key.created_at),
        "used_at": time_or_none(key.used_at),
        "revoked_at": time_or_none(key.revoked_at),
    }


def _table(keys: list[ApiKey]) -> Table:
    rows = [
        (
            key.name,
            f"…{key.last4}",
            "revoked" if key.revoked_at is not None else "works",
            _time(time_or_none(key.used_at)),
            key.id,
        )
        for key in keys
    ]
    return Table(("Name", "Key", "Status", "Last used", "Id"), rows, empty="There are no API keys.")


def _time(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
