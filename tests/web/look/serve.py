"""A loopback server that serves rendered samples with the real policies, so that the browser enforces them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import BrowserContext

from linktill.web.checkout.view import LinkPage, OwnPayPage
from linktill.web.look import policy
from linktill.web.look.assets import static_file
from linktill.web.look.look import View, page
from tests.web.look.share_samples import CARDS

STRIPE = """window.Stripe = () => ({ initCheckoutElementsSdk: () => ({
  createPaymentElement: () => ({
    on(event, handler) { if (event === "ready") setTimeout(handler); },
    mount(selector) {
      const row = (words) => Object.assign(document.createElement("p"), { className: "input", textContent: words });
      document.querySelector(selector).append(row("Here stands Stripe's form:"), row("Card number"), row("Date and code"));
    },
  }),
  loadActions: async () => ({ type: "success", actions: { getSession: () => ({ status: { type: "open" } }) } }),
  changeAppearance: () => {},
}) });"""
"""As much of Stripe's script as a picture needs."""


def answer_for_stripe(context: BrowserContext) -> None:
    """Nothing is asked of Stripe itself."""
    context.route(
        "https://js.stripe.com/**", lambda route: route.fulfill(body=STRIPE, content_type="text/javascript")
    )


def policy_of(view: View) -> str:
    """A payer's page is under one of three policies, as its route has it."""
    if isinstance(view, OwnPayPage) and view.fields is not None:
        fields = view.fields
        return policy.own_page(fields.script_sources, fields.frame_sources, fields.connect_sources)
    if isinstance(view, LinkPage) and view.pay.has_script and not view.is_preview:
        return policy.choosing()
    return policy.checkout()


@contextmanager
def serving(
    checkout: Mapping[str, View], dashboard: Mapping[str, View], extra: Mapping[str, bytes]
) -> Iterator[str]:
    """Yields the base URL. `extra` paths answer as previews do (they may be framed)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            parts = path.strip("/").split("/")
            if parts[0] == "static" and len(parts) == 3 and (found := static_file(parts[1], parts[2])):
                self.answer(found.body, found.content_type, "")
            elif parts[0] == "checkout" and parts[-1] in checkout:
                view = checkout[parts[-1]]
                self.answer(page(view).encode(), "text/html; charset=utf-8", policy_of(view))
            elif parts[0] == "share" and parts[-1] in CARDS:
                self.answer(page(CARDS[parts[-1]]).encode(), "text/html; charset=utf-8", policy.CARD)
            elif parts[0] == "merchant" and parts[-1] in dashboard:
                self.answer(page(dashboard[parts[-1]]).encode(), "text/html; charset=utf-8", policy.DASHBOARD)
            elif path in extra:
                self.answer(extra[path], "text/html; charset=utf-8", policy.PREVIEW)
            else:
                self.send_error(404)

        def answer(self, body: bytes, content_type: str, csp: str) -> None:
            self.send_response(200)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            if csp:
                self.send_header("content-security-policy", csp)
            self.end_headers()
            with suppress(ConnectionError):  # the browser moved on
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
