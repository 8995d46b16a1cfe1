"""The one table from refusal to status, complete; and what is not ours to tell stays untold."""

from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from linktill.api.problems import KINDS, ApiRefusal, told
from linktill.core import errors
from linktill.core.errors import FieldError, FieldsInvalid, LinkNotPayable, Refusal
from linktill.core.ids import MerchantId
from linktill.storage.database import Database
from linktill.storage.errors import (
    Busy,
    ConstraintBroken,
    StatementWrong,
    StorageBroken,
    StorageError,
    StorageFull,
)
from tests.api.rig import BASE_URL, LINK, Rig, assembled, problem


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    yield kind
    for below in kind.__subclasses__():
        yield from refusals(below)


def made(kind: type[Refusal]) -> Refusal:
    if kind is errors.FieldInvalid:
        return errors.FieldInvalid("amount_minor", "No.")
    if kind is FieldsInvalid:
        return FieldsInvalid((FieldError("a", "No."), FieldError("b", "Neither.")))
    if kind is LinkNotPayable:
        return LinkNotPayable("link_expired", "No.")
    return kind("No.")


STATUS = {
    "Refusal": 409,
    "FieldInvalid": 422,
    "FieldsInvalid": 422,
    "NotFound": 404,
    "LinkNotPayable": 409,
    "PriceChanged": 409,
    "PaymentInProgress": 409,
    "WayNotOffered": 409,
    "TransitionRefused": 409,
    "RefundTooLarge": 409,
    "CurrencyMismatch": 422,
    "IdempotencyMismatch": 422,
    "IdempotencyInProgress": 409,
    "VersionConflict": 412,
    "GatewayTrouble": 503,
    "NoRoom": 503,
    "SignInRefused": 401,
    "TooMany": 429,
}


def test_every_refusal_has_a_status():
    assert {
        kind.__name__: KINDS[kind.code].status for kind in refusals() if kind.__module__ == errors.__name__
    } == STATUS


@pytest.mark.parametrize("kind", sorted(set(refusals()), key=str))
def test_a_refusal_and_its_kind_say_the_same(kind: type[Refusal]):
    assert (KINDS[kind.code].source, KINDS[kind.code].is_retryable) == (kind.source, kind.is_retryable)
    answer = told(made(kind), request_id="req_1", base_url=BASE_URL)
    body = msgspec.json.decode(answer.body)
    assert (answer.status, body["code"], body["detail"]) == (KINDS[kind.code].status, kind.code, "No.")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Busy("b"), "busy"),
        (StorageFull("f"), "storage_full"),
        (StorageBroken("x"), "storage_broken"),
        (ConstraintBroken("x"), "storage_broken"),
        (StatementWrong("x"), "storage_broken"),
        (StorageError("x"), "storage_broken"),
    ],
)
def test_trouble_with_the_database_asks_to_come_again(error: StorageError, code: str):
    answer = told(error, request_id="req_1", base_url=BASE_URL)
    body = msgspec.json.decode(answer.body)
    assert (answer.status, body["code"], body["source"], body["retryable"]) == (503, code, "linktill", True)
    assert ("retry-after", "2") in answer.headers


def test_only_a_401_says_how_to_authorize():
    for code, kind in KINDS.items():
        answer = told(ApiRefusal(code), request_id="", base_url=BASE_URL)
        assert (kind.status == 401) == ("www-authenticate" in dict(answer.headers))


class Failing:
    """A database that fails in one way."""

    dialect = "sqlite"

    def __init__(self, database: Database, error: Exception) -> None:
        self.database = database
        self.error = error

    async def run(self, *_: object, **__: object) -> object:
        raise self.error

    async def read(self, unit, *args, **more):
        return await self.database.read(unit, *args, **more)

    async def report(self, *_: object, **__: object) -> object:
        raise self.error

    async def close(self) -> None: ...


def failing(rig: Rig, error: Exception) -> httpx.AsyncClient:
    broken = replace(rig.services, database=Failing(rig.services.database, error))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(assembled(broken, rig.keys))
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL)


async def test_a_fault_of_ours_is_answered_without_its_text(rig: Rig, logged: list[MutableMapping[str, Any]]):
    merchant: MerchantId = rig.bea.merchant_id
    async with failing(rig, RuntimeError(f"secret of {merchant} at /srv/linktill.py")) as http:
        answer = await http.post(
            "/v1/payment_links", json=LINK, headers={"authorization": f"Bearer {rig.bea.key}"}
        )
    assert problem(answer) == (500, "internal_error", None)
    assert "secret" not in answer.text
    assert "linktill.py" not in answer.text
    assert merchant not in answer.text
    (line,) = logged
    assert (line["event"], line["operation"]) == ("api.failed", "create_payment_link")
    assert line["request_id"] == answer.json()["request_id"]


async def test_st15_a_busy_database_is_a_503(rig: Rig):
    async with failing(rig, Busy("the queue is full")) as http:
        headers = {"authorization": f"Bearer {rig.bea.key}", "idempotency-key": "k-1"}
        answer = await http.post("/v1/payment_links", json=LINK, headers=headers)
        report = await http.get("/v1/ledger/balances", headers={"authorization": f"Bearer {rig.bea.key}"})
    for one in (answer, report):
        assert problem(one) == (503, "busy", None)
        assert one.headers["retry-after"] == "2"
        assert "queue" not in one.text
    assert (await rig.bea.post("/v1/payment_links", LINK, key="k-1")).status_code == 201
