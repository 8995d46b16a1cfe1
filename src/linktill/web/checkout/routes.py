"""The payer's pages: the link, the Pay button, and the payer's own page of a payment.

Opening a page writes nothing but a count in memory: mail scanners and link previews open every link. Nothing here needs
a script but a gateway's own fields on a page of ours, and no cookie is set before Pay.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, final

from litestar.handlers import HTTPRouteHandler

from linktill.core.checkout_session import SessionStatus
from linktill.core.currencies import EXPONENTS
from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    GatewayTrouble,
    LinkNotPayable,
    NoRoom,
    NotFound,
    PaymentInProgress,
    PriceChanged,
    WayNotOffered,
)
from linktill.core.money import Money
from linktill.core.payers_language import Wish
from linktill.core.payment_attempt import OPEN, AttemptStatus
from linktill.core.payment_link import Payability
from linktill.core.pricing import AS_FILLED
from linktill.core.sentence import sentence
from linktill.core.signed_values import SignedValues
from linktill.flows.open_checkout import Checkout, ViewCounter, open_checkout
from linktill.flows.return_to_checkout import Visit, read_visit
from linktill.flows.services import Services
from linktill.flows.signed_links import Unsigned, read_signed
from linktill.flows.start_payment import PayForm, start_payment
from linktill.surface.client_address import Network
from linktill.web.answer import Answer, Header, see_other, shown
from linktill.web.checkout.arriving import SIGNED, arrived, locked, with_errors
from linktill.web.checkout.choosing import field_of
from linktill.web.checkout.cookie import checkout_cookie, own_checkout
from linktill.web.checkout.currency import currency_for, in_currency
from linktill.web.checkout.language import ASKED, SWITCH, switch_of, wish_of, with_language
from linktill.web.checkout.language import VARY as VARY_LANGUAGE
from linktill.web.checkout.own import own_routes
from linktill.web.checkout.paths import return_path
from linktill.web.checkout.receipt import receipt_route
from linktill.web.checkout.request import Requests
from linktill.web.checkout.show import CheckoutPages, Shown, speaking_at
from linktill.web.checkout.trouble import payers_trouble, slug_of, unknown
from linktill.web.checkout.typed import PAY_IN, Typed, ordered, read_sent
from linktill.web.checkout.view import LinkPage
from linktill.web.form import AnyRequest, read_form
from linktill.web.look import policy
from linktill.web.routing import form_route, page_route

_VARY: Final[Header] = (b"vary", b"cookie")


def checkout_routes(
    services: Services,
    views: ViewCounter,
    *,
    report_email: str | None,
    sends_mail: bool,
    trusted_proxies: tuple[Network, ...] = (),
) -> Sequence[HTTPRouteHandler]:
    """The routes below `/p/`. `report_email`: who looks into links that payers report. `sends_mail`: a mail server is
    set. `trusted_proxies`: whose X-Forwarded-For counts.
    """
    shown_pages = CheckoutPages(services, report_email, sends_mail=sends_mail)
    pages = _Checkout(services, views, shown_pages, Requests(services, shown_pages, trusted_proxies))
    return (
        page_route("/p/{slug:str}", pages.open, payers_trouble),
        form_route("/p/{slug:str}/pay", pages.pay, payers_trouble),
        page_route("/p/{slug:str}/pay", pages.lead_back, payers_trouble),
        form_route("/p/{slug:str}/request", pages.request, payers_trouble),
        page_route("/p/{slug:str}/request", pages.lead_back, payers_trouble),
        *own_routes(services, shown_pages),
        receipt_route(services),
    )


@final
class _Checkout:
    def __init__(
        self, services: Services, views: ViewCounter, pages: CheckoutPages, requests: Requests
    ) -> None:
        self._services: Final = services
        self._views: Final = views
        self._pages: Final = pages
        self._requests: Final = requests
        self._is_https: Final = services.base_url.startswith("https://")
        origins = sorted({kind.page_origins for kind in services.gateways.kinds.values()})
        self._policy: Final = policy.checkout(origins).encode()
        self._policy_with_script: Final = policy.choosing(origins).encode()

    async def open(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}`."""
        slug = slug_of(request)
        if slug is None:
            return unknown(request)
        wish = wish_of(request)
        own = await self._own_visit(request, slug)
        if own is not None and _leads_on(own):
            return see_other(with_language(return_path(slug, own.session.id, own.session.token), wish), _VARY)
        signed = request.query_params.get(SIGNED, "") if request.scope["query_string"] else ""
        checkout = await open_checkout(self._services, slug)
        if checkout is None and await self._is_other_case(slug):
            # With what came by the address: a signed one must not turn into a bare one on the way.
            asked = request.scope["query_string"].decode("latin-1")
            return see_other(f"/p/{slug.lower()}?{asked}" if asked else f"/p/{slug.lower()}")
        if checkout is not None and request.method == "GET":
            self._views.count(checkout.link)
        is_retry = own is not None and own.session.status is SessionStatus.OPEN
        typed = self._pages.resumed(own) if own is not None and is_retry else self._pages.typed()
        typed = replace(typed, wish=wish)
        if checkout is None or checkout.payability is not Payability.PAYABLE:
            closed = await self._requests.offered(checkout, self._pages.opened(checkout, typed), typed)
            return self._shown(_switching(closed, request), _VARY, VARY_LANGUAGE)
        signed = signed or typed.told.origin.signed
        values = await self._signed(checkout, signed, wish)
        if isinstance(values, Shown):
            return self._shown(_switching(values, request), _VARY, VARY_LANGUAGE)
        if checkout.currencies and (values is None or values.amount_minor is None):
            typed, checkout = await self._in_currency(request, checkout, typed)
        if request.scope["query_string"]:
            query = {name: request.query_params.get(name, "") for name in request.query_params}
            typed = arrived(query, typed, checkout.link)
        if values is not None:
            typed = locked(typed, values, signed)
        if typed.chosen.choices != AS_FILLED:
            checkout = await self._checkout(slug, typed) or checkout
        page = self._pages.opened(checkout, typed)
        return self._shown(_switching(page, request), _VARY, VARY_LANGUAGE)

    async def pay(self, request: AnyRequest) -> Answer:
        """`POST /p/{slug}/pay`: on to the gateway, or the reason why not, and then nothing was charged."""
        slug = slug_of(request)
        form = await read_form(request)
        if slug is None:
            return unknown(request)
        wish = wish_of(request, form.text(ASKED))
        typed, is_whole = read_sent(form, self._pages.typed().submit_token, wish)
        if form.text(SIGNED):
            checkout = await open_checkout(self._services, slug)
            values = None if checkout is None else await self._signed(checkout, form.text(SIGNED), wish)
            if isinstance(values, Shown):
                return self._shown(values)
            typed = typed if values is None else locked(typed, values, form.text(SIGNED))
        if form.text("update") or form.text(PAY_IN):
            changed = in_currency(typed, typed.pays_in) if typed.pays_in in EXPONENTS else typed
            return await self._updated(slug, changed)
        try:
            return await self._pressed(slug, typed, ordered(typed) if is_whole else None)
        except NotFound:
            return unknown(request)

    async def _pressed(self, slug: str, typed: Typed, order: PayForm | None) -> Answer:
        if order is None:
            return await self._again(slug, typed, status=422, problem="")
        try:
            result = await start_payment(self._services, slug, order)
        except (LinkNotPayable, PaymentInProgress) as refusal:
            reason = refusal.reason if isinstance(refusal, LinkNotPayable) else refusal.code
            return await self._closed(slug, typed, reason)
        except PriceChanged:
            return await self._price_changed(slug, typed)
        except FieldInvalid as invalid:
            return await self._again(slug, replace(typed, errors=_said(invalid)), status=422, problem="")
        except WayNotOffered as refusal:
            return await self._again(
                slug, replace(typed, errors={"gateway": refusal.message}), status=409, problem=""
            )
        except GatewayTrouble:
            return await self._again(slug, typed, status=503, problem=_GATEWAY_TROUBLE)
        except NoRoom:
            return await self._again(slug, typed, status=503, problem=_NO_ROOM)
        session = result.session
        # A page of ours is shown on the host that the payer is on: browsers follow a form to no other (form-action).
        url, own = result.redirect_url or "", self._services.domains.origin_of(session.merchant_id)
        if own is not None and url.startswith(f"{own}/p/"):
            url = url.removeprefix(own)
        url = url or return_path(slug, session.id, session.token)
        return see_other(url, checkout_cookie(session, slug, is_https=self._is_https))

    async def lead_back(self, request: AnyRequest) -> Answer:
        """`GET` where a form is posted to: what was refused is shown at this address, and people open it again."""
        slug = slug_of(request)
        return unknown(request) if slug is None else see_other(with_language(f"/p/{slug}", wish_of(request)))

    async def request(self, request: AnyRequest) -> Answer:
        """`POST /p/{slug}/request`: somebody who came too late leaves an address."""
        slug = slug_of(request)
        form = await read_form(request)
        checkout = None if slug is None else await open_checkout(self._services, slug)
        if checkout is None or checkout.payability is Payability.DRAFT:
            return unknown(request)
        wish = wish_of(request, form.text(ASKED))
        page = await self._requests.asked(request, checkout, form, wish)
        if page is None:
            return see_other(with_language(f"/p/{checkout.link.slug}", wish))
        return self._shown(page)

    async def _is_other_case(self, slug: str) -> bool:
        """Is it an address that somebody chose, typed with capitals, as telephones begin words with one?"""
        folded = slug.lower()
        return folded != slug and await open_checkout(self._services, folded) is not None

    async def _own_visit(self, request: AnyRequest, slug: str) -> Visit | None:
        own = own_checkout(request, is_https=self._is_https)
        return None if own is None else await read_visit(self._services, slug, own.session_id, own.token)

    async def _signed(self, checkout: Checkout, signed: str, wish: Wish) -> SignedValues | Shown | None:
        """What was signed, of a link in its own currency; a page where that does not count."""
        if not signed:
            return None
        values = await read_signed(self._services, checkout.link, signed)
        return self._pages.unsigned(checkout, values.reason, wish) if isinstance(values, Unsigned) else values

    async def _in_currency(
        self, request: AnyRequest, checkout: Checkout, typed: Typed
    ) -> tuple[Typed, Checkout]:
        """The form and the link in the currency that the page is opened in."""
        link = checkout.link
        now = self._services.clock.now_us()
        typed = in_currency(typed, currency_for(request, checkout.currencies, typed.currency, now))
        if typed.currency == link.terms.amount.currency:
            return typed, checkout
        found = await self._checkout(link.slug, Typed(typed.submit_token, currency=typed.currency))
        return typed, found or checkout

    async def _updated(self, slug: str, typed: Typed) -> Answer:
        """What the choices come to. Nothing else is looked at yet, and nothing is wrong with it."""
        checkout = await self._checkout(slug, typed)
        if checkout is None or checkout.payability is not Payability.PAYABLE:
            return self._shown(self._pages.refused(checkout, typed))
        kept = replace(_still(typed, checkout), errors={}, seen=None)
        return self._shown(Shown(self._pages.link_page(checkout, kept)))

    async def _again(self, slug: str, typed: Typed, *, status: int, problem: str) -> Answer:
        """The form once more, with what was typed, what is wrong beside it, and the terms of now."""
        checkout = await self._checkout(slug, typed)
        if checkout is None or checkout.payability is not Payability.PAYABLE:
            return self._shown(self._pages.refused(checkout, typed))
        if not typed.errors and not typed.chosen.errors and not problem:
            problem = sentence("This form was not complete. Check it and press Pay again.")
        if status == 422:
            typed = with_errors(typed, checkout.link)
        page = self._pages.link_page(checkout, replace(_still(typed, checkout), seen=None))
        before = _price_before(typed, page.pay.amount)
        return self._shown(Shown(replace(page, problem=problem or None, price_before=before), status))

    async def _price_changed(self, slug: str, typed: Typed) -> Answer:
        checkout = await self._checkout(slug, typed)
        if checkout is None or checkout.payability is not Payability.PAYABLE:
            return self._shown(self._pages.refused(checkout, typed))
        page = self._pages.link_page(checkout, replace(_still(typed, checkout), seen=None))
        is_same = typed.seen is not None and typed.seen.version == checkout.link.version
        if is_same and page.pay.choosing is not None:
            # Only the payer's own choices make it another sum than the page has shown.
            return self._shown(Shown(replace(page, is_updated=True)))
        before = _price_before(typed, page.pay.amount)
        problem = None if before is not None else _CHANGED
        header = (b"linktill-problem", PriceChanged.code.encode())
        return self._shown(Shown(replace(page, price_before=before, problem=problem), 409), header)

    async def _closed(self, slug: str, typed: Typed, reason: str) -> Answer:
        checkout = await self._checkout(slug, typed)
        header = (b"linktill-problem", reason.encode())
        if checkout is not None and checkout.payability is Payability.PAYABLE:
            # Free again since it was refused: the form, and another press will do.
            return await self._again(
                slug, typed, status=409, problem=sentence("Someone else was paying just now.")
            )
        closed = await self._requests.offered(checkout, self._pages.refused(checkout, typed), typed)
        return self._shown(closed, header)

    async def _checkout(self, slug: str, typed: Typed) -> Checkout | None:
        return await open_checkout(
            self._services, slug, typed.chosen.choices, typed.email or None, typed.currency
        )

    def _shown(self, page: Shown, *more: Header) -> Answer:
        allowed = self._policy
        if isinstance(page.view, LinkPage) and page.view.pay.has_script:
            allowed = self._policy_with_script
        return shown(page.view, allowed, *more, status=page.status)


_CHANGED: Final = sentence("The details have changed since you opened this page.")
_NO_ROOM: Final = sentence("New payments cannot be taken here right now. Please try again later.")
_GATEWAY_TROUBLE: Final = sentence(
    "The payment service cannot be reached right now. Please try again in a minute."
)


def _said(invalid: FieldInvalid) -> dict[str, str]:
    """Field of the form → what is wrong with it."""
    if isinstance(invalid, FieldsInvalid):
        return {error.param: error.message for error in invalid.errors}
    return {field_of(invalid): invalid.message}


def _still(typed: Typed, checkout: Checkout) -> Typed:
    """What may be filled in again: who agreed to an older version of the words has not agreed to these."""
    if typed.currency:
        # What it cannot be paid in any more, it is shown without.
        typed = in_currency(typed, checkout.link.terms.amount.currency)
    if typed.seen is None or typed.seen.version == checkout.link.version:
        return typed
    told = replace(typed.told, typed=replace(typed.told.typed, consents=frozenset()))
    return replace(typed, told=told)


def _switching(page: Shown, request: AnyRequest) -> Shown:
    """With what else its address says in that of every other language."""
    switch = switch_of(request)
    return page if switch == SWITCH else replace(page, view=speaking_at(page.view, switch))


def _price_before(typed: Typed, now: Money) -> Money | None:
    """The price that the payer was shown first, if it is another one."""
    first = typed.price_before or (None if typed.seen is None else typed.seen.amount)
    return first if first != now else None


def _leads_on(own: Visit) -> bool:
    """Whether a payer who opens the link should see their own payment: it is under way, or it is what closed the link."""
    status = own.attempt.status
    if status in OPEN or status is AttemptStatus.NEEDS_REVIEW:
        return True
    return status is AttemptStatus.CAPTURED and own.payability is not Payability.PAYABLE
