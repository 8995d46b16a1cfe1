"""`linktill go-live`: opens the live books, and says what real money still needs."""

from functools import partial
from typing import Final

from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.merchant import Merchant
from linktill.flows.go_live import Readiness, go_live, read_readiness
from linktill.settings import Settings

_NEEDS: Final = {
    "gateway": (
        "A gateway with live keys",
        "Connect one in the live books, with the keys that it calls live.",
    ),
    "mail_server": ("A mail server", "Set LINKTILL_SMTP_URL: receipts and news reach nobody without."),
    "base_url": ("An address that payers can open", "Set LINKTILL_BASE_URL to https:// and a public name."),
    "backup": ("A backup of today", "Run: linktill backup"),
}


def open_books(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Said again, it opens nothing new and looks again. Exit code 0 also where something is missing."""
    live, has = run(partial(_open, settings_now(), whose))
    document = {"merchant_id": live.id, "mode": live.mode, "missing": list(has.missing)}
    answer(document, as_json=json, person=lambda: _table(has))
    return OK


async def _open(settings: Settings, whose: Whose) -> tuple[Merchant, Readiness]:
    async with local_services(settings) as services:
        meant = Whose(test=True) if whose.is_any else whose
        live = await go_live(services, await merchant_of(services, meant))
        has = await read_readiness(services, live.id, has_mail_server=settings.smtp is not None)
        return live, has


def _table(has: Readiness) -> Table:
    rows = [
        ("missing", needed, mend) if name in has.missing else ("there", needed, "")
        for name, (needed, mend) in _NEEDS.items()
    ]
    return Table(("The live books are open.", "What real money needs", "How"), rows)
