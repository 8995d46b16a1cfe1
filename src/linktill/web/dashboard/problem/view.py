"""What is shown when a dashboard page cannot be."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """A page for what went wrong; with the menu where someone is signed in."""

    TEMPLATE: ClassVar[str] = "dashboard/problem/page.html"

    lang: str
    shell: Shell | None
    kind: Literal[
        "not_found",
        "in_other_books",
        "other_books_form",
        "stale_form",
        "forbidden",
        "conflict",
        "too_many",
        "unavailable",
        "broken",
    ]
    """`stale_form`: the CSRF token did not match, mostly a form left open for long. `in_other_books`: not in the books that
    are shown, but in the same business's others. `other_books_form`: the form is of the others, left open in another tab.
    """
    detail: str | None
    """A refusal's own words, where there are some."""
    request_id: str | None
    back_url: str
    back_label: str = "Go back"
    switch_next: str = ""
    """Where a switch to the other books leads, where the page offers one."""
