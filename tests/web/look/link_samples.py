"""Sample pages of a link's versions."""

from linktill.core.money import Money
from linktill.web.dashboard.link_versions.view import ChangeRow, LinkVersionsPage, VersionRow
from linktill.web.dashboard.shell import Pager
from tests.web.look.checkout_samples import DAY, NOW
from tests.web.look.dashboard_samples import ID, SHELL

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
LINKS = {"link-versions": VERSIONS}
