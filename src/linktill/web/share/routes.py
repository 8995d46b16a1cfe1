"""What other places ask of a link: its QR code, its card in a frame, and what editors and chats make a card with.

Anybody may ask, as anybody may open the link. A draft is nobody's business, here too.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, Literal, final
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from linktill.core.merchant import Mode
from linktill.core.payment_link import Payability, PaymentLink
from linktill.flows.open_checkout import Checkout, open_checkout
from linktill.flows.services import Services
from linktill.web.answer import Answer, Header, shown
from linktill.web.checkout.language import VARY, in_own_words, language_of, wish_of
from linktill.web.checkout.qr import PIXELS, PIXELS_MAX, PIXELS_MIN, qr_png, qr_svg
from linktill.web.checkout.trouble import payers_trouble, slug_of
from linktill.web.form import AnyRequest
from linktill.web.look import policy
from linktill.web.look.assets import asset_body
from linktill.web.routing import page_route
from linktill.web.share.view import CardPage

CARD_WIDTH: Final = 416
CARD_HEIGHT: Final = 184
"""CSS pixels; embed.js and card.css have the same."""
_QUERY_MAX: Final = 4_000
_CACHE_S: Final = 300
_SIDE: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_PRICE_MAY_DIFFER: Final = frozenset({"signed", "prefilled_amount", "prefilled_promo_code", "currency"})
"""With one of these in its address the page may show another price than a card, which does not compute it."""
_EVERYWHERE: Final[Header] = (b"access-control-allow-origin", b"*")
_FROM_ANYWHERE: Final[Header] = (b"cross-origin-resource-policy", b"cross-origin")
_A_WHILE: Final[Header] = (b"cache-control", f"public, max-age={_CACHE_S}".encode())
_PICTURE_POLICY: Final[Header] = (b"content-security-policy", b"default-src 'none'; sandbox")
_STATES: Final[Mapping[Payability, Literal["open", "later"]]] = {
    Payability.PAYABLE: "open",
    Payability.IN_PROGRESS: "open",
    Payability.SCHEDULED: "later",
}


def share_routes(services: Services) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    share = _Share(services)
    return (
        page_route("/p/{slug:str}/qr.svg", share.svg, payers_trouble),
        page_route("/p/{slug:str}/qr.png", share.png, payers_trouble),
        page_route("/p/{slug:str}/card", share.card, payers_trouble),
        page_route("/p/{slug:str}/oembed", share.oembed, payers_trouble),
        page_route("/static/embed.js", _embed, payers_trouble),
    )


@final
class _Share:
    def __init__(self, services: Services) -> None:
        self._services: Final = services
        self._policy: Final = policy.CARD.encode()

    async def svg(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}/qr.svg`."""
        checkout = await self._checkout(request)
        return _picture(b"image/svg+xml; charset=utf-8", qr_svg(self._url(checkout.link)))

    async def png(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}/qr.png?size=600`: about so many pixels on a side, from 100 to 2000."""
        checkout = await self._checkout(request)
        size = request.query_params.get("size", "")
        pixels = int(size) if _SIDE.fullmatch(size) else PIXELS
        return _picture(
            b"image/png", qr_png(self._url(checkout.link), min(PIXELS_MAX, max(PIXELS_MIN, pixels)))
        )

    async def card(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}/card?theme=dark`: what else is in the address comes to the link's own page."""
        checkout = await self._checkout(request)
        lang = language_of(checkout, wish_of(request))
        checkout = in_own_words(checkout, lang)
        given = {name: request.query_params[name] for name in request.query_params}
        theme = given.pop("theme", "")
        link = checkout.link
        search = urlencode(given)
        view = CardPage(
            lang=lang,
            merchant_name=checkout.merchant.name,
            description=link.terms.description,
            amount=None if _PRICE_MAY_DIFFER & given.keys() or not link.terms.due.minor else link.terms.due,
            is_open_amount=not link.terms.due.minor,
            url=f"{self._url(link)}?{search}" if 0 < len(search) <= _QUERY_MAX else self._url(link),
            state=_STATES.get(checkout.payability, "closed"),
            is_test=checkout.merchant.mode is Mode.TEST,
            theme="light" if theme == "light" else "dark" if theme == "dark" else "",
        )
        return shown(view, self._policy, _FROM_ANYWHERE, VARY)

    async def oembed(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}/oembed?url=…&maxwidth=…&maxheight=…`, as https://oembed.com has it: a card, or where it has no room
        the title alone. JSON only: XML is answered with 501.
        """
        checkout = await self._checkout(request)
        asked = request.query_params.get("url", "")
        if request.query_params.get("format", "json") != "json":
            return Answer(501, ((b"content-type", b"text/plain; charset=utf-8"),), b"Only format=json.\n")
        url = self._url(checkout.link)
        if not _is_same(asked, url):
            raise NotFoundException
        words: dict[str, object] = {
            "version": "1.0",
            "type": "link",
            "title": checkout.link.terms.description,
            "author_name": checkout.merchant.name,
            "provider_name": checkout.merchant.name,
            "provider_url": f"{urlsplit(url).scheme}://{urlsplit(url).netloc}",
            "cache_age": _CACHE_S,
        }
        width = min(CARD_WIDTH, _side(request.query_params.get("maxwidth", "")))
        if width >= CARD_WIDTH // 2 and _side(request.query_params.get("maxheight", "")) >= CARD_HEIGHT:
            search = urlsplit(asked).query[:_QUERY_MAX]
            source = f"{url}/card?{search}" if search else f"{url}/card"
            words |= {
                "type": "rich",
                "html": f'<iframe src="{escape(source)}" title="{escape(checkout.link.terms.description)}" width="{width}" '
                f'height="{CARD_HEIGHT}" style="border:0;max-width:100%" loading="lazy"></iframe>',
                "width": width,
                "height": CARD_HEIGHT,
            }
        body = msgspec.json.encode(words)
        return Answer(
            200, ((b"content-type", b"application/json"), _A_WHILE, _EVERYWHERE, _FROM_ANYWHERE), body
        )

    async def _checkout(self, request: AnyRequest) -> Checkout:
        slug = slug_of(request)
        checkout = None if slug is None else await open_checkout(self._services, slug)
        if checkout is None or checkout.payability is Payability.DRAFT:
            raise NotFoundException
        return checkout

    def _url(self, link: PaymentLink) -> str:
        return f"{self._services.origin_of(link.merchant_id)}/p/{link.slug}"


async def _embed(_request: AnyRequest) -> Answer:
    """`GET /static/embed.js`: the one script that other pages load, so its address stays."""
    headers = (
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"public, max-age=3600"),
        _EVERYWHERE,
        _FROM_ANYWHERE,
    )
    return Answer(200, headers, asset_body("embed.js"))


def _picture(kind: bytes, body: bytes) -> Answer:
    return Answer(
        200, ((b"content-type", kind), _A_WHILE, _FROM_ANYWHERE, _EVERYWHERE, _PICTURE_POLICY), body
    )


def _is_same(asked: str, url: str) -> bool:
    """Is it this link, whatever prefills it?"""
    return asked.partition("?")[0].partition("#")[0].rstrip("/") == url


def _side(text: str) -> int:
    """The room that there is; without a word of it, as much as wanted."""
    return int(text) if _SIDE.fullmatch(text) else CARD_WIDTH
