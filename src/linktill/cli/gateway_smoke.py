"""`linktill gateway smoke`: a payment tried from end to end with the merchant's own test keys."""

from typing import Final

from linktill.cli.gateways import AccountId
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import FAILED, OK, AsJson, answer
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.services import Services
from linktill.flows.smoke_gateway import SmokeStep
from linktill.flows.smoke_gateway import smoke as try_account

MARKS: Final = {True: "ok     ", False: "FAILED ", None: "by hand"}


def smoke(
    account_id: AccountId,
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Exit code 1 when a step failed. Where only a person can pay, it says so. With --live nothing is paid."""

    async def work(services: Services, merchant_id: MerchantId) -> list[SmokeStep]:
        return await try_account(services, merchant_id, GatewayAccountId(account_id), may_be_live=whose.live)

    steps = in_books(work, whose)
    is_ok = all(step.is_ok is not False for step in steps)
    data = [{"step": step.name, "ok": step.is_ok, "message": step.words} for step in steps]
    lines = "\n".join(f"{MARKS[step.is_ok]}  {step.name}: {step.words}" for step in steps)
    answer({"id": account_id, "ok": is_ok, "steps": data}, as_json=json, person=lambda: lines)
    return OK if is_ok else FAILED
