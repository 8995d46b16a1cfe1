"""`linktill serve`: the pages, the API, webhooks and, unless told otherwise, the background work, in one process."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.output import OK, AsJson, json_document, message
from linktill.cli.running import run, settings_now
from linktill.cli.serving import bind, serve_until, stop_signal, url_of
from linktill.flows.set_up import new_set_up_token
from linktill.main import Linktill, build
from linktill.settings import Settings


def serve(
    *,
    host: Annotated[str, Parameter(help="Address to listen on; counts more than LINKTILL_HOST.")] = "",
    port: Annotated[int | None, Parameter(help="Port to listen on; counts more than LINKTILL_PORT.")] = None,
    json: AsJson = False,
) -> int:
    """Serves until SIGTERM or Ctrl-C, then finishes what is under way. The first time, it prints a token to set it up with."""
    settings = settings_now(HOST=host, PORT=port)
    run(partial(_serve, settings, as_json=json))
    return OK


async def _serve(settings: Settings, *, as_json: bool) -> None:
    asked = stop_signal()
    with bind(settings.host, settings.port, setting="LINKTILL_PORT") as bound:
        if settings.port == 0:
            # Any free port: the base URL follows from it, unless it was given.
            settings = settings_now(HOST=settings.host, PORT=bound.getsockname()[1])
        async with build(settings, own_url=url_of(bound)) as linktill:
            await serve_until(linktill, bound, asked, partial(_tell, linktill, as_json=as_json))


async def _tell(linktill: Linktill, *, as_json: bool) -> None:
    base_url = linktill.settings.base_url
    token = await new_set_up_token(linktill.services)
    set_up_url = None if token is None else f"{base_url}/setup"
    if as_json:
        json_document({"base_url": base_url, "set_up_url": set_up_url, "set_up_token": token})
        return
    message(f"Linktill serves {base_url}. Stop it with Ctrl-C.")
    if not linktill.services.standing.is_live:
        message(
            "\n  This is a copy, or a backup that was brought back: nothing is charged or sent from here.\n"
            "  If it is the real one, run: linktill adopt\n"
        )
    if token is not None:
        message(
            "\n  Nobody has set up this installation yet.\n"
            f"  Open   {set_up_url}\n"
            f"  Token  {token}\n\n"
            "  The token works once; the next start prints a new one.\n"
        )
