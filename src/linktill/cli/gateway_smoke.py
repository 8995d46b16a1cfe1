"""`linktill gateway smoke`: a payment tried from end to end with the merchant's own test keys."""

from typing import Annotated, Final

from cyclopts import Parameter

from linktill.cli.gateways import AccountId
from linktill.cli.merchants import MerchantOption, merchant_of
from linktill.cli.output import FAILED, OK, AsJson, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import GatewayAccountId
from linktill.flows.smoke_gateway import SmokeStep
from linktill.flows.smoke_gateway import smoke as try_account

MARKS: Final = {True: "ok     ", False: "FAILED ", None: "by hand"}


def smoke(
    account_id: AccountId,
    /,
    *,
    live: Annotated[bool, Parameter(negative="", help="Also with live keys: nothing is paid then.")] = False,
    merchant: MerchantOption = "",
    json: AsJson = False,
) -> int:
    """Exit code 1 when a step failed. Where only a person can pay, it says so."""
    settings = settings_now()

    async def work() -> list[SmokeStep]:
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, merchant)
            return await try_account(services, merchant_id, GatewayAccountId(account_id), may_be_live=live)

    steps = run(work)
    is_ok = all(step.is_ok is not False for step in steps)
    data = [{"step": step.name, "ok": step.is_ok, "message": step.words} for step in steps]
    lines = "\n".join(f"{MARKS[step.is_ok]}  {step.name}: {step.words}" for step in steps)
    answer({"id": account_id, "ok": is_ok, "steps": data}, as_json=json, person=lambda: lines)
    return OK if is_ok else FAILED
