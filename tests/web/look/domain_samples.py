"""Sample pages of a merchant's own domain."""

from dataclasses import replace

from linktill.web.dashboard.domain.view import DomainPage
from linktill.web.look.look import View
from tests.web.look.checkout_samples import NOW
from tests.web.look.dashboard_samples import SHELL

FAILURE = "The name pay.studio-nord.example leads nowhere yet: make the DNS record, and wait up to an hour."
SET = DomainPage(
    SHELL,
    "pay.studio-nord.example",
    is_set=True,
    is_verified=False,
    checked_at=None,
    failure="",
    host="pay.studio-nord.example",
    origin="https://pay.studio-nord.example",
    own_host="till.example.com",
    record="CNAME",
    own_origin="https://till.example.com",
)
LONG = f"{'very-long-name-' * 4}x.{'very-long-name-' * 4}x.example.com"
DOMAINS: dict[str, View] = {
    "domain-none": replace(SET, domain="", is_set=False, host=""),
    "domain-wrong": replace(
        SET, domain="https://x", is_set=False, host="", errors={"domain": "Give a name of your own."}
    ),
    "domain-set": SET,
    "domain-failed": replace(SET, checked_at=NOW, failure=FAILURE),
    "domain-in-use": replace(SET, is_verified=True, checked_at=NOW),
    "domain-long": replace(
        SET,
        is_verified=True,
        checked_at=NOW,
        failure=FAILURE,
        host=LONG,
        domain=LONG,
        origin=f"https://{LONG}",
    ),
}
