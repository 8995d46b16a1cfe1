"""What a payer sees when something is broken, or not there."""

import re
from typing import Final

from linktill.web.answer import Answer, shown
from linktill.web.checkout.language import VARY, switch_of, wish_of
from linktill.web.checkout.typed import TOKEN
from linktill.web.checkout.view import TroublePage, UnknownLinkPage
from linktill.web.form import AnyRequest
from linktill.web.look import policy
from linktill.web.noted import RETRY_AFTER, noted

_POLICY: Final = policy.checkout().encode()
_SLUG: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SESSION_ID: Final = re.compile(r"cs_[0-9a-z_]{1,40}", re.ASCII)


def slug_of(request: AnyRequest) -> str | None:
    """The slug, if it can be one: what cannot is not asked for in the database."""
    slug = str(request.path_params["slug"])
    return slug if _SLUG.fullmatch(slug) else None


def own_place(request: AnyRequest, token: str) -> tuple[str, str, str] | None:
    """Slug, session id and return token of a payer's own page, if they can be such: what cannot is not asked for."""
    slug, session_id = slug_of(request), str(request.path_params["session_id"])
    if slug is None or not _SESSION_ID.fullmatch(session_id) or not TOKEN.fullmatch(token):
        return None
    return slug, session_id, token


def unknown(request: AnyRequest) -> Answer:
    """There is no such link, or none that is anybody's business."""
    view = UnknownLinkPage(wish_of(request).language(), switch_of(request))
    return shown(view, _POLICY, VARY, status=404)


def payers_trouble(request: AnyRequest, error: Exception) -> Answer:
    """By this step nothing was charged: a charge happens at the gateway, never while a page is made."""
    status, name = noted(request, error)
    if status == 404:
        return unknown(request)
    # Back to the link by GET; a form is not sent again behind the payer's back.
    slug = request.scope["path"].split("/")[2:3]
    retry_url = f"/p/{slug[0]}" if slug and slug[0] else None
    more = (VARY, RETRY_AFTER) if status == 503 else (VARY,)
    # What was asked for may be broken itself: no other language is offered for it.
    view = TroublePage(wish_of(request).language(), status, retry_url, name, "")
    return shown(view, _POLICY, *more, status=status)
