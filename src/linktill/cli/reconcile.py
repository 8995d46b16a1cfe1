"""`linktill reconcile`: compares with the gateways now, and says what was put right and what a person must look at."""

from dataclasses import asdict
from typing import Annotated, Any

from cyclopts import Parameter

from linktill.cli.fields import moment
from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import FAILED, OK, AsJson, Table, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldInvalid
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.core.receipt import OFFLINE
from linktill.flows.compare_now import Outcome, ToLookAt, compare_now, to_look_at
from linktill.flows.services import Services
from linktill.platform.language import format_money
from linktill.storage.clearing import ClearingBalance, clearing_balances
from linktill.storage.invariants import merchants

_KINDS = ("payments", "refunds", "disputes", "payouts")


def reconcile(
    *,
    account: Annotated[str, Parameter(help="gwa_…, from `linktill gateway list`. All if not given.")] = "",
    since: Annotated[
        str, Parameter(help="RFC 3339: from when on. Since the last comparison if not given.")
    ] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Exit code 0: everything fits. 1: a person must look at something, or a gateway could not be asked."""
    settings = settings_now()

    async def work() -> list[dict[str, Any]]:
        since_us = moment("since", since)
        async with local_services(settings) as services:
            if since_us is not None and since_us > services.clock.now_us():
                raise FieldInvalid("since", "This time is still to come: there is nothing to compare yet.")
            meant = await _meant(services, whose, account)
            return [await _one(services, each, account, since_us) for each in meant]

    found = run(work)
    answer({"data": found}, as_json=json, person=lambda: _table(found))
    if not json:
        for each in found:
            _tell(each)
    return FAILED if any(each["needs_a_person"] for each in found) else OK


async def _meant(services: Services, whose: Whose, account: str) -> list[MerchantId]:
    """All books, unless some are meant; an account is of one of them."""
    if whose.is_any and not account:
        return await services.database.read(merchants)
    return [await merchant_of(services, whose)]


async def _one(
    services: Services, merchant_id: MerchantId, account: str, since_us: int | None
) -> dict[str, Any]:
    account_id = GatewayAccountId(account) if account else None
    outcomes = await compare_now(services, merchant_id, account_id=account_id, since=since_us)
    look = await to_look_at(services, merchant_id, account_id)
    balances = await services.database.report(clearing_balances, merchant_id)
    shown = [_account(services, each) for each in outcomes if each.account.gateway != OFFLINE]
    return {
        "merchant_id": merchant_id,
        "accounts": shown,
        "clearing": [_balance(each) for each in balances if account_id in {None, each.account_id}],
        "to_look_at": _look(look),
        "needs_a_person": look.count > 0
        or any(each["trouble"] is not None or not each["is_whole"] for each in shown),
    }


def _account(services: Services, outcome: Outcome) -> dict[str, Any]:
    compared = outcome.compared
    return {
        "id": outcome.account.id,
        "gateway": services.gateways.label(outcome.account.gateway),
        "name": outcome.account.label,
        "trouble": outcome.trouble,
        "is_whole": compared is not None and compared.is_whole,
        **{kind: None if compared is None else asdict(getattr(compared, kind)) for kind in _KINDS},
        "fees": None if compared is None else {"put_right": compared.fees_put_right},
        "found": None
        if compared is None
        else {"money_without_a_link": compared.parked, "links_without_money": compared.mismatched},
    }


def _balance(balance: ClearingBalance) -> dict[str, Any]:
    return {
        "gateway_account_id": balance.account_id,
        "place": balance.place,
        "currency": balance.currency,
        "amount_minor": balance.balance_minor,
    }


def _look(look: ToLookAt) -> dict[str, Any]:
    return {
        "money_without_a_link": look.foreign,
        "links_without_money": look.mismatches,
        "payments_to_decide": look.needs_review,
        "clearing_below_zero": [_balance(each) for each in look.below_zero],
    }


def _table(found: list[dict[str, Any]]) -> Table:
    rows = [
        (
            _name(each),
            *(_count(each[kind]) for kind in _KINDS),
            "–" if each["fees"] is None else _right(each["fees"]["put_right"]),
            each["trouble"] or ("compared" if each["is_whole"] else "not all of it: see the log"),
        )
        for books in found
        for each in books["accounts"]
    ]
    heads = ("Account", "Payments", "Refunds", "Disputes", "Payouts", "Fees", "Result")
    return Table(heads, rows, empty="No gateway is connected: there is nothing to compare.")


def _name(account: dict[str, Any]) -> str:
    return " – ".join(filter(None, (account["gateway"], account["name"])))


def _count(count: dict[str, int] | None) -> str:
    return "–" if count is None else f"{count['seen']} {_right(count['put_right'])}".strip()


def _right(put_right: int) -> str:
    return f"({put_right} put right)" if put_right else ""


def _tell(books: dict[str, Any]) -> None:
    """What stands at the gateways, and what a person must look at: for people, on standard error."""
    names = {each["id"]: _name(each) for each in books["accounts"]}
    for each in books["clearing"]:
        account_id = each["gateway_account_id"]
        place = f" ({each['place']})" if each["place"] else ""
        message(f"Held at {names.get(account_id, account_id)}{place}: {_money(each)}")
    look = books["to_look_at"]
    lines = [
        (look["money_without_a_link"], "payment(s), refund(s) or dispute(s) at a gateway without a link"),
        (look["links_without_money"], "payment(s) here that their gateway does not have so"),
        (look["payments_to_decide"], "payment(s) that need a decision"),
        (
            len(look["clearing_below_zero"]),
            "gateway account(s) that paid out more than these books have",
        ),
    ]
    for count, words in lines:
        if count:
            message(f"Look at: {count} {words}")
    if any(count for count, _ in lines):
        message("In the dashboard: Books, Compare with the gateways (/dashboard/reconcile)")


def _money(balance: dict[str, Any]) -> str:
    minor, currency = balance["amount_minor"], balance["currency"]
    return (
        format_money(Money(minor, currency)) if currency in EXPONENTS else f"{minor} {currency} (minor units)"
    )
