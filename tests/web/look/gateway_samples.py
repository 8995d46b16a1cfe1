"""The dashboard's pages of gateway accounts, as samples to look at."""

from collections.abc import Mapping
from dataclasses import replace

from linktill.core.offering import Offering, OfferRule
from linktill.gateways.mollie import CONNECTING as MOLLIE
from linktill.gateways.square import CONNECTING as SQUARE
from linktill.gateways.stripe import CONNECTING as STRIPE
from linktill.storage.gateway_settings import offering_text
from linktill.web.dashboard.gateway.offering import form_of
from linktill.web.dashboard.gateway.view import GatewayPage, WebhookView
from linktill.web.dashboard.gateways.state import credential_rows
from linktill.web.dashboard.gateways.view import AccountRow, ConnectPage, GatewaysPage, KindRow
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import ID, LONG_SHELL, SHELL

KINDS = (KindRow("stripe", "Stripe"), KindRow("paypal", "PayPal"), KindRow("square", "Square"))
GATEWAYS = GatewaysPage(
    SHELL,
    (
        AccountRow("gwa_1", "Stripe", "Studio Nord", "on", NOW),
        AccountRow("gwa_2", "PayPal", "App AZDxjDSc…", "no_webhook", None),
        AccountRow("gwa_3", "Square", LONG_TITLE, "trouble", NOW - DAY),
    ),
    (AccountRow("gwa_4", "Sandbox", "", "closed", NOW),),
    KINDS,
)
CONNECT = ConnectPage(
    SHELL, "square", "Square", SQUARE.steps, credential_rows(SQUARE.fields, {"location_id": "L"}),
)  # fmt: skip
HOOK_URL = "https://pay.studio-nord.example/in/stripe/gwa_" + ID
HOOK = WebhookView(
    HOOK_URL, HOOK_URL, True, "", STRIPE.renews, STRIPE.has_renewal, STRIPE.test_event, STRIPE.has_test_event,
    STRIPE.webhook_steps, STRIPE.paste_label,
)  # fmt: skip
BY_HAND = replace(HOOK, registered="", has_secret=False, renews=MOLLIE.renews, by_hand=MOLLIE.webhook_steps,
                  test_event=MOLLIE.test_event, has_test_event=False, has_registration=False)  # fmt: skip
GATEWAY = GatewayPage(
    SHELL, "gwa_1", "Stripe", "Studio Nord", "on", NOW - 30 * DAY, NOW, NOW - DAY,
    "Stripe refused: the key lacks a permission. " + "x" * 200, 1_204,
    HOOK,
    credential_rows(STRIPE.fields, {}), said="The keys work. It answers for Studio Nord.",
    offering=form_of(offering_text(Offering((OfferRule("EUR", 500, 100_000), OfferRule("JPY", None, 90_000)), has_others=False))),
)  # fmt: skip
GATEWAY_PAGES: Mapping[str, View] = {
    "gateways": GATEWAYS,
    "gateways-empty": replace(GATEWAYS, rows=(), closed=()),
    "gateways-connect": CONNECT,
    "gateways-refused": replace(
        CONNECT, errors={"access_token": "Square does not accept the access token. It may be expired."}
    ),
    "gateways-unreachable": replace(
        CONNECT,
        problem="Square could not be asked, so nothing was changed. Look whether this "
        "server reaches the internet, and try again. Square did not answer: DNS.",
    ),
    "gateway": GATEWAY,
    "gateway-trouble": replace(
        GATEWAY,
        state="trouble",
        said="",
        last_event_at=NOW - 2 * DAY,
        last_failure="A webhook was not taken: The signature does not fit the body. If Stripe itself sent it, register the "
        "webhook again, or paste its secret by hand.",
        problem="The key needs the permissions “Checkout Sessions: Write”, “Charges and Refunds: Write”, “Disputes: Write”, "
        "“PaymentIntents: Write”. Edit the key in Stripe's Dashboard (Developers, API keys) and try again.",
    ),
    "gateway-new": replace(
        GATEWAY,
        shell=LONG_SHELL,
        name=LONG_TITLE,
        state="no_webhook",
        last_event_at=None,
        last_failure_at=None,
        last_failure="",
        said="",
        errors={"secret": "Copy it again: it is one word of letters, digits and signs."},
        webhook=replace(
            HOOK,
            registered="",
            has_secret=False,
            trouble="Stripe can only call an address that begins "
            "with https:// and is open to the internet, and this server's is http://127.0.0.1:8000 "
            "(LINKTILL_BASE_URL). Until then Linktill asks Stripe by itself what became of each payment.",
        ),
    ),
    "gateway-offline": replace(
        GATEWAY, gateway="Bank transfer, cash or check", name="", webhook=None, fields=(), said=""
    ),
    "gateway-closed": replace(
        GATEWAY, state="closed", fields=(), said="", webhook=replace(HOOK, registered="https://x/")
    ),
}
