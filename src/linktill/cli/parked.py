"""`linktill parked`: news that were waiting when a backup was made. Told already? A person decides."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.backup import time_of
from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import OK, AsJson, CommandFailed, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import MerchantId
from linktill.flows.parked_news import discard_parked, list_parked, send_parked
from linktill.flows.services import Services
from linktill.settings import Settings
from linktill.storage.recovery import ParkedNews

Ids = Annotated[list[str] | None, Parameter(help="As listed.", show_default=False)]
All = Annotated[bool, Parameter(name="--all", negative="", help="Everything that is listed.")]


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Oldest first."""
    found = run(partial(_list, settings_now(), whose))
    data = [
        {"id": news.id, "kind": news.kind, "created_at": time_of(news.created_at), "what": words}
        for news, words in found
    ]
    rows = [(str(each["created_at"]), str(each["what"]), str(each["id"])) for each in data]
    answer(
        {"data": data},
        as_json=json,
        person=lambda: Table(("Since", "What", "Id"), rows, empty="Nothing is parked."),
    )
    return OK


def send(ids: Ids = None, /, *, all_: All = False, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Tell it after all: the worker sends it next."""
    return _each(send_parked, "sent", ids or [], has_all=all_, whose=whose, as_json=json)


def discard(ids: Ids = None, /, *, all_: All = False, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Do not tell it. A mail or webhook stays visible, and can still be sent from its own page."""
    return _each(discard_parked, "discarded", ids or [], has_all=all_, whose=whose, as_json=json)


async def _list(settings: Settings, whose: Whose) -> list[tuple[ParkedNews, str]]:
    async with local_services(settings) as services:
        return await list_parked(services, await merchant_of(services, whose))


def _each(
    act: Callable[[Services, MerchantId, str], Awaitable[None]],
    done: str,
    ids: list[str],
    *,
    has_all: bool,
    whose: Whose,
    as_json: bool,
) -> int:
    if bool(ids) is has_all:
        raise CommandFailed("usage", "Name the ids that are listed, or say --all.", name="ids", status=2)

    async def work(settings: Settings) -> list[str]:
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, whose)
            chosen = ids
            if has_all:
                chosen = [news.id for news, _ in await list_parked(services, merchant_id)]
            for each in chosen:
                await act(services, merchant_id, each)
            return chosen

    acted = run(partial(work, settings_now()))
    answer({done: acted}, as_json=as_json, person=lambda: f"{len(acted)} {done}.")
    return OK
