"""Where the payer's pages lead and post to, on this server."""

from linktill.core.checkout_session import CheckoutSession
from linktill.flows.payers_pages import own_page_url


def pay_path(slug: str) -> str:
    """Where the Pay button posts to."""
    return f"/p/{slug}/pay"


def return_path(slug: str, session_id: str, token: str) -> str:
    """The payer's own page of a checkout session, on this server."""
    return f"/p/{slug}/checkout/{session_id}?k={token}"


def own_page_path(slug: str, session: CheckoutSession) -> str:
    """Where a page of ours shows the gateway's own fields, on this server."""
    return own_page_url("", slug, session)


def turn_back_path(slug: str, session_id: str) -> str:
    """Where a payer who gives up posts to."""
    return f"/p/{slug}/checkout/{session_id}/turn_back"
