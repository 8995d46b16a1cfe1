"""What a payer is shown: the link in their currency and language, and the addresses of their own pages."""

from linktill.core.checkout_session import CheckoutSession
from linktill.core.merchant import Merchant
from linktill.core.payers_language import Wish
from linktill.core.payment_link import PaymentLink


def as_shown(merchant: Merchant, link: PaymentLink, currency: str, wish: Wish) -> PaymentLink:
    """The link in this currency and in the language that the payer reads."""
    language = wish.language(link.terms.locale, merchant.language)
    return link.in_currency(currency).in_language(language)


def return_url(base_url: str, slug: str, session: CheckoutSession) -> str:
    """The payer's own page for this session; the token in it proves that it is theirs."""
    return f"{base_url}/p/{slug}/checkout/{session.id}?k={session.token}"


def own_page_url(base_url: str, slug: str, session: CheckoutSession) -> str:
    """Where the payer finds the gateway's own fields on a page of ours, guarded as `return_url`."""
    return f"{base_url}/p/{slug}/checkout/{session.id}/pay?k={session.token}"
