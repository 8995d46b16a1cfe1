"""Sample pages of a link's versions."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.flows.pricing_words import pricing_words
from linktill.web.dashboard.link.view import StockRow
from linktill.web.dashboard.link_form.pricing import values_of_pricing
from linktill.web.dashboard.link_versions.view import ChangeRow, LinkVersionsPage, VersionRow
from linktill.web.dashboard.shell import Pager
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, NOW
from tests.web.look.choosing_samples import BOUGHT, CAKES, FEW, GIFT, KILN, PARTS, POTTERY
from tests.web.look.dashboard_samples import FORM, ID, LINK, PAYMENT, SHELL

VERSIONS = LinkVersionsPage(
    shell=SHELL,
    link_id=f"plink_{ID}",
    description="Logo design, final invoice",
    rows=(
        VersionRow(
            3,
            NOW,
            "API key key_01jcx2",
            False,
            (
                ChangeRow("Price", Money(4_000, "USD"), Money(123_456_700, "USD")),
                ChangeRow("Closes", "never", NOW + 30 * DAY),
                ChangeRow("Only through", "Stripe, Square", "every gateway"),
            ),
        ),
        VersionRow(
            2,
            NOW - DAY,
            "anna@example.com",
            False,
            (
                ChangeRow(
                    "Message to the payer",
                    "Hi Anna,\nthank you.",
                    "Hi Anna,\nthank you for the lovely project.",
                ),
            ),
        ),
        VersionRow(
            1,
            NOW - 2 * DAY,
            "anna@example.com",
            True,
            (
                ChangeRow("Price", None, Money(4_000, "USD")),
                ChangeRow("What it is for", None, "Logo design, final invoice"),
                ChangeRow("Can be paid", None, "once"),
                ChangeRow("After paying", None, "https://studio-nord.example/" + "thanks-" * 30),
            ),
        ),
    ),
    pager=Pager(None, "/dashboard/links/x/versions?cursor=2"),
)
PRICING = values_of_pricing(CAKES.pricing, "EUR")
LINKS: dict[str, View] = {
    "link-versions": VERSIONS,
    "payment-of-items": replace(PAYMENT, bill=BOUGHT),
    "link-pricing": replace(LINK, pricing=pricing_words(CAKES.pricing, "EUR"), amount=CAKES.due),
    "link-open-amount": replace(LINK, pricing=pricing_words(GIFT.pricing, "USD"), amount=GIFT.due),
    "link-in-parts": replace(
        LINK,
        left=Money(82_800, "EUR"),
        is_bill=True,
        is_partly_paid=True,
        payments_max=None,
        pricing=pricing_words(PARTS.pricing, "EUR"),
    ),
    "link-currencies": replace(
        LINK,
        pricing=pricing_words(KILN.pricing, "USD"),
        amount=KILN.due,
        collected_in=(Money(10_800, "EUR"), Money(12_900, "JPY")),
    ),
    "link-new-currencies": replace(
        FORM,
        values=replace(FORM.values, pricing=values_of_pricing(KILN.pricing, "USD")),
        errors={"cur_2_prices": "A price is missing: Saucer. One in a line, its name and then its price."},
    ),
    "link-draft": replace(LINK, status="draft", actions=replace(LINK.actions, may_publish=True)),
    "link-of-stock": replace(
        LINK,
        pricing=pricing_words(FEW.pricing, "EUR"),
        stock=(StockRow("Ticket, Adult", 40, 12, 3), StockRow("Shirt", 3, 0, 0), StockRow("Poster", 1, 1, 0)),
    ),
    "link-new-parts": replace(
        FORM, values=replace(FORM.values, pricing=values_of_pricing(PARTS.pricing, "EUR"))
    ),
    "link-new-stock": replace(
        FORM, values=replace(FORM.values, pricing=values_of_pricing(FEW.pricing, "EUR"))
    ),
    "link-new-items": replace(FORM, values=replace(FORM.values, pricing=PRICING)),
    "link-new-items-wrong": replace(
        FORM,
        values=replace(FORM.values, pricing=PRICING),
        errors={
            "item_1_variants": "Write one in a line: its name, then its price, such as Large 45.00.",
            "item_2_price": "Write the amount with digits and a point, such as 40 or 40.50.",
            "tax_1_percent": "Write a percentage up to 100 with at most four decimals, such as 19 or 8.875.",
        },
    ),
    "link-shipping": replace(LINK, pricing=pricing_words(POTTERY.pricing, "EUR"), amount=POTTERY.due),
    "link-new-shipping": replace(
        FORM, values=replace(FORM.values, pricing=values_of_pricing(POTTERY.pricing, "EUR"))
    ),
    "link-new-open": replace(
        FORM, values=replace(FORM.values, pricing=values_of_pricing(GIFT.pricing, "USD"))
    ),
}
