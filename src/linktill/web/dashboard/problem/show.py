"""What went wrong, as a page: refusals by the rules, trouble with the database, and what nobody foresaw."""

from linktill.core.errors import (
    FieldInvalid,
    GatewayTrouble,
    NoRoom,
    NotFound,
    Refusal,
    SignInRefused,
    TooMany,
)
from linktill.web.dashboard.problem.view import ProblemPage
from linktill.web.dashboard.shell import Shell


def refusal_page(refusal: Refusal, shell: Shell, *, back_url: str) -> tuple[ProblemPage, int]:
    """The page and its status. The words are the refusal's own: they say what may be done instead."""
    match refusal:
        case NotFound():
            return ProblemPage(shell.lang, shell, "not_found", None, None, back_url), 404
        case TooMany():
            return ProblemPage(shell.lang, shell, "too_many", str(refusal), None, back_url), 429
        case GatewayTrouble() | NoRoom():
            return ProblemPage(shell.lang, shell, "unavailable", str(refusal), None, back_url), 503
        case SignInRefused():
            return ProblemPage(shell.lang, shell, "forbidden", str(refusal), None, back_url), 403
        case FieldInvalid():
            return ProblemPage(shell.lang, shell, "conflict", str(refusal), None, back_url), 422
        case _:
            return ProblemPage(shell.lang, shell, "conflict", str(refusal), None, back_url), 409
