"""What a member, or whoever came to an address that is not there, sees when something is broken."""

from typing import Final

from linktill.web.answer import Answer, shown
from linktill.web.dashboard.problem.view import ProblemPage
from linktill.web.form import AnyRequest
from linktill.web.look import policy
from linktill.web.noted import RETRY_AFTER, noted

LANG: Final = "en"
_POLICY: Final = policy.DASHBOARD.encode()


def members_trouble(request: AnyRequest, error: Exception) -> Answer:
    """Without the menu: what makes it may be what is broken."""
    status, name = noted(request, error)
    more = (RETRY_AFTER,) if status == 503 else ()
    return shown(_page(status, name), _POLICY, *more, status=status)


def _page(status: int, name: str) -> ProblemPage:
    match status:
        case 404:
            return ProblemPage(LANG, None, "not_found", None, None, "/dashboard")
        case 503:
            return ProblemPage(LANG, None, "unavailable", None, name, "/dashboard", "Try again")
        case 405:
            words = "This address does not take what your browser sent."
            return ProblemPage(LANG, None, "conflict", words, None, "/dashboard")
        case _ if status >= 500:
            return ProblemPage(LANG, None, "broken", None, name, "/dashboard")
        case _:
            words = "Your browser sent something that this page cannot read. Nothing was changed."
            return ProblemPage(LANG, None, "conflict", words, name, "/dashboard")
