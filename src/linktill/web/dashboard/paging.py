"""Addresses of lists: a filter, a search and a place, kept from page to page."""

from typing import Final
from urllib.parse import urlencode

from linktill.web.dashboard.shell import Pager, Tab

ROWS: Final = 50
"""Rows on a page of a list."""
SEARCH_MAX: Final = 200


def list_url(path: str, **chosen: str | None) -> str:
    """The address of a list with what was chosen; empty choices are left out."""
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{path}?{query}" if query else path


def pager(path: str, *, newer: str | None, older: str | None, is_first: bool, **chosen: str | None) -> Pager:
    """The neighbors. `newer` None on a page that is not the first: the newer page is the first one."""
    return Pager(
        newer_url=None if is_first else list_url(path, **chosen, cursor=newer),
        older_url=None if older is None else list_url(path, **chosen, cursor=older),
    )


def tab(
    path: str, label: str, status: str, chosen: str, *, search: str = "", count: int | None = None
) -> Tab:
    """One choice of a status filter; it keeps the search."""
    return Tab(label, list_url(path, status=status, q=search), status == chosen, count)
