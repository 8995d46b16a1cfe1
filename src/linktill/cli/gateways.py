"""`linktill gateway …`: the merchant's accounts at gateways. Secrets come from a prompt, a file or standard input, never from
arguments, which others on this machine can see.
"""

import getpass
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.files import STDIN, path_parameter, to_read
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books, merchant_of
from linktill.cli.output import OK, USAGE, AsJson, CommandFailed, Table, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.core.errors import FieldInvalid, TransitionRefused
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.offering import Offering, OfferRule
from linktill.core.receipt import OFFLINE
from linktill.flows import connect_gateway, gateway_webhook
from linktill.flows.accounts import kept_secrets
from linktill.flows.representations import time_of, time_or_none
from linktill.flows.services import Services
from linktill.gateways.kind import Kind
from linktill.storage.gateway_accounts import StoredAccount
from linktill.storage.gateway_settings import offering_of

READ_MAX: Final = 10_000

AccountId: TypeAlias = Annotated[str, Parameter(help="gwa_…, from `linktill gateway list`.")]


KeysFile: TypeAlias = Annotated[
    Path | None,
    path_parameter(
        to_read,
        "JSON file with the fields (- is standard input). Else they are asked for.",
        name="--keys",
        may_be_stdin=True,
    ),
]
SecretFile: TypeAlias = Annotated[
    Path | None,
    path_parameter(
        to_read,
        "File with a secret that you have from the gateway (- is standard input).",
        name="--secret",
        may_be_stdin=True,
    ),
]


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Open ones in the order in which they are offered, then the disconnected ones."""

    async def work(services: Services, merchant_id: MerchantId) -> tuple[list[dict[str, object]], list[Kind]]:
        found = await connect_gateway.list_accounts(services, merchant_id)
        return [_object(services, each) for each in found], connect_gateway.connectable(services)

    data, kinds = in_books(work, whose)
    offered = [{"gateway": each.name, "label": each.label, "package": each.package or None} for each in kinds]
    answer({"data": data, "offered": offered}, as_json=json, person=lambda: _table(data))
    if not json:
        _tell_failures(data)
        names = (f"{each.name} (by {each.package})" if each.package else each.name for each in kinds)
        message(f"To connect: {', '.join(names)}")
    return OK


def connect(
    gateway: Annotated[str, Parameter(help="One of those that `linktill gateway list` names.")],
    /,
    *,
    keys: KeysFile = None,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Tries the keys, keeps them encrypted, and has the gateway send its events here."""

    async def work(
        services: Services, merchant_id: MerchantId
    ) -> tuple[connect_gateway.Connected, dict[str, object]]:
        kind = connect_gateway.kind_of(services, gateway)
        entered = _asked(kind) if keys is None else _fields(keys)
        made = await connect_gateway.connect(services, merchant_id, gateway, entered)
        stored = await connect_gateway.read_account(services, merchant_id, made.account_id)
        return made, _object(services, stored)

    made, shown = in_books(work, whose)
    if made.webhook_trouble is not None and not json:
        message(f"The webhook is not registered: {made.webhook_trouble}")
    answer(
        {**shown, "webhook_trouble": made.webhook_trouble},
        as_json=json,
        person=lambda: f"{made.account_id} is connected ({shown['name'] or gateway}, {shown['mode']}).",
    )
    return OK


def check(account_id: AccountId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Exit code 1 when the gateway refuses the keys or cannot be reached; the message says which."""

    async def work(services: Services, merchant_id: MerchantId) -> dict[str, object]:
        found = await connect_gateway.check_account(services, merchant_id, GatewayAccountId(account_id))
        stored = await connect_gateway.read_account(services, merchant_id, GatewayAccountId(account_id))
        return {**_object(services, stored), "name": found.label, "currencies": list(found.currencies)}

    shown = in_books(work, whose)
    answer(
        shown, as_json=json, person=lambda: f"The keys of {account_id} work ({shown['name'] or 'no name'})."
    )
    return OK


def rotate(
    account_id: AccountId,
    /,
    *,
    secret: SecretFile = None,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Both secrets count for a day. A webhook that is not registered yet is registered."""

    async def work(services: Services, merchant_id: MerchantId) -> dict[str, object]:
        account = GatewayAccountId(account_id)
        if secret is None:
            await _renew(services, merchant_id, account)
        else:
            await gateway_webhook.enter_secret(services, merchant_id, account, _text(secret))
        stored = await connect_gateway.read_account(services, merchant_id, account)
        return _object(services, stored)

    shown = in_books(work, whose)
    answer(shown, as_json=json, person=lambda: f"The webhook of {account_id} has a new secret.")
    return OK


async def _renew(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """Has the gateway make another secret. Raises TransitionRefused, with the option to paste one where it makes none."""
    try:
        await gateway_webhook.renew_secret(services, merchant_id, account_id)
    except gateway_webhook.GatewayRefused:
        raise
    except TransitionRefused as refused:
        option = f"linktill gateway rotate {account_id} --secret FILE"
        if option in str(refused):
            raise
        raise TransitionRefused(f"{refused} Here that is: {option}") from refused


def offer(
    account_id: AccountId,
    /,
    *,
    rule: Annotated[
        tuple[str, ...],
        Parameter(
            help="CURRENCY:FROM:TO in the smallest unit, such as EUR:500:100000; an empty end is no limit. Repeat it for more.",
            negative="",
        ),
    ] = (),
    others: Annotated[bool, Parameter(help="Currencies without a rule are offered, too.")] = True,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Takes the place of all rules before. Without any rule it is offered for whatever the gateway takes."""
    settings = settings_now()

    async def work() -> dict[str, object]:
        offering = Offering(tuple(_rule(text) for text in rule), others)
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, whose)
            account = GatewayAccountId(account_id)
            await connect_gateway.set_offering(services, merchant_id, account, offering)
            stored = await connect_gateway.read_account(services, merchant_id, account)
            return _object(services, stored)

    shown = run(work)
    answer(
        shown, as_json=json, person=lambda: f"{account_id} is offered for {_offered(rule, others=others)}."
    )
    return OK


def _offered(rules: tuple[str, ...], *, others: bool) -> str:
    """In words, what it is offered for by these rules."""
    if not rules:
        return "whatever the gateway takes"
    return f"{', '.join(rules)}{' and all other currencies' if others else ' and nothing else'}"


def _rule(text: str) -> OfferRule:
    parts = text.split(":")
    if len(parts) != 3:
        raise FieldInvalid(
            "rule", f"Send CURRENCY:FROM:TO, such as EUR:500:100000 or EUR:500:, not {text[:40]!r}."
        )
    currency, lowest, highest = parts
    return OfferRule(
        currency,
        whole_number("rule", lowest) if lowest else None,
        whole_number("rule", highest) if highest else None,
    )


def disconnect(account_id: AccountId, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """What was paid over it can still be refunded. The dashboard connects it again."""

    async def work(services: Services, merchant_id: MerchantId) -> dict[str, object]:
        await connect_gateway.close_account(services, merchant_id, GatewayAccountId(account_id))
        stored = await connect_gateway.read_account(services, merchant_id, GatewayAccountId(account_id))
        return _object(services, stored)

    shown = in_books(work, whose)
    answer(shown, as_json=json, person=lambda: f"{account_id} is disconnected.")
    return OK


def _asked(kind: Kind) -> dict[str, str]:
    """Each field from whoever sits at the terminal; a secret is not shown while it is typed."""
    if not sys.stdin.isatty():
        raise CommandFailed(
            "usage",
            "Nobody is here to type the keys: give a JSON file with --keys, or - for standard input.",
            name="--keys",
            status=USAGE,
        )
    message("\n".join(f"{number}. {step}" for number, step in enumerate(kind.connecting.steps, 1)))
    entered = {}
    for each in kind.connecting.fields:
        values = f" ({' or '.join(choice.value for choice in each.choices)})" if each.choices else ""
        words = f"{each.label}{values}{', may stay empty' if each.is_optional else ''}: "
        if each.is_secret:
            entered[each.name] = getpass.getpass(words, stream=sys.stderr)
        else:
            print(words, end="", file=sys.stderr, flush=True)
            entered[each.name] = sys.stdin.readline().strip()
    return entered


def _text(path: Path) -> str:
    """What the file or standard input holds, at most `READ_MAX` bytes."""
    if str(path) == STDIN:
        raw = sys.stdin.buffer.read(READ_MAX + 1)
    else:
        with path.open("rb") as file:
            raw = file.read(READ_MAX + 1)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = ""
    if len(raw) > READ_MAX or not text:
        raise CommandFailed("usage", f"{path} holds no text of at most {READ_MAX} bytes.", status=USAGE)
    return text


def _fields(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(_text(path), type=dict[str, str])
    except msgspec.DecodeError:
        # The message of the decoder could quote what it read.
        words = 'Write the fields as one JSON object of texts, such as {"secret_key": "…"}.'
        raise CommandFailed("usage", words, name="--keys", status=USAGE) from None


def _object(services: Services, stored: StoredAccount) -> dict[str, object]:
    urls = gateway_webhook.registered_urls(services, stored)
    return {
        "id": stored.id,
        "gateway": stored.gateway,
        "name": stored.label,
        "mode": stored.mode,
        "status": "open" if stored.closed_at is None else "disconnected",
        "webhook_url": urls[0] if urls else None,
        "has_webhook": bool(kept_secrets(services, stored)),
        "last_event_at": time_or_none(stored.last_event_at),
        "last_failure_at": time_or_none(stored.last_failure_at),
        "last_failure": stored.last_failure or None,
        "offered_for": {
            "rules": [
                {"currency": rule.currency, "from_minor": rule.minimum_minor, "to_minor": rule.maximum_minor}
                for rule in offering_of(stored.offering).rules
            ],
            "others": offering_of(stored.offering).has_others,
        },
        "foreign_events": stored.foreign_events,
        "connected_at": time_of(stored.created_at),
    }


def _tell_failures(data: list[dict[str, object]]) -> None:
    """What went wrong last, at length: in a column of the table nobody could read it."""
    for each in data:
        if each["last_failure"]:
            name = f"{each['gateway']} {each['name']}".strip()
            message(f"Last failure of {name} ({_time(each['last_failure_at'])}): {each['last_failure']}")


def _table(data: list[dict[str, object]]) -> Table:
    rows = [
        (
            f"{each['gateway']} {each['name']}{'' if each['status'] == 'open' else ' (disconnected)'}",
            str(each["mode"]),
            _webhook(each),
            str(each["id"]),
        )
        for each in data
    ]
    empty = "No gateway is connected. Connect one: linktill gateway connect stripe"
    return Table(("Account", "Mode", "Webhook", "Id"), rows, empty, whole=("Id",))


def _webhook(account: dict[str, object]) -> str:
    if account["gateway"] == OFFLINE:
        return "none"
    return f"on, last event {_time(account['last_event_at'])}" if account["has_webhook"] else "missing"


def _time(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else "never"
