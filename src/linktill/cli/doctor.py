"""`linktill doctor`: what keeps this installation from working, each with one line on how to mend it."""

from linktill.cli.checkup import Finding, examine
from linktill.cli.output import FAILED, OK, AsJson, CommandFailed, Table, answer
from linktill.cli.running import run, settings_now

_SIGNS = {"ok": "ok", "warning": "look", "failing": "FAILS"}


def doctor(*, json: AsJson = False) -> int:
    """Exit code 1: something fails. What only deserves a look does not count."""
    try:
        settings = settings_now()
    except CommandFailed as failed:
        findings = [
            Finding("settings", "failing", str(failed), "Mend the settings that are named, then look again.")
        ]
    else:
        findings = [Finding("settings", "ok", "All settings can be used."), *run(lambda: examine(settings))]
    worst = next(
        (status for status in ("failing", "warning") if any(f.status == status for f in findings)), "ok"
    )
    document = {
        "status": worst,
        "checks": [
            {"name": each.name, "status": each.status, "message": each.message, "mend": each.mend}
            for each in findings
        ],
    }
    answer(document, as_json=json, person=lambda: _table(findings))
    return FAILED if worst == "failing" else OK


def _table(findings: list[Finding]) -> Table:
    rows = [
        (_SIGNS[each.status], each.name, f"{each.message}\n{each.mend}" if each.mend else each.message)
        for each in findings
    ]
    return Table(("", "Check", "Finding"), rows)
