"""`linktill verify`: checks the standing rules of the books on live data. Reads only."""

from linktill.cli.output import FAILED, OK, AsJson, Table, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.flows.verify_books import Verified, verify_books
from linktill.settings import Settings


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
    async with local_services(settings) as services:
        return await verify_books(services)


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
