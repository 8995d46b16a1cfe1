"""What a payer sees when something is broken, or not there."""

from typing import Final

from linktill.web.answer import Answer, shown
from linktill.web.checkout.view import TroublePage, UnknownLinkPage
from linktill.web.form import AnyRequest
from linktill.web.look import policy
from linktill.web.noted import RETRY_AFTER, noted

LANG: Final = "en"
_POLICY: Final = policy.checkout().encode()


def payers_trouble(request: AnyRequest, error: Exception) -> Answer:
    """By this step nothing was charged: a charge happens at the gateway, never while a page is made."""
    status, name = noted(request, error)
    if status == 404:
        return shown(UnknownLinkPage(LANG), _POLICY, status=404)
    # Back to the link by GET; a form is not sent again behind the payer's back.
    slug = request.scope["path"].split("/")[2:3]
    retry_url = f"/p/{slug[0]}" if slug and slug[0] else None
    more = (RETRY_AFTER,) if status == 503 else ()
    return shown(TroublePage(LANG, status, retry_url, name), _POLICY, *more, status=status)
