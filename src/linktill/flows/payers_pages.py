"""Addresses of a payer's own pages: for gateways that lead back to them, and for mails."""

from linktill.core.checkout_session import CheckoutSession


def return_url(base_url: str, slug: str, session: CheckoutSession) -> str:
    """The payer's own page for this session; the token in it proves that it is theirs."""
    return f"{base_url}/p/{slug}/checkout/{session.id}?k={session.token}"


def own_page_url(base_url: str, slug: str, session: CheckoutSession) -> str:
    """Where the payer finds the gateway's own fields on a page of ours, guarded as `return_url`."""
    return f"{base_url}/p/{slug}/checkout/{session.id}/pay?k={session.token}"
