"""`linktill verify`: checks the file and the standing rules of the books on live data. Reads only."""

import asyncio
from typing import Final

from linktill.cli.output import FAILED, OK, AsJson, Table, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import MerchantId
from linktill.flows.verify_books import Problem, Verified, verify_books
from linktill.settings import Settings
from linktill.storage.database import kind_of
from linktill.storage.sqlite_connection import path_of
from linktill.storage.sqlite_damage import damaged_pages

PAGES_NAMED_MAX: Final = 20


def verify(*, json: AsJson = False) -> int:
    """Exit code 0: the books are in order. 1: something is not, and it is listed."""
    settings = settings_now()
    found = run(lambda: _verify(settings))
    document = {
        "status": "problems" if found.problems else "clean",
        "merchants": found.merchants,
        "checks": found.checks,
        "ledger_rows": found.ledger_rows,
        "problems": [
            {
                "invariant": problem.invariant,
                "merchant_id": problem.merchant_id,
                "message": problem.message,
                "ids": list(problem.ids),
            }
            for problem in found.problems
        ],
    }
    answer(document, as_json=json, person=lambda: _words(found))
    if found.problems and not json:
        message("Do not repair this by hand. Keep a copy of the database, then see docs/operate.md.")
    return FAILED if found.problems else OK


async def _verify(settings: Settings) -> Verified:
    damaged = await asyncio.to_thread(_damage, settings)
    if damaged is not None:
        # What stands on such a page is not known, so there is nothing to say about the books.
        return Verified(0, 1, 0, [damaged])
    async with local_services(settings) as services:
        return await verify_books(services)


def _damage(settings: Settings) -> Problem | None:
    """The pages of a SQLite file that were changed on the disk, or None."""
    if kind_of(settings.database_url) != "sqlite":
        return None
    path = path_of(settings.database_url).resolve()
    try:
        pages = damaged_pages(path) if path.is_file() else []
    except PermissionError:
        return None  # opening the database says what is wrong
    if not pages:
        return None
    words = f"{len(pages)} page(s) of {path} were changed, by the disk or another tool. Restore a backup."
    return Problem("file", MerchantId(""), words, [f"page {number}" for number in pages[:PAGES_NAMED_MAX]])


def _words(found: Verified) -> str | Table:
    if not found.problems:
        return (
            f"The books are in order: {found.checks} checks, {found.merchants} merchant(s), "
            f"{found.ledger_rows} sealed ledger rows."
        )
    rows = [
        (problem.invariant, problem.merchant_id, problem.message, ", ".join(problem.ids))
        for problem in found.problems
    ]
    return Table(("Rule", "Merchant", "Problem", "First ids"), rows)
