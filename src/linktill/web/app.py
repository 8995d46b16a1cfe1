"""All pages that people see, as routes for the one application that `main` makes."""

from typing import Final

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from linktill.flows.services import Services
from linktill.web.checkout.routes import checkout_routes
from linktill.web.checkout.trouble import payers_trouble
from linktill.web.dashboard.books.routes import books_routes
from linktill.web.dashboard.coupon.routes import coupon_routes
from linktill.web.dashboard.coupons.routes import coupons_routes
from linktill.web.dashboard.customer.routes import customer_routes
from linktill.web.dashboard.customers.routes import customers_routes
from linktill.web.dashboard.desk import Desk
from linktill.web.dashboard.developers.routes import developers_routes
from linktill.web.dashboard.dispute.routes import dispute_routes
from linktill.web.dashboard.disputes.routes import disputes_routes
from linktill.web.dashboard.domain.routes import domain_routes
from linktill.web.dashboard.endpoint.routes import endpoint_routes
from linktill.web.dashboard.event.routes import event_routes
from linktill.web.dashboard.events.routes import events_routes
from linktill.web.dashboard.exports.routes import exports_routes
from linktill.web.dashboard.gate import gate_routes
from linktill.web.dashboard.gateway.routes import gateway_routes
from linktill.web.dashboard.gateways.routes import gateways_routes
from linktill.web.dashboard.go_live.routes import go_live_routes
from linktill.web.dashboard.home.routes import home_routes
from linktill.web.dashboard.import_file.routes import import_file_routes
from linktill.web.dashboard.import_links.routes import import_links_routes
from linktill.web.dashboard.invoices.routes import invoices_routes
from linktill.web.dashboard.link.routes import link_routes
from linktill.web.dashboard.link_form.routes import link_form_routes
from linktill.web.dashboard.link_message.routes import link_message_routes
from linktill.web.dashboard.link_templates.routes import link_templates_routes
from linktill.web.dashboard.link_versions.routes import link_versions_routes
from linktill.web.dashboard.links.routes import links_routes
from linktill.web.dashboard.live.routes import live_routes
from linktill.web.dashboard.mails.routes import mails_routes
from linktill.web.dashboard.offline.routes import offline_routes
from linktill.web.dashboard.payment.routes import payment_routes
from linktill.web.dashboard.payments.routes import payments_routes
from linktill.web.dashboard.payout.routes import payout_routes
from linktill.web.dashboard.payouts.routes import payouts_routes
from linktill.web.dashboard.problem.trouble import members_trouble
from linktill.web.dashboard.reconcile.routes import reconcile_routes
from linktill.web.dashboard.requests.routes import requests_routes
from linktill.web.dashboard.search.routes import search_routes
from linktill.web.dashboard.selected_links.routes import selected_links_routes
from linktill.web.dashboard.settings.routes import settings_routes
from linktill.web.dashboard.stuck.routes import stuck_routes
from linktill.web.form import AnyRequest
from linktill.web.options import WebOptions
from linktill.web.routing import options_routes
from linktill.web.share.routes import share_routes
from linktill.web.static import static_route

PAYERS: Final = "/p/"


def create_web(services: Services, options: WebOptions) -> list[HTTPRouteHandler]:
    """The payer's pages, the dashboard, and the static files of both.

    What never reaches one of them (an unknown address, a wrong method) becomes a page by `answer_error`.
    """
    desk = Desk(services, options)
    routes = [
        *checkout_routes(
            services,
            options.views,
            report_email=options.report_email,
            sends_mail=options.mail_server is not None,
            trusted_proxies=options.trusted_proxies,
        ),
        *share_routes(services),
        *gate_routes(desk),
        *home_routes(desk),
        *search_routes(desk),
        *live_routes(desk),
        *go_live_routes(desk),
        *links_routes(desk),
        *import_file_routes(desk),
        *import_links_routes(desk),
        *selected_links_routes(desk),
        *link_form_routes(desk),
        *link_templates_routes(desk),
        *link_routes(desk),
        *link_versions_routes(desk),
        *link_message_routes(desk),
        *requests_routes(desk),
        *coupons_routes(desk),
        *coupon_routes(desk),
        *customers_routes(desk),
        *customer_routes(desk),
        *payments_routes(desk),
        *payment_routes(desk),
        *disputes_routes(desk),
        *dispute_routes(desk),
        *exports_routes(desk),
        *payouts_routes(desk),
        *payout_routes(desk),
        *events_routes(desk),
        *event_routes(desk),
        *books_routes(desk),
        *developers_routes(desk),
        *endpoint_routes(desk),
        *gateways_routes(desk),
        *gateway_routes(desk),
        *mails_routes(desk),
        *settings_routes(desk),
        *domain_routes(desk),
        *invoices_routes(desk),
        *offline_routes(desk),
        *stuck_routes(desk),
        *reconcile_routes(desk),
        static_route(),
    ]
    # Before the others: Litestar gives an OPTIONS of its own to an address that has none yet.
    return [*options_routes(routes), *routes]


def answer_error(request: AnyRequest, error: Exception) -> Response[bytes]:
    """The page for what never reached a handler of ours: for the application's own exception handlers."""
    is_payers = request.scope["path"].startswith(PAYERS)
    answer = (payers_trouble if is_payers else members_trouble)(request, error)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(error, HTTPException):
        headers |= {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    del headers["content-length"]
    # Litestar adds the charset by itself.
    media_type = headers.pop("content-type").partition(";")[0]
    body = b"" if request.scope["method"] == "HEAD" else answer.body
    return Response(body, status_code=answer.status, media_type=media_type, headers=headers)
