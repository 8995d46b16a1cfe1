"""`linktill worker`: the background work alone, beside web processes that run with LINKTILL_WORKER=off."""

from functools import partial

from linktill.cli.output import OK, AsJson, json_document, message
from linktill.cli.running import run, settings_now
from linktill.cli.serving import stop_signal
from linktill.main import open_services, work
from linktill.settings import Settings


def worker(*, json: AsJson = False) -> int:
    """Works until SIGTERM or Ctrl-C, then finishes what is under way."""
    settings = settings_now()
    run(partial(_work, settings, as_json=json))
    return OK


async def _work(settings: Settings, *, as_json: bool) -> None:
    asked = stop_signal()
    async with open_services(settings) as services:
        if as_json:
            json_document({"status": "working", "database": services.database.dialect})
        else:
            message(f"Linktill works on {services.database.dialect}. Stop it with Ctrl-C.")
        await work(settings, services, asked)
