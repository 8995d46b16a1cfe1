"""The payer's own pages of a payment, at addresses that only they know: how it stands, the gateway's fields, how to transfer."""

from collections.abc import Sequence
from typing import Final, final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import GatewayTrouble
from linktill.core.payers_language import Wish
from linktill.core.payment_attempt import DEAD
from linktill.core.payment_link import Payability
from linktill.flows.end_waiting import end_own_waiting
from linktill.flows.offers import offers_of
from linktill.flows.offline_account import read_terms
from linktill.flows.return_to_checkout import (
    Visit,
    own_page,
    read_in,
    read_visit,
    return_to_checkout,
    turn_back,
)
from linktill.flows.services import Services
from linktill.surface.page_headers import permissions
from linktill.web.answer import Answer, Header, see_other, shown
from linktill.web.checkout.language import ASKED, known, wish_of, with_language
from linktill.web.checkout.offline import offline_page, waits_offline
from linktill.web.checkout.paths import own_page_path, return_path
from linktill.web.checkout.show import CheckoutPages, Shown, switch_on
from linktill.web.checkout.trouble import own_place, payers_trouble, unknown
from linktill.web.checkout.view import WaitingPage
from linktill.web.form import AnyRequest, read_form
from linktill.web.look import policy
from linktill.web.noted import RETRY_AFTER
from linktill.web.routing import form_route, page_route


def own_routes(services: Services, pages: CheckoutPages) -> Sequence[HTTPRouteHandler]:
    """The routes below `/p/{slug}/checkout/`."""
    own = _OwnPages(services, pages)
    return (
        page_route("/p/{slug:str}/checkout/{session_id:str}", own.come_back, payers_trouble),
        page_route("/p/{slug:str}/checkout/{session_id:str}/pay", own.pay_here, payers_trouble),
        form_route("/p/{slug:str}/checkout/{session_id:str}/leave", own.leave, payers_trouble),
        form_route("/p/{slug:str}/checkout/{session_id:str}/turn_back", own.turn_back, payers_trouble),
    )


@final
class _OwnPages:
    def __init__(self, services: Services, pages: CheckoutPages) -> None:
        self._services: Final = services
        self._pages: Final = pages
        origins = sorted({kind.page_origins for kind in services.gateways.kinds.values()})
        self._policy: Final = policy.checkout(origins).encode()

    async def come_back(self, request: AnyRequest) -> Answer:
        """`GET /p/{slug}/checkout/{session_id}?k=…`: what the gateway says is applied before it is shown."""
        place = own_place(request, request.query_params.get("k", ""))
        if place is None:
            return unknown(request)
        slug, session_id, token = place
        visit = await return_to_checkout(self._services, slug, session_id, token)
        if visit is None:
            return unknown(request)
        if await self._reads_anew(request, visit):
            return see_other(return_path(slug, session_id, token))
        if waits_offline(visit):
            return self._shown(await self._offline(visit))
        is_open = visit.attempt.status in DEAD and visit.payability is Payability.PAYABLE
        link = visit.link
        offers = await offers_of(self._services, link.merchant_id, link.terms) if is_open else ()
        page = self._pages.visited(visit, offers)
        return see_other(_link_path(request, visit)) if page is None else self._shown(page)

    async def pay_here(self, request: AnyRequest) -> Answer:
        """`GET …/checkout/{session_id}/pay?k=…`: the gateway's own fields on a page of ours, while there is something to pay."""
        place = own_place(request, request.query_params.get("k", ""))
        if place is None:
            return unknown(request)
        slug, session_id, token = place
        visit = await read_visit(self._services, slug, session_id, token)
        if visit is None:
            return unknown(request)
        if await self._reads_anew(request, visit):
            return see_other(own_page_path(slug, visit.session))
        try:
            fields = await own_page(self._services, visit)
        except GatewayTrouble:
            return self._shown(Shown(self._pages.own_page(visit, None), 503), RETRY_AFTER)
        if fields is None:
            return see_other(return_path(slug, session_id, token))
        allowed = policy.own_page(fields.script_sources, fields.frame_sources, fields.connect_sources)
        return shown(self._pages.own_page(visit, fields), allowed.encode(), permissions(fields.frame_sources))

    async def turn_back(self, request: AnyRequest) -> Answer:
        """`POST /p/{slug}/checkout/{session_id}/turn_back`, with `k`: the payer wants to stop, or to pay in another way."""
        place = own_place(request, (await read_form(request)).text("k"))
        if place is None:
            return unknown(request)
        slug, session_id, token = place
        try:
            visit = await turn_back(self._services, slug, session_id, token)
        except GatewayTrouble:
            # Their page says how the payment stands, and lets them try again.
            return see_other(return_path(slug, session_id, token))
        if visit is None:
            return unknown(request)
        return see_other(return_path(slug, session_id, token))

    async def leave(self, request: AnyRequest) -> Answer:
        """`POST …/checkout/{session_id}/leave`: a payer who was to transfer money wants to pay another way."""
        place = own_place(request, (await read_form(request)).text("k"))
        if place is None:
            return unknown(request)
        slug, session_id, token = place
        visit = await read_visit(self._services, slug, session_id, token)
        if visit is None:
            return unknown(request)
        is_free = waits_offline(visit) and await end_own_waiting(self._services, visit.attempt)
        return see_other(_link_path(request, visit) if is_free else return_path(slug, session_id, token))

    async def _reads_anew(self, request: AnyRequest, visit: Visit) -> bool:
        """Has the payer asked for another language? It is kept with the session: their mails speak it, too."""
        language = known(request.query_params.get(ASKED, ""))
        if not language:
            return False
        await read_in(self._services, visit, language)
        return True

    async def _offline(self, visit: Visit) -> Shown:
        terms = await read_terms(self._services, visit.attempt)
        payee, origin = self._pages.payee(visit.merchant), self._services.origin_of(visit.link.merchant_id)
        return Shown(offline_page(visit, terms, payee, origin, switch_on(visit)))

    def _shown(self, page: Shown, *more: Header) -> Answer:
        if isinstance(page.view, WaitingPage):
            more = (*more, (b"refresh", page.view.refresh_header.encode()))
        return shown(page.view, self._policy, *more, status=page.status)


def _link_path(request: AnyRequest, visit: Visit) -> str:
    """The link, in the language that the payer has read so far."""
    path, language = f"/p/{visit.link.slug}", visit.session.language
    return path if wish_of(request).language() == language else with_language(path, Wish(chosen=language))
